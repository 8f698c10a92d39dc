"""What a link of the explorer holds, read and written as `state/codec.ts` does it."""

import base64
import json
from collections.abc import Sequence
from typing import Any


def link_content(text: str) -> tuple[list[Any], list[bytes]]:
    """The value of a link's text and the bytes behind it."""
    raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    head, _, rest = raw.partition(b"\0")
    value, lengths = json.loads(head)
    blobs, start = [], 0
    for length in lengths:
        blobs.append(rest[start : start + length])
        start += length
    return value, blobs


def link_text(value: Sequence[Any], blobs: Sequence[bytes] = ()) -> str:
    """A link's text of such parts."""
    head = json.dumps([value, [len(blob) for blob in blobs]], separators=(",", ":"))
    return base64.urlsafe_b64encode(head.encode() + b"\0" + b"".join(blobs)).decode().rstrip("=")
