"""Garbage in a TinyDB store: files that no run refers to, and leftovers of writing."""

from __future__ import annotations

import datetime
import os
import re
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from sacred._base.run_ids import RunId
from sacred.stores.collector import Collector, Garbage, Report
from sacred.stores.local_files import SCRATCH, last_use, remove_unused
from sacred.stores.reader import timestamp_of
from sacred.stores.tinydb.database_file import DISCARD_TIME, TABLE, TablesFile
from sacred.stores.tinydb.hash_files import HashFiles
from sacred.stores.tinydb.long_output import PARTS

__all__ = ["TinyDbCollector"]


class TinyDbCollector(Collector):
    """Looks through the directory of files.

    Args:
        tables: the database.
        files: the directory.
    """

    def __init__(self, tables: TablesFile, files: HashFiles) -> None:
        self._tables = tables
        self._files = files

    def find(
        self,
        before: datetime.datetime,
        without: Collection[RunId] = (),
        report: Report | None = None,
    ) -> Iterator[Garbage]:
        """See `Collector.find`."""
        old = list(self._old(before))  # and only then the database, which may refer to newer ones
        used: set[str] | None = None
        for path, size in old:
            name = os.path.relpath(path, self._files.root)
            if re.fullmatch(SCRATCH, os.path.basename(path)):
                yield Garbage(kind="temporary file", name=name, size=size, ref=path)
                continue
            used = self._digests(without) if used is None else used
            digest = os.path.splitext(name)[0].replace(os.sep, "")
            # Other names are none that this store gives.
            if re.fullmatch("[0-9a-f]{32}", digest) and digest not in used:
                yield Garbage(kind="file", name=digest, size=size, ref=path)

    def remove(
        self, garbage: Sequence[Garbage], before: datetime.datetime, report: Report | None = None
    ) -> Iterator[Garbage]:
        """See `Collector.remove`."""
        unused = {item.ref for item in self.find(before)}
        for item in garbage:
            if item.ref in unused and remove_unused(item.ref, before):
                yield item

    def discard_time(self, run_id: RunId) -> datetime.datetime | None:
        """See `Collector.discard_time`."""
        for entry in self._entries():
            if entry.get("_id") == run_id:
                return timestamp_of(entry.get(DISCARD_TIME))
        return None

    def _old(self, before: datetime.datetime) -> Iterator[tuple[str, int]]:
        """Paths and sizes of files that were neither stored nor used since then."""
        places = [(os.path.dirname(self._tables.path), False), (self._files.root, True)]
        for place, is_store in places:
            for folder, folders, files in os.walk(place):
                if not is_store:
                    folders.clear()
                for file in files:
                    path = os.path.join(folder, file)
                    try:
                        status = os.lstat(path)
                    except FileNotFoundError:
                        continue
                    if last_use(status) < before and (is_store or re.fullmatch(SCRATCH, file)):
                        yield path, status.st_size

    def _digests(self, without: Collection[RunId]) -> set[str]:
        """The digests that entries name, in whatever field they stand."""
        gone = set(without)
        found: set[str] = set()
        for entry in self._entries():
            if entry.get("_id") not in gone:
                experiment = entry.get("experiment")
                sources = experiment.get("sources") if isinstance(experiment, dict) else ()
                fields = ("resources", "artifacts", PARTS)
                for listed in (sources, *(entry.get(field) for field in fields)):
                    for item in listed or ():
                        found.update(text for text in item if isinstance(text, str))
        return found

    def _entries(self) -> list[dict[str, Any]]:
        runs = (self._tables.read() or {}).get(TABLE, {})
        return [entry for entry in runs.values() if isinstance(entry, dict)]
