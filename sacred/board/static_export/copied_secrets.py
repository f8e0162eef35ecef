"""Removal of secrets from a copy: values with secret names are masked wherever they occur."""

from __future__ import annotations

import html
import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any
from urllib.parse import quote, quote_plus

from sacred._base.masking import mask_entry, mask_passwords, mask_secret_values

__all__ = ["Secrets"]

_MASK = "***"
#: A shorter text is masked where its name is known, not wherever these letters stand.
_MIN_SECRET_CHARS = 5
_ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be")


class Secrets:
    """The secrets that some data have, and the data without them.

    Args:
        data: plain JSON in which entries are named: configurations, tables, comparisons.
        words: words that the page itself needs, such as names of fields. A password that is part of
            such a word is masked only under its name, not wherever these letters occur.

    Attributes:
        common: the number of secrets that are parts of such words.

    >>> Secrets({"db": {"password": "hunter2"}}).masked({"output": "login with hunter2"})
    {'output': 'login with ***'}
    """

    def __init__(self, *data: Any, words: Collection[str] = ()) -> None:
        found = {text for item in data for text in _secrets(item, "", False)}
        kept = {text for text in found if not any(text in word for word in words)}
        self.common = len(found) - len(kept)
        # The longest first: one may be a part of another.
        forms = {form for text in kept for form in _forms(text)}
        self._texts = sorted(forms, key=len, reverse=True)

    def masked(self, value: Any, name: str = "") -> Any:
        """Return plain JSON without secrets.

        Args:
            value: the data.
            name: the name of the entry.
        """
        return self._masked(value, name, _is_secret(name))

    def masked_text(self, text: str) -> str:
        """Return a string without secrets: known ones, passwords in URLs, assignments."""
        for secret in self._texts:
            text = text.replace(secret, _MASK)
        return mask_secret_values(mask_passwords(text))

    def are_in(self, content: bytes) -> bool:
        """Return whether binary content contains a known secret."""
        return any(
            secret.encode(encoding, "surrogatepass") in content
            for secret in self._texts
            for encoding in _ENCODINGS
        )

    def _masked(self, value: Any, name: str, is_secret: bool) -> Any:
        if isinstance(value, str):
            return _MASK if is_secret and value else self.masked_text(value)
        if isinstance(value, Mapping):
            return {
                self.masked_text(key): self._masked(item, inner, is_secret or _is_secret(inner))
                for key, item, inner in _entries(value)
            }
        if isinstance(value, list | tuple):
            names = [name] * len(value)
            return [self._masked(*pair, is_secret) for pair in zip(value, names, strict=True)]
        return value


def _secrets(value: Any, name: str, is_secret: bool) -> Iterator[str]:
    if isinstance(value, str):
        if is_secret and len(value) >= _MIN_SECRET_CHARS and mask_entry("password", value) != value:
            yield value
    elif isinstance(value, Mapping):
        for _, item, inner in _entries(value):
            yield from _secrets(item, inner, is_secret or _is_secret(inner))
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _secrets(item, name, is_secret)


def _forms(text: str) -> Iterator[str]:
    """How a text stands in others: as it is, in JSON, in Python, in addresses, in HTML."""
    yield text
    literals = json.dumps(text), json.dumps(text, ensure_ascii=False), repr(text), ascii(text)
    yield from (literal[1:-1] for literal in literals)
    yield html.escape(text)
    # What is no text cannot stand in an address.
    plain = text.encode("utf-8", "surrogatepass")
    yield from (quote(plain), quote(plain, safe=""), quote_plus(plain))


def _entries(value: Mapping[Any, Any]) -> Iterator[tuple[str, Any, str]]:
    """Keys and values of an object, and what each value is the entry of.

    Comparisons and catalogues name an entry beside its values.
    """
    own = value.get("name")
    for key, item in value.items():
        is_named = isinstance(own, str) and key in ("values", "samples")
        yield str(key), item, own if is_named and isinstance(own, str) else str(key)


def _is_secret(name: str) -> bool:
    return bool(mask_entry(name.strip('"'), "x") == _MASK)
