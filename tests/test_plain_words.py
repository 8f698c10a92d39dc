"""Names as Markdown: whatever they hold, a reader of Markdown by others finds the name itself and nothing else."""

import random
import re

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from ui.plain_words import LONGEST_NAME, literal, literal_sentence, one_line_of, plotly_text

# CommonMark with what GitHub adds to it, links without a mark among it where linkify is there.
READER = MarkdownIt("commonmark").enable(["strikethrough", "table"])
PIECES = [
    *"`*_~[]()!<>#+-.|\\$:/&;@=\"'{}",
    "``",
    "a",
    "1",
    " ",
    "  ",
    "я",
    "字",
    ":material/",
    "http://",
    "&#47;",
    "\n",
    "1. ",
]


def read(markdown: str) -> tuple[str, set[str]]:
    """The text that a reader sees, and what kinds of things it is made of."""
    (opening, inline, closing) = READER.parse(markdown)
    assert (opening.type, closing.type) == ("paragraph_open", "paragraph_close")
    parts: list[Token] = inline.children or []
    return "".join(part.content for part in parts), {part.type for part in parts if part.type != "text"}


def strange_names() -> list[str]:
    chance = random.Random(7)
    return ["".join(chance.choices(PIECES, k=chance.randint(1, 30))) for _ in range(3000)]


def spaces_once(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def test_any_name_is_read_as_itself() -> None:
    for name in strange_names():
        if not name.strip():
            continue
        markdown = literal(name)
        text, kinds = read(markdown)
        assert spaces_once(text) == spaces_once(one_line_of(name)), markdown
        assert kinds <= {"code_inline"}, markdown
        # Streamlit rewrites this before anything is read.
        assert ":material/" not in markdown


def test_any_sentence_is_read_as_itself_but_for_the_marks_of_code() -> None:
    for name in strange_names():
        sentence = f"bad/config.json: network: not this (got '{name}'); run `python -m this`."
        text, kinds = read(literal_sentence(sentence))
        assert spaces_once(text).replace("`", "") == spaces_once(sentence).replace("`", ""), sentence
        assert kinds <= {"code_inline"}, sentence
        assert ":material/" not in literal_sentence(sentence)


@pytest.mark.parametrize(
    "name",
    [
        "mnist-16d",
        "my data",
        "Котики 数字",
        "v2_final",
        "3.5 million",
        "My digits!",
        "Meine Kühe (braun)",
        "Мои котики 🐈",
        "“a” 3×2",
    ],
)
def test_a_plain_name_stays_plain(name: str) -> None:
    assert literal(name) == name


@pytest.mark.parametrize(
    "name",
    [
        ":smile:",
        ":red[x]",
        "$x$",
        "a -> b",
        "www.example.com",
        "me@example.com",
        "_x_",
        "~~x~~",
        "1. x",
        "😀 x",
        "1️⃣ x",
        "a:red[x]",
        "<b>x</b>",
    ],
)
def test_what_streamlit_would_draw_is_code(name: str) -> None:
    assert literal(name) == f"`{name}`"


def test_a_sentence_reads_well() -> None:
    assert (
        literal_sentence("bare: has no map; make it with `python -m vae_core project checkpoints/bare`.")
        == "bare: has no map; make it with `python -m vae_core project checkpoints/bare`."
    )
    assert literal_sentence("1. of all") == r"1\. of all"


def test_a_name_of_several_words_stands_out_as_one() -> None:
    sentence = "my seven.zip has only one picture, my seven.zip: see seven.zip, and (my) days."
    assert (
        literal_sentence(sentence, "my seven.zip", "days", "")
        == "`my seven.zip` has only one picture, `my seven.zip`: see `seven.zip`, and (my) days."
    )
    assert literal_sentence("a [b](c d).zip is odd", "a [b](c d).zip") == "`a [b](c d).zip` is odd"
    for name in strange_names()[:300]:
        text, kinds = read(literal_sentence(f"{name} has no picture.", name))
        assert spaces_once(text).replace("`", "") == spaces_once(f"{name} has no picture.").replace("`", "")
        assert kinds <= {"code_inline"}


def test_long_names_are_cut() -> None:
    assert len(one_line_of("x" * 1_000_000)) == LONGEST_NAME
    assert len(literal("*" * 1_000_000)) == LONGEST_NAME + 2


def test_what_cannot_be_shown_is_left_out() -> None:
    assert one_line_of("a\u202eb\nc\x00d\udcffe") == "a b c d\\udcffe"
    assert one_line_of("क्\u200dष 数\u3000字") == "क्\u200dष 数\u3000字"


def test_a_chart_takes_no_name_for_its_own_marks() -> None:
    assert plotly_text('<a href="http://e.example">x</a>') == '&lt;a href="http://e.example"&gt;x&lt;/a&gt;'
