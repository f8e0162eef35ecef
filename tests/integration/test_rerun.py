"""``sacred rerun``: real runs, repeated in processes of their own."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sacred import open_store
from sacred.app import main
from sacred.observers.store_observer import StoreObserver
from sacred.testing import drive
from sacred.upkeep import copy_runs
from tests.conftest import ROOT

SCRIPT = """\
import os
from lab.helper import double
from sacred import Experiment
from sacred.observers import FileStorageObserver

ex = Experiment("lab")
ex.observers.append(FileStorageObserver({runs!r}))

@ex.config
def settings():
    a = 2
    fails = noisy = False

@ex.capture
def threads():
    return os.environ.get("OMP_NUM_THREADS")

@ex.automain
def main(a, fails, noisy, _rnd):
    with ex.open_resource("lab/data.txt") as file:
        number = float(file.read())
    if noisy:
        number += int.from_bytes(os.urandom(4), "big")
    for step in range(3):
        ex.log_scalar("loss", float(_rnd.random()) + number)
    print("in", os.getcwd(), "with", open("lab/conf.ini").read(), threads())
    if fails:
        raise ValueError("diverged")
    with open("model.txt", "w") as file:
        file.write(str(double(a)))
    ex.add_artifact("model.txt")
    return double(a)
"""
ME = ["-c", "user.name=me", "-c", "user.email=me@here"]


def git(directory: Path, *words: str) -> None:
    subprocess.run(["git", *ME, *words], cwd=directory, check=True, capture_output=True)


def digests(directory: Path) -> dict[str, str]:
    """All files of a user's tree, those of git included."""
    files = (path for path in directory.rglob("*") if path.is_file())
    return {
        str(path.relative_to(directory)): hashlib.md5(path.read_bytes()).hexdigest()
        for path in files
    }


def start(directory: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run Python as a user does."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(directory),
        "LANG": "C.UTF-8",
        "PYTHONPATH": f"{ROOT}{os.pathsep}{directory}",
        "PYTHONDONTWRITEBYTECODE": "1",
        **variables,
    }
    return subprocess.run(
        [sys.executable, *words], cwd=directory, env=environment, capture_output=True, text=True
    )


