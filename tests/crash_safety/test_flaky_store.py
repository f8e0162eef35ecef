"""A store that fails 30 % of its calls at random equals one that never fails."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sacred.observers.store_observer import StoreObserver
from sacred.stores.files.blobs import LocalBlobs
from sacred.stores.files.store import FileStore
from sacred.stores.store import Store, StoreUnavailableError
from sacred.testing.strategies import play, scenarios
from tests.crash_safety.effort import examples, pick
from tests.crash_safety.places import FilePlace, Place, SqlitePlace, Stored, TinyDbPlace
from tests.unit.stores.comparison import FlakyStore

RATE = 0.3
EXAMPLES = pick(10, 1000)

WHOLE_STORES: dict[str, Callable[[Path], Place]] = {
    "file": lambda root: FilePlace(root / "runs"),
    "sqlite": lambda root: SqlitePlace(root / "runs.db"),
    "tinydb": lambda root: TinyDbPlace(root / "db"),
}


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """An observer that does not give up, and does not wait either."""
    monkeypatch.setattr(StoreObserver, "pause", 0.0)
    monkeypatch.setattr(StoreObserver, "closing_attempts", {"COMPLETED": 1000, "FAILED": 1000})
    monkeypatch.setattr(StoreObserver, "interrupted_attempts", 1000)


def lived(store: Store, scenario: Any, directory: Path) -> Any:
    """Lead a run through a scenario; nothing may be left over. Returns its id."""
    run_id = play(StoreObserver(store, failure_dir=str(directory / "spool")), scenario, directory)
    assert not list(directory.glob("spool/*"))
    store.close()
    return run_id


@pytest.mark.slow
@pytest.mark.parametrize("kind", WHOLE_STORES)
def test_calls_that_fail(kind: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Before a change, between two, or after the last, when nobody knows what got through."""

    @given(scenarios, st.integers())
    @settings(max_examples=EXAMPLES if kind == "file" else EXAMPLES // 3)
    def check(scenario: Any, seed: int) -> None:
        directory = tmp_path_factory.mktemp("scenario")
        steady = WHOLE_STORES[kind](directory / "steady")
        wanted = steady.read(lived(steady.open(), scenario, directory))
        place = WHOLE_STORES[kind](directory / "flaky")
        shaky = FlakyStore(place.open(), RATE, seed)
        assert place.read(lived(shaky, scenario, directory)) == wanted

    check()


class FlakyBlobs(LocalBlobs):
    """Fails before or after each thing it does to the disk, or in the midst of writing."""

    def __init__(self, root: Path, seed: int) -> None:
        super().__init__(root)
        self._random = random.Random(seed)
        self.failures = 0
        self.steady = False

    def _maybe_fail(self) -> None:
        if not self.steady and self._random.random() < RATE / 2:
            self.failures += 1
            raise StoreUnavailableError("not now")

    def write(self, name: str, content: Any) -> None:
        self._maybe_fail()
        super().write(name, content)
        self._maybe_fail()

    def append(self, name: str, offset: int, content: bytes) -> None:
        self._maybe_fail()
        if not self.steady and self._random.random() < RATE / 2:
            super().append(name, offset, content[: len(content) // 2])
            self.failures += 1
            raise StoreUnavailableError("in the midst")
        super().append(name, offset, content)
        self._maybe_fail()

    def put_file(self, name: str, path: str) -> None:
        self._maybe_fail()
        super().put_file(name, path)
        self._maybe_fail()

    def remove(self, name: str) -> None:
        self._maybe_fail()
        super().remove(name)
        self._maybe_fail()


@pytest.mark.slow
@pytest.mark.parametrize("small", [True, False])
def test_disks_that_fail(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, small: bool
) -> None:
    """Each single operation; also with the journal that long metrics have."""
    if not small:
        monkeypatch.setattr("sacred.stores.files.metrics_json.SMALL_FILE_BYTES", 0)
    failures = []

    @given(scenarios, st.integers())
    @settings(max_examples=examples(25, EXAMPLES))
    def check(scenario: Any, seed: int) -> None:
        directory = tmp_path_factory.mktemp("scenario")
        wanted = _files(LocalBlobs(directory / "steady"), scenario, directory)
        blobs = FlakyBlobs(directory / "flaky", seed)
        blobs.steady = True  # a run that cannot start is no run

        class Store(FileStore):
            def apply(self, run_id: Any, changes: Sequence[Any]) -> None:
                blobs.steady = False
                super().apply(run_id, changes)

        assert _files(blobs, scenario, directory, Store) == wanted
        failures.append(blobs.failures)

    check()
    print(f"{sum(failures)} failures in {len(failures)} scenarios")
    assert sum(failures) > len(failures) / 2


def _files(
    blobs: LocalBlobs, scenario: Any, directory: Path, kind: type[FileStore] = FileStore
) -> Stored:
    resources = LocalBlobs(directory / "resources")
    run_id = lived(kind(blobs, None, resources), scenario, directory)
    return FilePlace(Path(blobs.root)).read(run_id)
