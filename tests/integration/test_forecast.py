"""``sacred doctor`` foretells what ``sacred rerun`` says."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sacred import open_store
from sacred.app import main
from sacred.observers.store_observer import StoreObserver
from sacred.reruns.forecast import forecast
from sacred.testing import drive
from tests.conftest import ROOT

SCRIPT = """
from sacred import Experiment
ex = Experiment("foretold", save_git_info=False)
ex.add_config(outside="", kind=dict)

@ex.automain
def main(outside, kind):
    with ex.open_resource("inside.txt") as file:
        number = float(file.read())
    if outside:
        with ex.open_resource(outside) as file:
            number += float(file.read())
    return number
"""


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with two runs: the second one has read a file of another directory."""
    place = tmp_path_factory.mktemp("foretold") / "code"
    place.mkdir()
    (place / "train.py").write_text(SCRIPT)
    (place / "inside.txt").write_text("0.5")
    outside = place.parent / "outside.txt"
    outside.write_text("1")
    for words in ([], ["with", f"outside={outside}"]):
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "0"}
        command = [sys.executable, "train.py", "-F", "runs", *words]
        subprocess.run(command, cwd=place, env=environment, capture_output=True, check=True)
    return place


@pytest.fixture
def runs(recorded, tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    return Path(shutil.copytree(recorded / "runs", tmp_path / "runs"))


def edit(path: Path, **fields: object) -> None:
    """Change entries of a JSON file: ``python__version`` is within ``python``."""
    document = json.loads(path.read_text())
    for name, value in fields.items():
        *steps, last = name.split("__")
        place = document
        for step in steps:
            place = place[step]
        place[last] = value
    path.write_text(json.dumps(document))


def source_is_gone(runs: Path) -> None:
    shutil.rmtree(runs / "_sources")


def source_is_changed(runs: Path) -> None:
    [stored] = (runs / "_sources").iterdir()
    stored.write_text(stored.read_text().replace("number\n", "number + 1\n"))


def input_is_gone(runs: Path) -> None:
    edit(runs / "1" / "run.json", resources=[["/no/such/file.csv", "_resources/none.csv"]])


def python_is_not_here(runs: Path) -> None:
    edit(runs / "1" / "_environment.json", python__version="3.11.999")


def local_package_is_another(runs: Path) -> None:
    edit(runs / "1" / "_environment.json", local_packages=["sacred"], packages=["sacred==0.0.1"])
    edit(runs / "1" / "run.json", experiment__dependencies=["sacred==0.0.1"])


def secret_is_masked(runs: Path) -> None:
    edit(runs / "1" / "run.json", meta__options={"UPDATE": [], "--login": "me:***@host"})


def nothing(runs: Path) -> None:
    pass


@pytest.mark.parametrize(
    "spoil",
    [
        nothing,
        source_is_gone,
        source_is_changed,
        input_is_gone,
        local_package_is_another,
        secret_is_masked,
    ],
)
def test_it_comes_true(runs, capsys, spoil):
    spoil(runs)
    expected = forecast(open_store(runs)[1])
    main(["-s", str(runs), "rerun", "1", "--into", "checks"])
    verdict, _, reason = capsys.readouterr().out.splitlines()[0].partition("  ")
    assert verdict == expected.name
    if verdict == "IMPOSSIBLE":
        assert reason == expected.reason


def test_without_uv_another_python_is_impossible(runs, monkeypatch, tmp_path):
    python_is_not_here(runs)
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "bin" / "python"))
    expected = forecast(open_store(runs)[1])
    assert expected.name == "IMPOSSIBLE"
    assert "Python 3.11.999 is not here; with uv" in expected.reason


def test_an_environment_that_would_be_made_is_named(runs):
    edit(runs / "1" / "run.json", experiment__dependencies=["no-such-package==1.0"])
    expected = forecast(open_store(runs)[1])
    assert expected.name == "EXACT"
    assert expected.interpreter.startswith("an environment of Python 3.")


