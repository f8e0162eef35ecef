"""Sweeps of real scripts: queued, run, interrupted and gone on with."""

from __future__ import annotations

import itertools
import json
import os
import re
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sacred import Experiment, open_store, sweeps
from sacred.app import main
from sacred.observers import FileStorageObserver, SqlObserver
from sacred.stores.changes import SetFields
from sacred.stores.claims import Lease, claims_of
from sacred.sweeps import Sweep, SweepError
from tests.conftest import ROOT

SCRIPT = """
import os, time
from sacred import Experiment

ex = Experiment("demo", save_git_info=False)

@ex.config
def settings():
    lr = 0.1
    opt = {"name": "adam"}
    pause = 0
    unread = 1

@ex.named_config
def fast():
    pause = 0

@ex.named_config
def slow():
    pause = 0.01

@ex.command
def other(lr):
    return -lr

@ex.automain
def main(lr, opt, pause, seed):
    time.sleep(pause)
    for step in range(3):
        ex.log_scalar("loss", (lr - 0.3) ** 2 / (step + 1))
    if opt["name"] == "broken":
        1 / 0
    return (lr - 0.3) ** 2
"""


ORDER = "meta.sweep.trial,meta.sweep.repeat"


@pytest.fixture
def script(tmp_path):
    (tmp_path / "train.py").write_text(SCRIPT)
    return tmp_path


def start(directory: Path, *words: str, **options) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "train.py", *words],
        cwd=directory,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


def call(directory: Path, *words: str, code: int = 0) -> tuple[str, str]:
    """Output and remarks of the script."""
    process = start(directory, *words)
    out, err = process.communicate()
    assert process.returncode == code, (out, err)
    return out, err


def points(store) -> list[tuple]:
    """Number of the point, values and status of each run, in order."""
    return [
        (run.meta["sweep"]["trial"], dict(run.meta["sweep"]["values"]), run.status)
        for run in store.runs(sort=ORDER)
    ]


@pytest.mark.parametrize("place", ["-F runs", "-s sqlite:///runs.db"])
def test_a_grid_runs_each_point_once(script, place):
    words = ["sweep", *place.split(), "with", "lr=0.1,0.5", "opt.name=adam,sgd", "--sweep", "s1"]
    _, err = call(script, *words, "--seeds", "2", "-j", "2")
    assert "sweep s1: 4 of 4 points are complete" in err
    address = script / "runs" if "-F" in place else f"sqlite:///{script}/runs.db"
    with open_store(address) as store:
        found = points(store)
        assert found == [
            (number, {"lr": lr, "opt.name": name}, "COMPLETED")
            for number, (lr, name) in enumerate(itertools.product((0.1, 0.5), ("adam", "sgd")))
            for _ in range(2)
        ]
        runs = list(store.runs(sort=ORDER))
        assert all(re.fullmatch("s1-[0-9a-f]{10}-[01]", run.id) for run in runs)
        seeds = [run.config.seed for run in runs]
        assert seeds == seeds[:2] * 4
        assert len(set(seeds)) == 2
    _out, err = call(script, *words, "--seeds", "2")  # all is there
    assert "4 of 4" in err
    assert "run s1-" not in err


def test_the_same_words_go_on_with_the_same_sweep(script):
    words = ["sweep", "-F", "runs", "with", "lr=0.1,0.2,0.3", "fast,slow"]
    out, err = call(script, *words, "--dry-run")
    assert out.splitlines()[0].split() == ["0", "lr=0.1", "fast,slow='fast'"]
    assert "6 runs, of which 0 are there" in err
    assert not (script / "runs" / "1").exists()
    call(script, *words, "-q")
    store = open_store(script / "runs")
    assert {run.status for run in store} == {"QUEUED"}
    call(script, *words, "-q")
    assert len(list(store)) == 6
    _, err = call(script, *words)
    assert "6 of 6 points are complete" in err
    _, err = call(script, *words, "--dry-run")
    assert "6 runs, of which 6 are there" in err


def test_show_names_one_run_of_a_point_and_counts_the_others(script, capsys):
    call(script, "sweep", "-F", "runs", "--sweep", "s", "--seeds", "4", "-q", "with", "lr=0.1,0.2")
    store = ["-s", str(script / "runs")]
    assert main([*store, "sweep", "show", "s"]) == 0
    shown = capsys.readouterr().out
    assert len(re.findall(r"s-\w+-0 and 3 more", shown)) == 2
    assert main([*store, "sweep", "show", "s", "--json"]) == 0
    listed = [row["runs"].split() for row in json.loads(capsys.readouterr().out)]
    assert [len(ids) for ids in listed] == [4, 4]


