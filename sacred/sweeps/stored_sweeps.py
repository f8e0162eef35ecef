"""The sweeps in a store, as their runs describe them, and what can be done with one."""

from __future__ import annotations

import collections
import datetime
import math
from collections.abc import Iterator, Mapping

from sacred._base.frozen import Frozen, factory, replace
from sacred._base.text import did_you_mean
from sacred.query.errors import QueryError
from sacred.query.parser import parse
from sacred.query.syntax import And, Expression
from sacred.query.values import REQUIRED_FIELDS
from sacred.queue.actions import change_queue
from sacred.records import RunId, RunRecord
from sacred.runs.columns import column_path
from sacred.runs.errors import ProgramError
from sacred.runs.prefetch import metrics_in, with_numbers
from sacred.runs.run_store import RunStore
from sacred.status import ACTIVE, COMPLETED, PRUNED, RUNNING
from sacred.sweeps.outcomes import (
    Outcome,
    best_outcomes,
    outcomes_of,
    rivals_text,
    sweep_condition,
    sweep_facts,
)
from sacred.sweeps.plan import Objective

__all__ = ["SWEEP_ACTIONS", "StoredSweep", "change_sweep", "find_sweep", "list_sweeps"]

#: Actions on a sweep, and those on its runs that they imply; see `QUEUE_ACTIONS`.
SWEEP_ACTIONS: Mapping[str, str] = {"pause": "hold", "resume": "release", "retry": "requeue"}
#: The fields of its runs that are read: enough for their state, seeds and most objectives.
_FIELDS = frozenset(
    {
        "status", "start_time", "stop_time", "heartbeat", "queue_time",
        "experiment", "config", "meta", "result",
    }
)  # fmt: skip


class StoredSweep(Frozen, eq=False):
    """A sweep, as its runs describe it.

    Args:
        name: of the sweep.
        runs: its runs, in the order of their points; details of records are not read.
    """

    name: str
    runs: tuple[RunRecord, ...]
    _cache: dict[str, list[Outcome]] = factory(factory=dict)

    @property
    def facts(self) -> Mapping[str, object]:
        """The plan, as recorded by the runs that were queued last."""
        return sweep_facts(self.runs[-1]) if self.runs else {}

    @property
    def objectives(self) -> tuple[Objective, ...]:
        """The numbers that it optimizes, and their directions."""
        return _objectives(self.runs[0]) if self.runs else ()

    @property
    def is_guided(self) -> bool:
        """Whether its points depend on the results of others."""
        return self.facts.get("sampler") not in (None, "grid", "random")

    @property
    def statuses(self) -> dict[str, int]:
        """The number of runs with each status, the most frequent status first."""
        return dict(collections.Counter(run.status or "?" for run in self.runs).most_common())

    @property
    def begun(self) -> datetime.datetime | None:
        """When the first of its runs was queued, or started."""
        times = (run.queue_time or run.start_time for run in self.runs)
        return min((time for time in times if time is not None), default=None)

    @property
    def planned(self) -> int:
        """How many runs it is going to have, as far as known."""
        trials, seeds = self.facts.get("trials"), self.facts.get("seeds") or 1
        known = trials * seeds if isinstance(trials, int) and isinstance(seeds, int) else 0
        return max(known, len(self.runs))

    @property
    def ended(self) -> int:
        """How many of its runs are over."""
        return sum(run.status not in ACTIVE for run in self.runs)

    @property
    def query(self) -> str:
        """The query for its runs."""
        return sweep_condition(self.name)

    @property
    def dimensions(self) -> list[str]:
        """The names of the dimensions."""
        return list(dict.fromkeys(name for one in self.outcomes() for name in one.values))

    def outcomes(self) -> list[Outcome]:
        """Return its points, each with the results of its runs."""
        if "outcomes" not in self._cache:
            self._cache["outcomes"] = outcomes_of(self.runs, self.objectives)
        return self._cache["outcomes"]

    def best(self) -> list[Outcome]:
        """Return the best point, or all on the Pareto front; none without an objective."""
        return best_outcomes(self.outcomes(), self.objectives) if self.objectives else []

    def rivals(self) -> str:
        """Return a caution about the best point; see `rivals_text`."""
        return rivals_text(self.outcomes(), self.objectives)


