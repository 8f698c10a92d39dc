"""How much an ONNX file says, counted in its bytes before anything is made of them.

Parsed, a node takes some hundred times the bytes that it has in the file. The fields are those of onnx.proto; the
encoding is protobuf's: a key (number << 3 | kind), then a varint, eight or four bytes, or a length and so many bytes.
"""

from dataclasses import dataclass, field
from functools import partial

from vae_core.errors import GraphError

VARINT, EIGHT, LENGTH, FOUR = 0, 1, 2, 5
MOST_PARTS = 200_000  # messages and strings of all kinds
DEEPEST = 8  # graphs within graphs
LONGEST_VARINT = 10  # bytes

# Which fields of a message hold what else is looked into.
PARTS: dict[str, dict[int, str]] = {
    "model": {7: "graph", 25: "function"},
    "graph": {1: "node"},
    "function": {7: "node", 11: "attribute"},
    "node": {5: "attribute"},
    "attribute": {6: "graph", 11: "graph"},
}


@dataclass
class _Count:
    content: memoryview
    parts: int = 0
    waiting: list[tuple[str, int, int, int]] = field(default_factory=list)  # kind, start, end, graphs around it


def check_wire(content: bytes) -> None:
    """Refuse a file that would make too many parts, or graphs nested too deep, or that is cut off.

    Raises:
        GraphError: it does, or it is no protobuf message.
    """
    count = _Count(memoryview(content))
    count.waiting.append(("model", 0, len(content), 0))
    while count.waiting:
        kind, start, end, depth = count.waiting.pop()
        _walk(count, kind, start, end, depth)


def _walk(count: _Count, kind: str, start: int, end: int, depth: int) -> None:
    at = start
    number = partial(_varint, count.content, end=end)
    while at < end:
        key, at = number(at)
        if key & 7 == VARINT:
            _, at = number(at)
        elif key & 7 == LENGTH:
            size, at = number(at)
            inner = PARTS[kind].get(key >> 3)
            count.parts += 1
            if count.parts > MOST_PARTS:
                raise GraphError(f"it has more than {MOST_PARTS:,} parts, the limit.")
            if inner is not None:
                below = depth + (inner in ("graph", "function"))
                if below > DEEPEST:
                    raise GraphError(f"its graphs are nested more than {DEEPEST} deep, the limit.")
                count.waiting.append((inner, at, min(at + size, end), below))
            at += size
        elif key & 7 in (EIGHT, FOUR):
            at += 8 if key & 7 == EIGHT else 4
        else:
            raise GraphError("it is no ONNX file, or damaged.")
    if at > end:
        raise GraphError("it is cut off, or no ONNX file.")


def _varint(content: memoryview, at: int, end: int) -> tuple[int, int]:
    """A number of seven bits a byte, the lowest first, and where it ends."""
    value = 0
    for place in range(LONGEST_VARINT):
        if at >= end:
            raise GraphError("it is cut off, or no ONNX file.")
        byte = content[at]
        at += 1
        value |= (byte & 0x7F) << 7 * place
        if byte < 0x80:
            return value, at
    raise GraphError("it is no ONNX file, or damaged.")
