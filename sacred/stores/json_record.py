"""A JSON object that is written again and again though little of it changes."""

from __future__ import annotations

import datetime
from typing import Any

from sacred.serializer import dumps

__all__ = ["ABOUT", "ANNOTATIONS", "JsonRecord", "encode"]

#: Entries of ``meta`` that have changed since the start; null: it is gone. Who annotates a run
#: that is under way must not write the file that its process writes at every beat.
ANNOTATIONS = "_annotations.json"

#: The field of ``run.json`` with what was given with artifacts: metadata, content types.
ABOUT = "artifact_metadata"


def encode(value: Any) -> str:
    """JSON for a file of its own: indented, keys sorted; times in ISO 8601.

    >>> encode(datetime.datetime(2026, 1, 2))
    '"2026-01-02T00:00:00"'
    """
    if isinstance(value, datetime.datetime):
        value = value.isoformat()
    return dumps(value, indent=2, sort_keys=True)


class JsonRecord:
    """The fields of ``run.json``, each kept as the text that stands in the file.

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
        # more would take longer than to copy it. (A dict, for it is an ordered set.)
        self._lists: dict[str, dict[str, None]] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._texts

    def set(self, name: str, value: Any) -> None:
        """Give a field another value."""
        if name in ("artifacts", "resources"):
            self._lists[name] = {}
            self._texts[name] = "[]"
            for item in value:
                self.add(name, item)
        else:
            self._texts[name] = _indented(encode(value))
        self.changed = True

    def add(self, name: str, item: Any) -> None:
        """Add an item to a field that is a list, unless it is there."""
        items = self._lists.setdefault(name, {})
        text = _indented(_indented(encode(item)))
        if text in items:
            return
        items[text] = None
        self._texts[name] = ""  # made of the items when it is needed
        self.changed = True

    def text(self) -> str:
        """The whole object."""
        fields = (f'  "{name}": {self._field(name)}' for name in sorted(self._texts))
        return "{\n" + ",\n".join(fields) + "\n}\n"

    def _field(self, name: str) -> str:
        items = self._lists.get(name)
        return "[\n    " + ",\n    ".join(items) + "\n  ]" if items else self._texts[name]


def _indented(text: str) -> str:
    return text.replace("\n", "\n  ")
