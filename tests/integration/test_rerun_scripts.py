"""``sacred rerun`` of scripts of many kinds, and of records that older versions have written."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sacred import open_store
from sacred.app import main
from sacred.cli.option_table import TABLE
from sacred.runs.repeating import BUILT_IN_OPTIONS
from sacred.upkeep import copy_runs
from tests.conftest import ROOT

SCRIPTS = ROOT / "tests" / "old_style" / "scripts"
OLD = ROOT / "tests" / "reference" / "reruns"


@pytest.fixture(autouse=True)
def outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")


def start(directory: Path, *words: str, **variables: str) -> None:
    subprocess.run(
        [sys.executable, *words],
        cwd=directory,
        env={**os.environ, **variables},
        capture_output=True,
    )


def verdicts(store: Path | str, capsys: pytest.CaptureFixture[str], *words: str) -> list[str]:
    """What comes of a re-run of each run."""
    found = []
    for run_id in list(open_store(store).ids()):
        main(["-s", str(store), "rerun", str(run_id), "--into", "checks", *words])
        out, err = capsys.readouterr()
        found.append(out.strip() if out.startswith("EXACT") else f"{out}\n{err}")
    return found


# ------------------------------------------------------------- scripts as projects have them


def command_lines() -> list[tuple[str, str]]:
    """Those of old-style scripts that store something."""
    found = []
    for path in sorted(SCRIPTS.glob("*.py")):
        for line in re.findall(r"^# \$(.*)$", path.read_text(encoding="utf-8"), re.MULTILINE):
            words = line.strip().removesuffix("-F runs")
            is_shown = words.startswith(("save_config", "print_", "nothing", "mongo"))
            if not is_shown and path.stem != "notebook" and "stats" not in words:
                found.append((path.name, words))
    return found


@pytest.mark.slow
@pytest.mark.parametrize(("name", "words"), command_lines())
def test_old_style_scripts_are_exact(tmp_path, capsys, name, words):
    text = (SCRIPTS / name).read_text(encoding="utf-8")
    arguments = shlex.split(words)
    if "run_commandline" in text or "automain" in text:
        arguments += ["-F", "runs"]
    elif "observers.append" not in text:
        at = re.search(r"(?m)^ex = Experiment\(.*\)$", text).end()
        storing = "\nfrom sacred.observers import FileStorageObserver as ForTest\n"
        text = f"{text[:at]}{storing}ex.observers.append(ForTest('runs'))\n{text[at:]}"
    (tmp_path / name).write_text(text, encoding="utf-8")
    start(tmp_path, name, *arguments)
    found = verdicts(tmp_path / "runs", capsys)
    assert found == ["EXACT"] * len(found)
    assert len(found) == {"launcher.py": 7, "results_reader.py": 4}.get(name, 1)


@pytest.mark.slow
def test_a_script_that_stores_in_mongodb_is_exact(
    tmp_path, capsys, mongo_db, mongo_server, monkeypatch
):
    shutil.copy(SCRIPTS / "mongo_reader.py", tmp_path)
    url = f"mongodb://{mongo_server.host}:{mongo_server.port}"
    monkeypatch.setenv("MONGO_URL", url)
    monkeypatch.setenv("MONGO_DB", mongo_db.name)
    start(tmp_path, "mongo_reader.py")
    before = mongo_db.runs.count_documents({})
    # The script reads what it has stored in its own database, where the repetition stores nothing.
    found = verdicts(f"{url}/{mongo_db.name}", capsys)
    assert found == ["EXACT"] * 3
    assert mongo_db.runs.count_documents({}) == before


def test_options_of_the_experiment_are_those_of_the_run(tmp_path, capsys):
    (tmp_path / "own.py").write_text(
        "from sacred import Experiment, cli_option\n"
        "@cli_option('-B', '--banner')\ndef banner(args, run):\n    run.info['banner'] = args\n"
        "@cli_option('-L', '--loud', is_flag=True)\n"
        "def loud(args, run):\n    run.info['loud'] = args\n"
        "ex = Experiment('own', additional_cli_options=[banner, loud], save_git_info=False)\n"
        "@ex.automain\ndef main(_run):\n    return dict(_run.info)\n"
    )
    start(tmp_path, "own.py", "-F", "runs", "-L", "--banner=HELLO", "-c", "not this one")
    assert verdicts(tmp_path / "runs", capsys) == ["EXACT"]
    again = open_store(tmp_path / "checks")[1]
    assert again.result == {"loud": True, "banner": "HELLO"}
    assert again.comment is None


def test_options_of_all_experiments_are_known():
    assert {row.long.replace("_", "-") for row in TABLE} <= BUILT_IN_OPTIONS


@pytest.mark.parametrize("observers", ["files", "nothing of the kind", "several"])
def test_observers_have_stand_ins_at_their_places(tmp_path, capsys, observers):
    """Scripts look at the directories of their observers, and nobody is notified twice."""
    ours = {
        "files": "FileStorageObserver('runs')",
        "nothing of the kind": "Notes()",
        "several": "FileStorageObserver('runs'), Notes(), FileStorageObserver('others')",
    }[observers]
    (tmp_path / "ours.py").write_text(
        "import os\nfrom sacred import Experiment\n"
        "from sacred.observers import FileStorageObserver, RunObserver\n"
        "class Notes(RunObserver):\n    priority = 30\n"
        "    def completed_event(self, stop_time, result):\n"
        f"        open({str(tmp_path / 'notes.txt')!r}, 'a').write('told ')\n"
        "ex = Experiment('ours', save_git_info=False)\n"
        f"ex.observers.extend([{ours}])\n"
        "@ex.automain\ndef main(_run):\n"
        "    found = [one.dir for one in _run.observers if hasattr(one, 'dir')]\n"
        "    return [os.path.isdir(one) for one in found], len(_run.observers)\n"
    )
    start(tmp_path, "ours.py", *(["-F", "runs"] if observers.startswith("nothing") else []))
    notes = tmp_path / "notes.txt"
    before = notes.read_text() if notes.exists() else ""
    assert verdicts(tmp_path / "runs", capsys) == ["EXACT"]
    assert (notes.read_text() if notes.exists() else "") == before
    assert len(list(open_store(tmp_path / "runs"))) == 1


# ------------------------------------------------------------------ records of old versions


@pytest.mark.parametrize("version", ["0.7", "0.8"])
@pytest.mark.parametrize("kind", ["files", "sqlite"])
def test_old_records(tmp_path, capsys, version, kind):
    """Real ones: completed, with a named config, failed; their output has no fixed order.

    Recorded by ``python train.py`` (the stored one) ``with lr=0.25 seed=7``, ``with long seed=8``
    and ``with steps=7 seed=9``, with Sacred 0.7.5 and Python 3.8, and with Sacred 0.8.7.
    """
    store = shutil.copytree(OLD / f"files_{version}", tmp_path / "files")
    if kind == "sqlite":
        pytest.importorskip("sqlalchemy")
        url = f"sqlite:///{tmp_path}/runs.db"
        copy_runs(open_store(store), open_store(url))
    else:
        url = str(store)
    found = verdicts(url, capsys, "--env", "current")
    assert [text.split()[0] for text in found if text.split()[0] not in ("EXACT", "EQUAL")] == []
    checks = open_store(tmp_path / "checks")
    for run_id in (1, 2, 3):
        first, again = open_store(url)[run_id], checks[run_id]
        assert (again.result, again.status) == (first.result, first.status)
        assert again.metrics["loss"].values.tolist() == first.metrics["loss"].values.tolist()
    assert [run.status for run in checks] == ["COMPLETED", "COMPLETED", "FAILED"]
