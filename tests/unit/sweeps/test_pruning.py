"""Which runs of a sweep end early: what Optuna's pruners say of the points in the store."""

from __future__ import annotations

import datetime

import pytest

from sacred.runs import RunStore
from sacred.stores.changes import AddPoints, SetFields
from sacred.stores.memory.store import MemoryStore
from sacred.stores.store import DamagedRunError, StoreUnavailableError
from sacred.sweeps.errors import SweepError
from sacred.sweeps.plan import Objective
from sacred.sweeps.pruning import RunPruner, check_pruner, points_of

T0 = datetime.datetime(2030, 1, 1)


@pytest.fixture
def store():
    return RunStore(MemoryStore())


def add_run(
    store, trial, values, status="COMPLETED", *, pruner="median", maximize=False, steps=None
):
    """A run of a sweep with some points of its objective."""
    facts = {
        "name": "s",
        "trial": trial,
        "repeat": 0,
        "pruner": pruner,
        "objectives": [{"field": "metrics.loss.min", "maximize": maximize}],
    }
    document = {"status": status, "config": {}, "meta": {"sweep": facts}}
    run_id = store.backend.create(None, document, [])
    log(store, run_id, 0, values, steps)
    return run_id


def log(store, run_id, start, values, steps=None):
    steps = list(range(start, start + len(values))) if steps is None else steps
    times = [T0] * len(values)
    points = AddPoints(name="loss", start=start, steps=steps, values=values, timestamps=times)
    store.backend.apply(run_id, [points])


def pruner_for(store, run_id, store_points=lambda: None, clock=lambda: 0.0):
    pytest.importorskip("optuna", reason="there is no Optuna for this Python")
    return RunPruner(store, store[run_id], store_points, clock)


@pytest.mark.parametrize("maximize", [False, True])
def test_a_run_that_is_worse_than_the_median_ends(store, maximize):
    for trial in range(5):
        add_run(store, trial, [1.0, 1.0, 1.0], maximize=maximize)
    low = add_run(store, 5, [0.5], "RUNNING", maximize=maximize)
    high = add_run(store, 6, [2.0], "RUNNING", maximize=maximize)
    assert pruner_for(store, low)() is maximize
    assert pruner_for(store, high)() is not maximize


def test_new_points_of_this_run_and_of_others_count(store):
    own = add_run(store, 5, [1.5], "RUNNING")
    should_prune = pruner_for(store, own)
    assert not should_prune()  # there is nothing to be compared with
    others = [add_run(store, trial, [1.0], "RUNNING") for trial in range(5)]
    assert not should_prune()
    for other in others:
        log(store, other, 1, [1.0])
        store.backend.apply(other, [SetFields(fields={"status": "COMPLETED", "stop_time": T0})])
    assert not should_prune()  # no new point since
    log(store, own, 1, [0.9, 1.5])
    assert not should_prune()  # of step 2, nobody knows what is good
    log(store, own, 3, [1.5])
    for trial in range(10, 15):
        add_run(store, trial, [0.5] * 5)
    log(store, own, 4, [1.5])
    assert should_prune()


@pytest.mark.parametrize("pruner", ["halving", "hyperband"])
def test_halving_knows_what_others_had_reached(store, pruner):
    for trial in range(12):
        add_run(store, trial, [1.0 + trial / 100] * 30, pruner=pruner)
    bad = [add_run(store, 20 + n, [9.0] * 29, "RUNNING", pruner=pruner) for n in range(4)]
    good = [add_run(store, 30 + n, [0.1 + n] * 29, "RUNNING", pruner=pruner) for n in range(1)]
    assert all(pruner_for(store, run_id)() for run_id in bad)
    assert not any(pruner_for(store, run_id)() for run_id in good)


def test_looking_takes_a_tenth_of_the_time_at_most(store):
    own = add_run(store, 0, [1.0], "RUNNING")
    now, looks = [0.0], []

    def store_points():
        looks.append(now[0])
        now[0] += 1.0

    should_prune = pruner_for(store, own, store_points, lambda: now[0])
    for _ in range(40):
        should_prune()
        now[0] += 0.5
    assert looks == [0.0, 10.0, 20.0][: len(looks)]
    assert len(looks) >= 2


def test_a_store_that_is_away_ends_no_run(store):
    own = add_run(store, 0, [1.0], "RUNNING")

    def fail():
        raise StoreUnavailableError("away")

    assert not pruner_for(store, own, fail)()


def test_diverged_runs_and_runs_without_points_do_no_harm(store):
    for trial in range(6):
        add_run(store, trial, [1.0, 1.0])
    add_run(store, 6, [float("nan"), float("inf")])
    add_run(store, 7, [], "FAILED")
    add_run(store, 8, [3.0], "PRUNED")
    own = add_run(store, 9, [float("nan")], "RUNNING")
    assert pruner_for(store, own)()


def test_steps_that_are_no_whole_numbers_are_counted(store):
    odd = add_run(store, 0, [1.0, 2.0], steps=[0.5, 1.5])
    whole = add_run(store, 1, [1.0, 2.0], steps=[10.0, 20])
    assert points_of(store[odd], "loss") == [(0, 1.0), (1, 2.0)]
    assert points_of(store[whole], "loss") == [(10, 1.0), (20, 2.0)]
    assert points_of(store[whole], "accuracy") == []


@pytest.mark.parametrize(
    ("name", "fields", "message"),
    [
        ("medain", ["metrics.loss.min"], 'no pruner .medain. .*Did you mean "median"'),
        ("median", [], "needs one objective, not 0"),
        ("median", ["metrics.loss.min", "metrics.size.last"], "needs one objective, not 2"),
        ("median", ["result"], "result is none"),
        ("median", ["metrics"], "metrics is none"),
    ],
)
def test_what_no_pruner_can_see_is_said(name, fields, message):
    with pytest.raises(SweepError, match=message):
        check_pruner(name, tuple(Objective(field=field) for field in fields))


def test_points_that_are_no_numbers_end_nobody_elses_run(store):
    for trial in range(5):
        add_run(store, trial, [1.0, "diverged", None, 1.0])
    own = add_run(store, 5, [2.0], "RUNNING")
    assert pruner_for(store, own)()
    assert points_of(store[1], "loss") == [(0, 1.0), (3, 1.0)]
    named = add_run(store, 6, [1.0, 2.0], steps=["warm-up", 7])
    assert points_of(store[named], "loss") == [(0, 1.0), (1, 2.0)]


def test_a_run_that_cannot_be_read_hides_no_other(store, monkeypatch):
    damaged = add_run(store, 0, [1.0])
    for trial in range(1, 6):
        add_run(store, trial, [1.0])
    own = add_run(store, 6, [2.0], "RUNNING")
    points = store.reader.points

    def broken(run_id, name):
        if run_id == damaged:
            raise DamagedRunError("its points")
        return points(run_id, name)

    monkeypatch.setattr(store.reader, "points", broken)
    assert pruner_for(store, own)()
