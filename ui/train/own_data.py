"""One's own pictures: handed in once, offered again until they are removed."""

import math
import time
from collections import Counter
from collections.abc import Sequence

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from ui.plain_words import literal, told
from ui.uploaded_names import with_own_names
from vae_core.data import library
from vae_core.data.library import Source
from vae_core.errors import DatasetError
from vae_core.runs.report import diagnose

TABLES = ("csv", "tsv", "tab", "txt")
PICTURES = ("png", "jpg", "jpeg", "jfif", "webp", "gif", "bmp", "tif", "tiff")
FILE_TYPES = ("zip", "npz", "npy", "parquet", *TABLES, *PICTURES)
FIELD, CHOSEN = "files handed in", "pictures"
IS_SHOWN = "there is a field of what was handed in"
PROBLEM = "why files were not kept"
GONE = "pictures of the address that are not kept here"
REMOVED = "pictures that were removed in this visit"  # which need not be told of
KNOWN = "files of the field that have been handed in"


def tell_of_gone() -> None:
    """Where the address asks for pictures that are not kept here, until others are chosen."""
    state, asked = st.session_state, st.query_params.get(CHOSEN)
    if asked not in (None, state.get(REMOVED)):
        state[GONE] = None if asked in _by_name(library.sources()) else asked
    if state.get(GONE) is not None and state.get(CHOSEN) in (None, state[GONE]):
        st.warning(
            f"{literal(state[GONE])} is no longer kept here: nobody had used it for a week, or it was removed. Hand it "
            "in again, or choose other images.",
            icon=":material/image_not_supported:",
        )


def choose_own() -> tuple[str | None, str]:
    """Where one's own files lie and their own name; None until there are any."""
    st.file_uploader(
        "A ZIP (its folders are the classes), arrays (.npz, .npy), tables (.csv, .parquet), or pictures",
        type=list(FILE_TYPES),
        accept_multiple_files=True,
        key=FIELD,
        on_change=_keep,
        help="A table has a picture in each row, or names pictures that are handed in with it. The files stay on the "
        "machine that runs this app.",
    )
    if (problem := st.session_state.pop(PROBLEM, None)) is not None:
        st.error(problem, title="The files could not be kept", icon=":material/error:")
    sources = _by_name(library.sources())
    st.session_state[IS_SHOWN] = bool(sources)
    if not sources:
        st.caption("Drop your files here. At least a few hundred images make a map worth looking at.")
        return None, ""
    if st.session_state.get(CHOSEN) not in sources:  # removed meanwhile, perhaps by somebody else
        st.session_state[CHOSEN] = None  # what the browser has is taken back only by another value
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.selectbox(
            "Handed in",
            list(sources),
            index=None,
            placeholder="Choose what was handed in before",
            key=CHOSEN,
            bind="query-params",
            persist_state="session",
        )
        if name is not None:
            st.button("Remove", icon=":material/delete:", on_click=_remove, args=(sources[name], name))
    st.caption(_what_they_take(list(sources.values())))
    if name is None:
        return None, ""
    library.mark_used(sources[name])
    return str(sources[name].path), sources[name].title


def _keep() -> None:
    """Once for each hand-in, whatever else is clicked on the page."""
    files = _newest(st.session_state[FIELD])
    if not files:
        return
    library.sweep()
    named = with_own_names(files)
    try:
        source = library.add(named)
    except DatasetError as error:
        st.session_state[PROBLEM] = told(error, *(name for name, _ in named))
    except OSError as error:
        st.session_state[PROBLEM] = told(diagnose(error).words)
    else:
        name = name_of(source)
        if not st.session_state.get(IS_SHOWN):  # of a field that is not there yet Streamlit does not tell the address
            st.query_params[CHOSEN] = name
        st.session_state[CHOSEN] = name


def _newest(files: Sequence[UploadedFile]) -> Sequence[UploadedFile]:
    """What is handed in now. A whole data set takes the place of what the field holds; pictures gather there."""
    known = st.session_state.get(KNOWN, frozenset())
    st.session_state[KNOWN] = frozenset(file.file_id for file in files)
    if not any(library.is_whole(file.name) for file in files):
        return files
    return [file for file in files if file.file_id not in known]


def name_of(source: Source) -> str:
    """What the field calls it."""
    return {other.path: name for name, other in _by_name(library.sources()).items()}[source.path]


def _remove(source: Source, name: str) -> None:
    try:
        library.remove(source)
        st.session_state[REMOVED] = name
    except DatasetError as error:
        st.toast(told(error), duration="long")


def _by_name(sources: Sequence[Source]) -> dict[str, Source]:
    """By their own names; with the day where two have the same, and a number where that is the same as well."""
    counts, named = Counter(source.name for source in sources), {}  # type: tuple[Counter[str], dict[str, Source]]
    for source in sources:
        name = source.name
        if counts[name] > 1:
            name = f"{name}, {time.strftime('%d %B %Y %H:%M', time.localtime(source.added_at))}"
        same = sum(other == name or other.startswith(f"{name} (") for other in named)
        named[f"{name} ({1 + same})" if same else name] = source
    return named


def _what_they_take(sources: Sequence[Source]) -> str:
    size = library.space(sources)
    amount = f"{size / 1e6:,.1f} MB" if size >= 1e5 else f"{math.ceil(size / 1e3)} kB"
    these = "This takes" if len(sources) == 1 else f"These {len(sources):,} take"
    return f"{these} {amount} here. What no model was made of goes a week after its last use."