def test_two_drivers_at_once_make_each_run_once(script):
    words = ["sweep", "-F", "runs", "with", "lr=0.1,0.2,0.3,0.4", "slow", "--sweep", "twice"]
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda _: call(script, *words), range(2)))
    found = points(open_store(script / "runs"))
    assert [(number, status) for number, _, status in found] == [
        (number, "COMPLETED") for number in range(4)
    ]


def test_a_run_that_was_begun_and_not_written_is_named(script):
    words = ["sweep", "-F", "runs", "with", "lr=0.1,0.2", "--sweep", "half", "-q"]
    call(script, *words)
    (half,) = [run.id for run in open_store(script / "runs") if run.config.lr == 0.1]
    (script / "runs" / half / "run.json").unlink()
    process = start(script, *words)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 1
    assert f"runs/{half} has no run.json: it was begun and not written; discard it" in err
    assert main(["-s", str(script / "runs"), "rm", "--force", half]) == 0
    assert main(["-s", str(script / "runs"), "trash", "empty", half, "--yes"]) == 0
    call(script, *words)
    assert len(list(open_store(script / "runs"))) == 2


def test_a_driver_waits_for_a_run_that_another_one_is_writing(script):
    words = ["sweep", "-F", "runs", "with", "lr=0.1,0.2", "--sweep", "late", "-q"]
    call(script, *words)
    (late,) = [run.id for run in open_store(script / "runs") if run.config.lr == 0.1]
    record = script / "runs" / late / "run.json"
    record.rename(record.with_suffix(".later"))
    process = start(script, *words)
    time.sleep(2)
    record.with_suffix(".later").rename(record)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, (out, err)
    assert len(list(open_store(script / "runs"))) == 2


def test_a_driver_that_was_killed_is_started_again(script):
    words = ["sweep", "-F", "runs", "with", "lr=0.1,0.2,0.3,0.4", "pause=0.3", "--sweep", "k"]
    process = start(script, *words, start_new_session=True)
    store = open_store(script / "runs")
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if (script / "runs").exists() and any(run.status == "RUNNING" for run in store):
            break
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    call(script, *words)
    assert [(n, status) for n, _, status in points(store)] == [(n, "COMPLETED") for n in range(4)]


def test_a_sweep_grows_by_seeds_and_values(script):
    words = ["sweep", "-F", "runs", "--sweep", "g", "-q", "--seeds"]
    call(script, *words, "2", "with", "lr=0.1,0.2", "opt.name=adam,sgd")
    store = open_store(script / "runs")
    before = {run.id: run.config.seed for run in store}
    call(script, *words, "3", "with", "lr=0.1,0.15,0.2", "opt.name=adam,sgd")
    after = {run.id: run.config.seed for run in store}
    assert (len(before), len(after)) == (8, 18)
    assert before.items() <= after.items()
    assert len(set(after.values())) == 3
    call(script, *words, "3", "with", "opt.name=sgd,adam", "lr=0.2,0.1")  # another order
    assert len(list(store)) == 18
    values = [tuple(sorted(one["values"].items())) for one in (r.meta["sweep"] for r in store)]
    assert len(set(values)) == 6


def reset_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)  # background jobs ignore it


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_to_the_driver_leaves_its_runs_waiting(script, number, code):
    words = ["sweep", "-F", "runs", "with", "lr=1,2,3", "pause=30", "-j", "2"]
    process = start(script, *words, start_new_session=True, preexec_fn=reset_interrupts)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if (script / "runs").exists():
            runs = list(open_store(script / "runs"))
            if sum(run.status == "RUNNING" for run in runs) == 2:
                break
        time.sleep(0.05)
    os.killpg(process.pid, number)
    _, err = process.communicate(timeout=60)
    assert process.returncode == code, err
    assert err.count("INTERRUPTED") == 2
    assert "stopped, and 3 of its runs wait; the same command goes on with them" in err
    runs = list(open_store(script / "runs"))
    assert [run.status for run in runs] == ["QUEUED"] * 3
    ends = [[one["status"] for one in run.meta.get("attempts", ())] for run in runs]
    assert sorted(ends) == [[], ["INTERRUPTED"], ["INTERRUPTED"]]


def test_one_run_that_fails_costs_no_other(script):
    words = ["sweep", "-F", "runs", "with", "opt.name=adam,broken,sgd", "--minimize", "result"]
    _, err = call(script, *words)
    assert "2 of 3 points are complete" in err
    assert [status for _, _, status in points(open_store(script / "runs"))] == [
        "COMPLETED", "FAILED", "COMPLETED",
    ]  # fmt: skip


