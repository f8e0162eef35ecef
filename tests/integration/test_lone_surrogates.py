"""Texts that UTF-8 lacks, as names of files have: from store to store, and to people."""

import json
import os
import subprocess
import sys

import pytest

from sacred.runs import open_store
from sacred.upkeep import annotate
from tests.integration.test_copying import around, opened
from tests.integration.test_readers import KINDS

ODD = "caf\udce9"

SCRIPT = """
import os, sys
from sacred import Experiment
from sacred.observers import FileStorageObserver

sys.stdout.reconfigure(errors="backslashreplace")
odd = "caf\\udce9"
ex = Experiment(odd, save_git_info=False)
ex.observers.append(FileStorageObserver(sys.argv[1]))

@ex.main
def main(_run):
    print(odd)
    path = os.path.join(sys.argv[2], odd + ".txt")
    with open(path, "w") as file:
        file.write("content")
    ex.add_artifact(path)
    ex.open_resource(path, "rb").close()
    ex.log_scalar(odd, 3)
    _run.info[odd] = odd
    return odd

ex.run(options={"--comment": odd, "--loglevel": "ERROR", "--capture": "sys"})
"""


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A directory with a run of which everything has such a name."""
    directory = tmp_path_factory.mktemp("odd")
    try:
        (directory / f"{ODD}.txt").touch()
    except OSError:
        pytest.skip("names of files are UTF-8 here")
    (directory / "script.py").write_text(SCRIPT)
    words = [sys.executable, "script.py", directory / "runs", directory]
    subprocess.run(words, check=True, capture_output=True, cwd=directory)
    return directory / "runs"


def test_every_file_of_the_record_is_strict_json_or_utf_8(runs):
    """Also the names of the files, so that they can be made on every system."""
    for path in runs.rglob("*"):
        os.fspath(path.relative_to(runs)).encode()
        if path.suffix == ".json":
            found = json.loads(path.read_text(encoding="utf-8"))
            json.dumps(found, ensure_ascii=False).encode()
        elif path.name == "cout.txt":
            assert len(path.read_text(encoding="utf-8")) == len(ODD) + 5  # mark, digits, newline
    with open_store(runs) as store:
        run = store[1]
        assert (run.name, run.comment, run.output, run.result) == (ODD, ODD, f"{ODD}\n", ODD)
        assert run.artifacts[f"{ODD}.txt"].read() == b"content"
        [resource] = run.resources.values()
        assert (resource.name, resource.read()) == (f"{runs.parent}/{ODD}.txt", b"content")
        assert resource.path.parent == runs / "_resources"


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "file"])
def test_such_a_run_is_copied_there_and_back(kind, runs, request, tmp_path):
    with opened([kind, "file"], request, tmp_path) as stores, open_store(runs) as source:
        around([source, *stores])
        copy = stores[-1][1]
        assert (copy.name, copy.output, list(copy.metrics)) == (ODD, f"{ODD}\n", [ODD])


def test_the_program_finds_and_shows_it(runs, tmp_path):
    """Words of the command line are bytes; what it prints is UTF-8."""

    def sacred(*words):
        command = [sys.executable, "-m", "sacred", *words]
        env = {**os.environ, "SACRED_STORE": str(runs), "PYTHONIOENCODING": "utf-8"}
        done = subprocess.run(command, capture_output=True, env=env, cwd=tmp_path, check=False)
        assert (done.returncode, done.stderr.decode().strip()) == (0, ""), words
        return done.stdout.decode()

    for query in (b'metrics."caf\xe9".last = 3', b'comment = "caf\xe9"', b'result = "caf\xe9"'):
        found = json.loads(sacred("ls", query, "--json"))
        assert [run["id"] for run in found] == [1], query
    assert r"caf\udce9" in sacred("ls")
    assert r"caf\udce9" in sacred("show", "1")
    assert sacred("cat", b"1:caf\xe9.txt") == "content"
    assert sacred("tag", "1", b"+t\xe9") == "run 1: t\\udce9\n"
    assert json.loads(sacred("ls", b'"t\xe9" in tags', "--json"))
    assert r"caf\udce9" in sacred("export")


def test_the_page_of_a_report_is_utf_8(runs, tmp_path):
    page = tmp_path / "page.html"
    words = [sys.executable, "-m", "sacred", "export", "-s", runs, "-o", page]
    subprocess.run(words, check=True, capture_output=True)
    assert r"caf\udce9" in page.read_text(encoding="utf-8")


def test_notes_with_such_texts_can_be_edited(tmp_path, monkeypatch, runs):
    """What the editor leaves alone stays as it is."""
    from sacred.app import main

    with open_store(runs) as store:
        annotate(store, 1, notes=f"{ODD}\ud800")
        editor = tmp_path / "editor.py"
        editor.write_text("import sys; open(sys.argv[1], 'ab').write(b' more')")
        monkeypatch.setenv("VISUAL", f"{sys.executable} {editor}")
        monkeypatch.setattr("sys.stdin", type("Terminal", (), {"isatty": lambda self: True})())
        assert main(["note", "-s", str(runs), "1"]) == 0
        assert store[1].notes == f"{ODD}\ud800 more"
