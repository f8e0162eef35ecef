"""The runs of several stores, connected by the contents of files."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Literal

from sacred._base.frozen import Frozen
from sacred._base.run_ids import RunId
from sacred.lineage.run_files import FIELDS, UsedFile, inputs_of, outputs_of
from sacred.records import RunRecord
from sacred.runs.run_store import RunStore

__all__ = ["Lineage", "LineageRun", "Link"]

Direction = Literal["up", "down"]


class LineageRun(Frozen):
    """A run with its files.

    Args:
        store: the URL of its store.
        id: of the run.
        record: the run.
        inputs: the files that it read.
        outputs: the files that it made.
    """

    store: str
    id: RunId
    record: RunRecord
    inputs: tuple[UsedFile, ...]
    outputs: tuple[UsedFile, ...]

    @property
    def key(self) -> tuple[str, str]:
        """The store and the id, which identify the run."""
        return self.store, str(self.id)


class Link(Frozen):
    """Content that one run made and another one read.

    Args:
        file: the file as the reader sees it.
        made_as: the file as the writer sees it.
        writer: the run that made it.
        reader: the run that read it.
    """

    file: UsedFile
    made_as: str
    writer: LineageRun
    reader: LineageRun


class Lineage:
    """The runs of stores, and the files that connect them.

    Args:
        stores: the stores.
        report: called with a message for each run or store that cannot be read.
        wanted: digests of contents to look for, in addition to those that runs read.

    >>> Lineage([]).runs
    {}
    """

    def __init__(
        self,
        stores: Iterable[RunStore],
        report: Callable[[str], None] = lambda problem: None,
        wanted: Iterable[UsedFile] = (),
    ) -> None:
        records = [
            (store.url, record)
            for store in stores
            for record in store.records(fields=FIELDS, report=report)
        ]
        inputs = {(url, str(record.id)): inputs_of(record) for url, record in records}
        sizes = {file.size for files in inputs.values() for file in files}
        sizes |= {file.size for file in wanted}

        def is_wanted(size: int | None) -> bool:
            # Nobody has read a content of that size: its digest is of no use.
            return bool(sizes) and (size is None or None in sizes or size in sizes)

        self.runs: dict[tuple[str, str], LineageRun] = {}
        self._writers: dict[str, list[LineageRun]] = defaultdict(list)
        self._readers: dict[str, list[LineageRun]] = defaultdict(list)
        for url, record in records:
            key = (url, str(record.id))
            outputs = tuple(outputs_of(record, is_wanted))
            files = {"inputs": tuple(inputs[key]), "outputs": outputs}
            self._add(LineageRun(store=url, id=record.id, record=record, **files))

    def _add(self, run: LineageRun) -> None:
        self.runs[run.key] = run
        for md5 in {file.md5 for file in run.outputs}:
            self._writers[md5].append(run)
        for md5 in {file.md5 for file in run.inputs}:
            self._readers[md5].append(run)

    def writers(self, md5: str) -> list[LineageRun]:
        """Return the runs that made a content."""
        return self._writers.get(md5, [])

    def readers(self, md5: str) -> list[LineageRun]:
        """Return the runs that read a content."""
        return self._readers.get(md5, [])

    def links(self, run: LineageRun, direction: Direction) -> Iterator[Link]:
        """Yield the links from a run to others, in one direction.

        A run that started after the reader cannot have made what the reader read.

        Args:
            run: a run from `runs`.
            direction: ``up`` to the runs that made what it read, ``down`` to the readers of its
                files.
        """
        for file in run.inputs if direction == "up" else run.outputs:
            others = self.writers(file.md5) if direction == "up" else self.readers(file.md5)
            for other in others:
                writer, reader = (other, run) if direction == "up" else (run, other)
                if other.key != run.key and _may_precede(writer, reader):
                    yield _link(file.md5, writer, reader)

    def reachable(self, start: LineageRun) -> tuple[list[LineageRun], list[Link]]:
        """Return the runs before and after a run, including itself, and the links between them."""
        runs = {start.key: start}
        links: dict[tuple[object, ...], Link] = {}
        directions: tuple[Direction, Direction] = ("up", "down")
        for direction in directions:
            seen, waiting = {start.key}, [start]
            while waiting:
                for link in self.links(waiting.pop(), direction):
                    other = link.writer if direction == "up" else link.reader
                    links[link.writer.key, link.reader.key, link.file.md5] = link
                    if other.key not in seen:
                        seen.add(other.key)
                        waiting.append(other)
                        runs[other.key] = other
        return list(runs.values()), list(links.values())


def _may_precede(writer: LineageRun, reader: LineageRun) -> bool:
    first, second = writer.record.start_time, reader.record.start_time
    return first is None or second is None or first <= second


def _link(md5: str, writer: LineageRun, reader: LineageRun) -> Link:
    made = next(file for file in writer.outputs if file.md5 == md5)
    read = next(file for file in reader.inputs if file.md5 == md5)
    return Link(file=read, made_as=made.name, writer=writer, reader=reader)
