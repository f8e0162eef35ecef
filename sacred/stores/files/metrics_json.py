"""``metrics.json``: a complete file at any time, although points keep coming.

A JSON file cannot grow at its end, and writing all points again at every heartbeat
costs more and more. So a small file is replaced at every heartbeat; a large one only
when it has grown threefold, and the points in between are kept in a journal beside
it, one line per metric and heartbeat. So each point is written a bounded number of
times. When the run ends, the file is complete and the journal is gone.
"""

from __future__ import annotations

import datetime
import itertools
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import IO, Any

from sacred._base.timestamps import Timestamps
from sacred.serializer import dumps, restore
from sacred.serializer.json_text import to_json
from sacred.stores.changes import AddPoints
from sacred.stores.files.blobs import Blobs, LocalBlobs
from sacred.stores.local_files import reject_malformed
from sacred.stores.store import MissingPartError, StoreError

__all__ = ["MetricsFile", "read_metrics"]

NAME = "metrics.json"
JOURNAL = "metrics.jsonl"

_ARRAYS = ("steps", "timestamps", "values")
# Up to this size the file is replaced at every heartbeat: a fraction of a millisecond.
SMALL_FILE_BYTES = 256 * 1024
# Beyond, when the new points amount to so many times of it. All in all, each point is then
# written once to the journal, which has at most two thirds of them, and 1.5 times to the file.
MIN_NEW_SHARE = 2.0
_CHUNK_BYTES = 1 << 20
_BETWEEN = '", "'

_NUMBERS = frozenset({int, float, bool, type(None)})
# JSON's numbers look the same; its encoder makes two more objects for each of them.
_WRITTEN_AS_IN_PYTHON = frozenset({int, float})

Arrays = tuple[bytes, ...]
Spans = tuple[tuple[int, int], ...]


class _Metric:
    __slots__ = ("count", "fresh", "spans")

    def __init__(self, count: int = 0, fresh: Iterable[Arrays] = ()) -> None:
        self.count = count
        # Where the elements of each array stand in the file as it is now.
        self.spans: Spans = ((0, 0),) * len(_ARRAYS)
        # Their JSON text as far as it is not in the file yet.
        self.fresh = list(fresh)


class _Written:
    """What a file is like when it is written completely."""

    __slots__ = ("counts", "length", "spans")

    def __init__(self, counts: dict[str, int]) -> None:
        self.counts = counts
        self.spans: dict[str, Spans] = {}
        self.length = 0


