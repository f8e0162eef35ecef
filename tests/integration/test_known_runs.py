"""``--reuse``: a run that was there before is not run again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sacred import SETTINGS, Experiment, open_store
from sacred.app import main
from sacred.observers import FileStorageObserver, SqlObserver
from tests.conftest import ROOT


class Lab:
    """An experiment, the number of times that it has run, and a file that it reads."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.data = directory / "data.txt"
        self.data.write_text("1")
        self.source = directory / "helper.py"
        self.source.write_text("# a source\n")
        self.calls = 0

    def experiment(self, reads: str = "lr", name: str = "lab") -> Experiment:
        ex = Experiment(name, save_git_info=False, base_dir=self.directory)
        ex.observers.append(FileStorageObserver(self.directory / "runs"))
        ex.add_source_file(str(self.source))
        ex.add_config(lr=0.5, other=1, opt={"a": 1, "b": 2})

        @ex.main
        def main(lr, _run):
            self.calls += 1
            with ex.open_resource(self.data) as file:
                return lr * float(file.read())

        @ex.command
        def whole(_config):
            self.calls += 1
            return _config["lr"]

        @ex.command
        def part(opt):
            self.calls += 1
            return opt["a"]

        return ex

    def count(self) -> int:
        return len(list(open_store(self.directory / "runs").ids()))

    def run(self, command="main", options=None, experiment=None, **updates):
        """Whether a known run was taken, and the run."""
        before = self.calls
        run = (experiment or self.experiment()).run(
            command, updates, options=options or {"--reuse": True, "--loglevel": "ERROR"}
        )
        return self.calls == before, run


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(tmp_path)


def test_the_same_run_is_taken_with_all_that_came_of_it(lab):
    is_known, first = lab.run(seed=1)
    assert not is_known
    assert first.record is None
    is_known, again = lab.run(seed=1)
    assert is_known
    assert (again.result, again.status, again._id) == (0.5, "COMPLETED", 1)
    assert again.record == open_store(lab.directory / "runs")[1]
    assert (again.start_time, again.stop_time) == (again.record.start_time, again.record.stop_time)
    assert lab.count() == 1
    with pytest.raises(RuntimeError):
        again()  # it counts as started


def test_without_the_option_it_runs(lab):
    lab.run(seed=1)
    assert not lab.run(seed=1, options={"--loglevel": "ERROR"})[0]


def test_a_fresh_seed_is_never_known(lab):
    first = lab.run(seed=1)[1]
    assert not lab.run()[0]
    assert not lab.run()[0]
    # A drawn one that somebody asks for is no fresh one any more.
    drawn = lab.run()[1].config["seed"]
    assert lab.run(seed=drawn)[0]
    assert not lab.run(seed=first.config["seed"] + 1)[0]


@pytest.mark.parametrize(
    ("command", "updates", "is_known"),
    [
        ("main", {"other": 2}, True),
        ("main", {"opt.a": 5}, True),
        ("main", {"lr": 0.25}, False),
        ("whole", {"other": 2}, False),
        ("part", {"opt.b": 3}, False),  # it was given the whole dict
        ("part", {"opt.c": 3}, False),
        ("part", {"other": 3, "lr": 7}, True),
    ],
)
def test_what_it_has_read_counts(lab, command, updates, is_known):
    lab.run(command, seed=1)
    assert lab.run(command, seed=1, **updates)[0] is is_known


def test_another_command_or_experiment_is_another_run(lab):
    lab.run(seed=1)
    assert not lab.run("whole", seed=1)[0]
    assert not lab.run(seed=1, experiment=lab.experiment(name="other"))[0]


def test_a_changed_resource_or_source(lab):
    lab.run(seed=1)
    lab.data.write_text("2")
    assert not lab.run(seed=1)[0]
    assert lab.run(seed=1)[0]
    lab.source.write_text("# changed\n")
    assert not lab.run(seed=1)[0]
    assert lab.run(seed=1)[0]
    lab.data.unlink()
    with pytest.raises(FileNotFoundError):
        lab.run(seed=1)


def test_a_changed_package(lab, monkeypatch):
    lab.run(seed=1)
    path = lab.directory / "runs" / "1" / "run.json"
    text = path.read_text()
    assert '"sacred==' in text
    path.write_text(text.replace('"sacred==', '"sacred==0.0.1+'))
    assert not lab.run(seed=1)[0]


def test_only_completed_runs_count(lab):
    ex = lab.experiment()

    @ex.command
    def fails(lr):
        lab.calls += 1
        raise ValueError("no")

    for _ in range(2):
        with pytest.raises(ValueError, match="no"):
            lab.run("fails", seed=1, experiment=ex)
    assert lab.calls == 2


def test_a_run_whose_readers_are_not_known_has_read_everything(lab):
    lab.run(seed=1)
    (lab.directory / "runs" / "1" / "_provenance.json").unlink()
    assert not lab.run(seed=1, other=2)[0]
    assert lab.run(seed=1, other=2)[0]  # that of the second one


def test_a_run_without_stored_sources_is_not_known(lab):
    ex = lab.experiment()
    lab.run(seed=1)
    path = lab.directory / "runs" / "1" / "run.json"
    record = json.loads(path.read_text())
    record["experiment"]["sources"] = []
    path.write_text(json.dumps(record))
    assert not lab.run(seed=1, experiment=ex)[0]


