"""The examples do what they say; so do the shell sessions in README and documentation."""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import json
import re
import shutil
import subprocess
import textwrap
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.conftest import ROOT, run_script_in
from tests.services import sessions

if TYPE_CHECKING:
    from tests.services.mongo import MongoServer, RemoteServer

EXAMPLES = ROOT / "examples"
SCRIPTS = sorted(EXAMPLES.glob("*.py"))
PAGES = [ROOT / "README.rst", *sorted((ROOT / "docs").rglob("*.rst"))]

needs_sklearn = pytest.mark.skipif(
    importlib.util.find_spec("sklearn") is None, reason="scikit-learn is not installed"
)

RunScript = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def examples(tmp_path: Path) -> Path:
    """A copy of the examples to work in."""
    copy = tmp_path / "examples"
    shutil.copytree(EXAMPLES, copy, ignore=shutil.ignore_patterns("__pycache__", "runs"))
    return copy


def skip_without_packages(text: str) -> None:
    if "iris.py" in text or "digits" in text:
        pytest.importorskip("sklearn")
    if "06_randomness.py" in text:
        pytest.importorskip("numpy")  # its numbers are other ones without


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_an_example_prints_what_its_docstring_says(script: Path, examples: Path) -> None:
    text = ast.get_docstring(ast.parse(script.read_text(encoding="utf-8")))
    assert text is not None
    skip_without_packages(f"{script.name}: {text}")
    assert sessions.check(text, examples) >= 1


# The tutorial makes a dozen runs, each of which loads scikit-learn.
@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "page",
    [page for page in PAGES if any(sessions.commands_in(page.read_text(encoding="utf-8")))],
    ids=lambda page: str(page.relative_to(ROOT)),
)
def test_sessions_of_a_page_are_real(page: Path, examples: Path) -> None:
    text = page.read_text(encoding="utf-8")
    skip_without_packages(text)
    # A reader of README stands in the repository, one of the guides among the examples.
    sessions.check(text, examples.parent if page.name == "README.rst" else examples)


def test_a_wrong_output_is_found(tmp_path: Path) -> None:
    text = "Try::\n\n    $ python -c print(1)\n    1\n    $ python -c print(2)\n    3\n\nEnd."
    with pytest.raises(AssertionError, match=r"line 5: (?s:.)*\n3\n--- got\n2"):
        sessions.check(text, tmp_path)


def test_every_example_is_shown_in_the_documentation() -> None:
    documentation = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    assert [script.name for script in SCRIPTS if script.name not in documentation] == []


# ------------------------------------------------------------------ the iris experiment


