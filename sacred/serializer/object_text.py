"""Texts that stand for objects that cannot be restored from stored data.

A ``torch.device`` or a file has no plain form. What is stored is its ``repr``, cut to a
few words, with the name of its type::

    {"py/text": "torch.device(type='cpu')", "type": "torch.device"}

It is a string to readers, queries and displays, and flattens to the same form again. It cannot
be used in the configuration of a run, because the value itself is missing.
"""

from __future__ import annotations

import re
from typing import Any

__all__ = ["TEXT_TAG", "ObjectText", "flatten_text", "read_name", "read_text"]

#: Our own tag: jsonpickle evaluates the text of its ``py/repr``.
TEXT_TAG = "py/text"

_MAX_CHARS = 200
# It differs from run to run, and says nothing.
_ADDRESS = re.compile(r" at 0x[0-9A-Fa-f]+")


class ObjectText(str):
    """The text of an object that is not restored; `form` is how it is stored.

    >>> ObjectText("torch.float32", {"py/text": "torch.float32", "type": "torch.dtype"})
    'torch.float32'
    """

    form: dict[str, Any]

    def __new__(cls, text: str, form: dict[str, Any] | None = None) -> ObjectText:
        """Make one from its text and its stored form."""
        made = super().__new__(cls, text)
        made.form = {TEXT_TAG: text, "type": ""} if form is None else form
        return made

    def __getnewargs__(self) -> tuple[str, dict[str, Any]]:  # type: ignore[override]
        return str(self), self.form

    @property
    def type_name(self) -> str:
        """The dotted name of the object's type, if it is known."""
        return str(self.form.get("type", ""))


def flatten_text(value: Any) -> dict[str, Any]:
    """Return the form of an object of any type: a short line of text, and the type's name.

    Raises:
        Exception: whatever its ``__repr__`` raises.

    >>> flatten_text(re.compile("a+"))
    {'py/text': "re.compile('a+')", 'type': 're.Pattern'}
    """
    kind = type(value)
    module = str(kind.__module__)
    text = " ".join(_ADDRESS.sub("", repr(value)).split())
    if text.startswith(f"{kind.__name__}(") and module not in ("builtins", "__main__"):
        text = f"{module.partition('.')[0]}.{text}"
    if len(text) > _MAX_CHARS:
        text = f"{text[: _MAX_CHARS - 1]}…"
    return {TEXT_TAG: text, "type": f"{module}.{kind.__qualname__}"}


def read_text(flat: dict[str, Any]) -> ObjectText:
    """Return the text of such a form.

    Raises:
        TypeError: the data are malformed.
    """
    if not isinstance(flat[TEXT_TAG], str) or not isinstance(flat.get("type", ""), str):
        raise TypeError("a text is expected")
    return ObjectText(flat[TEXT_TAG], dict(flat))


def read_name(tag: str, flat: dict[str, Any]) -> ObjectText:
    """Return the dotted name of a class or a function from the form that jsonpickle gives it.

    Args:
        tag: the key of the name, such as ``py/type``.
        flat: the plain form.

    Raises:
        TypeError: the name is not a string.

    >>> read_name("py/type", {"py/type": "decimal.Decimal"})
    'decimal.Decimal'
    """
    if not isinstance(flat[tag], str):
        raise TypeError("a name is expected")
    return ObjectText(flat[tag], dict(flat))