def test_records_of_sql_are_known_as_well(lab):
    pytest.importorskip("sqlalchemy")

    def experiment() -> Experiment:
        ex = lab.experiment()
        ex.observers[:] = [SqlObserver(f"sqlite:///{lab.directory}/runs.db")]
        return ex

    assert not lab.run(seed=1, experiment=experiment())[0]
    assert lab.run(seed=1, experiment=experiment())[0]


def test_the_setting(lab, monkeypatch):
    lab.run(seed=1)
    monkeypatch.setitem(SETTINGS, "REUSE_RUNS", True)
    assert lab.run(seed=1, options={"--loglevel": "ERROR"})[0]


def test_the_note(lab, monkeypatch, caplog):
    lab.run(seed=1)
    monkeypatch.setitem(SETTINGS, "REUSE_RUNS", "note")
    assert not lab.run(seed=1, options={"--loglevel": "INFO"})[0]
    assert "Run 1 was the same: 0.5 in 0:00:0" in caplog.text
    assert lab.count() == 2


@pytest.mark.parametrize("options", [{"--unobserved": True}, {"--queue": True}])
def test_runs_that_store_no_result_are_none(lab, options):
    lab.run(seed=1)
    before = lab.count()
    run = lab.run(seed=1, options={"--reuse": True, "--loglevel": "ERROR", **options})[1]
    assert run.record is None
    assert lab.count() == before + ("--queue" in options)


def test_on_the_command_line(tmp_path):
    (tmp_path / "exp.py").write_text(
        "from sacred import Experiment, cli_option\n"
        "@cli_option('-B', '--banner')\ndef banner(args, run):\n    run.info['banner'] = args\n"
        "ex = Experiment('exp', additional_cli_options=[banner], save_git_info=False)\n"
        "@ex.automain\ndef main(lr=0.5):\n    print('it runs')\n    return lr\n"
    )

    def call(*words: str) -> str:
        command = [sys.executable, "exp.py", "-F", "runs", "--reuse", *words]
        done = subprocess.run(
            command, cwd=tmp_path, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout + done.stderr

    assert "it runs" in call("with", "seed=1")
    again = call("with", "seed=1")
    assert "it runs" not in again
    assert 'Reused run with ID "1" of file:runs, which was the same' in again
    assert "Result: 0.5" in again
    assert "it runs" in call("--banner=x", "with", "seed=1")
    assert "it runs" not in call("--banner=x", "with", "seed=1")


SWEPT = """
from sacred import Experiment
ex = Experiment("swept", save_git_info=False)
ex.add_config(lr=1, unread=3)

@ex.automain
def main(lr, _run):
    _run.log_scalar("loss", lr * 2)
    open("model.txt", "w").write(str(lr))
    ex.add_artifact("model.txt")
    return lr
"""


def test_a_sweep_takes_what_known_runs_have_reached(tmp_path):
    (tmp_path / "train.py").write_text(SWEPT)

    def call(*words):
        command = [sys.executable, "train.py", *words]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stderr

    call("-F", "runs", "with", "lr=2", "seed=7")
    call("-F", "runs", "with", "lr=5", "seed=7")
    # What nothing has read may differ.
    words = ("with", "lr=2,3", "seed=7", "--sweep", "s", "--minimize", "metrics.loss.min")
    printed = call("sweep", "-F", "runs", "--reuse", "--tag", "swept", *words)
    assert "1 of 2 runs need not run: stored ones were the same" in printed
    assert "best: metrics.loss.min = 4" in printed
    swept = open_store(tmp_path / "runs").runs("swept in tags")
    reused, ran = sorted(swept, key=lambda run: run.config["lr"])
    assert dict(reused.meta["reused"])["id"] == 1
    assert "reused" not in ran.meta
    assert [run.artifacts["model.txt"].text() for run in (reused, ran)] == ["2", "3"]
    assert [list(run.metrics["loss"].values) for run in (reused, ran)] == [[4], [6]]
    again = call("sweep", "-F", "runs", "--reuse", *words)
    assert "need not run" not in again, "its runs are there"
    assert len(list(open_store(tmp_path / "runs").ids())) == 4


def test_a_queued_run_is_known_by_what_it_has_read(tmp_path, monkeypatch, capsys):
    """Before it runs, nobody knows who is going to read what; its worker stores who has."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    Path("train.py").write_text(SWEPT)
    call = [sys.executable, "train.py", "-F", "runs", "-l", "ERROR"]

    def reused(*updates):
        command = [*call, "--reuse", "with", "seed=1", *updates]
        subprocess.run(command, check=True, capture_output=True)
        return len(list(open_store("runs").ids())) == count

    subprocess.run([*call, "-q", "with", "lr=2", "seed=1", "~unread"], check=True)
    queued = open_store("runs")[1].provenance
    assert str(queued["lr"].origin) == "command line, argument 1"
    assert [entry.readers for entry in queued.values()] == [None] * 3
    assert main(["-s", "runs", "worker", "--until-empty"]) == 0
    after = open_store("runs")[1].provenance
    assert str(after["lr"].origin) == "command line, argument 1"
    assert [(one.function, one.calls) for one in after["lr"].readers] == [("main", 1)]
    assert after["seed"].readers == ()
    capsys.readouterr()
    main(["-s", "runs", "show", "1"])
    assert "~unread   deleted by command line, argument 3" in capsys.readouterr().out
    count = 1
    assert reused("lr=2", "unread=5")
    assert not reused("lr=3")