def load(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


@dataclass
class Recorded:
    """One run of ``iris.py`` for several tests (it takes two seconds), in files and MongoDB."""

    directory: Path
    done: subprocess.CompletedProcess[str]
    script: Path
    database: Any
    mongo_url: str


@pytest.fixture(scope="module")
def recorded(
    tmp_path_factory: pytest.TempPathFactory, mongo_server: MongoServer | RemoteServer
) -> Iterator[Recorded]:
    pytest.importorskip("sklearn")
    pymongo = pytest.importorskip("pymongo")
    directory = tmp_path_factory.mktemp("iris")
    script = Path(shutil.copy(EXAMPLES / "iris.py", directory))
    name = f"sacred_test_{uuid.uuid4().hex[:12]}"
    url = f"{mongo_server.host}:{mongo_server.port}:{name}"
    done = run_script_in(directory, script, "-m", url, "with", "C=2.0")
    with pymongo.MongoClient(mongo_server.url) as client:
        yield Recorded(directory, done, script, client[name], url)
        client.drop_database(name)


def test_iris_leaves_a_complete_record(recorded: Recorded) -> None:
    done, runs = recorded.done, recorded.directory / "runs"
    assert done.returncode == 0, done.stderr
    assert 'Started run with ID "1"' in done.stderr
    record = load(runs / "1/run.json")

    assert record["status"] == "COMPLETED"
    assert record["command"] == "main"
    assert 0.8 < record["result"] <= 1
    config = load(runs / "1/config.json")
    assert config.pop("seed") > 0
    assert config == {"C": 2.0, "kernel": "rbf", "gamma": 0.7, "test_size": 0.3, "folds": 5}

    output = (runs / "1/cout.txt").read_text(encoding="utf-8")
    assert "105 flowers to learn from, 45 for the test\n" in output
    assert all(line in output for line in [*done.stdout.splitlines(), *done.stderr.splitlines()])

    metrics = load(runs / "1/metrics.json")
    flowers = metrics["validation.accuracy"]["steps"]
    assert flowers == metrics["train.accuracy"]["steps"] == sorted(set(flowers))
    assert (len(flowers), flowers[-1]) == (17, 84)
    assert metrics["test.accuracy"]["values"] == [record["result"]]

    info = load(runs / "1/info.json")
    assert info["classes"] == ["setosa", "versicolor", "virginica"]
    assert len(info["support_vectors"]) == 3

    (source,) = record["experiment"]["sources"]
    assert source[0] == "iris.py"
    assert (runs / source[1]).read_bytes() == recorded.script.read_bytes()
    ((original, stored),) = record["resources"]
    assert Path(original).name == "iris.csv"
    assert Path(recorded.directory, stored).read_bytes() == Path(original).read_bytes()


def test_the_model_of_iris_predicts(recorded: Recorded) -> None:
    joblib = pytest.importorskip("joblib")
    run = recorded.directory / "runs/1"
    assert load(run / "run.json")["artifacts"] == ["model.joblib"]
    model = joblib.load(run / "model.joblib")
    assert model.C == 2.0
    assert model.predict([[5.1, 3.5, 1.4, 0.2]]).tolist() == [0]


def test_iris_gives_the_same_score_with_the_same_seed(
    recorded: Recorded, run_script: RunScript, tmp_path: Path
) -> None:
    first = recorded.directory / "runs/1"
    seed = load(first / "config.json")["seed"]
    assert run_script(recorded.script, "with", "C=2.0", f"seed={seed}").returncode == 0
    again = tmp_path / "runs/1"
    assert load(first / "run.json")["result"] == load(again / "run.json")["result"]
    first_values, values = (
        load(run / "metrics.json")["validation.accuracy"]["values"] for run in (first, again)
    )
    assert first_values == values


def test_iris_records_into_mongodb(recorded: Recorded) -> None:
    gridfs = pytest.importorskip("gridfs")
    assert recorded.done.returncode == 0, recorded.done.stderr
    mongo_db, in_files = recorded.database, recorded.directory / "runs/1"
    run = mongo_db.runs.find_one({"config.C": 2.0, "config.kernel": "rbf", "status": "COMPLETED"})
    assert run is not None

    files = gridfs.GridFS(mongo_db)
    ((name, file_id),) = run["experiment"]["sources"]
    assert name == "iris.py"
    assert files.get(file_id).read() == recorded.script.read_bytes()
    (artifact,) = run["artifacts"]
    assert artifact["name"] == "model.joblib"
    model = (in_files / "model.joblib").read_bytes()
    assert files.get(artifact["file_id"]).read() == model
    ((path, md5),) = run["resources"]
    assert hashlib.md5(files.get_last_version(filename=path).read()).hexdigest() == md5

    points = mongo_db.metrics.find_one({"run_id": run["_id"], "name": "validation.accuracy"})
    assert points["steps"] == load(in_files / "metrics.json")["validation.accuracy"]["steps"]
    assert points["values"] == load(in_files / "metrics.json")["validation.accuracy"]["values"]
    assert {metric["name"] for metric in run["info"]["metrics"]} == {
        "validation.accuracy",
        "train.accuracy",
        "test.accuracy",
    }


# --------------------------------------------------------------- the scripts in the README


def python_blocks(page: str) -> list[str]:
    """The Python code blocks of a page."""
    text = (ROOT / page).read_text(encoding="utf-8")
    pattern = r"^( *)\.\. code-block:: python\n(?:\1[ ]+:.*\n)*\n((?:\1[ ]+.*\n|\n)+)"
    blocks = re.findall(pattern, text, re.MULTILINE)
    return [textwrap.dedent(block).strip() + "\n" for _, block in blocks]


def test_the_query_of_the_guide_finds_the_best_run(
    recorded: Recorded, run_script: RunScript, capsys: pytest.CaptureFixture[str]
) -> None:
    mongo_url = recorded.mongo_url
    done = run_script(recorded.script, "-m", mongo_url, "with", "C=2.0", "kernel=linear")
    assert done.returncode == 0, done.stderr

    def printed(page: str) -> list[list[str]]:
        (query,) = (block for block in python_blocks(page) if "pymongo" in block)
        exec(at_address(query, mongo_url), {})
        return [line.split() for line in capsys.readouterr().out.splitlines()]

    results = {str(run["_id"]): run["result"] for run in recorded.database.runs.find()}
    assert set(results) == {"1", "2"}
    (best, result), _, (size, _) = printed("docs/observers.rst")
    assert float(result) == max(results.values()) == results[best]
    assert int(size) > 1000


def at_address(query: str, mongo_url: str) -> str:
    """A query of the documentation for the database of this test."""
    address, _, name = mongo_url.rpartition(":")
    assert '"localhost:27017"' in query
    assert '["iris"]' in query
    return query.replace("localhost:27017", address).replace('["iris"]', f'["{name}"]')


@needs_sklearn
def test_the_experiment_of_the_readme_does_what_the_plain_script_does(
    run_script: RunScript, tmp_path: Path
) -> None:
    plain, experiment = python_blocks("README.rst")[:2]
    assert "sacred" not in plain
    assert "@ex.automain" in experiment
    done = run_script(plain)
    assert done.returncode == 0, done.stderr
    assert 0.8 < float(done.stdout) <= 1
    (tmp_path / "iris.py").write_text(experiment, encoding="utf-8")
    done = run_script(tmp_path / "iris.py", "with", "C=2.0")
    assert done.returncode == 0, done.stderr
    record = load(tmp_path / "runs/1/run.json")
    assert record["status"] == "COMPLETED"
    assert 0.8 < record["result"] <= 1