def test_an_input_elsewhere_that_has_changed(runs, recorded, capsys):
    outside = recorded.parent / "outside.txt"
    assert forecast(open_store(runs)[2]).name == "EXACT"
    outside.write_text("2")
    try:
        expected = forecast(open_store(runs)[2])
        code = main(["-s", str(runs), "rerun", "2", "--into", "checks"])
    finally:
        outside.write_text("1")
    assert (expected.name, expected.reason) == (
        "DIFFERS",
        f"the resource {outside} has changed",
    )
    assert (code, capsys.readouterr().out.split()[0]) == (1, "DIFFERS")


def test_another_processor_is_close(runs):
    edit(runs / "1" / "_environment.json", cpu_flags=["neon"])
    assert forecast(open_store(runs)[1]).name == "CLOSE"


def test_doubts(runs):
    assert forecast(open_store(runs)[1]).doubts == (
        "of the entry kind only a name is stored: it is what the sources make it",
    )
    (runs / "1" / "_environment.json").unlink()
    edit(runs / "1" / "run.json", status="INTERRUPTED")
    doubts = forecast(open_store(runs)[1]).doubts
    assert "it is INTERRUPTED: the repetition may go on to its end" in doubts
    assert "an old record: variables and working directory are not known" in doubts


def test_the_program_says_it(runs, capsys):
    main(["-s", str(runs), "doctor", "1"])
    out = capsys.readouterr().out
    assert "sacred rerun 1: EXACT is expected\n  in the present environment\n" in out
    assert "  but of the entry kind only a name is stored" in out
    source_is_gone(runs)
    main(["-s", str(runs), "doctor", "1", "--json"])
    [row] = [row for row in json.loads(capsys.readouterr().out) if row["subject"] == "rerun"]
    assert row["state"] == "reason"
    assert row["finding"].startswith("IMPOSSIBLE is expected: the source train.py is not in")


def test_notebooks(runs, tmp_path, capsys):
    store = open_store(tmp_path / "notebook")
    drive.start(StoreObserver(store.backend))
    main(["-s", str(tmp_path / "notebook"), "doctor", "1"])
    out = capsys.readouterr().out
    assert "IMPOSSIBLE is expected: it was started by no script, as in a notebook" in out
    assert "no command repeats it" in out


def test_nothing_is_left_behind(runs, tmp_path, monkeypatch):
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    forecast(open_store(runs)[1])
    assert list((tmp_path / "temporary").iterdir()) == []


@pytest.mark.parametrize("is_there", [True, False])
def test_a_package_beside_that_of_the_module_is_missing_unless_it_is_where_it_was(
    tmp_path, monkeypatch, capsys, is_there
):
    """``python -m lab.train`` stores what is below ``lab`` only."""
    place = tmp_path / "code"
    script = SCRIPT.replace("import Experiment", "import Experiment\nimport lab.part")
    for name, text in {
        "lab/__init__.py": "",
        "lab/part.py": "import common.deep",
        "lab/train.py": script.replace('"inside.txt"', '"lab/inside.txt"'),
        "lab/inside.txt": "1",
        "common/deep.py": "",
    }.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text(text)
    elsewhere = place / "common"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    if is_there:  # in a directory of its own, which is still there
        elsewhere = tmp_path / "library" / "common"
        elsewhere.parent.mkdir()
        shutil.move(place / "common", elsewhere)
        monkeypatch.setenv("PYTHONPATH", f"{ROOT}{os.pathsep}{elsewhere.parent}")
        environment["PYTHONPATH"] = os.environ["PYTHONPATH"]
    command = [sys.executable, "-m", "lab.train", "-F", "runs"]
    subprocess.run(command, cwd=place, env=environment, capture_output=True, check=True)
    monkeypatch.chdir(place)
    record = open_store("runs")[1]
    assert ["common", str(elsewhere)] in [
        list(row) for row in record.environment["outside_modules"]
    ]
    expected = forecast(record)
    main(["rerun", "1"])
    assert (
        capsys.readouterr().out.split()[0] == expected.name == ("EXACT" if is_there else "FAILED")
    )
    assert is_there or f"{elsewhere} is not among the stored sources" in expected.reason
