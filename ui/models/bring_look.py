"""A model that is brought, before it is taken: what it is in words and pictures, what must be asked, and its images."""

from pathlib import Path

import streamlit as st

from serving.bringings import Bringing, Opening
from ui.models.bring_answers import answers, ask, corrected, offer_corrections
from ui.models.bring_images import choose_images
from ui.models.work_under_way import has_ended
from ui.plain_words import literal, told
from vae_core.checkpoint.about import as_title, hinders_keeping
from vae_core.checkpoint.layout import EXPLORER_MANIFEST
from vae_core.collection.bringing import MapImages, picture_of
from vae_core.errors import ConfigError
from vae_core.files import read_small
from vae_core.imports.bridge import refusal
from vae_core.imports.description import Description, Found

NAME = "name of the model that is brought"
LARGEST_PICTURE = 64 << 20  # bytes


def show_look(bringing: Bringing) -> None:
    """What it is, with the questions and what each answer means, beside what is to be made of it."""
    about, right = st.columns(2, gap="large")
    with right:
        images = choose_images()
        corrections = st.container()
    try:
        said = corrected(bringing)
    except ConfigError as error:
        with about:
            st.error(told(error), title="This cannot be so", icon=":material/error:")
        with corrections:
            offer_corrections(bringing, expanded=True)
        return
    with about:
        look = _looked(bringing, said, images)
    if (found := look.found) is None:
        if look.problem is not None and refusal(look.problem).lines is None:
            with corrections:
                offer_corrections(bringing, expanded=True)
        return
    with about:
        _describe(found, look)
        _show_picture(bringing, look, found, ask(bringing, found))
    with corrections:
        if found.folder is None:
            offer_corrections(bringing, expanded=False, asked=[question.field for question in found.questions])
        _offer_taking(bringing, look, said, images)


def _looked(bringing: Bringing, said: Description, images: MapImages) -> Opening:
    """The look once it has ended; one that has found nothing, or not yet, is told."""
    look = bringing.look(said, images)
    if not has_ended(look, look.stop):
        return look
    if look.stopped:
        st.info("Looking at the model was stopped.", icon=":material/stop_circle:")
    elif look.problem is not None:
        reason, lines = refusal(look.problem)
        st.error(told(reason), title="This model cannot be taken as it is", icon=":material/block:")
        if lines is not None:
            st.markdown("Where it can be loaded and is trusted, these lines write it as files that are taken here:")
            st.code(lines, language="python")
    if look.found is None:
        st.button("Look again", key="look again", icon=":material/refresh:", on_click=bringing.begin_again)
    return look


def _describe(found: Found, look: Opening) -> None:
    st.markdown(f"Recognised: {literal(found.title)}, {told(found.words)}")
    for note in found.notes:
        st.caption(f":material/info: {told(note)}")
    if found.folder is not None and (Path(found.folder) / EXPLORER_MANIFEST).exists():
        st.caption(":material/info: Its own map comes with it, as it is: it needs no images.")
    if found.images is not None:
        st.caption(":material/info: Images came with it, which its map will show.")
    if (problem := look.answer.get("images_problem")) is not None:
        st.warning(told(problem), title="These images cannot be used", icon=":material/image_not_supported:")
    elif found.has_shaped_latents and look.wish.images.data is None and found.images is None and found.latents is None:
        st.warning(
            "Its latents have a shape, and are explored by the principal components of images: choose some.",
            icon=":material/photo_library:",
        )


def _show_picture(bringing: Bringing, look: Opening, found: Found, chosen: dict[str, str]) -> None:
    """As the answers have it. One that differs from its guess was drawn before; with several it is looked again."""
    others = [question for question in found.questions if chosen[question.field] != question.guess]
    path = picture_of(look.wish.work)
    if len(others) == 1:
        path = picture_of(look.wish.work, others[0], chosen[others[0].field])
    elif others:
        again = _looked(bringing, answers(bringing, found).over(look.wish.said), look.wish.images)
        if again.found is None:
            return
        path = picture_of(again.wish.work)
    if not path.is_file():
        st.caption("It is too large to show what each answer means.")
        return
    encodes = found.encoder != "none" and (look.wish.images.data is not None or found.images is not None)
    words = "Images, their reconstructions, and samples" if encodes else "Samples: what it draws from N(0, I)"
    st.image(read_small(path, LARGEST_PICTURE), width="stretch", alt=words)
    st.caption(f"{words}. With another answer this changes at once." if found.questions else f"{words}.")


def _offer_taking(bringing: Bringing, look: Opening, said: Description, images: MapImages) -> None:
    found = look.found
    assert found is not None

    def keep() -> None:
        bringing.name = st.session_state[NAME]

    with st.container(horizontal=True, vertical_alignment="bottom"):
        title = st.text_input("Name", bringing.name or as_title(found.title), key=NAME, on_change=keep)
        reason = hinders_keeping(title)
        unfit = not title.strip() or reason is not None
        taken = st.button("Import", key="import", type="primary", icon=":material/check:", disabled=unfit)
    if reason is not None:
        st.error(reason, icon=":material/error:")
    if taken:
        bringing.take(look, answers(bringing, found).over(said), images, title)
        st.rerun()
