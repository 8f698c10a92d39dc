"""What is asked of a model that is brought, and what of its own files can be corrected.

Answers are kept with the model, not in the fields: these are not there while the model is looked at again.
"""

from collections.abc import Collection

import streamlit as st

from serving.bringings import Bringing
from vae_core.config import WITH_VARIANCE
from vae_core.imports.description import RANGES, Description, Found, Question

AS_FOUND = "as its files say"
SIZES = {AS_FOUND: "", **{side: side for side in ("8", "16", "28", "32", "64", "128")}}
CHANNELS = {AS_FOUND: "", "grey": "1", "colour": "3"}
PIXELS = {AS_FOUND: "", "0 to 1": "unit", "-1 to 1": "signed", "0 to 255": "bytes", "logits": "logits"}
LAYOUTS = {AS_FOUND: "", "one colour after the other": "NCHW", "pixel by pixel": "NHWC"}
SECONDS = {
    AS_FOUND: "",
    "log variance": "log-variance",
    "variance": "variance",
    "standard deviation": "standard-deviation",
    "log standard deviation": "log-standard-deviation",
    "nothing of the spread": "none",
}
LIKELIHOODS = {
    AS_FOUND: "",
    "Bernoulli": "bernoulli",
    "continuous Bernoulli": "continuous-bernoulli",
    "Gaussian": "gaussian",
    "Laplace": "laplace",
}


def ask(bringing: Bringing, found: Found) -> dict[str, str]:
    """A field for each open question; returns all answers, a guess where nobody has said anything else."""
    return {question.field: _ask(bringing, question) for question in found.questions}


def answers(bringing: Bringing, found: Found) -> Description:
    """The same as a description."""
    return Description.parse(
        {question.field: bringing.answers.get(question.field, question.guess) for question in found.questions}
    )


def corrected(bringing: Bringing) -> Description:
    """What a person says over what the files say. Raises ConfigError where that cannot be."""
    return Description.parse({name: value for name, value in bringing.corrections.items() if value})


def offer_corrections(bringing: Bringing, *, expanded: bool, asked: Collection[str] = ()) -> None:
    """Fields for what the files may leave out or say wrongly, but what is `asked` already."""
    with st.expander("Say more of it", icon=":material/tune:", expanded=expanded), st.container(horizontal=True):
        _write(bringing, "latent_shape", "Latent", "16, or 4,8,8", "How many numbers one latent has, or its shape.")
        _choose(bringing, "image_size", "Size in px", SIZES)
        _choose(bringing, "channels", "Colours", CHANNELS)
        if "layout" not in asked:
            _choose(bringing, "layout", "Colours lie", LAYOUTS)
        if "pixels" not in asked:
            _choose(bringing, "pixels", "Pixels", PIXELS)
            _offer_scale(bringing)
        if "second" not in asked:
            _choose(bringing, "second", "Beside the mean", SECONDS)
        if "outputs" not in asked:
            _write(bringing, "outputs", "Outputs", "2,3", "Which of the encoder's are the mean and the other.")
        _choose(bringing, "likelihood", "Trained with", LIKELIHOODS)
        if bringing.corrections.get("likelihood") in WITH_VARIANCE:
            _write(bringing, "variance", "Its variance", "0.01", "Of a pixel, which is between 0 and 1.")
        else:
            bringing.corrections.pop("variance", None)
        _write(bringing, "class_names", "Classes", "cat,dog", "Of its images, in the order of their labels.")


def _offer_scale(bringing: Bringing) -> None:
    """Of pixels whose range is none of the usual ones."""
    if bringing.corrections.get("pixels") in RANGES:
        bringing.corrections.pop("scale", None)
        bringing.corrections.pop("shift", None)
        return
    meaning = "The networks see image · scale + shift, of images from 0 to 1; one number, or one for each colour."
    _write(bringing, "scale", "Their scale", "255", meaning)
    _write(bringing, "shift", "Their shift", "-0.5", meaning)


def _ask(bringing: Bringing, question: Question) -> str:
    words = {option.value: option.words for option in question.options}
    answer = st.selectbox(
        question.words,
        list(words),
        index=list(words).index(bringing.answers.get(question.field, question.guess)),
        format_func=lambda value: words[value],
        key=f"answer {question.field}",
        help="Its files do not say it. The picture shows what the answer means.",
    )
    bringing.answers[question.field] = answer
    return answer


def _write(bringing: Bringing, field: str, label: str, example: str, meaning: str) -> None:
    key = f"say {field}"

    def keep() -> None:
        bringing.corrections[field] = st.session_state[key].strip()

    known = bringing.corrections.get(field, "")
    st.text_input(label, known, placeholder=example, help=meaning, key=key, on_change=keep, width=150)


def _choose(bringing: Bringing, field: str, label: str, choices: dict[str, str]) -> None:
    key = f"say {field}"

    def keep() -> None:
        bringing.corrections[field] = choices[st.session_state[key]]

    values = list(choices.values())
    known = values.index(bringing.corrections.get(field, ""))
    st.selectbox(label, list(choices), index=known, key=key, on_change=keep, width=170)