def list_sweeps(store: RunStore) -> list[StoredSweep]:
    """Return the sweeps of a store, sorted by name.

    Args:
        store: with their runs.
    """
    found: dict[str, list[RunRecord]] = {}
    for record in _records(store, "not missing(meta.sweep.name)"):
        if facts := sweep_facts(record):
            found.setdefault(str(facts["name"]), []).append(record)
    return [StoredSweep(name=name, runs=tuple(runs)) for name, runs in sorted(found.items())]


def find_sweep(store: RunStore, name: str, where: Expression | None = None) -> StoredSweep:
    """Return a sweep by its name.

    Args:
        store: with its runs.
        name: of the sweep.
        where: only those of its runs that match this query; there may be none.

    Raises:
        ProgramError: there is no such sweep; the message suggests the nearest name.
    """
    condition = parse(sweep_condition(name))
    runs = tuple(_records(store, condition if where is None else And((condition, where))))
    if not runs and where is None:
        known = [sweep.name for sweep in list_sweeps(store)]
        raise ProgramError(f"there is no sweep {name!r}. {did_you_mean(name, known)}".rstrip())
    return StoredSweep(name=name, runs=runs)


def change_sweep(
    store: RunStore, name: str, action: str, where: Expression | None = None
) -> Iterator[RunId]:
    """Apply an action to those runs of a sweep for which it makes sense.

    Args:
        store: with its runs.
        name: of the sweep.
        action: one of `SWEEP_ACTIONS`.
        where: only runs that match this query; with it, runs to retry need not have failed.

    Yields:
        the runs that it was applied to.

    Raises:
        QueueUnsupportedError: the store cannot be a queue.
        ProgramError: there is no such sweep.
    """
    good = (COMPLETED, PRUNED) if where is None else ()
    left_out = (RUNNING, *good) if action == "retry" else ()
    runs = [run for run in find_sweep(store, name, where).runs if run.status not in left_out]
    for run_id, other_state in change_queue(SWEEP_ACTIONS[action], runs, store):
        if other_state is None:
            yield run_id


def _objectives(record: RunRecord) -> tuple[Objective, ...]:
    """What a run says that its sweep looks for, as far as a query can ask for it."""
    listed = sweep_facts(record).get("objectives")
    return tuple(
        Objective(field=str(one["field"]), is_maximized=bool(one.get("maximize")))
        for one in (listed if isinstance(listed, list | tuple) else ())
        if isinstance(one, Mapping) and _is_field(one.get("field"))
    )


def _is_field(name: object) -> bool:
    try:
        return isinstance(name, str) and bool(column_path(name))
    except QueryError:
        return False


def _records(store: RunStore, where: str | Expression) -> list[RunRecord]:
    """The runs, with the numbers that they are judged by, and without details of their records."""
    ids = store.runs(where).ids
    records = list(store.records(ids, _FIELDS))
    # All runs of a sweep look for the same; several sweeps may look for different things.
    found = {one.field for record in records for one in _objectives(record)}
    paths = [column_path(field) for field in sorted(found)]
    fields = _FIELDS.union(*(REQUIRED_FIELDS.get(path.field, (path.field,)) for path in paths))
    if fields != _FIELDS:
        records = list(store.records(ids, fields))
    numbered = with_numbers(
        records, lambda one: one.id, store.reader, metrics_in(paths), first=len(records)
    )
    return sorted((replace(record, numbers=n) for record, n in numbered), key=_place)


def _place(record: RunRecord) -> tuple[float, float]:
    facts = sweep_facts(record)
    numbers = (facts.get("trial"), facts.get("repeat"))
    trial, repeat = (one if isinstance(one, int) else math.inf for one in numbers)
    return trial, repeat
