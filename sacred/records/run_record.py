"""`RunRecord`: a run in the same form whichever store it comes from."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from sacred._base.clock import utcnow
from sacred._base.frozen import Frozen, factory, replace
from sacred._base.run_ids import RunId
from sacred._base.text import did_you_mean
from sacred.provenance.origins import Provenance
from sacred.provenance.stored_rows import provenance_from
from sacred.records.attribute_dict import Fields, frozen, thawed
from sacred.records.damaged_data import (
    MALFORMED_DATA_ERRORS,
    DamagedRunError,
    StoreError,
    check_depth,
    damaged,
    noticing_damage,
)
from sacred.records.media import MediaSeries, series_of
from sacred.records.metric import Metric
from sacred.records.source import Document, MetricNumbers, RecordSource
from sacred.records.stored_files import FileEntry, StoredFile
from sacred.records.stored_values import restored
from sacred.serializer.escaped_text import ANNOTATIONS, map_texts, original_text
from sacred.status import DEAD_AFTER, RUNNING, shown_status

__all__ = ["RunRecord"]

_T = TypeVar("_T")


class RunRecord(Frozen):
    """A stored run. Its parts are read when you first use them.

    Args:
        id: of the run.
        source: where the other parts are read from.
        document: the parts that are known already, in their stored form.
        now: the present time (naive UTC), which tells dead runs from running
            ones.
        dead_after: see `status`.
        numbers: the numbers of its metrics that are known already.

    Attributes:
        problems: messages about values that could not be restored; the list grows as more of the
            record is read.
    """

    id: RunId
    source: RecordSource
    document: Document = factory(factory=dict)
    now: datetime.datetime = factory(factory=utcnow)
    dead_after: datetime.timedelta = DEAD_AFTER
    numbers: MetricNumbers = factory(factory=dict)
    problems: list[str] = factory(factory=list)
    _cache: dict[str, Any] = factory(factory=dict)

    @property
    def store(self) -> str:
        """The URL of the store, without passwords."""
        return self.source.url

    # ------------------------------------------------------------------ the run

    @property
    def status(self) -> str | None:
        """QUEUED, RUNNING, COMPLETED, FAILED, INTERRUPTED, ..., or DEAD.

        A run is DEAD if its record says RUNNING, but it has had no heartbeat for
        `dead_after`, or its process on this machine has ended. `document["status"]` is the stored
        status.
        """
        stored = _text(self.stored("status"))
        if stored != RUNNING:
            return stored
        last_sign = self.heartbeat or self.start_time
        silent_for = None if last_sign is None else self.now - last_sign
        process = _dict(self.stored("meta")).get("process")
        return shown_status(stored, silent_for, self.dead_after, process)

    @property
    def command(self) -> str | None:
        """The name of the command, usually ``main``."""
        return _text(self.stored("command"))

    @property
    def name(self) -> str | None:
        """The name of the experiment."""
        return _text(_dict(self.stored("experiment")).get("name"))

    @property
    def config(self) -> Fields:
        """The configuration."""
        return self._tree("config")

    @property
    def info(self) -> Fields:
        """The values that the run has put into ``info``."""
        return self._tree("info")

    @property
    def result(self) -> Any:
        """The value that the main function returned; None if there is none (yet)."""
        return self._value("result")

    @property
    def meta(self) -> Fields:
        """Comment, priority, command-line options, and annotations."""
        return self._tree("meta")

    @property
    def host(self) -> Fields:
        """The description of the machine."""
        return self._tree("host")

    @property
    def experiment(self) -> Fields:
        """Name, base directory, dependencies and repositories; see also `sources`."""
        return self._tree("experiment")

    @property
    def environment(self) -> Fields:
        """Installed packages, interpreter, threads, libraries, arguments; empty in old records."""
        return self._tree("environment")

    @property
    def provenance(self) -> Provenance | None:
        """Where each entry of the configuration comes from, by path.

        None if that is not known, for example for runs of Sacred 0.8.
        """
        stored = self._tree("provenance")
        return self._once("provenance", lambda: provenance_from(stored, self.config))

    @property
    def dependencies(self) -> tuple[str, ...]:
        """The packages that the sources import, as ``name==version``."""
        listed = self.experiment.get("dependencies")
        return tuple(map(str, listed)) if isinstance(listed, list | tuple) else ()

    @property
    def repositories(self) -> tuple[Mapping[str, Any], ...]:
        """The git repositories of the sources: ``url``, ``commit`` and ``dirty`` of each."""
        listed = self.experiment.get("repositories")
        entries = listed if isinstance(listed, list | tuple) else ()
        return tuple(entry for entry in entries if isinstance(entry, Mapping))

    @property
    def fail_trace(self) -> str | None:
        """The traceback of a failed run."""
        lines = self.stored("fail_trace")
        return _text("".join(map(str, lines)) if isinstance(lines, list) else lines)

    # -------------------------------------------------------------------- times

    @property
    def start_time(self) -> datetime.datetime | None:
        """When the run started (naive UTC)."""
        return _timestamp(self.stored("start_time"))

    @property
    def stop_time(self) -> datetime.datetime | None:
        """When the run ended (naive UTC)."""
        return _timestamp(self.stored("stop_time"))

    @property
    def heartbeat(self) -> datetime.datetime | None:
        """The last sign of life (naive UTC)."""
        return _timestamp(self.stored("heartbeat"))

    @property
    def queue_time(self) -> datetime.datetime | None:
        """When the run was queued (naive UTC)."""
        return _timestamp(self.stored("queue_time"))

    @property
    def duration(self) -> datetime.timedelta | None:
        """The time from the start to the end, or to the last heartbeat if it has not ended."""
        start, stop = self.start_time, self.stop_time or self.heartbeat
        return stop - start if start is not None and stop is not None else None

    # -------------------------------------------------------------- annotations

    @property
    def tags(self) -> tuple[str, ...]:
        """The run's tags."""
        tags = _dict(self.stored("meta")).get("tags")
        return tuple(original_text(str(tag)) for tag in tags) if isinstance(tags, list) else ()

    @property
    def group(self) -> str | None:
        """The group that the run belongs to."""
        return _text(_dict(self.stored("meta")).get("group"))

    @property
    def notes(self) -> str | None:
        """Notes that people have written about the run."""
        return _text(_dict(self.stored("meta")).get("notes"))

    @property
    def comment(self) -> str | None:
        """The comment that was given on the command line."""
        return _text(_dict(self.stored("meta")).get("comment"))

    @property
    def starred(self) -> bool:
        """Whether somebody has starred the run."""
        return _dict(self.stored("meta")).get("starred") is True

    # -------------------------------------------------------------- large parts

    @property
    def metrics(self) -> Mapping[str, Metric]:
        """The metrics by name."""
        return self._once("metrics", self._metrics)

    def read_metrics(self) -> Mapping[str, Metric]:
        """Return the metrics with all points read at once, which is faster for many metrics."""
        with noticing_damage(self.id, f"its metrics in {self.store}"):
            for stored_name, points in self.source.all_points(self.id):
                name = original_text(stored_name)
                if name in self.metrics:
                    self.metrics[name]._cache.setdefault("points", points)
        return self.metrics

    @property
    def output(self) -> str:
        """Everything that the run has printed."""
        return self._once("output", lambda: original_text(self.source.output(self.id)))

    @property
    def artifacts(self) -> Mapping[str, StoredFile]:
        """The files that the run made, by name; of several with the same name, the last one."""
        return self._once("artifacts", lambda: self._files("artifacts"))

    @property
    def media(self) -> Mapping[str, MediaSeries]:
        """Images, figures, tables, ... that were logged with steps, by name."""
        return self._once("media", lambda: _Named(series_of(self.artifacts), "series"))

    @property
    def resources(self) -> Mapping[str, StoredFile]:
        """The files that the run has read, by their paths."""
        return self._once("resources", lambda: self._files("resources"))

    @property
    def sources(self) -> Mapping[str, StoredFile]:
        """The source files, by their paths relative to ``experiment.base_dir``."""
        return self._once("sources", lambda: self._files("sources"))

    # -------------------------------------------------------------------- parts

    def stored(self, name: str) -> Any:
        """Return a field of the document in its stored form, or None if there is no such field."""
        if name not in self.document and name not in self._cache:
            found = self._reject_malformed(name, lambda: self.source.document(self.id, (name,)))
            self._cache[name] = found.get(name)
        return self.document[name] if name in self.document else self._cache[name]

    def to_dict(self) -> dict[str, Any]:
        """Return the record without its large parts, as plain values."""
        return {name: thawed(getattr(self, name)) for name in _SHOWN}

    def _tree(self, name: str) -> Fields:
        value = self._value(name)
        return value if isinstance(value, Fields) else Fields({} if value is None else {"": value})

    def _value(self, name: str) -> Any:
        def report(problem: str) -> None:
            self.problems.append(f"{name}: {problem}")

        def restore() -> Any:
            stored = self.stored(name)
            if name in _TEXTS and isinstance(stored, Mapping):
                stored = map_texts(stored, _TEXTS[name], original_text)
            check_depth(stored)
            return frozen(restored(stored, report))

        # Not the key of `stored`: that is the stored form.
        return self._once(f"{name}{_RESTORED}", restore)

    def _metrics(self) -> Mapping[str, Metric]:
        def load(name: str) -> Metric:
            shown = original_text(name)
            what = f"metric {shown!r}"
            return Metric(
                name=shown,
                load=lambda: self._reject_malformed(
                    what, lambda: self.source.points(self.id, name)
                ),
                as_damage=lambda error: self._damaged(what, error),
            )

        names = sorted(self.source.metric_names(self.id))
        return _Named({original_text(name): load(name) for name in names}, "metric")

    def _files(self, kind: str) -> Mapping[str, StoredFile]:
        def file(entry: FileEntry) -> StoredFile:
            shown = replace(entry, name=original_text(entry.name))
            return StoredFile(entry=shown, opener=lambda: self.source.open_file(self.id, entry))

        files = map(file, self.stored(kind) or ())
        return _Named({file.name: file for file in files}, kind.removesuffix("s"))

    def _once(self, key: str, make: Callable[[], _T]) -> _T:
        cache_key = f"{key} of the record"
        if cache_key not in self._cache:
            self._cache[cache_key] = self._reject_malformed(key.removesuffix(_RESTORED), make)
        value: _T = self._cache[cache_key]
        return value

    def _reject_malformed(self, what: str, make: Callable[[], _T]) -> _T:
        """Make a part of the record; whatever comes of data that make no sense is damage."""
        # No context manager: tables look at some fields of a hundred thousand runs.
        try:
            return make()
        except StoreError:
            raise
        except MALFORMED_DATA_ERRORS as error:
            raise self._damaged(what, error) from error

    def _damaged(self, what: str, error: Exception) -> DamagedRunError:
        return damaged(self.id, f"its {what} in {self.store}", error)

    # -------------------------------------------------------------- as an object

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, RunRecord):
            return NotImplemented
        return (self.store, self.id) == (other.store, other.id)

    def __hash__(self) -> int:
        return hash((self.store, self.id))

    def __repr__(self) -> str:
        return f"<run {self.id!r} of {self.store}: {self.name or '?'}, {self.status or '?'}>"

    def _repr_html_(self) -> str:
        # Not at the top: only notebooks show HTML.
        from sacred.records.notebook import as_html

        return as_html(self)


