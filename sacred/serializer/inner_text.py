"""JSON text within objects: jsonpickle stores the parts of pandas' objects in this way."""

from __future__ import annotations

import base64
import json
import zlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sacred.serializer.protocol import Reader

__all__ = ["inner_text", "packed", "read_inner", "unpacked"]

# Longer texts are compressed: jsonpickle's limit.
_TEXT_LIMIT = 500
# A compressed text never becomes larger than this: a few bytes can expand to fill the memory.
_MAX_TEXT = 1 << 28


def inner_text(flat: Any) -> str:
    """Return the text of flattened data, as jsonpickle writes (and reads) it: NaN stays NaN.

    >>> inner_text([1, float("nan")])
    '[1, NaN]'
    """
    return json.dumps(flat)


def read_inner(text: str, reader: Reader) -> Any:
    """Restore the value of a JSON text within an object, under the same rules as the object.

    Args:
        text: the JSON text.
        reader: restores the value.

    Raises:
        ValueError: it is not JSON.
    """
    return reader.restore_independent(json.loads(text))


def packed(text: str) -> dict[str, Any]:
    """Return the entries of an object that hold its text.

    >>> packed("[1]")
    {'values': '[1]', 'txt': True}
    >>> packed("[" + 300 * "1, " + "1]")["txt"]
    False
    """
    if len(text) <= _TEXT_LIMIT:
        return {"values": text, "txt": True}
    content = base64.b64encode(zlib.compress(text.encode())).decode("ascii")
    return {"comp": True, "values": content, "txt": False}


def unpacked(flat: dict[str, Any]) -> str:
    """Return the text from such entries; the inverse of `packed`.

    >>> unpacked(packed(501 * "1"))  == 501 * "1"
    True
    """
    values = flat["values"]
    if not isinstance(values, str):
        raise TypeError("a text is expected")
    if flat.get("txt", True):
        return values
    content = base64.b64decode(values)
    if flat.get("comp", False):
        decompressor = zlib.decompressobj()
        content = decompressor.decompress(content, _MAX_TEXT)
        if not decompressor.eof:
            raise ValueError("the compressed text is cut off or too long")
    return content.decode()