def test_optuna_finds_what_is_looked_for(script):
    pytest.importorskip("optuna", reason="there is no Optuna for this Python")
    words = ["sweep", "-F", "runs", "with", "lr=uniform(0, 1)", "--trials", "12", "--sampler"]
    _, err = call(script, *words, "tpe", "--minimize", "metrics.loss.min", "-j", "2")
    assert "12 of 12 points are complete" in err
    assert "best: metrics.loss.min = " in err
    drawn = [values["lr"] for _, values, _ in points(open_store(script / "runs"))]
    assert len(set(drawn)) == 12


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["with", "lrr=0.1,0.2"], 'lrr.*Did you mean.*"lr"'),
        (["with", "unread=1,2"], "unread"),
        (["with", "fsat,slow"], "fsat"),
        (["with", "lr=0.1"], "needs alternatives"),
        (["lr=0.1,0.2"], "VALUES stand behind `with`"),
        (["with", "lr=0.1,0.2", "--seedz", "3"], "--seedz"),
        (["with", "lr=0.1,0.2", "--seeds", "x"], "--seeds is a whole number from 1 on"),
        (["with", "lr=uniform(0,1)"], "--trials N"),
        (["with", "lr=0.1,0.2", "--sweep", "a/b"], "name of a sweep"),
        (["with", "lr=lguniform(0,1)"], 'no .lguniform. to draw from.*"loguniform"'),
        (["with", "lr=0.1,0.2", "--where", "lrr > 0.1"], "--where: .*lrr.*what varies: lr"),
        (["with", "lr=0.1,0.2", "--prune", "median"], "--prune median needs one objective, not 0"),
        (["with", "lr=0.1,0.2", "-j", "0", "--dry-run"], "--jobs is a whole number from 1 on"),
    ],
)
def test_mistakes_are_said_before_anything_runs(script, words, message):
    _, err = call(script, "sweep", "-F", "runs", *words, code=1)
    assert re.search(message, err, re.DOTALL), err
    assert len(err.strip().splitlines()) < 30
    assert not list((script / "runs").glob("[0-9]*"))


def test_without_a_store_it_says_what_to_give(script):
    _, err = call(script, "sweep", "with", "lr=0.1,0.2", code=1)
    assert "a sweep needs a store for its runs: -F DIRECTORY" in err


def test_another_command_and_a_condition(script):
    call(script, "sweep", "other", "-F", "runs", "with", "lr=1,2,3", "--where", "not lr = 2")
    runs = list(open_store(script / "runs").runs(sort=ORDER))
    assert [(run.command, run.result) for run in runs] == [("other", -1), ("other", -3)]


def test_a_file_describes_a_sweep(script):
    (script / "s.yaml").write_text("name: f\nspace: {lr: [0.1, 0.2]}\nseeds: 2\n")
    call(script, "sweep", "-F", "runs", "--file", "s.yaml", "with", "fast,slow")
    assert len(points(open_store(script / "runs"))) == 8


def test_an_own_command_of_that_name_wins(script):
    text = SCRIPT.replace("def other(lr)", "def sweep(lr)")
    (script / "train.py").write_text(text)
    call(script, "sweep", "-F", "runs", "with", "lr=5")
    [run] = open_store(script / "runs")
    assert (run.command, run.result) == ("sweep", -5)


def test_seeds_of_other_functions_stay_the_same():
    ex = Experiment("demo", interactive=True)
    assert "sweep" not in dict(ex.gather_commands())


def make_experiment(observer) -> Experiment:
    ex = Experiment("demo", interactive=True, save_git_info=False)
    ex.observers.append(observer)

    @ex.config
    def settings():
        lr = 0.1
        opt = {"depth": 1}

    @ex.main
    def main(lr, opt):
        return lr * opt["depth"]

    return ex


def test_a_sweep_is_queued_from_python(tmp_path):
    ex = make_experiment(SqlObserver(f"sqlite:///{tmp_path}/runs.db"))

    @ex.search_space
    def space():
        lr = sweeps.loguniform(1e-3, 1)
        opt = {"depth": sweeps.int(1, 3)}

    sweep = ex.sweep(trials=5, name="py", maximize="result")
    assert len(set(sweep.queue())) == 5
    assert sweep.queue() == []
    assert [one.state for one in sweep.outcomes()] == ["active"] * 5
    more = ex.sweep(trials=7, name="py", maximize="result")
    assert len(more.queue()) == 2
    assert len(sweep.runs("config.opt.depth >= 1")) == 7
    frame = more.to_pandas()
    assert list(frame.columns) == ["trial", "lr", "opt.depth", "state", "result"]
    with pytest.raises(SweepError, match="needs a store"):
        make_experiment(FileStorageObserver).sweep({"lr": [1, 2]}).store  # noqa: B018