class Project:
    """A repository with runs: a completed one, a failed one, one of a module, all of them dirty."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory / "project"
        self.runs = directory / "runs"
        lab = self.directory / "lab"
        lab.mkdir(parents=True)
        (lab / "__init__.py").touch()
        (lab / "train.py").write_text(SCRIPT.format(runs=str(self.runs)))
        (lab / "helper.py").write_text("def double(x):\n    return x\n")
        (lab / "data.txt").write_text("0.5")
        (lab / "conf.ini").write_text("committed")
        git(self.directory, "init", "-q")
        git(self.directory, "add", ".")
        git(self.directory, "commit", "-qm", "first")
        # A source that is stored, and a file that is only in the diff.
        (lab / "helper.py").write_text("def double(x):\n    return 2 * x\n")
        (lab / "conf.ini").write_text("changed")
        for words in (
            ["lab/train.py"],
            ["lab/train.py", "with", "fails=True"],
            ["-m", "lab.train"],
        ):
            start(self.directory, *words, OMP_NUM_THREADS="1")
        # What the run wrote, and what the user has done since.
        (self.directory / "model.txt").unlink()
        (lab / "data.txt").write_text("99")
        (lab / "helper.py").write_text("gone wrong")


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return Project(tmp_path_factory.mktemp("rerun"))


@pytest.fixture
def project(recorded: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """The user is in the repository."""
    monkeypatch.chdir(recorded.directory)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    return recorded


@pytest.fixture
def runs(project: Project, tmp_path: Path) -> Path:
    """A copy of the store, with three runs."""
    return Path(shutil.copytree(project.runs, tmp_path / "runs"))


@pytest.fixture
def rerun(runs: Path, capsys: pytest.CaptureFixture[str]):
    """``rerun(*words)``: exit code, output and remarks of the program."""

    def call(*words: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main(["-s", str(runs), "rerun", *words])
        out, err = capsys.readouterr()
        return code, out, err

    return call


def change(path: Path, **fields: object) -> None:
    """Change parts of a JSON file: ``python__version`` is within ``python``."""
    value = json.loads(path.read_text())
    for name, new in fields.items():
        *steps, last = name.split("__")
        place = value
        for step in steps:
            place = place[step]
        place[last] = new
    path.write_text(json.dumps(value))


# ----------------------------------------------------------------- it is the same again


@pytest.mark.parametrize(
    ("run_id", "status"), [("1", "COMPLETED"), ("2", "FAILED"), ("3", "COMPLETED")]
)
def test_a_run_of_a_dirty_repository_is_exact(rerun, runs, project, run_id, status):
    before, count = digests(project.directory), len(list(project.runs.iterdir()))
    code, out, err = rerun(run_id)
    assert (code, out) == (0, "EXACT\n"), err
    assert digests(project.directory) == before  # byte for byte
    assert len(list(project.runs.iterdir())) == count  # its own observer is not used
    again = open_store(runs)[4]
    assert again.status == status
    assert again.meta.verdict == "EXACT"
    assert again.meta.rerun_of == {"store": f"file:{runs}", "id": int(run_id)}
    assert "copied_from" not in again.meta
    assert again.output.count(" 1\n") == 1  # the number of threads is that of the first run


def test_whose_run_it_is_is_said_first(rerun, runs):
    first = rerun("1")[2].splitlines()[0]
    assert first.startswith(f"run 1 of file:{runs}: lab, recorded on ")


@pytest.mark.parametrize("kind", ["sqlite", "mongo"])
def test_records_of_databases(runs, kind, tmp_path, request, capsys):
    if kind == "sqlite":
        url = f"sqlite:///{tmp_path}/runs.db"
    else:
        database = request.getfixturevalue("mongo_db")
        server = request.getfixturevalue("mongo_server")
        url = f"mongodb://{server.host}:{server.port}/{database.name}"
    copy_runs(open_store(runs), open_store(url), "id = 3")
    code = main(["-s", url, "rerun", "3"])
    assert (code, capsys.readouterr().out) == (0, "EXACT\n")
    with open_store(url) as store:
        assert store[4].meta.verdict == "EXACT"
        assert store[4].environment.packages == store[3].environment.packages


def test_it_can_go_into_another_store(rerun, runs, tmp_path):
    assert rerun("1", "--into", str(tmp_path / "checks"))[0] == 0
    assert list(open_store(runs).ids()) == [1, 2, 3]
    [again] = open_store(tmp_path / "checks")
    assert again.meta.rerun_of.store == f"file:{runs}"


def test_lists_and_summaries_show_verdicts(rerun, runs, tmp_path, capsys):
    rerun("1")
    main(["-s", str(runs), "ls"])
    assert "verdict" in capsys.readouterr().out.splitlines()[0]
    main(["-s", str(runs), "show", "4"])
    assert "EXACT as run 1" in capsys.readouterr().out
    main(["-s", str(runs), "export", "-o", str(tmp_path / "report.html")])
    assert "EXACT as run 1" in (tmp_path / "report.html").read_text()


def test_two_at_once(runs, project):
    command = [sys.executable, "-m", "sacred", "-s", str(runs), "rerun", "1"]

    def call(_: int) -> subprocess.CompletedProcess[str]:
        return subprocess.run(command, capture_output=True, text=True)

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(call, range(2)))
    assert [process.stdout for process in done] == ["EXACT\n"] * 2, done
    assert [open_store(runs)[run_id].meta.verdict for run_id in (4, 5)] == ["EXACT"] * 2


def test_records_of_0_8_have_no_environment(rerun, runs):
    """Such a record says nothing of directories, interpreter and diff."""
    (runs / "3" / "_environment.json").unlink()
    code, out, err = rerun("3", "--env", "current")
    assert code == 0, err
    # The file that is in no store is that of the commit, and the thread count that of today.
    assert "line 3 of the output" in out
    assert "there were changes since the commit" in err


def test_a_script_that_calls_run_itself(tmp_path, project, capsys):
    (tmp_path / "loop.py").write_text(
        "import sys\nfrom sacred import Experiment\n"
        "from sacred.observers import FileStorageObserver\n"
        "ex = Experiment('loop')\n"
        f"ex.observers.append(FileStorageObserver({str(tmp_path / 'loops')!r}))\n"
        "@ex.main\ndef main(n):\n    return n\n"
        "for n in range(int(sys.argv[1])):\n"
        "    ex.run(config_updates={'n': n, 'seed': n})\n"
    )
    assert start(tmp_path, "loop.py", "2").returncode == 0
    for run_id in ("1", "2"):
        assert main(["-s", str(tmp_path / "loops"), "rerun", run_id]) == 0
    assert list(open_store(tmp_path / "loops").ids()) == [1, 2, 3, 4]
    assert [open_store(tmp_path / "loops")[n].result for n in (3, 4)] == [0, 1]


# ----------------------------------------------------------------------------- it is not


def test_a_changed_seed_is_named(rerun):
    code, out, _ = rerun("1", "with", "seed=123")
    assert code == 1
    assert out.startswith("DIFFERS  metric loss, step 0: ")
    assert "before the run  entry seed: " in out


def test_a_changed_source_line_is_named(rerun, runs):
    [stored] = (runs / "_sources").glob("helper_*.py")
    stored.write_text("def double(x):\n    return 3 * x\n")
    code, out, _ = rerun("1")
    assert code == 1
    assert "result: 4, then 6" in out


def test_a_changed_input_is_named(rerun, runs, project):
    for stored in (runs / "_resources").iterdir():
        stored.write_text("0.75")
    code, out, _ = rerun("1")
    assert code == 1
    assert "before the run  resource lab/data.txt: " in out
    assert out.startswith("DIFFERS  metric loss, step 0: ")


def test_a_run_that_draws_from_elsewhere_differs_from_itself(rerun, runs):
    change(runs / "1" / "config.json", noisy=True)
    code, out, _ = rerun("1", "--times", "2")
    assert code == 1
    # First of all: it says how much the verdicts on the first run mean.
    assert out.startswith("the repetitions among themselves: DIFFERS: metric loss, step 0")
    assert out.count("\nDIFFERS  metric loss, step 0") == 2
    assert list(open_store(runs).ids()) == [1, 2, 3, 4, 5]


def test_a_run_that_is_the_same_each_time(rerun):
    code, out, _ = rerun("3", "--times", "2")
    assert (code, out) == (0, "the repetitions among themselves: EXACT\nEXACT\nEXACT\n")


def test_ignored_metrics_do_not_count(rerun, runs):
    change(runs / "1" / "config.json", noisy=True)
    code, out, _ = rerun("1", "--ignore", "lo*")
    assert (code, out.splitlines()[0]) == (0, "EXACT")


def test_a_tolerance_of_ones_own(rerun, runs):
    change(runs / "1" / "metrics.json", loss__values=[0.9, 0.9, 0.9])
    code, out, _ = rerun("1", "--tol", "1")
    assert code == 0
    assert out.startswith("CLOSE  the numbers are at most ")
    assert rerun("1", "--tol", "1e-3")[0] == 1


def test_the_scratch_directory_can_be_kept(rerun, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    code, _, err = rerun("3", "--keep")
    assert code == 0
    [place] = tmp_path.glob("sacred-rerun-*")
    assert f"the scratch directory is {place}" in err
    assert (place / "tree" / "lab" / "helper.py").read_text().endswith("return 2 * x\n")
    assert (place / "process.log").exists()


def test_a_run_that_does_not_reach_its_end_failed(rerun):
    code, out, _ = rerun("1", "with", "fails=True")
    assert code == 1
    assert out.startswith("FAILED  it is FAILED: ValueError: diverged")


def test_a_process_that_starts_no_run_failed(rerun, runs):
    for stored in (runs / "_sources").glob("train_*.py"):
        stored.write_text("raise SystemExit('no such thing')\n")
    code, out, _ = rerun("1")
    assert code == 1
    assert out == "FAILED  it ended before a run began: no such thing\n"
    assert list(open_store(runs).ids()) == [1, 2, 3]


def test_a_misspelt_entry_is_named(rerun):
    code, out, _ = rerun("1", "with", "aa=3")
    assert code == 1
    assert out.startswith("FAILED  it ended before a run began: sacred.utils.ConfigAddedError: ")
    assert "aa=3" in out
    assert 'Did you mean "a"?' in out


def test_outside_of_the_repository_only_stored_sources_are_there(rerun, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, out, err = rerun("3")
    assert code == 1
    assert "no repository with its commit is here" in err
    assert "FileNotFoundError" in out
    assert "conf.ini" in out


# ------------------------------------------------------------------------ it is impossible


@pytest.fixture
def impossible(rerun, runs):
    """``impossible(*words)``: the reason; nothing is recorded."""

    def call(*words: str) -> str:
        code, out, _ = rerun(*words)
        assert code == 2
        assert list(open_store(runs).ids()) == [1, 2, 3]
        verdict, _, reason = out.partition("  ")
        assert verdict == "IMPOSSIBLE"
        return reason

    return call


def test_a_store_without_its_sources(impossible, runs, monkeypatch, tmp_path):
    shutil.rmtree(runs / "_sources")
    monkeypatch.chdir(tmp_path)
    assert "is not in the store" in impossible("3")


def test_an_input_that_is_nowhere(impossible, runs, tmp_path):
    path = tmp_path / "outside.csv"
    change(runs / "1" / "run.json", resources=[[str(path), "_resources/none.csv"]])
    assert impossible("1") == f"the resource {path} is neither here nor in the store\n"


def test_an_interpreter_that_is_not_there(impossible, runs):
    change(runs / "1" / "_environment.json", python__version="3.11.999")
    assert "3.11.999" in impossible("1")


def test_a_local_package_in_another_version(impossible, runs):
    change(runs / "1" / "_environment.json", local_packages=["sacred"], packages=["sacred==0.0.1"])
    change(runs / "1" / "run.json", experiment__dependencies=["sacred==0.0.1"])
    reason = impossible("1", "--env", "recorded")
    assert "sacred 0.0.1 was installed from a directory; here it is" in reason


def test_a_notebook(project, tmp_path, capsys):
    store = open_store(tmp_path / "notebook")
    drive.start(StoreObserver(store.backend))
    assert main(["-s", str(tmp_path / "notebook"), "rerun", "1"]) == 2
    assert "started by no script, as in a notebook" in capsys.readouterr().out


@pytest.mark.parametrize(
    "name", ["../../outside.py", "/outside.py", "a/../../../x.py", ".git/config"]
)
def test_names_of_sources_lead_nowhere_else(impossible, runs, tmp_path, monkeypatch, name):
    record = json.loads((runs / "3" / "run.json").read_text())
    sources = [[name, record["experiment"]["sources"][0][1]]]
    change(runs / "3" / "run.json", experiment__sources=sources)
    monkeypatch.chdir(tmp_path)  # not in the repository
    assert repr(name.split("/")[-1])[1:-1] in impossible("3")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("experiment__module", "os; print(1)"),
        ("meta__command", "--file_storage=/tmp/x"),
        ("experiment__mainfile", "../../../../bin/sh"),
    ],
)
def test_words_of_a_record_are_no_options(impossible, runs, field, value):
    change(runs / "3" / "run.json", **{field: value})
    impossible("3")


def test_a_commit_is_no_option(rerun, runs):
    record = json.loads((runs / "3" / "run.json").read_text())
    [repository] = record["experiment"]["repositories"]
    repository["commit"] = "--upload-pack=touch /tmp/h19"
    change(runs / "3" / "run.json", experiment__repositories=[repository])
    assert "no repository with its commit is here" in rerun("3")[2]


def test_a_directory_that_is_not_empty_is_left_alone(rerun, runs, tmp_path):
    code, _, err = rerun("1", "--in", str(runs))
    assert code == 1
    assert "is not empty" in err


def test_a_directory_of_ones_own_stays(rerun, tmp_path):
    assert rerun("1", "--in", str(tmp_path / "scratch"))[0] == 0
    assert (tmp_path / "scratch" / "tree" / "lab" / "conf.ini").read_text() == "changed"


@pytest.mark.parametrize("words", [("lr=1",), ("with",), ("--times", "0")])
def test_mistakes_in_the_call(rerun, words):
    assert rerun("1", *words)[0] == 2


# ------------------------------------------------------------------- scripts of other kinds

KINDS = {
    "values": """
        from decimal import Decimal
        from pathlib import Path

        @ex.config
        def config():
            kind = Decimal
            path = Path("a/b")
            shape = (1, (2, 3))
            rate = float("inf")
            text = "${env:HOME} $${env:HOME}"
            number = "007"

        @ex.automain
        def main(kind, path, shape, rate, text, number, _seed, _rnd):
            print(kind, path, shape, rate, text, number, _seed)
            return {"drawn": _rnd.random(), "nan": float("nan"), "exact": str(kind("1.5"))}
    """,
    "processes": """
        import subprocess

        @ex.automain
        async def main(_run):
            subprocess.run(["echo", "a child"])
            inner = Experiment("inner", interactive=True, save_git_info=False)
            inner.main(lambda: 5)
            return inner.run().result
    """,
    "exit": """
        import sys

        @ex.automain
        def main(_log):
            _log.warning("going")
            sys.exit(3)
    """,
}


@pytest.mark.parametrize("kind", KINDS)
def test_kinds_of_scripts(tmp_path, project, capsys, kind):
    begin = "from sacred import Experiment\nex = Experiment('kind')\n"
    (tmp_path / "kind.py").write_text(begin + textwrap.dedent(KINDS[kind]))
    start(tmp_path, "kind.py", "-F", "kinds", "-c", "hello", HOME="/somewhere")
    code = main(["-s", str(tmp_path / "kinds"), "rerun", "1"])
    out, err = capsys.readouterr()
    assert (code, out) == (0, "EXACT\n"), err


#: One of them is the plain script that the tutorial begins with.
EXAMPLES = sorted(
    path.name
    for path in (ROOT / "examples").glob("*.py")
    if "Experiment(" in path.read_text(encoding="utf-8")
)


@pytest.mark.slow
@pytest.mark.parametrize("name", EXAMPLES)
def test_examples_are_exact(tmp_path, project, capsys, name):
    shutil.copy(ROOT / "examples" / name, tmp_path)
    # A run that is asked to end is not complete.
    words = ["with", "preempted_in=0"] if name == "resumable.py" else []
    assert start(tmp_path, name, "-F", "examples", *words).returncode == 0
    code = main(["-s", str(tmp_path / "examples"), "rerun", "1"])
    out, err = capsys.readouterr()
    assert (code, out) == (0, "EXACT\n"), err


def test_the_order_of_sets_is_a_suspect(tmp_path, project, capsys):
    (tmp_path / "kind.py").write_text(
        "from sacred import Experiment\nex = Experiment('kind')\n"
        "@ex.automain\ndef main():\n    print({str(n) for n in range(50)})\n"
    )
    start(tmp_path, "kind.py", "-F", "kinds")
    assert main(["-s", str(tmp_path / "kinds"), "rerun", "1"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("EQUAL")
    assert "PYTHONHASHSEED was not set" in out


def test_ctrl_c_ends_the_repetition_and_leaves_nothing(tmp_path, project, runs):
    (tmp_path / "wait.py").write_text(
        "import os, time\nfrom sacred import Experiment\nex = Experiment('wait')\n"
        "@ex.automain\ndef main():\n"
        "    if 'WAIT' in os.environ:\n"
        "        open(os.environ['WAIT'], 'w').close()\n"
        "        time.sleep(60)\n"
    )
    start(tmp_path, "wait.py", "-F", "waits")
    process = subprocess.Popen(
        [sys.executable, "-m", "sacred", "-s", str(tmp_path / "waits"), "rerun", "1"],
        env={**os.environ, "WAIT": str(tmp_path / "begun"), "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler) and None,
    )
    while not (tmp_path / "begun").exists():
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 130
    assert list(tmp_path.glob("sacred-rerun-*")) == []
    assert list(open_store(tmp_path / "waits").ids()) == [1]
