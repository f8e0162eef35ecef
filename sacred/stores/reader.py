"""Reading a store: the protocol that the module ``reader`` of each backend implements.

A reader gives *canonical documents*: dicts with these fields, as far as they are known::

    _id status command config info result meta host experiment      plain forms
    start_time stop_time heartbeat queue_time                       datetimes, naive UTC
    fail_trace                                                      list of lines
    sources artifacts resources                                     lists of FileEntry
    environment                                                     plain form, if asked for

``info`` lacks what a store keeps there for itself, ``experiment`` lacks its sources.
Reading never makes or changes anything, not even an empty directory.
"""

from __future__ import annotations

import datetime
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import IO, TYPE_CHECKING, Any

from sacred._base.clock import naive_utc
from sacred.records.damaged_data import noticing_damage
from sacred.stores.store import DamagedRunError, RunNotFoundError, Store, StoreError

if TYPE_CHECKING:
    # Stores that only write do not load what records are.
    from sacred.query.predicates import Condition
    from sacred.query.sorting import SortKey
    from sacred.records import Document, FileEntry, MetricNumbers, Points, RunId
    from sacred.stores.query_index import QueryIndex

__all__ = [
    "LIST_FIELDS",
    "ReadableStore",
    "Reader",
    "UnusableId",
    "noticing_damage",
    "only",
    "reader_of",
    "timestamp_of",
    "usable_id",
]

#: The fields of a document that are lists of `FileEntry`.
LIST_FIELDS = ("sources", "artifacts", "resources")

Report = Callable[[str], None]

_MAX_ID_CHARS = 80  # of what is no id, in messages