def test_the_best_of_several_objectives(tmp_path):
    ex = make_experiment(FileStorageObserver(tmp_path / "runs"))
    space = {"lr": [1, 2, 3], "opt.depth": [1, 2]}
    sweep = ex.sweep(space, minimize=["result", "config.lr"], name="p")
    for number, point in enumerate(sweep.plan.points()):
        lr, depth = point.values["lr"], point.values["opt.depth"]
        facts = {"name": "p", "trial": number, "values": dict(point.values)}
        ex.run(config_updates={"lr": lr, "opt.depth": depth}, meta_info={"sweep": facts})
    assert [one.values for one in sweep.best] == [{"lr": 1, "opt.depth": 1}]
    assert json.dumps([one.reached for one in sweep.outcomes()[:2]]) == "[[1.0, 1.0], [2.0, 1.0]]"


def test_a_script_that_makes_the_sweep_itself_runs_each_point_once(script):
    head, _, _ = SCRIPT.partition("@ex.automain")
    (script / "train.py").write_text(
        "from sacred.observers import FileStorageObserver\n"
        + head
        + """
ex.observers.append(FileStorageObserver("runs"))

@ex.main
def main(lr, pause):
    return lr * 2

if __name__ == "__main__":
    sweep = ex.sweep({"lr": [1, 2, 3]}, name="own", maximize="result")
    print(sweep.run(jobs=2).best[0].values)
"""
    )
    out, _ = call(script)
    assert out == "{'lr': 3}\n"
    runs = list(open_store(script / "runs").runs(sort=ORDER))
    assert [(run.status, run.result) for run in runs] == [
        ("COMPLETED", 2), ("COMPLETED", 4), ("COMPLETED", 6),
    ]  # fmt: skip


@pytest.fixture
def program(tmp_path, monkeypatch, capsys):
    """``program(*words)``: exit code, output and remarks of ``sacred sweep``."""
    monkeypatch.chdir(tmp_path)

    def call(*words):
        code = main(["sweep", "-s", "runs", *words])
        return (code, *capsys.readouterr())

    return call


def test_the_program_shows_pauses_and_retries_sweeps(program, tmp_path):
    ex = make_experiment(FileStorageObserver(tmp_path / "runs"))
    sweep = ex.sweep({"lr": [1, 2], "opt.depth": [3, 4]}, name="s1", minimize="result")
    ids = sweep.queue()
    assert program()[1].splitlines()[1].split()[:5] == ["s1", "demo", "4", "4", "QUEUED"]
    assert program("pause", "s1")[2] == f"changed: {' '.join(ids)}\n"
    assert program("pause", "s1")[2] == "changed: no run\n"
    assert program("resume", "s1", "lr = 2")[2] == f"changed: {ids[2]} {ids[3]}\n"
    claims = claims_of(sweep.store.backend)
    for depth in (3, 4):
        entry = claims.claim(Lease(worker="w", host="h", process=None, seconds=60))
        ended = SetFields(fields={"status": "COMPLETED", "result": 2 * depth})
        if depth == 3:
            claims.finish(entry, "COMPLETED", [ended])
        else:
            claims.finish(entry, "FAILED", [SetFields(fields={"status": "FAILED"})])
    code, out, _ = program("show", "s1", "--csv")
    assert (code, out.splitlines()) == (
        0,
        [
            "trial,lr,opt.depth,state,result,runs",
            f"0,1,3,active,,{ids[0]}",
            f"1,1,4,active,,{ids[1]}",
            f"2,2,3,complete,6.0,{ids[2]}",
            f"3,2,4,failed,,{ids[3]}",
        ],
    )
    assert "best: trial 2" in program("show", "s1")[2]
    assert program("retry", "s1")[2] == f"changed: {ids[3]}\n"
    assert program("show", "s2")[0] == 1
    assert "Did you mean" in program("shwo")[2]


