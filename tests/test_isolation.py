"""Runs do not see each other: nested, threaded, parallel."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from sacred import Experiment, Ingredient
from sacred.utils import CircularDependencyError
from tests.recorder import Recorder

QUIET = {"--loglevel": "CRITICAL"}


@pytest.fixture
def ex() -> Experiment:
    """An experiment with one entry."""
    experiment = Experiment("test", interactive=True)
    experiment.add_config(value=1)
    return experiment


def test_nested_run_sees_its_own_config_and_the_outer_comes_back(ex: Experiment) -> None:
    """ex.run inside of main."""

    @ex.capture
    def get(value: int, _run: Any) -> tuple[int, Any]:
        return value, _run

    @ex.command
    def inner() -> tuple[int, Any]:
        return get()

    @ex.main
    def main(_run: Any) -> list[Any]:
        nested = ex.run("inner", config_updates={"value": 2}, options=QUIET)
        assert ex.current_run is _run
        assert nested.result == (2, nested)
        return [get()[0], get()[1] is _run]

    assert ex.run(options=QUIET).result == [1, True]


def test_parallel_runs_in_threads(ex: Experiment) -> None:
    """Every thread's run has its own configuration."""
    barrier = threading.Barrier(6)

    @ex.capture
    def get(value: int) -> int:
        return value

    @ex.main
    def main() -> list[int]:
        values = []
        for _ in range(50):
            barrier.wait(30)
            values.append(get())
        return values

    def start(value: int) -> Any:
        return ex.run(config_updates={"value": value}, options=QUIET).result

    with ThreadPoolExecutor(6) as pool:
        results = list(pool.map(start, range(10, 16)))
    assert results == [[value] * 50 for value in range(10, 16)]


def test_users_thread_sees_the_run(ex: Experiment) -> None:
    """Threads that main starts have no context of their own."""
    seen: list[int] = []

    @ex.capture
    def get(value: int) -> None:
        seen.append(value)

    @ex.main
    def main() -> None:
        thread = threading.Thread(target=get)
        thread.start()
        thread.join()

    ex.run(config_updates={"value": 9}, options=QUIET)
    assert seen == [9]


def test_captured_function_outside_of_any_run(ex: Experiment) -> None:
    """Only explicit arguments and defaults count."""

    @ex.capture
    def add(value: int, other: int = 10) -> int:
        return value + other

    assert add(5) == 15
    with pytest.raises(TypeError, match=r"add is missing value\(s\): \['value'\]"):
        add()


def test_config_of_a_run_cannot_be_changed_from_a_captured_function(ex: Experiment) -> None:
    """No operator reaches it, whatever its name."""
    from sacred.utils import SacredError

    ex.add_config(xs=[1, 2], d={"a": 1})

    @ex.main
    def main(xs: Any, d: Any) -> None:
        with pytest.raises(SacredError, match="read-only"):
            xs += [3]
        with pytest.raises(SacredError, match="read-only"):
            xs *= 2
        with pytest.raises(SacredError, match="read-only"):
            d |= {"b": 1}

    run = ex.run(options=QUIET)
    assert run.config["xs"] == [1, 2]
    assert run.config["d"] == {"a": 1}


def test_random_seed_comes_from_the_operating_system(ex: Experiment) -> None:
    """``random.seed(0)`` in user code does not decide it."""
    import random

    ex.main(lambda: None)
    seeds = set()
    for _ in range(5):
        random.seed(0)
        seeds.add(ex.run(options=QUIET).config["seed"])
    assert len(seeds) == 5


def test_ingredient_outside_its_users_path_is_seeded_reproducibly() -> None:
    """Used by ``data`` but called ``paths``."""
    paths = Ingredient("paths", interactive=True)
    data = Ingredient("data", ingredients=[paths], interactive=True)
    ex = Experiment("test", ingredients=[data], interactive=True)

    @paths.capture
    def draw(_seed: int) -> int:
        return _seed

    ex.main(lambda: draw())
    results = {ex.run(config_updates={"seed": 1}, options=QUIET).result for _ in range(3)}
    assert len(results) == 1
    other = ex.run(config_updates={"seed": 2}, options=QUIET).result
    assert other not in results


def test_circle_of_ingredients_is_reported_only_while_it_is_there() -> None:
    """No state is kept."""
    a = Ingredient("a", interactive=True)
    ex = Experiment("exp", ingredients=[a], interactive=True)
    ex.main(lambda: 1)
    a.ingredients.append(ex)
    with pytest.raises(CircularDependencyError, match="exp->a->exp"):
        ex.run(options=QUIET)
    a.ingredients.clear()
    assert ex.run(options=QUIET).result == 1


def test_metrics_and_artifacts_of_parallel_runs_do_not_mix(ex: Experiment) -> None:
    """ex.log_scalar goes to the run of the calling thread."""
    barrier = threading.Barrier(4)
    ex.observers.append(Recorder())

    @ex.main
    def main(value: int) -> list[float]:
        barrier.wait(30)
        ex.log_scalar("v", value)
        barrier.wait(30)
        run = ex.current_run
        assert run is not None
        return [entry.value for entry in run._metrics.get_last_metrics()]

    def start(value: int) -> Any:
        return ex.run(config_updates={"value": value}, options=QUIET).result

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(start, range(4))) == [[0], [1], [2], [3]]


@pytest.mark.parametrize("queued", [False, True])
def test_one_observer_records_nested_and_parallel_runs_apart(
    ex: Experiment, tmp_path: Any, queued: bool
) -> None:
    """Each run has a record of its own, complete, though they share the observer."""
    import json

    from sacred.observers import FileStorageObserver, QueueObserver

    files = FileStorageObserver(tmp_path)
    ex.observers.append(QueueObserver(files) if queued else files)
    barrier = threading.Barrier(3)

    @ex.command
    def inner(value: int) -> int:
        ex.log_scalar("inner", value)
        return value

    @ex.main
    def main(value: int) -> int:
        ex.log_scalar("before", value)
        barrier.wait(30)
        ex.run("inner", config_updates={"value": value * 10}, options=QUIET)
        barrier.wait(30)
        ex.log_scalar("after", value)
        return value

    def start(value: int) -> Any:
        return ex.run(config_updates={"value": value}, options=QUIET)._id

    with ThreadPoolExecutor(3) as pool:
        ids = list(pool.map(start, [1, 2, 3]))
    assert len(set(ids)) == 3
    outer: dict[int, set[str]] = {}
    for number in range(1, 7):
        record = json.loads((tmp_path / str(number) / "run.json").read_text())
        assert record["status"] == "COMPLETED"
        metrics = json.loads((tmp_path / str(number) / "metrics.json").read_text())
        outer[record["result"]] = set(metrics)
        assert all(m["values"] == [record["result"]] for m in metrics.values())
    assert outer == {
        **{value: {"before", "after"} for value in (1, 2, 3)},
        **{value: {"inner"} for value in (10, 20, 30)},
    }
