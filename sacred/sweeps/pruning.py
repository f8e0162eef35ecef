"""Optuna's pruners: which runs of a sweep are stopped early because others do better.

Each run asks in its own process, whenever it calls ``_run.should_stop()``. The points that it and
the other runs of the sweep have logged are in the store, so no driver is needed.
"""

from __future__ import annotations

import contextlib
import math
import os
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from sacred._base.errors import MissingExtraError
from sacred._base.extras import require
from sacred._base.text import did_you_mean
from sacred.query.errors import QueryError
from sacred.records import RunRecord
from sacred.runs.columns import column_path
from sacred.runs.run_store import RunStore
from sacred.status import ACTIVE, COMPLETED, PRUNED
from sacred.stores.store import DamagedRunError, StoreError
from sacred.sweeps.errors import SweepError
from sacred.sweeps.outcomes import sweep_condition, sweep_facts
from sacred.sweeps.plan import Objective

if TYPE_CHECKING:
    import logging

__all__ = ["PRUNERS", "RunPruner", "check_pruner", "metric_of", "points_of", "pruner_of"]

#: Names of Optuna's pruners.
PRUNERS: Mapping[str, str] = {
    "median": "MedianPruner",
    "halving": "SuccessiveHalvingPruner",
    "hyperband": "HyperbandPruner",
}
#: Pruners that remember, for each run, its result when they were last asked.
_STATEFUL_PRUNERS = frozenset({"halving", "hyperband"})
#: The fields of other runs that are read, besides their points.
_FIELDS = frozenset({"status", "start_time", "stop_time", "heartbeat", "meta"})
#: Asking takes at most this share of the time of a run.
_MAX_SHARE = 0.1

#: Steps and values of a metric, in order of logging.
Points = list[tuple[int, float]]


class _Heartbeat(Protocol):
    def beat(self) -> object: ...


class _Run(Protocol):
    """What is needed of a run; whoever reads sweeps loads nothing that runs."""

    @property
    def run_logger(self) -> logging.Logger: ...

    @property
    def heartbeat(self) -> _Heartbeat | None: ...


def check_pruner(name: str, objectives: tuple[Objective, ...]) -> None:
    """Check that a pruner can end runs of a sweep.

    Args:
        name: of the pruner.
        objectives: of the sweep.

    Raises:
        SweepError: there is no such pruner, or it cannot see whether a run is good.
    """
    if name not in PRUNERS:
        known = ", ".join(PRUNERS)
        hint = did_you_mean(name, list(PRUNERS))
        raise SweepError(f"there is no pruner {name!r} (there are: {known}). {hint}".rstrip())
    if len(objectives) != 1:
        raise SweepError(
            f"--prune {name} needs one objective, not {len(objectives)}: --minimize FIELD or "
            "--maximize FIELD"
        )
    if metric_of(objectives[0].field) is None:
        raise SweepError(
            f"--prune {name} looks at the points of a metric while runs go on: "
            f"{objectives[0].field} is none; one is, for example, metrics.val_loss.min"
        )


def metric_of(field: str) -> str | None:
    """Return the name of the metric that a field is an aggregate of; None: it is not one.

    Args:
        field: a path of the query language.

    >>> metric_of("metrics.val.loss.min"), metric_of("result")
    ('val.loss', None)
    """
    try:
        path = column_path(field)
    except QueryError:
        return None
    return path.metric[0] if path.field == "metrics" and path.steps else None


def pruner_of(run: _Run, store: RunStore, record: RunRecord) -> Callable[[], bool] | None:
    """Return the pruner of a run; None: its sweep does not end runs early.

    Args:
        run: the run, which is about to start.
        store: of the sweep.
        record: of the run, as it was queued.
    """
    facts = sweep_facts(record)
    objectives = facts.get("objectives") or [{}]
    metric = metric_of(str(objectives[0].get("field")))
    if facts.get("pruner") not in PRUNERS or metric is None:
        return None
    try:
        require("optuna", extra="optuna", purpose="--prune")
    except MissingExtraError as error:
        run.run_logger.warning("This run is not ended early: %s", error)
        return None

    def store_points() -> None:
        if run.heartbeat is not None:
            run.heartbeat.beat()

    return RunPruner(store, record, store_points)


