"""Copying runs from one store to another, of any kind, without losing anything.

A copy is made in the order in which a run is recorded: its document, with the status ``COPYING``,
then output, points and files, and finally its own status. Each step may be repeated. So a copy
that was interrupted is completed by copying again, and a complete one is left alone;
``meta.copied_from`` says which run it is a copy of, and of which state of that run.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sacred._base.digest import new_md5
from sacred.events import DETAIL_FIELDS
from sacred.query.syntax import Expression
from sacred.records import Points, RunId, RunRecord, StoredFile, plain_id
from sacred.runs import RunStore
from sacred.serializer.escaped_text import original_text, storable_text
from sacred.serializer.writing import flatten_rest
from sacred.status import COPYING
from sacred.stores.changes import (
    AddFile,
    AddPoints,
    Annotate,
    Change,
    SetFields,
    SourceFile,
    WriteOutput,
)
from sacred.stores.reader import timestamp_of
from sacred.stores.schemes import canonical_url
from sacred.stores.store import (
    MALFORMED_DATA_ERRORS,
    RunExistsError,
    StoreError,
    StoreNotFoundError,
    StoreUnavailableError,
)
from sacred.upkeep.content import COPIED_FROM, TIMES, content_hash, digest_of, state_of
from sacred.upkeep.queued_copies import QueuedRuns

__all__ = ["COPYING", "CopyReport", "copy_run_as", "copy_runs"]


_POINTS_AT_ONCE = 100_000
#: The part of the name of a renamed artifact that is kept: some file systems allow 255 bytes.
_MAX_STEM_CHARS = 40
_AT_START = ("command", "host", "config", "meta", "start_time", "queue_time")
_AT_END = (*DETAIL_FIELDS, "heartbeat", "info", "result", "fail_trace", "stop_time", "status")

Progress = Callable[[int, int], None]


@dataclass(slots=True, kw_only=True)
class CopyReport:
    """What has been copied.

    Attributes:
        copied: maps ids in the source to ids in the target, for new and for completed copies.
        present: how many runs the target had already.
        problems: messages about what could not be copied, or only with changes.
    """

    copied: dict[RunId, RunId] = field(default_factory=dict)
    present: int = 0
    problems: list[str] = field(default_factory=list)


def copy_runs(
    source: RunStore,
    target: RunStore,
    where: str | Expression = "",
    *,
    move: bool = False,
    progress: Progress | None = None,
) -> CopyReport:
    """Copy runs with their output, metrics and files. Doing it again changes nothing.

    A run keeps its id unless the target has another run with that id, or cannot have such an
    id. Runs that have changed in the source since they were copied are brought up to date.
    Each copy is read again and compared (`content_hash`).

    Only the workers of one store run a queued run: the copy of one that is queued, or leased to
    a worker, is `CANCELLED`.

    Args:
        source: where the runs are.
        target: where they go; created if it does not exist.
        where: a query that selects the runs.
        move: let queued runs wait in the target, and cancel them in the source, instead.
        progress: called with the number of runs done so far, and the total.

    Raises:
        StoreError: one of the stores cannot be read or written.
        QueueUnsupportedError: runs are to be moved, and one of the stores cannot be a queue.
        QueryError: the query is not valid.

    >>> from sacred.stores.memory.store import MemoryStore
    >>> source, target = RunStore(MemoryStore()), RunStore(MemoryStore())
    >>> document = {"status": "COMPLETED", "config": {"lr": 0.1}, "experiment": {"name": "ex"}}
    >>> run_id = source.backend.create(7, document, [])
    >>> copy_runs(source, target).copied
    {7: 7}
    >>> target[7].config.lr
    0.1
    >>> copy_runs(source, target)
    CopyReport(copied={}, present=1, problems=[])
    """
    runs = source.runs(where)
    ids, report = runs.ids, CopyReport()
    copies = _Copies(target)
    queued = QueuedRuns(source, target, move=move)
    for done, record in enumerate(runs):
        if progress is not None:
            progress(done, len(ids))
        try:
            _copy_unless_moved(record, target, copies, report, queued)
        except StoreUnavailableError:
            raise
        except (StoreError, OSError, ArithmeticError, *MALFORMED_DATA_ERRORS) as error:
            # One run that cannot be read, or that the target refuses, must not keep the others.
            report.problems.append(f"run {record.id!r} is not copied whole: {_reason(error)}")
    report.problems += runs.problems
    if progress is not None:
        progress(len(ids), len(ids))
    return report


def copy_run_as(
    record: RunRecord, target: RunStore, run_id: RunId, meta: Mapping[str, Any]
) -> list[str]:
    """Copy one run under a new id, with other annotations.

    Args:
        record: a run that is over.
        target: where the copy goes; may be the store of the run itself.
        run_id: of the copy.
        meta: entries that replace or extend those of its ``meta``.

    Returns:
        messages about what could not be copied.

    Raises:
        RunExistsError: there is already a run with that id.
        StoreError: a store cannot be read or written.
    """
    origin = _origin_of(record)
    with tempfile.TemporaryDirectory(prefix="sacred-copy-") as scratch:
        files = _LocalFiles(scratch)
        sources = files.sources(record)
        document = _first_document(record, origin, sources)
        document["meta"] = {**document["meta"], **flatten_rest(dict(meta))}
        new_id = target.backend.create(run_id, document, sources)
        _fill(record, target, new_id, files, record.stored("status"))
    return [f"run {record.id!r}: {problem}" for problem in files.missing]


class _Copies:
    """The copies that a store has, by the runs that they are copies of."""

    def __init__(self, target: RunStore) -> None:
        self._known: dict[tuple[str, str], tuple[RunId, dict[str, Any], Any]] = {}
        self.ids: set[str] = set()
        # A store that is not there yet has none.
        with contextlib.suppress(StoreNotFoundError):
            for document in target.reader.documents(fields=("meta", "status")):
                self.ids.add(str(document["_id"]))
                origin = (document.get("meta") or {}).get(COPIED_FROM)
                if isinstance(origin, dict):
                    key = (str(origin.get("store")), str(origin.get("id")))
                    self._known[key] = (document["_id"], origin, document.get("status"))

    def find(self, origin: dict[str, Any]) -> tuple[RunId, dict[str, Any], Any] | None:
        """Id, origin and status of the copy of a run."""
        return self._known.get((origin["store"], origin["id"]))


def _copy_unless_moved(
    record: RunRecord, target: RunStore, copies: _Copies, report: CopyReport, queued: QueuedRuns
) -> None:
    if queued.is_moved(record):
        report.present += 1
    elif queued.is_kept(record):
        report.problems.append(f"run {record.id!r} is not moved: a worker is running it")
    else:
        new_id = _copy(record, target, copies, report, queued.status_of_copy(record))
        queued.move(record, new_id)


def _origin_of(record: RunRecord) -> dict[str, Any]:
    """What a copy says of the run that it is one of."""
    return {"store": canonical_url(record.store), "id": str(record.id), "state": state_of(record)}


def _copy(
    record: RunRecord, target: RunStore, copies: _Copies, report: CopyReport, status: Any
) -> RunId:
    """Copy one run, which gets a status; return its id in the target."""
    origin = _origin_of(record)
    known = copies.find(origin)
    if known is not None and known[1] == origin and known[2] != COPYING:
        report.present += 1
        return known[0]
    if known is None and str(record.id) in copies.ids and _is_same(record, target):
        report.present += 1
        return target[record.id].id
    with tempfile.TemporaryDirectory(prefix="sacred-copy-") as scratch:
        files = _LocalFiles(scratch)
        if known is None:
            # Two runs of one store must not have ids that look the same, as 4 and "4" do.
            wanted = None if str(record.id) in copies.ids else _possible_id(record.id)
            new_id = _create(record, wanted, target, origin, files)
        else:
            new_id = known[0]
            meta = {**(record.stored("meta") or {}), COPIED_FROM: origin}
            target.apply(new_id, [SetFields(fields={"status": COPYING}), Annotate(fields=meta)])
        _fill(record, target, new_id, files, status)
    copies.ids.add(str(new_id))
    report.copied[record.id] = new_id
    report.problems += [f"run {record.id!r}: {problem}" for problem in files.missing]
    if content_hash(target[new_id]) != content_hash(record, status=status):
        report.problems.append(
            f"run {record.id!r}: {target.url} cannot keep all of it as it is (run {new_id!r})"
        )
    return new_id


def _is_same(record: RunRecord, target: RunStore) -> bool:
    """Whether the target's run of that id is this one: where it comes from, or an old copy."""
    other = target.get(record.id)
    return other is not None and content_hash(other) == content_hash(record)


