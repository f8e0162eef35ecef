"""A flaky store, and what else stores are compared with, as `sacred.testing` has it."""

from __future__ import annotations

import random

from sacred.observers.store_observer import StoreObserver
from sacred.stores.memory.store import READ_FIELDS, MemoryStore
from sacred.stores.store import Store, StoreUnavailableError
from sacred.testing.strategies import ScenarioPlayer, play, scenarios

__all__ = [
    "READ_FIELDS",
    "FlakyStore",
    "MemoryStore",
    "ScenarioPlayer",
    "StoreObserver",
    "play",
    "scenarios",
]


class FlakyStore(Store):
    """Fails now and then: before a change, between two, or after the last."""

    def __init__(self, store: Store, rate: float, seed: int) -> None:
        self.store = store
        self.url = store.url
        self.failures = 0
        self._rate = rate
        self._random = random.Random(seed)

    def create(self, run_id, document, files):
        return self.store.create(run_id, document, files)

    def apply(self, run_id, changes):
        for change in changes:
            self._maybe_fail()
            self.store.apply(run_id, [change])
        self._maybe_fail()

    def _maybe_fail(self):
        if self._random.random() < self._rate:
            self.failures += 1
            raise StoreUnavailableError("not now")

    def is_unreachable(self, error):
        # Sometimes it is known to be pointless to try the other changes.
        return self._random.random() < 0.5
