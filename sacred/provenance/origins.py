"""The origin of a value, and the history of an entry, as frozen values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal

from sacred._base.frozen import Frozen
from sacred._base.text import did_you_mean

__all__ = ["EntryProvenance", "EntryReaders", "Origin", "OriginKind", "Overridden", "Provenance"]

OriginKind = Literal["scope", "dict", "file", "hook", "named", "update", "seed", "unknown"]

_LABELS = {"named": "named config", "update": "", "seed": ""}


class Origin(Frozen, kw_only=False):
    """The place where a value was set.

    Attributes:
        kind: what set it: a config scope, dict or file, a config hook, a named
            config, an update from outside, or the drawing of a seed.
        where: the file and line, the file, or the argument; may be empty.
        name: the name of the scope, hook or named config; may be empty.

    >>> print(Origin("scope", "train.py:12", "cfg"))
    scope cfg, train.py:12
    >>> print(Origin("update", "command line, argument 2"))
    command line, argument 2
    """

    kind: OriginKind
    where: str = ""
    name: str = ""

    if not TYPE_CHECKING:

        def __init__(self, kind: OriginKind, where: str = "", name: str = "") -> None:
            # Written out: every entry of a configuration has one.
            object.__setattr__(self, "kind", kind)
            object.__setattr__(self, "where", where)
            object.__setattr__(self, "name", name)

    def __str__(self) -> str:
        label = f"{_LABELS.get(self.kind, self.kind)} {self.name}".strip()
        return (", " if self.name else " ").join(filter(None, (label, self.where)))


class Overridden(Frozen):
    """A value that was overridden, and where it was set.

    Attributes:
        value: the value; for a long one in a stored run, the beginning of its text.
        origin: where it was set.
    """

    value: Any
    origin: Origin


class EntryReaders(Frozen):
    """The calls of one function that have read an entry.

    Attributes:
        function: the name of the function.
        calls: the number of calls that took the entry, in the process of the run.
        where: the file and line of the function, or of its first read of ``_config``.
    """

    function: str
    calls: int
    where: str = ""


class EntryProvenance(Frozen):
    """The history of one entry.

    Attributes:
        path: the dotted path of the entry.
        value: its value.
        origin: where the value was set.
        overridden: the values that it overrode, the last one first.
        readers: the functions that have read it, in order of the first read; None if unknown.
        is_deleted: whether an update deleted it; it then has no value.
    """

    path: str
    value: Any
    origin: Origin
    overridden: tuple[Overridden, ...] = ()
    readers: tuple[EntryReaders, ...] | None = None
    is_deleted: bool = False

    if not TYPE_CHECKING:

        def __init__(
            self, *, path, value, origin, overridden=(), readers=None, is_deleted=False
        ) -> None:
            # Written out, as above.
            put = object.__setattr__
            put(self, "path", path)
            put(self, "value", value)
            put(self, "origin", origin)
            put(self, "overridden", overridden)
            put(self, "readers", readers)
            put(self, "is_deleted", is_deleted)

    @property
    def is_changed(self) -> bool:
        """Whether anything but the default sources has set it, or it overrode another value."""
        return bool(self.overridden) or self.origin.kind in ("named", "update", "hook")


class Provenance(Mapping[str, EntryProvenance]):
    """The histories of the entries of a configuration, by path.

    Args:
        entries: the entries, in the order of the configuration.
        remark: what is missing; empty if nothing is.

    >>> entry = EntryProvenance(path="lr", value=0.1, origin=Origin("scope", "train.py:3", "cfg"))
    >>> str(Provenance([entry])["lr"].origin)
    'scope cfg, train.py:3'
    """

    def __init__(self, entries: Iterable[EntryProvenance] = (), remark: str = "") -> None:
        self._entries = {entry.path: entry for entry in entries}
        self.remark = remark

    def __getitem__(self, path: str) -> EntryProvenance:
        if path not in self._entries:
            raise KeyError(f"no entry {path!r}. {did_you_mean(path, self._entries)}".rstrip())
        return self._entries[path]

    def __contains__(self, path: object) -> bool:
        return path in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def __repr__(self) -> str:
        return f"<provenance of {', '.join(self._entries) or 'nothing'}>"
