"""Verdicts on repeated runs, and where they begin to differ."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from sacred import Experiment
from sacred.app import main
from sacred.observers import FileStorageObserver
from sacred.observers.store_observer import StoreObserver
from sacred.records import RunRecord
from sacred.runs import RunStore
from sacred.stores.memory.store import MemoryStore
from sacred.testing import drive
from sacred.verdicts.divergence import CAUSES, divergences
from sacred.verdicts.output_masks import mask_output
from sacred.verdicts.verdict import verdict_of

Make = Callable[..., RunRecord]


@pytest.fixture
def make(tmp_path) -> Make:
    """``make(**what)`` returns the record of a run."""
    store = MemoryStore()
    count = 0

    def record(
        *,
        result: Any = 0.5,
        config: Mapping[str, Any] | None = None,
        metrics: Mapping[str, Any] | None = None,
        output: str = "hello\n",
        artifacts: Mapping[str, str] | None = None,
        resources: Mapping[str, str] | None = None,
        source: str = "print(1)\n",
        dependencies: tuple[str, ...] = ("numpy==1.0",),
        environment: Mapping[str, Any] | None = None,
        end: Callable[[StoreObserver], Any] | None = None,
    ) -> RunRecord:
        nonlocal count
        count += 1
        base = tmp_path / f"place{count}"
        base.mkdir()
        (base / "train.py").write_text(source)
        digest = f"{hash(source):x}"
        info = {
            "base_dir": str(base),
            "sources": [("train.py", digest)],
            "dependencies": list(dependencies),
        }
        observer = StoreObserver(store)
        run_id = drive.start(observer, config=config or {"lr": 0.1, "seed": 1}, ex_info=info)
        for kind, files in (("resource", resources), ("artifact", artifacts)):
            for name, text in (files or {}).items():
                path = base / name
                path.write_text(text)
                add = getattr(observer, f"{kind}_event")
                add(str(path)) if kind == "resource" else add(name, str(path))
        if metrics:
            drive.log(observer, metrics)
        if environment is not None:
            observer.details_event("environment", environment)
        drive.beat(observer, output.replace("{base}", str(base)))
        (end or (lambda observer: drive.complete(observer, result)))(observer)
        return RunStore(store)[run_id]

    return record


def kinds(first: RunRecord, second: RunRecord, **options: Any) -> list[str]:
    return [found.kind for found in divergences(first, second, **options)]


def test_two_runs_with_the_same_outcome_are_exact(make):
    parts = {
        "metrics": {"loss": [1, 0.5, math.nan]},
        "artifacts": {"a.txt": "x"},
        "resources": {"data.csv": "1"},
        "output": "read {base}/data.csv\n",
    }
    first, again = make(**parts), make(**parts)
    assert str(verdict_of(first, again)) == "EXACT"
    assert kinds(first, again) == []


@pytest.mark.parametrize(
    ("then", "now", "verdict", "reason"),
    [
        ({}, {"output": "bye\n"}, "EQUAL", "line 1 of the output: hello, then bye"),
        ({"artifacts": {"a": "x"}}, {"artifacts": {"a": "y"}}, "EQUAL", "artifact a"),
        ({"artifacts": {"a": "x"}}, {}, "EQUAL", "artifact a"),
        ({}, {"result": 0.5 + 1e-9}, "CLOSE", "1e-09 apart (result)"),
        ({"result": {"a": [1, 2]}}, {"result": {"a": [1, 3]}}, "DIFFERS", "result.a[1]: 2, then 3"),
        ({"result": 1}, {"result": True}, "DIFFERS", "result: 1, then True"),
        (
            {"metrics": {"loss": [1, 2, 3]}},
            {"metrics": {"loss": [1, 5, 6]}},
            "DIFFERS",
            "metric loss, step 1: 2, then 5",
        ),
        ({"metrics": {"a": [1]}}, {}, "DIFFERS", "metric a: 1 points, then nothing"),
        ({"metrics": {"a": [1, 2]}}, {"metrics": {"a": [1]}}, "DIFFERS", "metric a, step 1: 2"),
        ({}, {"end": drive.fail}, "FAILED", "it is FAILED: E: é"),
        ({"end": drive.fail}, {}, "DIFFERS", "status: FAILED, then COMPLETED"),
        ({"end": drive.fail}, {"end": drive.fail}, "EXACT", ""),
    ],
)
def test_verdicts(make, then, now, verdict, reason):
    found = verdict_of(make(**then), make(**now))
    assert found.name == verdict
    assert reason in found.reason
    assert found.exit_code == {"DIFFERS": 1, "FAILED": 1}.get(verdict, 0)


def test_the_tolerance_decides_what_is_close(make):
    first, again = make(metrics={"loss": [1.0]}), make(metrics={"loss": [1.001]})
    assert verdict_of(first, again, tolerance=1e-2).name == "CLOSE"
    assert verdict_of(first, again, tolerance=1e-4).name == "DIFFERS"


def test_another_error_of_a_failed_run_differs(make):
    def fail(observer: StoreObserver) -> None:
        observer.failed_event(fail_time=drive.T0, fail_trace=["Traceback\n", "ValueError: other\n"])

    found = verdict_of(make(end=drive.fail), make(end=fail))
    assert found.name == "DIFFERS"
    assert "error: E: é, then ValueError: other" in found.reason


def test_all_lines_of_an_error_count(make):
    def fail(lines):
        return lambda observer: observer.failed_event(fail_time=drive.T0, fail_trace=lines)

    first, again = (
        make(end=fail(["Traceback:\n", f"lab.E{n}Error: {n}\n", "Did you mean x?\n"]))
        for n in (1, 2)
    )
    found = verdict_of(first, again)
    assert found.name == "DIFFERS"
    assert "lab.E1Error: 1 Did you mean x?, then lab.E2Error: 2" in found.reason
    assert verdict_of(first, first).name == "EXACT"
    assert verdict_of(make(), again).reason.endswith("FAILED: lab.E2Error: 2 Did you mean x?")


def test_metrics_of_the_machine_do_not_count(make):
    first, again = (make(metrics={"system.cpu": [n], "time.epoch": [n]}) for n in (1, 2))
    assert verdict_of(first, again).name == "DIFFERS"
    assert verdict_of(first, again, ignored=["time.*"]).name == "EXACT"


def test_the_first_point_is_that_of_the_smallest_index(make):
    first = make(metrics={"a": [1, 2, 3], "b": [1, 2, 3]})
    second = make(metrics={"a": [1, 2, 4], "b": [1, 3, 3]})
    [found] = divergences(first, second)
    assert found.place == "metric b, step 1"


@pytest.mark.parametrize(
    ("then", "now", "kind", "words"),
    [
        ({}, {"config": {"lr": 0.2, "seed": 1}}, "config", "entry lr: 0.1, then 0.2"),
        ({}, {"config": {"lr": 0.1, "seed": 2}}, "seeds", "entry seed: 1, then 2"),
        ({}, {"source": "print(2)\n"}, "sources", "train.py, line 1: print(1), then print(2)"),
        ({}, {"dependencies": ("numpy==2.0",)}, "packages", "package numpy: 1.0, then 2.0"),
        ({"resources": {"d": "1"}}, {"resources": {"d": "2"}}, "resources", "resource d: "),
        (
            {"environment": {"variables": {"OMP_NUM_THREADS": "1"}}},
            {"environment": {"variables": {"OMP_NUM_THREADS": "2"}}},
            "environment",
            "variable OMP_NUM_THREADS: 1, then 2",
        ),
        (
            {"environment": {"hash_seed": "0"}},
            {"environment": {"hash_seed": "random"}},
            "environment",
            "PYTHONHASHSEED: 0, then random",
        ),
        (
            {"environment": {"packages": ["scipy==1", "x==1"]}},
            {"environment": {"packages": ["scipy==2", "x==1"]}},
            "packages",
            "package scipy: 1, then 2",
        ),
    ],
)
def test_causes_are_named(make, then, now, kind, words):
    first, again = make(**then), make(**{"result": 0.7, **now})
    found = verdict_of(first, again)
    assert [cause.kind for cause in found.causes] == [kind]
    assert words in str(found.causes[0])
    assert found.divergence is not None
    assert found.divergence.kind == "result"


def test_causes_come_before_effects(make):
    first = make(metrics={"loss": [1]})
    second = make(config={"lr": 2, "seed": 3}, metrics={"loss": [2]}, result=1, output="x")
    assert kinds(first, second) == ["config", "seeds", "metrics", "result", "output"]
    assert kinds(first, second, kinds=CAUSES) == ["config", "seeds"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("at 2026-01-02 03:04:05.123", "at 2026-02-03 13:14:15.9"),
        ("at 2026-01-02T03:04:05Z", "at 2026-02-03T03:04:05+01:00"),
        ("Fri Jan 2 03:04:05 UTC 2026", "Sat Jan 3 03:04:06 UTC 2026"),
        ("took 3.2 s", "took 12 s"),
        ("took 35ms", "took 1.5e-3 ms"),
        ("Completed after 0:00:01", "Completed after 1 day, 2:03:04"),
        ("100%|##| 5/5 [00:01<00:00,  4.21it/s]", "100%|##| 5/5 [00:02<00:00,  3.11it/s]"),
        ("1.2 MB/s", "30 MB/s"),
        ('Started run with ID "7"', 'Started run with ID "12"'),
        ("<object at 0x7f1234567890>", "<object at 0x7f9876543210>"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("pid 123", "pid 4"),
        ("in /tmp/tmpj0pfx44l/a", "in /tmp/tmpg2cz0bud/a"),
        ('a\nWARNING - ex - Config entry "xs" was set, and nothing has read it\nb', "a\nb"),
        (
            'File "/a/.venv/lib/python3.11/site-packages/x.py"',
            'File "/b/lib/python3.11/site-packages/x.py"',
        ),
    ],
)
def test_what_is_another_each_time_is_masked(make, one, other):
    assert verdict_of(make(output=one), make(output=other)).name == "EXACT"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("loss 0.5", "loss 0.6"),
        ("epoch 3 of 5", "epoch 4 of 5"),
        ("accuracy: 93 %", "accuracy: 94 %"),
        ("a\nb", "a"),
    ],
)
def test_what_a_run_has_computed_is_not(make, one, other):
    assert verdict_of(make(output=one), make(output=other)).name == "EQUAL"


def test_directories_are_masked(make):
    record = make()
    base = record.experiment.base_dir
    assert mask_output(f"{base}/x.txt", record) == "<directory>/x.txt"


@pytest.fixture
def call(tmp_path, capsys):
    """``call(words)`` runs the program on a store of three runs: two that agree, and another."""
    experiment = Experiment("noisy", interactive=True, save_git_info=False)
    experiment.observers.append(FileStorageObserver(tmp_path / "runs"))
    experiment.add_config(rate=0.5)

    @experiment.main
    def train(rate: float, _run: Any) -> float:
        for step in range(3):
            _run.log_scalar("loss", rate**step)
        return rate**3

    for rate in (0.5, 0.5, 0.25):
        experiment.run(config_updates={"seed": 1, "rate": rate}, options={"--loglevel": "ERROR"})

    def program(*words: str) -> tuple[int, str]:
        code = main(["-s", str(tmp_path / "runs"), *words])
        return code, capsys.readouterr().out

    return program


def test_the_command_names_cause_and_first_effect(call):
    code, out = call("divergence", "1", "3")
    assert code == 1
    assert "before the run  entry rate: 0.5, then 0.25" in out
    assert "differs first   metric loss, step 1: 0.5, then 0.25" in out


def test_the_command_says_that_nothing_differs(call):
    assert call("divergence", "1", "2") == (0, "no difference\n")


def test_the_diff_of_two_runs_ends_with_the_first_effect(call):
    code, out = call("diff", "1", "3")
    assert code == 0
    assert out.endswith("They differ first in metric loss, step 1: 0.5, then 0.25\n")


def test_the_diff_of_a_part_does_not(call):
    assert "differ first" not in call("diff", "1", "3", "--only", "config")[1]


def test_runs_that_order_sets_at_random_are_suspects(make):
    first = make(environment={"hash_seed": "random"})
    assert verdict_of(first, make(environment={"hash_seed": "0"})).is_hash_suspect
    assert not verdict_of(make(environment={"hash_seed": "0"}), make()).is_hash_suspect
