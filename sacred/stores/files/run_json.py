"""A JSON object that is written again and again although little of it changes."""

from __future__ import annotations

import datetime
import functools
import json
from collections import Counter
from json.encoder import encode_basestring_ascii
from typing import Any

from sacred.events import DETAIL_FIELDS
from sacred.serializer import dumps
from sacred.serializer.json_text import to_json

__all__ = ["ABOUT", "ANNOTATIONS", "DETAIL_FILES", "JsonRecord", "encode"]

#: Entries of ``meta`` that have changed since the start; null: removed. Annotating a run that is
#: under way must not write the file that its process writes at every heartbeat.
ANNOTATIONS = "_annotations.json"

#: Fields that lists of runs do not read, and the files that they are in.
DETAIL_FILES = {name: f"_{name}.json" for name in DETAIL_FIELDS}

# Texts of more characters are hardly ever the same again.
_MAX_CACHED_CHARS = 10_000

#: The field of ``run.json`` with what was given with artifacts: metadata, content types.
ABOUT = "artifact_metadata"


def encode(value: Any) -> str:
    """Return JSON for a separate file: indented, with sorted keys, and times in ISO 8601.

    >>> encode(datetime.datetime(2026, 1, 2))
    '"2026-01-02T00:00:00"'
    """
    if isinstance(value, datetime.datetime):
        value = value.isoformat()
    if not isinstance(value, (dict, list)):
        return dumps(value)
    compact = dumps(value, sort_keys=True)
    return (
        _laid_out(compact)
        if len(compact) < _MAX_CACHED_CHARS
        else _indented_json(json.loads(compact))
    )


@functools.lru_cache(maxsize=64)
def _laid_out(compact: str) -> str:
    # With an indent, `json` takes twenty times as long; and what runs of one process have
    # in their records is mostly the same.
    return _indented_json(json.loads(compact))


def _indented_json(value: Any, newline: str = "\n") -> str:
    kind = type(value)
    if kind is str:
        return encode_basestring_ascii(value)
    deeper = newline + "  "
    if kind is dict and value:
        members = [
            f"{deeper}{encode_basestring_ascii(key)}: {_indented_json(item, deeper)}"
            for key, item in value.items()
        ]
        return "{" + ",".join(members) + newline + "}"
    if kind is list and value:
        elements = [deeper + _indented_json(item, deeper) for item in value]
        return "[" + ",".join(elements) + newline + "]"
    return _CONSTANTS[value] if value is None or kind is bool else to_json(value)


_CONSTANTS = {None: "null", True: "true", False: "false"}


class JsonRecord:
    """The fields of ``run.json``, each kept as its text in the file.

    >>> record = JsonRecord()
    >>> record.set("artifacts", [])
    >>> record.add("artifacts", "a.png")
    >>> print(record.text())
    {
      "artifacts": [
        "a.png"
      ]
    }
    """

    def __init__(self) -> None:
        self.changed = False
        self._texts: dict[str, str] = {}
        # Lists that only grow: with 10 000 artifacts, to encode all of them for each one
        # more would take longer than to copy it.
        self._lists: dict[str, list[str]] = {}
        self._counts: Counter[tuple[str, str]] = Counter()

    def __contains__(self, name: str) -> bool:
        return name in self._texts

    def value(self, name: str) -> Any:
        """Return the JSON value of a field; None: there is no such field."""
        return json.loads(self._field(name)) if name in self._texts else None

    def set(self, name: str, value: Any) -> None:
        """Set a field.

        Args:
            name: of the field.
            value: plain data.
        """
        if name in ("artifacts", "resources"):
            self._lists[name] = []
            self._counts = Counter({k: n for k, n in self._counts.items() if k[0] != name})
            self._texts[name] = "[]"
            for item in value:
                self._append(name, _item_text(item))
        else:
            self._texts[name] = _indented(encode(value))
        self.changed = True

    def remove(self, name: str) -> None:
        """Remove a field that is not a list, if it is there."""
        self.changed = self._texts.pop(name, None) is not None or self.changed

    def add(self, name: str, item: Any, count: int = 1) -> None:
        """Append an item to a field that is a list; idempotent.

        Args:
            name: of the field.
            item: plain data.
            count: nothing is added if the item is there this many times.
        """
        text = _item_text(item)
        if self._counts[name, text] < count:
            self._append(name, text)

    def _append(self, name: str, text: str) -> None:
        self._lists.setdefault(name, []).append(text)
        self._counts[name, text] += 1
        self._texts[name] = ""  # made of the items when it is needed
        self.changed = True

    def text(self) -> str:
        """Return the whole object."""
        fields = (f'  "{name}": {self._field(name)}' for name in sorted(self._texts))
        return "{\n" + ",\n".join(fields) + "\n}\n"

    def _field(self, name: str) -> str:
        items = self._lists.get(name)
        return "[\n    " + ",\n    ".join(items) + "\n  ]" if items else self._texts[name]


def _item_text(item: Any) -> str:
    return _indented(_indented(encode(item)))


def _indented(text: str) -> str:
    return text.replace("\n", "\n  ")
