"""``sacred lineage``: which run has made the file that another one has read."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from sacred import Experiment
from sacred.observers import FileStorageObserver
from tests.conftest import ROOT
from tests.exec.conftest import Call

PROJECT = '[stores]\nruns = "runs"\nlab = "sqlite:///lab.db"\ntiny = "tinydb:tiny"\n'


@pytest.fixture(autouse=True)
def project(work: Path) -> None:
    (work / ".sacred.toml").write_text(PROJECT)


def program(sacred: Call, store: str, text: str, *words: str) -> None:
    """Record a run without a trace: what is declared is what there is."""
    done = sacred("exec", "--quiet", "--no-trace", "-s", store, *words, "--", "sh", "-c", text)
    assert done.returncode == 0, done.stderr


@pytest.fixture
def chain(work: Path, sacred: Call) -> None:
    """Three runs in three stores: a → b → c, and one that has nothing to do with them."""
    program(sacred, "runs", "echo 1 > a", "--output", "a")
    program(sacred, "lab", "cp a renamed; cat a a > b", "--input", "a", "--output", "b")
    program(sacred, "tiny", "cat b b > $SACRED_RUN_DIR/c; cp $SACRED_RUN_DIR/c .", "--input", "b")
    program(sacred, "runs", "echo 2 > other", "--output", "other")


@pytest.mark.usefixtures("chain")
def test_a_run_is_connected_over_all_stores(sacred: Call, work: Path) -> None:
    text = sacred("lineage", "lab:1").stdout
    made, used = text.split("used by:")
    assert made.splitlines()[0].startswith("run 1 of sqlite:///")
    assert "made from:\n  run 1 of file:" in made
    assert " of tinydb:" in used
    assert "other" not in text
    last = sacred("lineage", "tiny:last").stdout.splitlines()
    assert [line.split(" of ")[0] for line in last[2:4]] == ["  run 1", "    run 1"]


@pytest.mark.usefixtures("chain")
def test_a_file_is_found_by_its_content(sacred: Call, work: Path) -> None:
    shutil.copy("c", "copied under another name")
    lines = sacred("lineage", "copied under another name").stdout.splitlines()
    assert lines[0] == "copied under another name is the content of a file of"
    assert lines[1].startswith("  run ")
    assert " of tinydb:" in lines[1]
    (work / "unknown").write_text("never seen")
    done = sacred("lineage", "unknown")
    assert done.returncode == 1
    assert "no run has made or read a file with the content of unknown" in done.stderr


@pytest.mark.usefixtures("chain")
def test_graphs_for_programs(sacred: Call) -> None:
    dot = sacred("lineage", "lab:1", "--dot").stdout
    assert dot.startswith("digraph lineage {")
    assert (dot.count("shape=box"), dot.count("shape=ellipse"), dot.count("->")) == (3, 2, 4)
    found: dict[str, Any] = json.loads(sacred("lineage", "lab:1", "--json").stdout)
    assert len(found["runs"]) == 3
    assert {link["md5"] for link in found["links"]} == {
        hashlib.md5(text).hexdigest() for text in (b"1\n", b"1\n1\n")
    }
    [first] = [link for link in found["links"] if link["from"]["file"] == "a"]
    assert first["to"]["file"].endswith("/work/a")
    assert first["from"]["store"].startswith("file:")


def test_experiments_in_python_take_part(work: Path, sacred: Call) -> None:
    def run(read: str | None, write: str) -> None:
        ex = Experiment("py", interactive=True, save_git_info=False)
        ex.observers.append(FileStorageObserver(str(work / "runs")))

        @ex.main
        def main() -> None:
            if read is not None:
                ex.add_resource(read)
            (work / write).write_text(f"made of {read}")
            ex.add_artifact(work / write)

        ex.run(options={"--loglevel": "ERROR"})

    run(None, "x")
    run("x", "y")
    program(sacred, "lab", "cat y", "--input", "y")
    lines = sacred("lineage", "lab:1").stdout.splitlines()
    assert [line.strip().split(": ")[1].split(",")[0] for line in lines[2:4]] == ["py", "py"]


def test_records_of_the_old_library_take_part(work: Path, sacred: Call) -> None:
    shutil.copytree(ROOT / "tests" / "reference" / "files_0.8", work / "runs")
    [artifact, *_] = sorted(
        path
        for path in work.glob("runs/[0-9]/*")
        if path.name in json.loads((path.parent / "run.json").read_text())["artifacts"]
    )
    shutil.copy(artifact, "input")
    program(sacred, "lab", "cat input", "--input", "input")
    made = json.loads(sacred("lineage", "lab:1", "--json").stdout)["links"]
    assert {(link["from"]["id"], link["from"]["file"]) for link in made} >= {
        (int(artifact.parent.name), artifact.name)
    }


def test_who_came_later_has_not_made_it_and_empty_files_connect_nothing(
    work: Path, sacred: Call
) -> None:
    (work / "a").write_text("x\n")
    (work / "empty").touch()
    program(sacred, "runs", "cat a", "--input", "a", "--input", "empty")
    program(sacred, "runs", "echo x > b; : > empty2", "--output", "b", "--output", "empty2")
    for number in ("1", "2"):
        done = sacred("lineage", number)
        assert "made from" not in done.stdout
        assert "used by" not in done.stdout


def test_runs_that_made_each_others_files_come_once(work: Path, sacred: Call) -> None:
    (work / "a").write_text("1\n")
    for _ in range(2):
        program(sacred, "runs", "cp a b", "--input", "a", "--output", "b")
        program(sacred, "runs", "cat b > c", "--input", "b", "--output", "c")
        (work / "b").unlink()
        (work / "c").unlink()
    found = json.loads(sacred("lineage", "4", "--json").stdout)
    assert found["runs"][0]["id"] == 4
    assert len(found["runs"]) == 4


def test_a_store_that_cannot_be_read_does_not_hide_the_others(work: Path, sacred: Call) -> None:
    program(sacred, "runs", "echo 1 > a", "--output", "a")
    (work / ".sacred.toml").write_text(f'{PROJECT}broken = "sqlite:///no/such/dir/x.db"\n')
    done = sacred("lineage", "runs:1")
    assert done.returncode == 0
    assert done.stdout.startswith("run 1 of file:")
    assert "broken: " in done.stderr
