"""A sweep of an experiment: its points become queued runs, which workers run.

The store is the only source of truth. The record of a run says which point it belongs to
(``meta.sweep``), and its id is made from the name of the sweep and that point. So a sweep that
was interrupted continues where it stopped, and of two drivers only one makes each run.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from sacred._base.errors import SacredError
from sacred._base.extras import require
from sacred._base.frozen import replace
from sacred.definition import lease_of_process
from sacred.executors import Executor, WorkerFleet, executor_named
from sacred.query.parser import parse
from sacred.queue.run_process import Launch
from sacred.queue.worker import Worker, WorkerOptions
from sacred.records import RunId, RunRecord
from sacred.records.attribute_dict import thawed
from sacred.reruns.reuse import known_run_of
from sacred.runs.run_store import RunStore, open_store
from sacred.runs.run_table import RunTable
from sacred.settings import SETTINGS
from sacred.status import ACTIVE
from sacred.stores.claims import claims_of
from sacred.stores.schemes import absolute_address
from sacred.stores.store import (
    DamagedRunError,
    QueueUnsupportedError,
    RunExistsError,
    RunNotFoundError,
    Store,
    StoreNotFoundError,
)
from sacred.sweeps.errors import SweepError
from sacred.sweeps.importance import importance_of
from sacred.sweeps.optuna_study import Study
from sacred.sweeps.outcomes import Outcome, best_outcomes, outcomes_of, sweep_condition, sweep_facts
from sacred.sweeps.plan import SweepPlan
from sacred.sweeps.pruning import check_pruner
from sacred.sweeps.space import Point, seeds_of
from sacred.upkeep.copying import copy_run_as

if TYPE_CHECKING:
    from sacred.experiment import Experiment

__all__ = ["Sweep"]

Tell = Callable[..., None]

#: Seconds between two reads of the store while workers elsewhere do the work.
_POLL_SECONDS = 1.0
#: A read covers all runs of the sweep: with many, it takes a while, and so does the next pause.
_PAUSES_PER_LOOK = 9

#: How long another driver may take from claiming the id of a run to writing it.
_WRITING_SECONDS = 10.0


class Sweep:
    """Runs of an experiment with configurations from a search space.

    Args:
        experiment: with an observer whose store can be a queue.
        plan: what to do.
        command: of the experiment; None: its main function.
        options: of each run, by the long flags of the command line.
    """

    def __init__(
        self,
        experiment: Experiment,
        plan: SweepPlan,
        command: str | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        self.plan = plan.check()
        if plan.pruner is not None:
            check_pruner(plan.pruner, plan.objectives)
            require("optuna", extra="optuna", purpose="--prune")
        self._experiment = experiment
        self._command = command
        self._options = {"--loglevel": "WARNING", **(options or {})}
        self._store: RunStore | None = None
        self._study = Study(plan) if plan.is_guided else None
        #: Ids of runs that need not run, since stored ones were the same (``--reuse``).
        self.reused: list[RunId] = []

    @property
    def name(self) -> str:
        """The name of the sweep."""
        return self.plan.name

    @property
    def store(self) -> RunStore:
        """The store of its runs: the first store among its observers that can be a queue.

        Raises:
            SweepError: there is no such observer.
        """
        if self._store is None:
            self._store = RunStore(self._queue_store())
        return self._store

    # --------------------------------------------------------------- before it runs

    def check(self) -> None:
        """Check all values before anything runs.

        Each alternative is checked once, not all of their combinations.

        Raises:
            SacredError: an entry does not exist, nothing reads it, or it cannot have such a value.
        """
        for point in self._samples():
            self._experiment._create_run(
                self._command,
                dict(point.updates),
                list(point.named_configs),
                meta_info={"sweep": {"name": self.name}},
                options={**self._options, "--strict": True, "--unobserved": True},
            )

    def missing(self, points: Iterable[Point] | None = None) -> Iterator[Point]:
        """Yield the points that have no run yet; those of a guided sweep are not known in advance.

        Args:
            points: of the plan (default: all).
        """
        known = {record.id for record in self._records()}
        wanted = self.plan.points() if points is None else points
        return (point for point in wanted if self._id_of(point) not in known)

    # ------------------------------------------------------------------- its runs

    def queue(self) -> list[RunId]:
        """Queue a run for each point that has none; return their ids.

        Raises:
            SweepError: the points depend on the results of others, so they are not known yet.
        """
        if self._study is not None:
            raise SweepError(
                f"--sampler {self.plan.sampler} chooses each point by what others have reached: "
                "it needs a driver, and cannot be queued as a whole"
            )
        if self._run_for_worker():
            return []
        found = (self._queue_point(point) for point in self.missing())
        return [run_id for run_id in found if run_id is not None]

    def advance(self, active: int) -> list[RunId]:
        """Queue further points of a guided sweep until `active` runs wait or run.

        Args:
            active: the number of runs, counting those of all drivers.

        Returns:
            the ids of the runs that have been queued.
        """
        assert self._study is not None
        assert self.plan.trials is not None
        queued: list[RunId] = []
        while True:
            outcomes = self.outcomes()
            runs = sum(len(one.runs) for one in outcomes if one.state == "active")
            taken = {one.trial for one in outcomes}
            free = (n for n in range(self.plan.trials) if n not in taken)
            trial = next(free, None)
            if runs >= active or trial is None:
                return queued
            point = self._study.next_point(outcomes, trial)
            seeds = [None] if self.plan.seeds is None else seeds_of(self.plan.seed, self.plan.seeds)
            for repeat, seed in enumerate(seeds):
                seeded = self.plan.with_seed(replace(point, repeat=repeat), seed)
                run_id = self._queue_point(seeded)
                queued += [] if run_id is None else [run_id]

    def run(
        self,
        jobs: int = 1,
        tell: Tell = lambda event, **facts: None,
        executor: str | Executor = "local",
        options: Mapping[str, str] | None = None,
    ) -> Sweep:
        """Run all points that have no run yet, and those that wait; return when all are over.

        Args:
            jobs: how many at once.
            tell: called with the name of each event, and its details.
            executor: where: ``local``, ``dask``, ``dask:ADDRESS``, ``slurm``, or an engine.
            options: of the engine.

        Raises:
            ExecutorError: the engine does not start workers.
            KeyboardInterrupt: by Ctrl-C; its runs have ended as ``INTERRUPTED``, and wait again.
            SystemExit: likewise, by another signal.
        """
        if self._run_for_worker():
            return self
        if self._study is None:
            self.queue()
        else:
            self.advance(jobs)
        if executor == "local":
            self._run_here(jobs, tell)
        elif isinstance(executor, str):
            engine = executor_named(executor, options)
            try:
                self._run_on(engine, jobs, tell)
            finally:
                engine.close()
        else:
            self._run_on(executor, jobs, tell)
        return self

    def _run_here(self, jobs: int, tell: Tell) -> None:
        """Run them by a worker in this process."""

        def told(event: str, **facts: Any) -> None:
            tell(event, **facts)
            if event == "ended" and self._study is not None:
                self.advance(jobs)

        options = WorkerOptions(
            launch=Launch(store=self._address()), where=self._is_ours(), jobs=jobs, until_empty=True
        )
        worker = Worker(self.store, options, told)
        worker.run()
        if worker.signal == signal.SIGINT:
            raise KeyboardInterrupt
        if worker.signal is not None:
            raise SystemExit(128 + worker.signal)

    def _run_on(self, executor: Executor, jobs: int, tell: Tell) -> None:
        """Run them by workers that an engine starts."""
        arguments = [self._condition()]
        if self._study is None:  # else there may be more to do in a moment
            arguments.append("--until-empty")
        fleet = WorkerFleet(executor, self._address(), jobs, arguments)
        seen: set[RunId] = set()
        try:
            while True:
                began = time.monotonic()
                if self._study is not None:
                    self.advance(jobs)
                active = self._active(tell, seen)
                if not active:
                    break
                fleet.start(most=active)
                took = time.monotonic() - began
                time.sleep(max(_POLL_SECONDS, _PAUSES_PER_LOOK * took))
        finally:
            fleet.end()

    def _active(self, tell: Tell, seen: set[RunId]) -> int:
        """How many runs wait or run; tell of those that have ended since."""
        active = 0
        for record in self._records():
            if record.status in ACTIVE:
                active += 1
            elif record.id not in seen:
                seen.add(record.id)
                tell("ended", run=record.id, status=record.status)
        return active

    def runs(self, query: str | None = None) -> RunTable:
        """Its runs, in order of their points.

        Args:
            query: only runs that match (default: all).
        """
        both = self._condition() if query is None else f"({self._condition()}) and ({query})"
        return self.store.runs(both, sort="meta.sweep.trial,meta.sweep.repeat")

    # ------------------------------------------------------------------ what came out

    def outcomes(self) -> list[Outcome]:
        """The result of each point, over all of its seeds."""
        return outcomes_of(self._records(), self.plan.objectives)

    @property
    def best(self) -> list[Outcome]:
        """The best point; with several objectives, all points on the Pareto front.

        Raises:
            SweepError: the sweep has no objective.
        """
        if not self.plan.objectives:
            raise SweepError("what is best? The sweep has no minimize and no maximize")
        return best_outcomes(self.outcomes(), self.plan.objectives)

    def importance(self, objective: int = 0) -> dict[str, float]:
        """The share of an objective's variance that each dimension accounts for (by Optuna).

        Args:
            objective: its index.

        Raises:
            SweepError: fewer than two points are complete, or all have the same result.
        """
        return dict(importance_of(self.outcomes(), self.plan.objectives, objective).shares)

    def to_pandas(self) -> Any:
        """Its points as a pandas DataFrame: their numbers, values, states and results."""
        names = [one.field for one in self.plan.objectives]
        rows = [
            {
                "trial": one.trial,
                **one.values,
                "state": one.state,
                **dict(itertools.zip_longest(names, one.reached)),
            }
            for one in self.outcomes()
        ]
        return require("pandas", purpose="Sweep.to_pandas").DataFrame(rows)

    def __repr__(self) -> str:
        return f"<sweep {self.name!r} of {self._experiment.path!r}>"

    # ------------------------------------------------------------------------- parts

    def _run_for_worker(self) -> bool:
        """Run the point that a worker has started this process for; False: it has not.

        The script that makes the sweep is started again for each run, and so gets here again.
        """
        lease = lease_of_process()
        if not lease:
            return False
        with open_store(lease["store"]) as store:
            record = store[lease["run"]]
            asked = dict(record.meta)
        if sweep_facts(record).get("name") == self.name:
            self._experiment.run(
                self._command,
                config_updates=thawed(asked.get("config_updates") or {}),
                named_configs=list(asked.get("named_configs") or ()),
                options={**self._options, "--queue": True},
            )
        return True

    def _condition(self) -> str:
        return sweep_condition(self.name)

    def _is_ours(self) -> Any:
        return parse(self._condition())

    def _records(self) -> list[RunRecord]:
        try:
            return list(self.runs())
        except StoreNotFoundError:  # the first run makes it
            return []

    def _samples(self) -> Iterator[Point]:
        for space in self.plan.spaces:
            groups = space.groups()
            firsts = [group[0] for group in groups]
            drawn = space.draw(0, self.plan.seed)
            yield drawn
            for place, group in enumerate(groups):
                for items in group[1:]:
                    chosen = [*firsts[:place], items, *firsts[place + 1 :]]
                    yield space.point(0, list(itertools.chain.from_iterable(chosen)))

    def _id_of(self, point: Point) -> str:
        """The id of the run of a point, by which drivers know that it is there."""
        # A guided sweep has one point of each number, wherever that is; others have one of all
        # values, whatever the space was like when it was made.
        place = point.number if self._study is not None else point.key
        return f"{self.name}-{place}" + ("" if point.seed is None else f"-{point.repeat}")

    def _queue_point(self, point: Point) -> RunId | None:
        """Queue the run of a point; None: somebody else has done so, or a known run is the same."""
        run_id = self._id_of(point)
        facts = {
            "name": self.name,
            "trial": point.number,
            "repeat": point.repeat,
            "point": str(point.number) if self._study is not None else point.key,
            "values": dict(point.values),
            **self._description(),
        }
        if self._is_known(point, run_id, facts):
            return None
        try:
            run = self._experiment.run(
                self._command,
                config_updates=dict(point.updates),
                named_configs=list(point.named_configs),
                meta_info={"sweep": facts},
                options={**self._options, "--queue": True, "--id": run_id},
            )
        except RunExistsError:
            if self._facts_of_other(run_id).get("name") != self.name:
                raise SweepError(
                    f"there is a run {run_id!r} in {self.store.url} that is not of this sweep: "
                    "give the sweep another name (--sweep NAME)"
                ) from None
            return None
        return run._id

    def _is_known(self, point: Point, run_id: RunId, facts: Mapping[str, Any]) -> bool:
        """Whether a stored run is the same, of which this point then has a copy (``--reuse``)."""
        if not (self._options.get("--reuse") or SETTINGS.REUSE_RUNS is True):
            return False
        planned = self._experiment._create_run(
            self._command,
            dict(point.updates),
            list(point.named_configs),
            options=self._options,
        )
        known = known_run_of(planned, [self.store])
        if known is None:
            return False
        meta: dict[str, Any] = {"sweep": facts, "reused": {"store": known.store, "id": known.id}}
        meta |= {"tags": list(planned.tags)} if planned.tags else {}
        with contextlib.suppress(RunExistsError):  # another driver was faster
            for problem in copy_run_as(known, self.store, run_id, meta):
                planned.run_logger.warning("The copy is not whole: %s", problem)
            self.reused.append(run_id)
        return True

    def _facts_of_other(self, run_id: RunId) -> Mapping[str, Any]:
        """What a run says of its sweep that somebody else has made, or is about to write."""
        deadline = time.monotonic() + _WRITING_SECONDS
        while True:
            try:
                return sweep_facts(self.store[run_id])
            except (DamagedRunError, RunNotFoundError) as error:
                if time.monotonic() > deadline:
                    raise SweepError(
                        f"{error}: it was begun and not written; discard it (sacred rm --force "
                        f"{run_id}; sacred trash empty {run_id}) and start again"
                    ) from None
                time.sleep(0.05)

    def _description(self) -> dict[str, Any]:
        """What every run says of the sweep, so that nothing else need be stored."""
        plan = self.plan
        objectives = [{"field": o.field, "maximize": o.is_maximized} for o in plan.objectives]
        known = {
            "seed": plan.seed,
            "seeds": plan.seeds,
            "trials": plan.trials,
            "sampler": plan.sampler,
            "pruner": plan.pruner,
            "objectives": objectives,
            "space": [str(dimension) for space in plan.spaces for dimension in space.dimensions],
        }
        return {name: value for name, value in known.items() if value}

    def _queue_store(self) -> Store:
        run = self._experiment._create_run(self._command, options=self._options)
        reason: SacredError | None = None
        for observer in run.observers:
            store = getattr(observer, "store", None)
            if isinstance(store, Store):
                try:
                    claims_of(store)
                except QueueUnsupportedError as error:
                    reason = reason or error
                    continue
                return store
        if reason is not None:
            raise SweepError(f"a sweep needs a store that can be a queue: {reason}")
        raise SweepError("a sweep needs a store for its runs: -F DIRECTORY, -m URL, or an observer")

    def _address(self) -> str:
        address = self.store.url
        if "***" in address:
            raise SweepError(
                f"the password of {address} is not known to new processes: queue the sweep with "
                "-q, and start workers with `sacred worker -s ADDRESS`"
            )
        return absolute_address(address, os.getcwd())