class MetricsFile:
    """Writes the metrics of one run.

    Args:
        blobs: where.
        directory: the run's, within `blobs`.
    """

    def __init__(self, blobs: Blobs, directory: str) -> None:
        self.blobs = blobs
        self._name = f"{directory}/{NAME}"
        self._journal_name = f"{directory}/{JOURNAL}"
        self._metrics: dict[str, _Metric] = {}
        self._size = 0
        self._journal_size = 0
        self._has_journal = False
        self._fresh_size = 0
        # Of an attempt to replace the file of which nobody knows whether it got through.
        self._attempt: _Written | None = None

    def load(self) -> None:
        """Continue with what another process has left."""
        self._take_over({})

    def drop(self, name: str, start: int) -> None:
        """Remove the points of a metric from an index on.

        Args:
            name: of the metric.
            start: the index.
        """
        self.finish()
        self._metrics, self._size = {}, 0
        self._take_over({name: start})

    def _take_over(self, stops: Mapping[str, int]) -> None:
        """Write the whole file again, with so many points of some metrics."""
        for name, arrays in _merged(self.blobs, self._name, self._journal_name).items():
            kept = {array: arrays[array][: stops.get(name)] for array in _ARRAYS}
            texts = tuple(elements_text(kept[array]) for array in _ARRAYS)
            self._metrics[name] = _Metric(count=len(kept["values"]), fresh=[texts])
        self._has_journal = self.blobs.exists(self._journal_name)
        if self._metrics:
            self._replace()
            self._drop_journal()

    def add(self, batch: Sequence[AddPoints]) -> None:
        """Store points, skipping those that are there already.

        Raises:
            MissingPartError: points before these are missing.
        """
        self._settle()
        new: list[tuple[AddPoints, Arrays]] = []
        for points in batch:
            known = self._metrics.get(points.name, _Metric()).count
            if points.start > known:
                missing = f"Points {known} to {points.start} of {points.name!r}"
                raise MissingPartError(f"{missing} are missing")
            if points.stop > known:
                points = points.part(known)
                new.append((points, _encoded(points)))
        if not new:
            return
        size = sum(len(text) for _, arrays in new for text in arrays)
        if self._is_due(size):
            self._take(new, size)
            try:
                self._replace()
            except BaseException:
                # As if they had never been here, so they can come again.
                self._give_back(new, size)
                raise
            self._drop_journal()
        else:
            lines = (_journal_line(points, arrays) for points, arrays in new)
            journal = b"".join(itertools.chain.from_iterable(lines))
            self._has_journal = True
            self.blobs.append(self._journal_name, self._journal_size, journal)
            self._journal_size += len(journal)
            self._take(new, size)

    def finish(self) -> None:
        """Write all points into the file and remove the journal, because the run is over."""
        self._settle()
        if self._fresh_size:
            self._replace()
        self._drop_journal()

    def _is_due(self, new_size: int) -> bool:
        fresh = self._fresh_size + new_size
        return self._size + fresh <= SMALL_FILE_BYTES or fresh >= MIN_NEW_SHARE * self._size

    def _take(self, new: list[tuple[AddPoints, Arrays]], size: int) -> None:
        for points, arrays in new:
            metric = self._metrics.setdefault(points.name, _Metric())
            metric.fresh.append(arrays)
            metric.count += len(points)
        self._fresh_size += size

    def _give_back(self, new: list[tuple[AddPoints, Arrays]], size: int) -> None:
        for points, _ in new:
            self._metrics[points.name].fresh.pop()
            self._metrics[points.name].count -= len(points)
        self._fresh_size -= size

    def _replace(self) -> None:
        """Write the whole file, copying what the one there now has."""
        written = _Written({name: metric.count for name, metric in self._metrics.items()})
        # Over a network, an error may be all that is heard of a success.
        self._attempt = written
        if self._size:
            with self.blobs.open(self._name) as old:
                self.blobs.write(self._name, self._text(old, written))
        else:
            self.blobs.write(self._name, self._text(None, written))
        self._adopt(written)

    def _settle(self) -> None:
        """Find out what became of an attempt that failed; each file is longer than the last."""
        attempt = self._attempt
        if attempt is None:
            return
        try:
            with self.blobs.open(self._name) as file:
                length = file.seek(0, os.SEEK_END)
        except FileNotFoundError:
            length = 0
        if attempt.length and length == attempt.length:
            self._adopt(attempt)
        self._attempt = None

    def _adopt(self, written: _Written) -> None:
        for name, spans in written.spans.items():
            metric = self._metrics.setdefault(name, _Metric())
            metric.spans, metric.fresh, metric.count = spans, [], written.counts[name]
        self._size = max((end for ends in written.spans.values() for _, end in ends), default=0)
        self._fresh_size = 0
        self._attempt = None

    def _drop_journal(self) -> None:
        """The file has all points.

        Killed before this, the journal has points that the file has, too. Its lines say
        where they belong, so readers notice.
        """
        self._journal_size = 0  # if it stays, what comes next takes its place
        if self._has_journal:
            self.blobs.remove(self._journal_name)
            self._has_journal = False

    def _text(self, old: IO[bytes] | None, written: _Written) -> Iterator[bytes]:
        position = 0
        separator = "{"
        for name in sorted(self._metrics):
            metric, spans = self._metrics[name], []
            head = f"{separator}\n{dumps(name)}: {{"
            for number, array in enumerate(_ARRAYS):
                head += f'{"," if number else ""}\n  "{array}": ['
                yield head.encode()
                position += len(head.encode())
                start = position
                for piece in _elements(old, metric, number):
                    yield piece
                    position += len(piece)
                spans.append((start, position))
                head = "]"
            yield b"]\n}"
            position += 3
            separator = ","
            written.spans[name] = tuple(spans)
        written.length = position + 3
        yield b"\n}\n"


