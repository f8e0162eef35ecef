"""A password in the URL of a store is nowhere: in no file, and in no message."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

SCRIPT = """
from sacred import Experiment
ex = Experiment("secret", save_git_info=False)
@ex.automain
def main(): raise ValueError("x")
"""
SECRET = "TOPSECRET"

# Nothing answers at port 1.
OPTIONS = [
    "--mongo_db=mongodb://ada:TOPSECRET@127.0.0.1:1/x?serverSelectionTimeoutMS=100",
    "--mongo_db=mongodb://ada:TOP:TOPSECRET@127.0.0.1:1/x",
    "--mongo_db=mongodb://ada:TOP/TOPSECRET@127.0.0.1:1/x",
    "--mongo_db=mongo://ada:TOPSECRET@127.0.0.1:1/x",
    "--sql=postgresql+psycopg://ada:TOPSECRET@127.0.0.1:1/x",
    "--sql=postgresql+psycopg://ada@127.0.0.1:1/x?password=TOPSECRET",
    "--sql=postgresql+psycopg://ada:TOP TOPSECRET@127.0.0.1:nonsense/x",
    "--sql=postgresql://ada:TOPSECRET@127.0.0.1:nonsense/x",
    "--sql=postgresq://ada:TOPSECRET@127.0.0.1:1/x",
    "--s3=s3://ada:TOPSECRET@bucket/x",
    "--gcs=gs://ada:TOPSECRET@bucket/x",
    "--tiny_db=tinydb",
]


def _run(directory: Path, *words: str) -> subprocess.CompletedProcess[str]:
    (directory / "home").mkdir(exist_ok=True)
    (directory / "script.py").write_text(SCRIPT)
    return subprocess.run(
        [sys.executable, *words],
        cwd=directory,
        env={**os.environ, "HOME": str(directory / "home"), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )


def _files_with_secret(directory: Path) -> list[Path]:
    files = [path for path in directory.rglob("*") if path.is_file()]
    return [path for path in files if SECRET.encode() in path.read_bytes()]


@pytest.mark.parametrize("option", OPTIONS)
def test_no_option_prints_or_writes_it(tmp_path: Path, option: str) -> None:
    done = _run(tmp_path, "script.py", "-F", "runs", "-c", "note", option)
    assert done.returncode == 1
    assert done.stderr
    assert SECRET not in done.stdout + done.stderr
    assert not _files_with_secret(tmp_path)


def test_it_is_not_in_the_records_of_a_run_that_several_stores_take(tmp_path: Path) -> None:
    # SQLite ignores parameters that it does not know.
    url = "sqlite:///file:runs.db?mode=rwc&uri=true&password=TOPSECRET"
    done = _run(tmp_path, "script.py", "-F", "runs", "-t", "tinydb", "-s", url)
    assert "ValueError: x" in done.stderr
    assert SECRET not in done.stdout + done.stderr
    assert (tmp_path / "runs.db").is_file()
    assert (tmp_path / "tinydb" / "metadata.json").is_file()
    options = json.loads((tmp_path / "runs" / "1" / "run.json").read_text())["meta"]["options"]
    assert options["--sql"] == url.replace(SECRET, "***")
    assert options["--file_storage"] == "runs"
    assert not _files_with_secret(tmp_path)


@pytest.mark.parametrize(
    "url",
    [
        "postgresq://ada:TOPSECRET@127.0.0.1:1/x",
        "postgresql+psycopg://ada:TOPSECRET@127.0.0.1:1/x",
        "postgresql+psycopg://ada@127.0.0.1:1/x?password=TOPSECRET",
        "postgresql://ada:TOPSECRET@127.0.0.1:nonsense/x",
        "mongodb://ada:TOP:TOPSECRET@127.0.0.1:1/x",
        "mongodb://ada:TOPSECRET@127.0.0.1:1/x?serverSelectionTimeoutMS=100",
        "s3://ada:TOPSECRET@bucket/x",
        "file://ada:TOPSECRET@host/x",
    ],
)
def test_the_program_does_not_print_it(tmp_path: Path, url: str) -> None:
    done = _run(tmp_path, "-m", "sacred", "ls", "-s", url)
    assert done.returncode != 0
    assert done.stderr
    assert SECRET not in done.stdout + done.stderr
