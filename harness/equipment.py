"""What `make test` needs beside Python and Node: finds it, or installs it, and says where it is.

`python -m harness.equipment` fails only without Chromium; tests of what else is missing are skipped and say so.
"""

import sys

from harness import chromium, firefox, nginx, webkit


def main() -> None:
    """Each of them in turn."""
    try:
        print(f"== Chromium: {chromium.find_chromium() or chromium.install_chromium()}")
    except RuntimeError as error:
        sys.exit(str(error))
    print(f"== Firefox: {firefox.find_firefox() or firefox.install_firefox() or 'none'}")
    print(f"== WebKit: {webkit.find_webkit() or webkit.install_webkit() or 'none'}")
    print(f"== nginx: {nginx.find_nginx() or nginx.install_nginx() or 'none'}")


if __name__ == "__main__":
    main()