def _elements(old: IO[bytes] | None, metric: _Metric, number: int) -> Iterator[bytes]:
    start, stop = metric.spans[number]
    empty = start == stop
    if old is not None:
        old.seek(start)
        while start < stop:
            piece = old.read(min(stop - start, _CHUNK_BYTES))
            if not piece:
                raise StoreError(f"{NAME} has been cut off by somebody else")
            yield piece
            start += len(piece)
    for arrays in metric.fresh:
        yield arrays[number] if empty else b", " + arrays[number]
        empty = False


def _encoded(points: AddPoints) -> Arrays:
    timestamps = _timestamps_text(points.timestamps)
    return elements_text(points.steps), timestamps, elements_text(points.values)


def _timestamps_text(timestamps: Sequence[Any]) -> bytes:
    if isinstance(timestamps, Timestamps):
        return f'"{timestamps.joined(_BETWEEN)}"'.encode()
    if set(map(type, timestamps)) == {datetime.datetime}:
        texts = _BETWEEN.join(map(datetime.datetime.isoformat, timestamps))
        return f'"{texts}"'.encode()
    return elements_text([getattr(time, "isoformat", time.__str__)() for time in timestamps])


def elements_text(array: Sequence[Any]) -> bytes:
    # To look at each of a million numbers whether it has to be flattened takes as long as
    # to write it; their types can be compared without a loop of the interpreter.
    kinds = set(map(type, array))
    if type(array) is not list or not kinds <= _NUMBERS:
        return dumps(list(array))[1:-1].encode()
    if len(kinds) == 1 and not kinds.isdisjoint(_WRITTEN_AS_IN_PYTHON):
        text = repr(array)
        if "n" not in text:  # neither nan nor inf
            return text[1:-1].encode()
    return to_json(array)[1:-1].encode()


def _journal_line(points: AddPoints, arrays: Arrays) -> Iterator[bytes]:
    head = f'{{"name": {dumps(points.name)}, "start": {points.start}'
    for name, text in zip(_ARRAYS, arrays, strict=True):
        yield f'{head}, "{name}": ['.encode()
        yield text
        head = "]"
    yield b"]}\n"


def read_metrics(directory: str | os.PathLike[str]) -> dict[str, dict[str, list[Any]]]:
    """Return the metrics of a run that is stored in files, up to its last heartbeat.

    Args:
        directory: of the run.

    Returns:
        ``{name: {"steps": [...], "timestamps": [...], "values": [...]}}``; empty if
        the run has no metrics.

    Raises:
        StoreError: the files are damaged.
    """
    with reject_malformed(os.path.join(directory, NAME)):
        return _merged(LocalBlobs(directory), NAME, JOURNAL)


def _merged(blobs: Blobs, name: str, journal_name: str) -> dict[str, dict[str, list[Any]]]:
    metrics: dict[str, dict[str, list[Any]]] = {}
    if blobs.exists(name):
        metrics = {
            metric: {array: restore(elements) for array, elements in arrays.items()}
            for metric, arrays in json.loads(blobs.read(name)).items()
        }
    if not blobs.exists(journal_name):
        return metrics
    for line in blobs.read(journal_name).split(b"\n")[:-1]:  # the last one is not finished
        points = json.loads(line)
        arrays = metrics.setdefault(points["name"], {array: [] for array in _ARRAYS})
        known = len(arrays["values"]) - points["start"]
        if known < 0:
            raise ValueError(f"points of {points['name']!r} are missing")
        for array in _ARRAYS:
            arrays[array] += restore(points[array])[known:]
    return metrics
