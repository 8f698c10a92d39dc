"""Where the fonts of this machine lie, told by names alone: nothing is opened, downloaded or loaded.

Looked for in the folder `fonts` of each place where data sets are looked for, in the usual folders of the system, and
in those that fontconfig knows.
"""

import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import islice
from pathlib import Path

SUFFIXES = (".ttf", ".otf", ".ttc", ".otc", ".woff2")
OWN_FOLDER = "fonts"  # of a folder where data sets are looked for
EMOJI_FILE = "NotoColorEmoji.ttf"
MOST_FILES = 20_000
MOST_BYTES = 64 * 2**20  # of one file
_PATIENCE = 20.0  # seconds: fontconfig's first answer on a machine takes long where there are many fonts


def font_files(roots: list[Path]) -> list[Path]:
    """Files with a font's name and of a font's size, each once, in the order of their paths."""
    found: dict[tuple[int, int], Path] = {}
    for path, about in islice(_files_below(_folders(roots), _is_font), MOST_FILES):
        found.setdefault((about.st_dev, about.st_ino), path)
    return sorted(found.values())


def has_fonts(roots: list[Path]) -> bool:
    """Whether there is any, which is known sooner."""
    return next(_files_below(_folders(roots), _is_font), None) is not None


def emoji_font(roots: list[Path]) -> Path | None:
    """Noto's colour emoji as a font of pictures: in a folder where data sets are looked for, or among the fonts."""
    beside = (root / folder / EMOJI_FILE for root in roots for folder in ("", "emoji"))
    fonts = (path for path, _ in _files_below(_folders(roots), EMOJI_FILE.__eq__))
    return next((path for path in beside if path.is_file()), None) or next(fonts, None)


def _folders(roots: list[Path]) -> list[Path]:
    return [*(root / OWN_FOLDER for root in roots), *_usual_folders(), *_fontconfig_folders()]


def _is_font(name: str) -> bool:
    return name.lower().endswith(SUFFIXES) and not name.startswith(".")


def _files_below(folders: list[Path], is_wanted: Callable[[str], bool]) -> Iterator[tuple[Path, os.stat_result]]:
    """Files of wanted names. Links to folders are not followed: what they lead to may hold them."""
    seen: set[str] = set()
    for top in folders:
        for folder, inner, names in os.walk(top):
            if folder in seen:
                inner.clear()
                continue
            seen.add(folder)
            inner.sort()
            for name in sorted(filter(is_wanted, names)):
                try:
                    about = os.stat(os.path.join(folder, name))
                except OSError:
                    continue  # a link to nothing, or removed just now
                if stat.S_ISREG(about.st_mode) and 0 < about.st_size <= MOST_BYTES:
                    yield Path(folder, name), about


def _usual_folders() -> list[Path]:
    home = Path(os.path.expanduser("~"))
    if sys.platform == "win32":
        windows, own = os.environ.get("WINDIR", r"C:\Windows"), os.environ.get("LOCALAPPDATA", "")
        return [Path(windows) / "Fonts", *([Path(own) / "Microsoft" / "Windows" / "Fonts"] if own else [])]
    if sys.platform == "darwin":
        return [Path("/System/Library/Fonts"), Path("/Library/Fonts"), home / "Library" / "Fonts"]
    shared = Path(os.environ.get("XDG_DATA_HOME") or home / ".local" / "share")
    return [Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), shared / "fonts", home / ".fonts"]


@lru_cache(maxsize=1)
def _fontconfig_folders() -> tuple[Path, ...]:
    """Asked for once: fonts that are added later are mostly added to a folder that has some."""
    try:
        told = subprocess.run(
            ["fc-list", "--format", "%{file}\n"], capture_output=True, timeout=_PATIENCE, check=True, text=True
        ).stdout
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return ()  # not installed, or out of order: the usual folders are enough
    return tuple(sorted({Path(line).parent for line in told.splitlines() if line}))
