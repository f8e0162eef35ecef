"""`sacred show`, `config --origins` and `diff` say where values come from."""

from __future__ import annotations

import subprocess
import sys

import pytest

from sacred import Experiment
from sacred.observers import FileStorageObserver
from sacred.runs import open_store


@pytest.fixture
def runs(tmp_path):
    ex = Experiment("demo", interactive=True, save_git_info=False)
    ex.add_config(lr=0.1, steps=3, seed=1)
    ex.add_named_config("fast", {"lr": 0.5})
    ex.observers.append(FileStorageObserver(tmp_path))
    ex.main(_train)
    quiet = {"--loglevel": "ERROR"}
    ex.run(options=quiet)
    ex.run(config_updates={"lr": 0.2}, named_configs=["fast"], options=quiet)
    ex.run(config_updates={"lr": 0.3}, options=quiet)
    return str(tmp_path)


def _train(lr):
    return lr


def sacred(*words, store):
    command = [sys.executable, "-m", "sacred", *words, "-s", store]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_show_names_the_origin_of_changed_entries(runs):
    lines = sacred("show", "2", store=runs).stdout.splitlines()
    assert "  lr = 0.2   ex.run(config_updates=...)" in lines
    assert "  steps = 3" in lines


def test_config_prints_the_history(runs):
    head, first, second = sacred("config", "2", "lr", "--origins", store=runs).stdout.splitlines()
    assert head == "lr = 0.2   ex.run(config_updates=...)"
    assert first.startswith("  was 0.5   named config fast, test_origins_shown.py:")
    assert second.startswith("  was 0.1   dict test_origins_shown.py:")
    unknown = sacred("config", "2", "lrr", "--origins", store=runs)
    assert 'There is no entry "lrr". Did you mean "lr"?' in unknown.stderr


def test_diff_says_where_differing_values_come_from(runs):
    lines = sacred("diff", "1", "2", "--only", "config", store=runs).stdout.splitlines()
    assert lines[-1].startswith("lr: 0.1 test_origins_shown.py:")
    assert lines[-1].endswith("; 0.2 ex.run(config_updates=...)")
    same = sacred("diff", "2", "3", "--only", "config", store=runs).stdout
    assert "config_updates" not in same


def test_old_records_say_nothing(runs, tmp_path):
    for run_id in ("1", "2"):
        (tmp_path / run_id / "_provenance.json").unlink()
    assert "  lr = 0.2" in sacred("show", "2", store=runs).stdout.splitlines()
    assert "config_updates" not in sacred("diff", "1", "2", store=runs).stdout
    refused = sacred("config", "2", "--origins", store=runs)
    assert refused.returncode != 0
    assert "it is not stored where values come from" in refused.stderr


def test_a_swept_value_comes_from_its_sweep(run_script, tmp_path):
    script = (
        "from sacred import Experiment\n"
        "ex = Experiment('demo', save_git_info=False)\n"
        "@ex.config\n"
        "def cfg():\n"
        "    lr: float = 0.1\n"
        "@ex.automain\n"
        "def main(lr):\n"
        "    return lr\n"
    )
    sweep = ("sweep", "--sweep", "tune", "-F", "runs", "-l", "ERROR")
    wrong = run_script(script, *sweep, "with", "lr=abc,1")
    assert "lr = 'abc'   (sweep tune): expected float." in wrong.stderr
    done = run_script(script, *sweep, "with", "lr=0.3,0.4")
    assert done.returncode == 0, done.stderr
    record, _ = open_store(tmp_path / "runs")
    assert str(record.provenance["lr"].origin) == "sweep tune"
    assert record.provenance["lr"].overridden[0].origin.name == "cfg"
