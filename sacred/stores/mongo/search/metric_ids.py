"""Searching for runs by their metrics in MongoDB, which are documents of their own.

Their only index is that of their ids. So either the metrics of the runs in question are
fetched by their ids, or all of them are examined.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pymongo.errors import OperationFailure

from sacred._base.frozen import Frozen
from sacred._base.run_ids import RunId
from sacred.stores.mongo.errors import translate_errors
from sacred.stores.reader import UnusableId, usable_id

if TYPE_CHECKING:
    from pymongo.collection import Collection as MongoCollection

__all__ = ["MetricOrdering", "MetricSearch"]

#: What it takes to look at documents of metrics, and to ask for those of one run, in seconds.
_SECONDS_PER_BYTE, _SECONDS_PER_RUN = 1e-9, 1e-4
#: A filter with more ids is not sent.
_MAX_IDS = 200_000


class MetricOrdering(Frozen):
    """An ordering of runs by an aggregate of a metric.

    Args:
        name: of the metric.
        stages: of an aggregation over its documents; they leave ``run_id`` and ``odd``,
            whether the place of a run is not known, sorted. What is in doubt comes first.
    """

    name: str
    stages: Sequence[Mapping[str, Any]]


class MetricSearch:
    """Searches the metrics of all runs.

    Args:
        url: for messages.
        runs: the collection of the runs.
        metrics: the collection of their metrics.
    """

    def __init__(
        self,
        url: str,
        runs: MongoCollection[dict[str, Any]],
        metrics: MongoCollection[dict[str, Any]],
    ) -> None:
        self._url = url
        self._runs = runs
        self._metrics = metrics

    def is_cheaper(self, where: Mapping[str, Any]) -> bool:
        """Return whether this takes less time than fetching the metrics of some runs.

        Args:
            where: a filter of these runs.
        """
        with translate_errors(self._url):
            try:
                found = self._metrics.database.command("collStats", self._metrics.name)
            except OperationFailure:  # no right to know
                return False
            size: float = found.get("size", 0)
            return size * _SECONDS_PER_BYTE < self._runs.count_documents(where) * _SECONDS_PER_RUN

    def ids(self, name: str, where: Mapping[str, Any]) -> list[RunId] | None:
        """Return the ids of runs that have a matching document of a metric; None: too many.

        Args:
            name: of the metric.
            where: a filter of its documents.
        """
        with translate_errors(self._url):
            try:
                found = self._metrics.distinct("run_id", {"$and": [{"name": name}, where]})
            except OperationFailure:  # an old server, or an answer that is too long
                return None
        # Somebody may have put into one of them what the server would take for an operator. What
        # else can be no id stays: the run that has it is named as damaged.
        ids = [run_id for run_id in found if not _is_operator(run_id)]
        return ids if len(ids) <= _MAX_IDS else None

    def pages(self, order: MetricOrdering, size: int) -> Iterator[list[dict[str, Any]]] | None:
        """The documents of a metric in order: ``_id``, ``run_id`` and ``odd``; None: no order.

        Args:
            order: the order.
            size: of the first page; each sorts all documents, so they grow.
        """
        with translate_errors(self._url):
            try:
                first = self._page(order, 0, size)
            except OperationFailure:  # an old server
                return None
        return self._pages(order, first, size)

    def _pages(
        self, order: MetricOrdering, page: list[dict[str, Any]], size: int
    ) -> Iterator[list[dict[str, Any]]]:
        offset = 0
        while True:
            yield [item for item in page if _is_id(item.get("run_id"))]
            if len(page) < size:
                return
            offset, size = offset + size, size * 2
            with translate_errors(self._url):
                page = self._page(order, offset, size)

    def _page(self, order: MetricOrdering, offset: int, size: int) -> list[dict[str, Any]]:
        stages = [
            {"$match": {"name": order.name}},
            *order.stages,
            {"$limit": offset + size},
            {"$skip": offset},
            {"$project": {"run_id": 1, "odd": 1}},
        ]
        return list(self._metrics.aggregate(stages, allowDiskUse=True))


def _is_id(stored: Any) -> bool:
    return not isinstance(usable_id(stored), UnusableId)


def _is_operator(stored: Any) -> bool:
    return isinstance(stored, Mapping) and any(str(key).startswith("$") for key in stored)