class _Named(Mapping[str, _T]):
    """A mapping that knows what was probably meant."""

    def __init__(self, items: dict[str, _T], kind: str) -> None:
        self._items = items
        self._kind = kind

    def __getitem__(self, name: str) -> _T:
        try:
            return self._items[name]
        except KeyError:
            hint = did_you_mean(name, self._items)
            raise KeyError(f"no {self._kind} {name!r}. {hint}".rstrip()) from None

    def __contains__(self, name: object) -> bool:
        return name in self._items

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __repr__(self) -> str:
        return f"<{self._kind}s: {', '.join(self._items) or 'none'}>"


_SHOWN = (
    "id",
    "store",
    "status",
    "name",
    "command",
    "config",
    "info",
    "result",
    "meta",
    "host",
    "experiment",
    "start_time",
    "stop_time",
    "heartbeat",
    "queue_time",
    "duration",
    "fail_trace",
    "tags",
    "group",
    "notes",
    "starred",
    "comment",
)


_RESTORED = " restored"

#: Entries that are stored as by `storable_text`, by the field that they are in.
_TEXTS = {"meta": ANNOTATIONS, "experiment": ("name",)}


def _dict(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: Any) -> str | None:
    return None if value is None or value == "" else original_text(str(value))


def _timestamp(value: Any) -> datetime.datetime | None:
    return value if isinstance(value, datetime.datetime) else None
