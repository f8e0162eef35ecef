"""Where a record is read from: every reader of `sacred.stores` is a `RecordSource`."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import IO, Any, Protocol

from sacred._base.run_ids import RunId
from sacred.records.metric import Points
from sacred.records.stored_files import FileEntry

__all__ = ["TIME_FIELDS", "Document", "MetricNumbers", "RecordSource"]

#: Of metrics of a run, by name and aggregate: ``{("loss", "min"): 0.5}``; None: there is none.
MetricNumbers = Mapping[tuple[str, str], Any]

#: The canonical document of a run; see `sacred.stores.reader.Reader.document`.
Document = dict[str, Any]

#: The fields of a document that are times.
TIME_FIELDS = ("start_time", "stop_time", "heartbeat", "queue_time")


class RecordSource(Protocol):
    """The parts of records, each read when it is needed."""

    url: str

    def document(self, run_id: RunId, fields: Collection[str] | None = None) -> Document:
        """Return the document of a run, or some of its fields.

        Args:
            run_id: the id of the run.
            fields: the names of the fields that are needed; None (default) for all but
                `DETAIL_FIELDS`.
        """

    def output(self, run_id: RunId) -> str:
        """Return the whole output."""

    def metric_names(self, run_id: RunId) -> Sequence[str]:
        """Return the names of the metrics of the run."""

    def points(self, run_id: RunId, name: str) -> Points:
        """Return all points of a metric, in the order in which they were logged.

        Args:
            run_id: the id of the run.
            name: the name of the metric.
        """

    def all_points(self, run_id: RunId) -> Iterator[tuple[str, Points]]:
        """Return the points of all metrics, by name."""

    def open_file(self, run_id: RunId, entry: FileEntry) -> IO[bytes]:
        """Open a file of a run for reading.

        Args:
            run_id: the id of the run.
            entry: the file, as the document of the run lists it.

        Returns:
            a binary file, which the caller closes.
        """
