"""The history of a run's configuration: where entries come from, and what has read them."""

from __future__ import annotations

import functools
import logging
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Set
from typing import Any

from sacred._base.frozen import replace
from sacred._base.paths import iter_prefixes, join_paths
from sacred._base.tracebacks import is_own_file
from sacred.config.bindings import Binding, BoundFunction, RunBindings, is_built_in
from sacred.provenance.origins import EntryProvenance, EntryReaders, Provenance
from sacred.provenance.places import Places
from sacred.provenance.stored_rows import document_of
from sacred.provenance.usage import Read
from sacred.settings import SETTINGS

__all__ = ["ConfigHistory", "TrackedConfig"]

_NOBODY: Callable[[], frozenset[str]] = frozenset


class TrackedConfig:
    """The attribute ``config`` of a run; code that reads it may read every entry."""

    def __get__(self, run: Any, owner: type | None = None) -> Any:
        if run is None:
            return self
        if not is_own_file(sys._getframe(1).f_code.co_filename):
            run.bindings.usage.note_whole()
        return run.__dict__["config"]

    def __set__(self, run: Any, config: dict[str, Any]) -> None:
        run.__dict__["config"] = config


class ConfigHistory:
    """Where the entries of a run's configuration come from, and what has read them.

    Args:
        entries: a function that finds out where they come from; called once, when needed.
        bindings: the bindings of the run.
        base_dir: the directory of the experiment.
        updates: whether the run has updates.
        unreadable: finds the paths of entries that nothing can read; returns None if unknown.
        evaluate_unchanged: computes the configuration without updates and named configs.

    Attributes:
        unreadable, evaluate_unchanged: as above.
        read_by_sources: returns the paths that scopes and named configs read; None for any.
    """

    def __init__(
        self,
        entries: Callable[[], list[EntryProvenance]],
        bindings: RunBindings,
        base_dir: str | None = None,
        updates: bool = True,
        read_by_sources: Callable[[], frozenset[str] | None] = _NOBODY,
        unreadable: Callable[[], frozenset[str] | None] = _NOBODY,
        evaluate_unchanged: Callable[[], dict[str, Any]] = dict,
    ) -> None:
        self.unreadable = unreadable
        self.evaluate_unchanged = evaluate_unchanged
        self._make_entries = entries
        self._bindings = bindings
        self._places = Places(base_dir)
        self._updates = updates
        self._read_by_sources = read_by_sources

    @functools.cached_property
    def entries(self) -> list[EntryProvenance]:
        """The entries, without their readers."""
        return self._make_entries()

    def provenance(self) -> Provenance:
        """The entries as known now, with their readers."""
        return Provenance(self._with_readers())

    def document(self, has_begun: bool = True) -> dict[str, Any]:
        """Return the form in which stores keep it, with the readers known so far.

        Args:
            has_begun: whether the run has started; before that, its readers are unknown.
        """
        return document_of(self.entries, self._find_readers() if has_begun else lambda entry: None)

    def report_unread_updates(self, logger: logging.Logger) -> list[str]:
        """Log which updates have set entries that nothing has read.

        Args:
            logger: the logger of the run.

        Returns:
            the paths of these entries.
        """
        found: list[str] = []
        if not self._updates or not self._bindings.usage.is_complete:
            return found
        readers, derived = self._readers(), self._read_by_sources()
        warned_of = self.unreadable() or ()
        for entry in self.entries if derived is not None else ():
            is_set = entry.origin.kind == "update" and entry.path not in warned_of
            is_set = is_set and not entry.is_deleted and entry.path.rpartition(".")[2] != "seed"
            is_used = not set(iter_prefixes(entry.path)).isdisjoint(derived or ())
            if is_set and not is_used and not _of(entry.path, readers):
                found.append(entry.path)
                logger.warning('Config entry "%s" was set, and nothing has read it', entry.path)
            elif is_set and not is_used and _is_new_and_unread(entry, readers):
                # As its warning before the run: whatever the log shows.
                print(f'Nothing has read the new config entry "{entry.path}"', file=sys.stderr)
        return found

    def _with_readers(self) -> Iterator[EntryProvenance]:
        find_readers = self._find_readers()
        for entry in self.entries:
            yield replace(entry, readers=find_readers(entry))

    def _find_readers(self) -> Callable[[EntryProvenance], tuple[EntryReaders, ...] | None]:
        """What gives the readers of an entry; None: they are not known."""
        readers = self._readers()
        nobody = () if self._bindings.usage.is_complete else None
        return lambda entry: None if entry.is_deleted else _of(entry.path, readers) or nobody

    def _readers(self) -> Mapping[str, list[EntryReaders]]:
        """The readers of entries by the paths that they have read, the first one first."""
        found: dict[str, list[EntryReaders]] = defaultdict(list)
        bindings = self._bindings.by_function()
        for function, binding in sorted(bindings.items(), key=lambda item: item[1].first_call):
            if not binding.first_call or is_built_in(function):
                continue
            for path, calls in self._taken(binding).items():
                found[path].append(
                    EntryReaders(function=_name(function), calls=calls, where=self._place(function))
                )
        known = {prefix for entry in self.entries for prefix in iter_prefixes(entry.path)}
        found = {_known_path(path, known): listed for path, listed in found.items()}
        usage, leaves = self._bindings.usage, {entry.path for entry in self.entries}
        for path, read in usage.by_path():
            path = _known_path(path, known)
            if path in leaves:  # of a dict, its entries are what is read
                found.setdefault(path, []).append(self._reader(read))
        if usage.whole is not None:
            found[""] = [self._reader(usage.whole)]
        return found

    def _taken(self, binding: Binding) -> dict[str, int]:
        calls: dict[str, int] = defaultdict(int)
        for names, number in binding.taken().items():
            for name in names if number else ():
                calls[join_paths(binding.path or "", name)] += number
        return calls

    def _reader(self, read: Read) -> EntryReaders:
        return EntryReaders(
            function=read.function, calls=read.calls, where=self._places(read.where)
        )

    def _place(self, function: BoundFunction) -> str:
        code = getattr(function, "__code__", None)
        if code is None:
            return ""
        return self._places(f"{code.co_filename}:{code.co_firstlineno}")


def _is_new_and_unread(entry: EntryProvenance, readers: Mapping[str, Any]) -> bool:
    """Whether an entry was added to a dict that a function has taken, and not looked up there."""
    is_added = "." in entry.path and not entry.overridden
    are_reads_seen = SETTINGS.CONFIG.READ_ONLY_CONFIG and "" not in readers
    return is_added and are_reads_seen and entry.path not in readers


def _known_path(path: str, known: Set[str]) -> str:
    """The path in the configuration of the run: an ingredient sees others below its own path."""
    while path and path not in known and "." in path:
        path = path.partition(".")[2]
    return path


def _of(path: str, readers: Mapping[str, list[EntryReaders]]) -> tuple[EntryReaders, ...]:
    if not readers:
        return ()
    where = ["", *iter_prefixes(path)]
    return tuple(reader for prefix in where for reader in readers.get(prefix, ()))


def _name(function: BoundFunction) -> str:
    return str(getattr(function, "__name__", function.__qualname__))
