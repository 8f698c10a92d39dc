"""What a person calls a file that a browser has sent.

In the name of an uploaded file browsers write `"`, CR and LF as %22, %0D and %0A, and leave a percent sign as it is
(https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#multipart-form-data).
"""

import re
from collections.abc import Iterable

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

_WRITTEN = {"%22": '"', "%0D": "\r", "%0A": "\n"}
_ESCAPE = re.compile("%[0-9A-Fa-f]{2}")


def with_own_names(files: Iterable[UploadedFile]) -> list[tuple[str, UploadedFile]]:
    """Each file with the person's own name for it."""
    agent = st.context.headers.get("User-Agent") or ""
    return [(own_name(file.name, agent), file) for file in files]


def own_name(sent: str, agent: str = "") -> str:
    """A name as it was before the browser `agent` sent it.

    A %22 is taken for a quotation mark, but where it cannot be one: under Windows, which has none in names, and beside
    other escapes, since the name is then an address's.
    """
    if "Windows" in agent or not set(_ESCAPE.findall(sent)) <= set(_WRITTEN):
        return sent
    return _ESCAPE.sub(lambda found: _WRITTEN[found[0]], sent)