class UnusableId(str):
    """Stands among the ids of a store for a stored value that cannot be an id: a dict, a flag.

    Args:
        stored: the stored value.

    >>> UnusableId({"a": 1}) == "{'a': 1}", UnusableId({"a": 1}) == UnusableId({"a": 1})
    (False, True)
    """

    __slots__ = ()

    def __new__(cls, stored: object) -> UnusableId:
        """Make one that shows the beginning of the stored value."""
        shown = stored if type(stored) is str else repr(stored)
        return super().__new__(cls, shown[:_MAX_ID_CHARS])

    # It must never be taken for the id of another run that reads the same.
    def __eq__(self, other: object) -> bool:
        return isinstance(other, UnusableId) and str.__eq__(self, other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash((UnusableId, str(self)))

    def damage(self, url: str) -> DamagedRunError:
        """Return the error for an attempt to read such a run.

        Args:
            url: of the store.
        """
        return DamagedRunError(
            f"Run {self} is damaged: its id in {url} is no number and no text, or another run's"
        )


#: Hashable values that are not ids of runs.
_NO_IDS = (bool, type(None), datetime.datetime)


def usable_id(stored: Any) -> RunId:
    """Return the id of a run, or an `UnusableId` for a stored value that cannot be one.

    >>> usable_id(1), usable_id("a"), type(usable_id(True)).__name__
    (1, 'a', 'UnusableId')
    """
    usable: RunId = stored
    # To Python, True is 1, which is the id of another run; and NaN is never the same again.
    is_usable = isinstance(stored, Hashable) and type(stored) not in _NO_IDS and stored == stored
    return usable if is_usable else UnusableId(stored)


class Reader(ABC):
    """Reads a store.

    The six abstract methods are enough for everything that can be done with stored runs. A store
    that can search overrides `prefilter` and `ordering` as well: what they return is passed to
    `documents`, `ordered` and `ranked` of the same reader, and nothing else looks into it.
    """

    #: For messages, as in `Store`.
    url: str
    #: Whether `prefilter` turns any number of alternative ids, an `AnyOf` of predicates, into one
    #: list. Otherwise it does not get long ones.
    supports_id_lists: bool = False
    #: The same for lists of other values, see `sacred.query.predicates.value_list`.
    supports_value_lists: bool = False

    @abstractmethod
    def ids(self) -> Iterator[RunId]:
        """Return the ids of all runs in the order of their creation, as far as it is known.

        Raises:
            StoreError: the store does not exist, or cannot be read.
        """

    @abstractmethod
    def document(self, run_id: RunId, fields: Collection[str] | None = None) -> Document:
        """Return the canonical document of a run, or some fields of it.

        Args:
            run_id: id of the run.
            fields: names of the wanted fields (the document may have more); None: all but
                those of `sacred.events.DETAIL_FIELDS`.

        Raises:
            RunNotFoundError: there is no such run.
            DamagedRunError: it exists, but cannot be read.
        """

    @abstractmethod
    def output(self, run_id: RunId) -> str:
        """Return the whole output of a run."""

    @abstractmethod
    def metric_names(self, run_id: RunId) -> Sequence[str]:
        """Return the names of the metrics of a run."""

    @abstractmethod
    def points(self, run_id: RunId, name: str) -> Points:
        """Return all points of a metric; none if there is no such metric.

        Args:
            run_id: id of the run.
            name: of the metric.
        """

    def all_points(self, run_id: RunId) -> Iterator[tuple[str, Points]]:
        """Return the points of all metrics of a run, by name.

        A store that keeps them together overrides this: reading each alone may take a time that
        grows with the square of their number.
        """
        return ((name, self.points(run_id, name)) for name in self.metric_names(run_id))

    @abstractmethod
    def open_file(self, run_id: RunId, entry: FileEntry) -> IO[bytes]:
        """Open a stored file for reading.

        Args:
            run_id: id of the run.
            entry: of the file in the document of the run.

        Raises:
            FileNotFoundError: the store does not have it.
        """

    def prefilter(self, predicate: Condition) -> Any:
        """Return a filter for `documents`, `ordered` and `ranked` that keeps what may match.

        The caller checks each document again, so a filter may keep runs that do not match, but must
        keep every run that does. So a store translates the predicates that it understands, and
        treats all others as true.

        Args:
            predicate: the one that a query implies; see `sacred.query.predicates`.

        Returns:
            anything but None; None: there is no such filter, and all runs are read.
        """
        return None

    def ordering(self, keys: Sequence[SortKey]) -> Any:
        """An ordering for `ranked`; None: the store cannot sort by these keys.

        Args:
            keys: at least one; see `sacred.query.sorting` for how they compare.
        """
        return None

    def index(self) -> QueryIndex | None:
        """Return the index beside the store that answers queries; None: there is none."""
        return None

    def documents(
        self,
        ids: Iterable[RunId] | None = None,
        fields: Collection[str] | None = None,
        report: Report | None = None,
        where: Any = None,
    ) -> Iterator[Document]:
        """Yield many documents, one by one: all those of the store, or those of some runs.

        Args:
            ids: of the runs, in the desired order; None: all, in the order of `ids`.
            fields: as in `document`; ``_id`` is always there.
            report: called with a message for each run that cannot be read, which is left out.
            where: a filter from `prefilter`; runs that it excludes may be left out.
        """
        for run_id in self.ids() if ids is None else ids:
            try:
                yield {"_id": run_id, **self.document(run_id, fields)}
            except RunNotFoundError:
                continue  # it has just been removed, or is just being made
            except DamagedRunError as error:
                # One damaged run must not hide the others.
                if report is not None:
                    report(str(error))

    def ordered(
        self,
        field: str,
        descending: bool = False,
        fields: Collection[str] | None = None,
        report: Report | None = None,
        where: Any = None,
    ) -> Iterator[Document] | None:
        """Return all documents in the order of a time; None if the store has no such order.

        Documents without that time come last, equal ones in the order of `ids`. This is meant for
        callers that stop after the first few.

        Args:
            field: ``start_time``, ``stop_time``, ``heartbeat`` or ``queue_time``; or ``_id``,
                which stands for the order of `ids`.
            descending: the latest comes first.
            fields: as for `documents`.
            report: as for `documents`.
            where: as for `documents`.
        """
        return None

    def ranked(
        self,
        order: Any,
        limit: int,
        fields: Collection[str] | None = None,
        report: Report | None = None,
        where: Any = None,
    ) -> Iterator[tuple[Any, bool, Document]] | None:
        """Return all documents in an ordering of the store; None if that is not possible.

        Each comes with its position in the order of `ids`, and with whether the store could
        place it: nothing that comes after one that it could place belongs before that one.

        Args:
            order: an ordering from `ordering`.
            limit: about how many the caller will want.
            fields: as for `documents`.
            report: as for `documents`.
            where: as for `documents`.
        """
        return None

    def metric_numbers(
        self, ids: Sequence[RunId], wanted: Collection[tuple[str, str]]
    ) -> Mapping[RunId, MetricNumbers]:
        """Return aggregates of the metrics of many runs, those that the store can compute at once.

        They are the same as those of `sacred.records.metric.aggregate`; None where a run has no
        such metric. The caller computes missing ones from the points.

        Args:
            ids: of up to a few hundred runs.
            wanted: names of metrics, each with one of `sacred.records.metric.AGGREGATES`.
        """
        return {}

    def discarded(self) -> Collection[RunId]:
        """Return the ids of the runs in the trash, which lists of runs leave out."""
        return ()

    def close(self) -> None:  # noqa: B027 - many readers hold nothing open
        """Close connections; the reader opens them again when used."""


class ReadableStore(Store):
    """A store that can be read, too."""

    @abstractmethod
    def reader(self) -> Reader:
        """Return a reader of the store; nothing is opened or made yet."""


def reader_of(store: Store) -> Reader:
    """Return a reader of a store.

    Raises:
        StoreError: the store is write-only.
    """
    if not isinstance(store, ReadableStore):
        raise StoreError(f"{store.url} can be written only: {type(store).__name__} has no reader")
    return store.reader()


def timestamp_of(value: Any) -> datetime.datetime | None:
    """Return a stored time as naive UTC; None if it is not a time.

    >>> timestamp_of("2026-01-02T03:04:05+01:00")
    datetime.datetime(2026, 1, 2, 2, 4, 5)
    """
    if isinstance(value, str):
        try:
            value = datetime.datetime.fromisoformat(value)
        except ValueError:
            return None
    if not isinstance(value, datetime.datetime):
        return None
    return naive_utc(value)


def only(document: Document, fields: Collection[str] | None) -> Document:
    """Return some fields of a document; ``_id`` is always among them.

    Args:
        document: the document; it stays as it is.
        fields: their names; None: all.

    >>> only({"_id": 1, "status": "FAILED", "result": 3}, ["result"])
    {'_id': 1, 'result': 3}
    """
    if fields is None:
        return document
    return {name: value for name, value in document.items() if name in fields or name == "_id"}
