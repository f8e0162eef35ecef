"""Garbage in a store of files: copies of sources and resources, and leftovers of writing."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

from sacred._base.run_ids import RunId
from sacred.stores.collector import Collector, Garbage, Report
from sacred.stores.files.blobs import DISCARD_TIME, MARK, TRASH, Blob, Blobs
from sacred.stores.reader import timestamp_of

__all__ = ["FileCollector"]

#: Names of contents that runs share; in such a directory there may be other files.
_SHARED = re.compile(r".*_[0-9a-f]{32}(\.[^.]*)?", re.DOTALL)
_RECORD = "run.json"


class FileCollector(Collector):
    """Looks through all files of a store.

    Every ``run.json`` at any depth counts: stores may be nested, and share files.

    Args:
        blobs: where the directories of the runs are.
        sources: where copies of sources are; None: they are recorded in place.
        resources: where copies of resources are.
        record_files: names of the files that belong to the record of a run.
    """

    def __init__(
        self,
        blobs: Blobs,
        sources: Blobs | None,
        resources: Blobs,
        record_files: Collection[str],
    ) -> None:
        self.blobs = blobs
        self._record_files = frozenset(record_files)
        self._shared = {"source": sources, "resource": resources}

    def find(
        self,
        before: datetime.datetime,
        without: Collection[RunId] = (),
        report: Report | None = None,
    ) -> Iterator[Garbage]:
        """See `Collector.find`."""
        # The references are read behind that: what is stored from now on is not looked at.
        shared = [
            Garbage(kind=kind, name=blob.name, size=blob.size, ref=place)
            for kind, place in self._shared.items()
            if place is not None
            for blob in place.entries()
            if blob.used < before and _SHARED.fullmatch(blob.name)
        ]
        records = set()
        for blob in self.blobs.entries():
            folder = blob.name.partition("/")[0]
            if re.fullmatch(self.blobs.scratch, blob.name.rpartition("/")[2]):
                if blob.used < before and folder not in map(str, without):
                    yield _remain("temporary file", blob, self.blobs)
            elif blob.name.endswith(f"/{_RECORD}"):
                records.add(blob.name)
        yield from self._elsewhere(before)
        # Directories that are links have not been looked into.
        others = [f for f in self.blobs.folders() if f"{f}/{_RECORD}" not in records]
        records |= {f"{folder}/{_RECORD}" for folder in others}
        yield from self._unfinished(filter(str.isdecimal, others), before)
        try:
            used = self._references(records - {f"{run_id}/{_RECORD}" for run_id in without})
        except ValueError as error:
            if report is not None:
                report(f"{error}; so no copy of a source or resource can be recognised as unused")
            return
        yield from (item for item in shared if item.name not in used)

    def remove(
        self, garbage: Sequence[Garbage], before: datetime.datetime, report: Report | None = None
    ) -> Iterator[Garbage]:
        """See `Collector.remove`."""
        unused = {_key(item) for item in self.find(before, report=report)}
        for item in garbage:
            if _key(item) not in unused:
                continue
            if item.kind == "unfinished run":
                if self.blobs.exists(f"{item.name}/{_RECORD}"):
                    continue
                self.blobs.remove_folder(item.name)
                yield item
            elif item.ref.remove_unused(item.name, before):
                yield item

    def discard_time(self, run_id: RunId) -> datetime.datetime | None:
        """See `Collector.discard_time`."""
        try:
            mark = json.loads(self.blobs.read(f"{TRASH}/{run_id}/{MARK}"))
        except (FileNotFoundError, ValueError):
            return None
        return timestamp_of(mark.get(DISCARD_TIME)) if isinstance(mark, dict) else None

    def size_of(self, run_id: RunId) -> int | None:
        """See `Collector.size_of`."""
        return sum(blob.size for blob in self.blobs.entries(str(run_id)))

    def _elsewhere(self, before: datetime.datetime) -> Iterator[Garbage]:
        """What is left of writing shared contents, where they are not within the store."""
        for place in self._shared.values():
            if place is None or place.root.startswith(f"{self.blobs.root}/"):
                continue
            for blob in place.entries():
                if blob.used < before and re.fullmatch(place.scratch, blob.name):
                    yield _remain("temporary file", blob, place)

    def _unfinished(self, folders: Iterable[str], before: datetime.datetime) -> Iterator[Garbage]:
        """Runs that were killed before they had a record: nothing but an id that is taken."""
        for folder in folders:
            blobs = list(self.blobs.entries(folder))
            names = {blob.name.removeprefix(f"{folder}/") for blob in blobs}
            # One of our files there must be, or it may be anybody's directory.
            if names and names < self._record_files and all(blob.used < before for blob in blobs):
                size = sum(blob.size for blob in blobs)
                yield Garbage(kind="unfinished run", name=folder, size=size, ref=self.blobs)

    def _references(self, records: Collection[str]) -> set[str]:
        """The names, without directories, of all copies that these records refer to.

        Raises:
            ValueError: one of them cannot be read.
        """
        names: set[str] = set()
        for name in records:
            try:
                record = json.loads(self.blobs.read(name))
                listed = list((record.get("experiment") or {}).get("sources") or ())
                listed += record.get("resources") or ()
            except FileNotFoundError:
                continue  # no run, or it has just been removed
            except (ValueError, AttributeError, TypeError) as error:
                raise ValueError(f"{self.blobs.root}/{name} is damaged ({error})") from error
            names.update(map(_base_of, listed))
        return names


def _remain(kind: str, blob: Blob, place: Blobs) -> Garbage:
    return Garbage(kind=kind, name=blob.name, size=blob.size, ref=place)


def _key(item: Garbage) -> tuple[str, str, str]:
    return item.kind, item.name, item.ref.root


def _base_of(listed: Any) -> str:
    """The file in ``[name, where it is stored]``."""
    stored = listed[1] if isinstance(listed, list) and len(listed) > 1 else listed
    return str(stored).replace("\\", "/").rpartition("/")[2]