def test_importance_of_the_entries(program, tmp_path):
    pytest.importorskip("optuna", reason="there is no Optuna for this Python")
    ex = make_experiment(FileStorageObserver(tmp_path / "runs"))
    objectives = [{"field": "result", "maximize": False}]
    for number, (lr, depth) in enumerate((lr, depth) for lr in range(8) for depth in (1, 2)):
        values = {"lr": lr, "opt.depth": depth, "same": 1}
        facts = {"name": "s", "trial": number, "values": values}
        ex.run(
            config_updates={"lr": lr, "opt.depth": depth},
            meta_info={"sweep": {**facts, "objectives": objectives}},
        )
    code, out, _ = program("importance", "s", "--json")
    found = {row["entry"]: row["importance"] for row in json.loads(out)}
    assert code == 0
    assert found["lr"] > found["opt.depth"]
    assert "same" not in found


@pytest.mark.parametrize(
    ("seeds", "text"),
    [
        (1, "not distinguishable from 2 others; to tell them apart takes at least 7 seeds for"),
        (8, "not distinguishable from 1 other"),
    ],
)
def test_the_best_point_may_be_luck(program, tmp_path, seeds, text):
    ex = Experiment("noisy", interactive=True, save_git_info=False)
    ex.observers.append(FileStorageObserver(tmp_path / "runs"))

    @ex.config
    def settings():
        lr = 0

    @ex.main
    def main(lr, seed):
        return {1: 0.50, 2: 0.5001, 3: 5.0}[lr] + (seed * 7919 % 13) / 1000 * lr % 0.02

    objectives = [{"field": "result", "maximize": False}]
    for lr, seed in itertools.product((1, 2, 3), range(seeds)):
        facts = {"name": "luck", "trial": lr, "values": {"lr": lr}, "objectives": objectives}
        ex.run(config_updates={"lr": lr, "seed": seed}, meta_info={"sweep": facts})
    code, _, err = program("show", "luck")
    assert code == 0
    assert text in err


def test_a_trial_that_another_driver_has_chosen_meanwhile_is_its(tmp_path, monkeypatch):
    pytest.importorskip("optuna", reason="there is no Optuna for this Python")
    ex = make_experiment(FileStorageObserver(tmp_path / "runs"))
    space = {"lr": sweeps.uniform(0, 1)}
    asked = {"trials": 3, "sampler": "tpe", "minimize": "result", "name": "two"}
    sweep, other = (ex.sweep(space, **asked) for _ in range(2))
    outcomes = Sweep.outcomes

    def before_the_other(self):
        found = outcomes(self)
        if self is sweep and not found:
            other.advance(1)  # in the moment between looking and queueing
        return found

    monkeypatch.setattr(Sweep, "outcomes", before_the_other)
    assert sweep.advance(2) == ["two-1"]
    assert sorted(run.id for run in sweep.runs()) == ["two-0", "two-1"]


def test_a_run_of_that_id_that_is_of_no_sweep_is_said(tmp_path):
    ex = make_experiment(FileStorageObserver(tmp_path / "runs"))
    sweep = ex.sweep({"lr": [1, 2]}, name="s")
    ids = [f"s-{point.key}" for point in sweep.plan.points()]
    ex.run(options={"--id": ids[1], "--loglevel": "ERROR"})
    with pytest.raises(SweepError, match=f"there is a run '{ids[1]}' in .* not of this sweep"):
        sweep.queue()


PRUNED_SCRIPT = """
from sacred import Experiment

ex = Experiment("pruned", save_git_info=False)

@ex.config
def settings():
    level = 1.0

@ex.automain
def main(level, _run):
    for step in range(50):
        _run.log_scalar("loss", level, step)
        if _run.should_stop():
            return {"stopped_at": step}
    return {"stopped_at": None}
"""


def test_runs_that_are_worse_than_others_are_pruned(tmp_path):
    pytest.importorskip("optuna", reason="there is no Optuna for this Python")
    (tmp_path / "train.py").write_text(PRUNED_SCRIPT)
    levels = "level=1.0,1.01,1.02,1.03,1.04,9.0,0.5"
    words = ["sweep", "-F", "runs", "with", levels, "--sweep", "p"]
    _, err = call(tmp_path, *words, "--minimize", "metrics.loss.min", "--prune", "median")
    with open_store(tmp_path / "runs") as store:
        found = {run.config["level"]: run for run in store.runs()}
        assert found[9.0].status == "PRUNED"
        assert found[9.0].result["stopped_at"] in range(50)  # what it returned is kept
        assert found[9.0].meta["attempts"][-1]["status"] == "PRUNED"
        assert found[1.0].status == found[0.5].status == "COMPLETED"
    assert "best: metrics.loss.min = 0.5" in err
    _, err = call(tmp_path, *words, "--minimize", "metrics.loss.min", "--prune", "median")
    assert "\nrun p-" not in err  # nothing is run again
