"""Stored runs that equal one that is about to start."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sacred._base.frozen import Frozen
from sacred._base.paths import iter_prefixes
from sacred.records import RunRecord
from sacred.restoring.package_needs import differences_here, needs_of, python_of
from sacred.runs.columns import entries_of
from sacred.runs.comparison import digest_of
from sacred.runs.repeating import options_of, own_options
from sacred.runs.run_store import RunStore
from sacred.serializer import dumps
from sacred.status import COMPLETED
from sacred.stores.local_files import md5_of_file
from sacred.stores.store import StoreNotFoundError

__all__ = ["ConfigReader", "PlannedRun", "difference_from", "find_known_run"]


class ConfigReader(Frozen):
    """A function that takes ``_config``.

    Args:
        function: its name.
        path: the path of the part of the configuration that it takes; empty for all of it.
        is_called: whether it is the command of the run, or not a command; other commands are rarely
            called.
    """

    function: str
    path: str
    is_called: bool


class PlannedRun(Frozen):
    """A run that is about to start.

    Args:
        name: of the experiment.
        command: its command.
        config: its configuration, as a store would return it.
        base_dir: the directory that paths of sources are relative to.
        sources: the digests of the sources that it has loaded, by path.
        options: its command-line options.
        config_readers: its functions that take ``_config``.
    """

    name: str
    command: str
    config: Mapping[str, Any]
    base_dir: str
    sources: Mapping[str, str]
    options: Mapping[str, Any]
    config_readers: tuple[ConfigReader, ...] = ()


def find_known_run(planned: PlannedRun, stores: Iterable[RunStore]) -> RunRecord | None:
    """Return the newest completed run that equals a planned one; None if there is none.

    Args:
        planned: the planned run, whose seed was not newly drawn.
        stores: the stores to search.
    """
    where: dict[str, Any] = {
        "status": COMPLETED,
        "command": planned.command,
        "experiment.name": planned.name,
    }
    seed = planned.config.get("seed")
    if type(seed) is int:
        where["config.seed"] = seed
    for store in stores:
        try:
            for record in store.runs(where, newest_first=True):
                if difference_from(record, planned) is None:
                    return record
        except StoreNotFoundError:
            continue  # nothing has been stored there yet
    return None


def difference_from(record: RunRecord, planned: PlannedRun) -> str | None:
    """Return the first difference between a stored run and a planned one, in words.

    Args:
        record: the stored run.
        planned: the planned run.

    Returns:
        None if everything that the stored run used is the same now.
    """
    return next(_differences(record, planned), None)


def _differences(record: RunRecord, planned: PlannedRun) -> Iterator[str]:
    if record.status != COMPLETED:
        yield f"it is {record.status}"
    if (record.name, record.command) != (planned.name, planned.command):
        yield "experiment or command"
    if own_options(options_of(record)) != own_options(planned.options):
        yield "options of the experiment"
    yield from _config_differences(record, planned)
    if python_of(record) != platform.python_version():
        yield "Python"
    yield from differences_here(needs_of(record))
    yield from _source_differences(record, planned)
    yield from _resource_differences(record)


def _config_differences(record: RunRecord, planned: PlannedRun) -> Iterator[str]:
    then, now = _entries(record.config), _entries(planned.config)
    if record.problems:
        yield "an entry that cannot be restored"
    read, whole = _read_entries(record, then, planned.config_readers)
    for path in then:
        is_seed = path.rpartition(".")[2] == "seed"
        is_read = path in read or not whole.isdisjoint(("", *iter_prefixes(path)))
        if (is_seed or is_read) and then[path] != now.get(path):
            yield f"entry {path}"
    # A dict was given to a function with all that is in it.
    whole |= {prefix for path in read for prefix in iter_prefixes(path) if prefix != path}
    for path in now.keys() - then.keys():
        if not whole.isdisjoint(("", *iter_prefixes(path))):
            yield f"entry {path}"


def _entries(config: Mapping[str, Any]) -> dict[str, str]:
    return {str(path): dumps(value) for path, value in entries_of(config).items()}


def _read_entries(
    record: RunRecord, entries: Iterable[str], config_readers: Iterable[ConfigReader]
) -> tuple[set[str], set[str]]:
    """Return the entries that a run has read, and the parts of which it may have read all."""
    provenance = record.provenance
    if provenance is None or provenance.remark:
        return set(entries), {""}
    read, common, functions = set(), None, set()
    for path in entries:
        listed = provenance[path].readers if path in provenance else None
        if listed is None or listed:
            read.add(path)
        readers = {(one.function, one.where) for one in listed or ()}
        functions |= {function for function, _ in readers}
        common = readers if common is None else common & readers
    whole = {one.path for one in config_readers if one.is_called or one.function in functions}
    # Of ``run.config``, whose reader has read everything, each entry has the same reader.
    return read, whole | ({""} if common else set())


def _source_differences(record: RunRecord, planned: PlannedRun) -> Iterator[str]:
    if not record.sources:
        yield "sources, for none are stored"
    for name, file in record.sources.items():
        now = planned.sources.get(name) or _digest(os.path.join(planned.base_dir, name))
        if now != digest_of(file):
            yield f"source {name}"


def _resource_differences(record: RunRecord) -> Iterator[str]:
    for path, file in record.resources.items():
        if _digest(path) != digest_of(file):
            yield f"resource {path}"


def _digest(path: str) -> str | None:
    try:
        return md5_of_file(path)
    except OSError:
        return None