class RunPruner:
    """Decides whether a run should end early.

    Args:
        store: of the runs of the sweep.
        record: of the run, with what it records about the sweep; see `pruner_of`.
        store_points: stores the points that have been logged so far.
        clock: in seconds.
    """

    def __init__(
        self,
        store: RunStore,
        record: RunRecord,
        store_points: Callable[[], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store, self._run_id = store, record.id
        self._store_points, self._clock = store_points, clock
        facts = sweep_facts(record)
        [objective] = facts["objectives"]
        self._sweep, self._seeds = facts["name"], int(facts.get("seeds") or 1)
        self._metric = str(metric_of(objective["field"]))
        self._optuna = require("optuna", extra="optuna", purpose="--prune")
        self._optuna.logging.set_verbosity(self._optuna.logging.WARNING)
        self._is_remembering = facts["pruner"] in _STATEFUL_PRUNERS
        pruner = getattr(self._optuna.pruners, PRUNERS[facts["pruner"]])()
        self._study = self._optuna.create_study(
            study_name=str(self._sweep),  # which the brackets of Hyperband depend on
            direction="maximize" if objective.get("maximize") else "minimize",
            sampler=self._optuna.samplers.RandomSampler(),
            pruner=pruner,
        )
        self._trials: list[Any] = []
        self._reported: dict[int, int] = {}
        self._ended: set[str] = set()
        self._next_look = -math.inf
        self._pid = os.getpid()

    def __call__(self) -> bool:
        """Whether the run should end, judged by its points so far.

        Looking takes at most a tenth of the time; between two looks, the answer is no.
        """
        began = self._clock()
        if began < self._next_look or self._pid != os.getpid():
            return False
        try:
            self._store_points()
            is_to_end = self._look()
        except StoreError:  # it is away; the run goes on
            is_to_end = False
        ended = self._clock()
        self._next_look = ended + (ended - began) * (1 / _MAX_SHARE - 1)
        return is_to_end

    def _look(self) -> bool:
        """Tell the study what is new in the store, this run last."""
        own: tuple[int, RunRecord] | None = None
        ids = self._store.runs(sweep_condition(self._sweep)).ids
        records = self._store.records([one for one in ids if str(one) not in self._ended], _FIELDS)
        for number, record in sorted(self._numbered(records), key=lambda pair: pair[0]):
            if str(record.id) == str(self._run_id):
                own = number, record
                continue
            with contextlib.suppress(DamagedRunError):  # the others are compared all the same
                points = points_of(record, self._metric)
                self._report(number, points, self._is_remembering)
                if record.status not in ACTIVE:
                    self._end(number, record, points)
        if own is None:
            return False
        return self._report(own[0], points_of(own[1], self._metric), True)

    def _numbered(self, records: Iterable[RunRecord]) -> Iterator[tuple[int, RunRecord]]:
        for record in records:
            facts = sweep_facts(record)
            trial, repeat = facts.get("trial"), facts.get("repeat", 0)
            # A sweep that has got more seeds since has others, whose numbers this run cannot know.
            if isinstance(trial, int) and isinstance(repeat, int) and repeat < self._seeds:
                yield trial * self._seeds + repeat, record

    def _report(self, number: int, points: Points, asks: bool) -> bool:
        """Report the points that are new; return whether the pruner would end the run, if asked."""
        trial = self._trial(number)
        is_to_end = False
        for step, value in points[self._reported.get(number, 0) :]:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of steps that come twice, and of NaN
                trial.report(value, step)
                if asks:
                    is_to_end = bool(trial.should_prune()) or is_to_end
        self._reported[number] = len(points)
        return is_to_end

    def _trial(self, number: int) -> Any:
        while len(self._trials) <= number:  # numbers of trials are places in the study
            self._trials.append(self._study.ask())
        return self._trials[number]

    def _end(self, number: int, record: RunRecord, points: Points) -> None:
        self._ended.add(str(record.id))
        states = self._optuna.trial.TrialState
        values = [value for _, value in points if math.isfinite(value)]
        if record.status == COMPLETED and values:
            self._study.tell(number, values[-1])
        else:
            state = states.PRUNED if record.status == PRUNED else states.FAIL
            self._study.tell(number, state=state)


def points_of(record: RunRecord, name: str) -> Points:
    """Return the points of a metric that are numbers.

    Args:
        record: of the run.
        name: of the metric.

    Returns:
        steps and values; if the steps are not whole numbers from 0 on, the points are counted.
    """
    metric = record.metrics.get(name)
    rows = [] if metric is None else metric.rows()
    found = [(_number(step), _number(value)) for step, value, _ in rows]
    points = [(step, value) for step, value in found if value is not None]
    if all(step is not None and step.is_integer() and step >= 0 for step, _ in points):
        return [(int(step or 0), value) for step, value in points]
    return [(place, value) for place, (_, value) in enumerate(points)]


def _number(value: Any) -> float | None:
    """A step or a value as a number; None if it is not one: experiments may log strings."""
    try:
        return float(value) if isinstance(value, int | float) else None
    except OverflowError:
        return None
