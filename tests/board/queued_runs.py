"""A queue and sweeps for the board to show, made as experiments and workers make them."""

from __future__ import annotations

from typing import Any

from sacred import Experiment
from sacred._base.clock import utcnow
from sacred.observers.store_observer import StoreObserver
from sacred.runs import RunStore
from sacred.stores.changes import SetFields
from sacred.stores.claims import Claims, Lease, QueueEntry, claims_of

__all__ = ["Queue", "make_experiment"]


def make_experiment(store: RunStore, name: str = "train") -> Experiment:
    """An experiment that records in a store."""
    ex = Experiment(name, interactive=True, save_git_info=False)
    ex.observers.append(StoreObserver(store.backend))

    @ex.config
    def settings() -> None:
        lr = 0.1
        depth = 1

    @ex.main
    def main(lr: float, depth: int) -> float:
        return lr * depth

    return ex


class Queue:
    """The queue of a store, and a worker that runs nothing."""

    def __init__(self, store: RunStore) -> None:
        self.store = store
        self.claims: Claims = claims_of(store.backend)
        self.lease = Lease(worker="gpu-7-worker", host="gpu-7", process=None, seconds=60)

    def add(self, name: str = "train", priority: float = 0, **config: Any) -> Any:
        """Queue a run; its id."""
        run = make_experiment(self.store, name).run(
            config_updates=config,
            options={"--queue": True, "--priority": priority, "--loglevel": "ERROR"},
        )
        return self.store[run._id].id

    def sweep(self, name: str = "s1", **options: Any) -> list[Any]:
        """Queue a sweep of 2 x 2 points; the ids of its runs."""
        options = {"minimize": "result", **options}
        sweep = make_experiment(self.store).sweep(
            {"lr": [1, 2], "depth": [3, 4]}, name=name, **options
        )
        return [self.store[run_id].id for run_id in sweep.queue()]

    def take(self) -> QueueEntry:
        """Lease the first run that waits."""
        entry = self.claims.claim(self.lease)
        assert entry is not None
        fields = {"status": "RUNNING", "start_time": utcnow(), "heartbeat": utcnow()}
        self.claims.apply(entry.run_id, entry.attempt, [SetFields(fields=fields)])
        return entry

    def end(self, entry: QueueEntry, status: str = "COMPLETED", result: Any = None) -> None:
        """End a run that was taken."""
        fields = {"status": status, "result": result, "stop_time": utcnow()}
        self.claims.finish(entry, status, [SetFields(fields=fields)])
