"""Words of strangers, shown as they are: the names in checkpoints, data sets and addresses are never Markdown.

Streamlit's Markdown makes more of a text than links and images: `:red[…]`, `:material/bug:`, `:smile:`, `$x$`, `->`.
Some of that it looks for after backslashes have been taken away, so escaping is no help. A code span is left alone by
all of it but one, which `code` breaks up.
"""

import html
import re
from collections.abc import Sequence

from serving.public_files import for_visitors

LONGEST_NAME = 80  # characters
# Words that Markdown makes nothing of: letters, digits and whatever is not ASCII, with single marks between them.
_PLAIN = r"[^\x00-/:-@\[-`{-\x7f]+(?:[-_'][^\x00-/:-@\[-`{-\x7f]+)*|\d+(?:[.,]\d+)*"
_PLAIN_WORD = re.compile(rf"""[("'“‘]*(?:{_PLAIN})[)"'”’.,;:!?…]*|[—–·%×][,.:;]?""")
_HEAD = re.compile(r"""["'(“‘]*\w[\w'’,.-]*[)"'”’.,;:!?…]*""")
_MARKED = re.compile(r"""([("'“‘]*)(.*?)([)"'”’.,:;!?…]*)""", re.DOTALL)
_LIST_MARK = re.compile(r"^(\d+)([.)])(?!\S)")
# What would end a line, turn its direction or is no character at all.
_UNSHOWABLE = re.compile(r"[\x00-\x20\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")


def literal(name: str) -> str:
    """Markdown that shows a name as it is, cut where it is longer than anybody reads."""
    shown = one_line_of(name)
    return shown if _is_plain(shown) else code(shown)


def literal_sentence(text: str, *names: str) -> str:
    """Markdown that shows a sentence as it is, but for `code` in it, which is shown as code, as names of several words
    are that may stand in it."""
    shown, end = "", 0
    text = _showable(text).strip()
    for own in _codes(names).finditer(text):
        shown += _words(text[end : own.start()]) + code(own["code"] or own["name"]) + own["after"]
        end = own.end()
    return _LIST_MARK.sub(r"\1\\\2", shown + _words(text[end:]))


def told(said: BaseException | str, *names: str) -> str:
    """Markdown for what an error or a run says: as it is, without places on the machine that serves it.

    Of `names`, which may be in it, each stands out as one.
    """
    return literal_sentence(for_visitors(said), *names)


def _codes(names: Sequence[str]) -> re.Pattern[str]:
    shown = (_showable(name).strip() for name in sorted(names, key=len, reverse=True))
    wanted = "|".join(re.escape(name) for name in shown if name and not _is_plain(name))
    return re.compile(rf"(?<!\S)(?:`(?P<code>[^`]+)`|(?P<name>{wanted or '(?!)'}))(?P<after>[.,:;)]*)(?!\S)")


def _is_plain(name: str) -> bool:
    first, *others = name.split(" ")
    # Otherwise it may begin with an emoji, which Streamlit takes for an icon.
    begins = _PLAIN_WORD.fullmatch(first) and _HEAD.fullmatch(first)
    return bool(begins and all(map(_PLAIN_WORD.fullmatch, others))) and not _LIST_MARK.match(name)


def one_line_of(name: str) -> str:
    """A name for where there is no Markdown, on one line of at most 80 characters."""
    shown = _showable(name).strip()
    return shown if len(shown) <= LONGEST_NAME else f"{shown[: LONGEST_NAME - 1]}…"


def plotly_text(name: str) -> str:
    """A name for a chart of Plotly, which takes `<a href=…>` and `<br>` for its own."""
    return html.escape(one_line_of(name), quote=False)


def code(text: str) -> str:
    """A code span. Its backticks are more than any in the text (https://spec.commonmark.org/0.31.2/#code-spans)."""
    if not text.strip():
        return text
    # Streamlit rewrites this in the source of its Markdown, code or not: the stroke stands between two spans.
    return r"\/".join(part and _span(part) for part in re.split(r"(?<=:material)/", text))


def _span(text: str) -> str:
    fence = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
    padding = " " if text.startswith(("`", " ")) or text.endswith(("`", " ")) else ""
    return f"{fence}{padding}{text}{padding}{fence}"


def _showable(text: str) -> str:
    return _UNSHOWABLE.sub(" ", text.encode("utf-8", "backslashreplace").decode())


def _words(text: str) -> str:
    return " ".join(map(_word, text.split(" ")))


def _word(word: str) -> str:
    if _PLAIN_WORD.fullmatch(word) and (word[0] in "—–·%×" or _HEAD.fullmatch(word)):
        return word
    marked = _MARKED.fullmatch(word)
    assert marked, "every word is marks, anything and marks"
    before, middle, after = marked.groups()
    return f"{before}{code(middle)}{after}" if middle else word and code(word)
