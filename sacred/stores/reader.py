"""Reading a store: what each of them has to offer, in the module ``reader`` of its folder.

A reader gives *canonical documents*: dicts with these fields, as far as they are known::

    _id status command config info result meta host experiment      plain forms
    start_time stop_time heartbeat queue_time                       datetimes, naive UTC
    fail_trace                                                      list of lines
    sources artifacts resources                                     lists of FileEntry
    environment                                                     plain form, if asked for

``info`` is without what a store keeps there for itself, ``experiment`` without its
sources. Reading never makes or changes anything, not even an empty directory.
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
    """Stands among the ids of a store for what is stored as one and can be none: a dict, a flag.

    Args:
        stored: what is there.

    >>> UnusableId({"a": 1}) == "{'a': 1}", UnusableId({"a": 1}) == UnusableId({"a": 1})
    (False, True)
    """

    __slots__ = ()

    def __new__(cls, stored: object) -> UnusableId:
        """Make one that shows the beginning of what is stored."""
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
        """The error of whoever wants to read such a run.

        Args:
            url: of the store.
        """
        return DamagedRunError(
            f"Run {self} is damaged: its id in {url} is no number and no text, or another run's"
        )


#: What has a hash, and is no id of a run.
_NO_IDS = (bool, type(None), datetime.datetime)


def usable_id(stored: Any) -> RunId:
    """The id of a run, or an `UnusableId` for what is stored as one and can be none.

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

    #: For messages, as that of the store.
    url: str
    #: Whether `prefilter` makes one list of any number of ids of which a run has one, which are an
    #: `AnyOf` of as many predicates. Otherwise it is not given so many.
    supports_id_lists: bool = False
    #: The same of lists of other values, see `sacred.query.predicates.value_list`.
    supports_value_lists: bool = False

    @abstractmethod
    def ids(self) -> Iterator[RunId]:
        """The ids of all runs, in the order in which they were made as far as is known.

        Raises:
            StoreError: there is no such store, or it cannot be read.
        """

    @abstractmethod
    def document(self, run_id: RunId, fields: Collection[str] | None = None) -> Document:
        """Return the canonical document of a run, or some fields of it.

        Args:
            run_id: id of the run.
            fields: names of the fields that are wanted, there may be more; None: all but those
                of `sacred.events.DETAIL_FIELDS`.

        Raises:
            RunNotFoundError: there is no such run.
            DamagedRunError: it is there and cannot be read.
        """

    @abstractmethod
    def output(self, run_id: RunId) -> str:
        """The whole output of a run."""

    @abstractmethod
    def metric_names(self, run_id: RunId) -> Sequence[str]:
        """The names of the metrics of a run."""

    @abstractmethod
    def points(self, run_id: RunId, name: str) -> Points:
        """Return all points of a metric; none if there is no such metric.

        Args:
            run_id: id of the run.
            name: of the metric.
        """

    def all_points(self, run_id: RunId) -> Iterator[tuple[str, Points]]:
        """The points of all metrics of a run, by name.

        A store that keeps them together overrides it: to read each alone may take a time that
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
            predicate: what is implied by a query; see `sacred.query.predicates`.

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
        """An index beside the store that answers queries; None: there is none."""
        return None

    def documents(
        self,
        ids: Iterable[RunId] | None = None,
        fields: Collection[str] | None = None,
        report: Report | None = None,
        where: Any = None,
    ) -> Iterator[Document]:
        """Many documents, one by one: all those of the store, or of some runs.

        Args:
            ids: of the runs, in the order that is wanted; None: all, in the order of `ids`.
            fields: as in `document`; ``_id`` is always there.
            report: called with a message for each run that cannot be read, which is left out.
            where: of `prefilter`: runs that it excludes may be left out.
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

        Documents without that time come last, those that are equal in the order of `ids`.
        It is meant for those who stop after the first ones.

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
        """Return all documents in an ordering of the store; None if it cannot be had.

        Each comes with its position in the order of `ids`, and with whether the store could
        place it: nothing that comes behind one that it could place belongs before that.

        Args:
            order: of `ordering`.
            limit: about how many will be wanted.
            fields: as for `documents`.
            report: as for `documents`.
            where: as for `documents`.
        """
        return None

    def metric_numbers(
        self, ids: Sequence[RunId], wanted: Collection[tuple[str, str]]
    ) -> Mapping[RunId, MetricNumbers]:
        """Numbers of the metrics of many runs, as far as the store can say them at once.

        They are those that `sacred.records.metric.aggregate` makes of the points; None where
        a run has no such metric. What is left out is made of the points.

        Args:
            ids: of some hundred runs.
            wanted: names of metrics, each with one of `sacred.records.metric.AGGREGATES`.
        """
        return {}

    def discarded(self) -> Collection[RunId]:
        """The ids of the runs in the trash, which lists of runs leave out."""
        return ()

    def close(self) -> None:  # noqa: B027 - many readers hold nothing open
        """Let go of connections; the reader opens them again when used."""


class ReadableStore(Store):
    """A store that can be read as well."""

    @abstractmethod
    def reader(self) -> Reader:
        """Something to read the store with; nothing is opened or made yet."""


def reader_of(store: Store) -> Reader:
    """Something to read a store with.

    Raises:
        StoreError: it can be written only.
    """
    if not isinstance(store, ReadableStore):
        raise StoreError(f"{store.url} can be written only: {type(store).__name__} has no reader")
    return store.reader()


def timestamp_of(value: Any) -> datetime.datetime | None:
    """A stored time as naive UTC; None if it is none.

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