def _create(
    record: RunRecord,
    wanted: RunId | None,
    target: RunStore,
    origin: dict[str, Any],
    files: _LocalFiles,
) -> RunId:
    sources = files.sources(record)
    document = _first_document(record, origin, sources)
    if wanted is not None:
        with contextlib.suppress(RunExistsError):
            try:
                return target.backend.create(wanted, document, sources)
            except StoreUnavailableError:
                raise
            except RunExistsError:
                raise
            except StoreError:
                pass  # it has no such ids
    return target.backend.create(None, document, sources)


def _first_document(
    record: RunRecord, origin: dict[str, Any], sources: list[SourceFile]
) -> dict[str, Any]:
    """What a copy begins with."""
    experiment = {**(record.stored("experiment") or {})}
    experiment["sources"] = [[file.name, file.md5] for file in sources]
    document: dict[str, Any] = {"status": COPYING, "experiment": flatten_rest(experiment)}
    for name in _AT_START:
        value = record.stored(name)
        if value is not None or name in ("host", "config", "meta"):
            document[name] = value if name in TIMES else flatten_rest(value or {})
    document["meta"] = {**document["meta"], COPIED_FROM: origin}
    if record.stored("status") != "QUEUED":
        document |= {"heartbeat": None, "resources": [], "artifacts": []}
        document |= {"captured_out": "", "info": {}}
    return document


