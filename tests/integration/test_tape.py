"""``--tape``: the first call that took, drew or gave something else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from sacred import Experiment, open_store
from sacred.app import main
from sacred.lifecycle import tape as tape_module
from sacred.observers import FileStorageObserver
from sacred.provenance.taped_calls import taped_events
from sacred.verdicts.divergence import CALLS, divergences
from tests.conftest import ROOT


class Lab:
    """An experiment whose third sample can go wrong in several ways."""

    def __init__(self, directory: Path) -> None:
        self.runs = directory / "runs"
        self.wrong = ""

    def run(self, wrong: str = "", seed: int = 1, **options: object) -> None:
        self.wrong = wrong
        ex = Experiment("taped", save_git_info=False)
        ex.observers.append(FileStorageObserver(self.runs))
        ex.add_config(n=3, seed=seed)

        @ex.capture
        def sample(_rnd, n, number):
            if self.wrong == "draws" and number == 2:
                _rnd.random()
            return [float(x) for x in _rnd.random(n)]

        @ex.capture
        def score(values, n, scale=1.0):
            if self.wrong == "raises":
                raise ValueError("no score")
            return sum(values) / n + (0.5 if self.wrong == "gives" else 0)

        @ex.main
        def main(n):
            total = 0.0
            for number in range(4):
                scale = 2.0 if self.wrong == "takes" and number == 1 else 1.0
                total += score(sample(number=number), scale=scale)
            if self.wrong == "one more":
                sample(number=9)
            return total

        ex.run(options={"--tape": True, "--loglevel": "ERROR", **options})

    def call(self, second: int = 2) -> str:
        store = open_store(self.runs)
        found = list(divergences(store[1], store[second], kinds=CALLS))
        return str(found[0]) if found else ""


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(tmp_path)


def test_the_same_run_has_the_same_tape(lab):
    lab.run()
    lab.run()
    assert lab.call() == ""
    events = taped_events(open_store(lab.runs)[1].stored("provenance"))
    assert [event.kind for event in events] == [*"t", *"dtngtg" * 4, "g"]
    assert {event.function.rpartition(".")[2] for event in events} == {"main", "sample", "score"}
    assert all(event.place.startswith("test_tape.py:") for event in events)


@pytest.mark.parametrize(
    ("wrong", "place"),
    [
        ("draws", "call 3 of Lab.run.<locals>.sample"),
        ("takes", "call 2 of Lab.run.<locals>.score"),
        ("gives", "call 1 of Lab.run.<locals>.score"),
        ("one more", "call 1 of Lab.run.<locals>.main"),
    ],
)
def test_the_first_call_that_differs_is_named(lab, wrong, place):
    lab.run()
    lab.run(wrong)
    text = lab.call()
    assert text.startswith(f"{place} (test_tape.py:")
    verb = {"draws": "drew from its generator", "takes": "took", "gives": "gave"}
    assert verb.get(wrong, "main gave, then Lab.run.<locals>.sample drew") in text


def test_an_error_is_one_too(lab):
    lab.run()
    with pytest.raises(ValueError, match="no score"):
        lab.run("raises")
    assert "score gave, then Lab.run.<locals>.score raised" in lab.call()


def test_another_seed_is_the_first_draw(lab):
    lab.run()
    lab.run(seed=2)
    assert "call 1 of Lab.run.<locals>.sample (test_tape.py:" in lab.call()
    assert " drew: " in lab.call()


def test_without_the_option_there_is_none(lab):
    lab.run(**{"--tape": False})
    lab.run()
    assert "tape" not in json.loads((lab.runs / "1" / "_provenance.json").read_text())
    assert lab.call() == ""


def test_it_is_bounded(lab, monkeypatch):
    monkeypatch.setattr(tape_module, "MAX_EVENTS", 10)
    lab.run()
    stored = open_store(lab.runs)[1].stored("provenance")
    assert len(taped_events(stored)) == 10
    assert stored["tape"]["remark"] == "only the first 10 events are kept"
    monkeypatch.setattr(tape_module, "MAX_EVENTS", 20_000)
    lab.run()
    assert lab.call() == ""  # as far as it goes
    lab.run("gives")
    assert "gave" in lab.call(3)


def test_the_log_says_what_it_costs(lab, caplog):
    lab.run(**{"--loglevel": "INFO"})
    assert "Tape: 9 calls in 0." in caplog.text
    assert "% of the run)" in caplog.text


def test_other_threads_are_left_out(tmp_path):
    ex = Experiment("threads", save_git_info=False)
    ex.observers.append(FileStorageObserver(tmp_path / "runs"))

    @ex.capture
    def work():
        return 1

    @ex.main
    def main():
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        return work()

    ex.run(options={"--tape": True, "--loglevel": "ERROR"})
    events = taped_events(open_store(tmp_path / "runs")[1].stored("provenance"))
    assert [event.kind for event in events] == [*"ttgg"]


def test_calls_are_still_logged(lab, caplog):
    lab.run(**{"--loglevel": "DEBUG"})
    started = [r for r in caplog.records if r.message == "Started" and "sample" in r.name]
    assert len(started) == 4


@pytest.mark.parametrize(
    "stored",
    [
        {"tape": 5},
        {"tape": {"events": 3}},
        {"tape": {"events": "t 0 0 00", "functions": [], "callers": []}},
        {"tape": {"events": "t 0 0 00", "functions": [["f", "x"]], "callers": None}},
        {"tape": {"events": "bad", "functions": [], "callers": []}},
        {"tape": {"events": "t 99999999999 0 00", "functions": [["f", ""]], "callers": [""]}},
        None,
        [],
    ],
)
def test_tapes_of_another_form_are_none(stored):
    assert taped_events(stored) is None


def test_a_repetition_has_a_tape_and_names_the_call(tmp_path, monkeypatch, capsys):
    (tmp_path / "train.py").write_text(
        "import os\nfrom sacred import Experiment\n"
        "ex = Experiment('train', save_git_info=False)\n"
        "@ex.capture\ndef rate():\n    return float(os.environ.get('RATE', '1'))\n"
        "@ex.automain\ndef main(_run):\n"
        "    path = os.path.abspath('x')\n"
        "    for step in range(3):\n        ex.log_scalar('loss', rate() * step)\n"
        "    return path and rate()\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    subprocess.run(
        [sys.executable, "train.py", "-F", "runs", "--tape"],
        env=dict(os.environ),
        check=True,
        capture_output=True,
    )
    assert main(["-s", "runs", "rerun", "1"]) == 0
    assert capsys.readouterr().out == "EXACT\n"
    monkeypatch.setenv("RATE", "2")
    assert main(["-s", "runs", "rerun", "1"]) == 1
    out = capsys.readouterr().out
    assert out.startswith("DIFFERS  metric loss, step 1: 1.0, then 2.0\n")
    assert "  first call      call 1 of rate (train.py:4, called in train.py:11) gave: " in out
    main(["-s", "runs", "divergence", "1", "3"])
    assert "first call      call 1 of rate (train.py:4" in capsys.readouterr().out
    main(["-s", "runs", "diff", "1", "3"])
    assert "They differ first in call 1 of rate (train.py:4" in capsys.readouterr().out