def _possible_id(run_id: RunId) -> RunId | None:
    """The id if a run can have it everywhere: what begins so would be no run in files."""
    text = str(run_id)
    return None if text.startswith(("_", ".")) else plain_id(text)


def _fill(
    record: RunRecord, target: RunStore, new_id: RunId, files: _LocalFiles, status: Any
) -> None:
    """Everything but the document at the start."""
    present = target[new_id]
    for kind in ("resources", "artifacts"):
        there: dict[str, StoredFile] = dict(getattr(present, kind))
        for name, file in getattr(record, kind).items():
            local = files.local(file)
            if local is None:
                files.missing.append(f"the content of {name!r} is not stored in {record.store}")
                continue
            change = _acceptable(_add_file(kind, file, *local), target, files)
            shown = original_text(change.name)
            if shown not in there or digest_of(there[shown]) != local[1]:
                target.apply(new_id, [change])
                os.remove(local[0])
    for metric in record.read_metrics().values():
        for points in _points(metric.name, metric.points, record):
            target.apply(new_id, [points])
    changes: list[Change] = []
    if record.output:
        changes.append(WriteOutput(start=0, offset=0, text=storable_text(record.output)))
    fields: dict[str, Any] = {}
    for name in _AT_END:
        value = record.stored(name)
        if name in DETAIL_FIELDS and not (value and target.backend.supports_details):
            continue
        if value is not None:
            fields[name] = value if name in TIMES else flatten_rest(value)
    fields["status"] = status
    if record.metrics:
        fields.setdefault("info", {})  # where MongoDB lists them
    target.apply(new_id, [*changes, SetFields(fields=fields)])


def _acceptable(change: AddFile, target: RunStore, files: _LocalFiles) -> AddFile:
    """The change with a name that the target can have.

    Args:
        change: adds a file under its own name.
        target: the store.
        files: called when a file gets another name.
    """
    try:
        target.backend.check(change)
    except StoreError as error:
        stem, suffix = os.path.splitext(os.path.basename(change.path))
        # Not two names that become the same.
        digest = new_md5(change.name.encode()).hexdigest()
        name = f"{stem[:_MAX_STEM_CHARS]}_{digest}{suffix[:_MAX_STEM_CHARS]}"
        files.missing.append(f"{change.name!r} is stored as {name!r}: {error}")
        return dataclasses.replace(change, name=name)
    return change


def _reason(error: Exception) -> str:
    text = str(error)
    return text if isinstance(error, StoreError) else f"{type(error).__name__}: {text}"


def _add_file(kind: str, file: StoredFile, path: str, md5: str) -> AddFile:
    if kind == "resources":
        return AddFile(kind="resource", name=storable_text(file.name), path=path, md5=md5)
    return AddFile(
        kind="artifact",
        name=storable_text(file.name),
        path=path,
        metadata=dict(file.metadata) or None,
        content_type=file.entry.content_type,
    )


def _points(name: str, points: Points, record: RunRecord) -> Iterator[AddPoints]:
    steps, values, times = (
        items.tolist() if hasattr(items, "tolist") else list(items)
        for items in (points.steps, points.values, points.timestamps)
    )
    start = record.start_time or record.queue_time
    timestamps = [timestamp_of(time) or start for time in times]
    timestamps += [start] * (len(values) - len(timestamps))
    for first in range(0, len(values), _POINTS_AT_ONCE):
        part = slice(first, first + _POINTS_AT_ONCE)
        yield AddPoints(
            name=storable_text(name),
            start=first,
            steps=steps[part],
            values=values[part],
            timestamps=timestamps[part],  # type: ignore[arg-type]
        )


class _LocalFiles:
    """Files of a run on this machine, under their own names: stores take names from them."""

    def __init__(self, directory: str) -> None:
        self.missing: list[str] = []
        self._directory = directory
        self._count = 0

    def sources(self, record: RunRecord) -> list[SourceFile]:
        """The sources; a path that is not there stands for content that is not stored."""
        base = str((record.stored("experiment") or {}).get("base_dir") or "")
        found = []
        for name, file in record.sources.items():
            path, md5 = self.local(file) or (self._new_path(name), file.entry.md5 or "")
            origin = os.path.abspath(os.path.join(base, name))
            found.append(SourceFile(name=storable_text(name), path=path, md5=md5, origin=origin))
        return found

    def local(self, file: StoredFile) -> tuple[str, str] | None:
        """Path and digest; None: the content is not stored."""
        digest = digest_of(file)
        if digest is None:
            return None
        path = self._new_path(file.name)
        os.makedirs(os.path.dirname(path))
        with file.open() as content, open(path, "wb") as copy:
            shutil.copyfileobj(content, copy, 1 << 20)
        return path, digest

    def _new_path(self, name: str) -> str:
        self._count += 1
        base = name.replace("\\", "/").rstrip("/").rpartition("/")[2].replace("\0", "␀")
        if base in ("", ".", "..") or len(os.fsencode(base)) > 200:
            base = "file"
        return os.path.join(self._directory, str(self._count), base)
