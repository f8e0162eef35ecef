"""The program says the same whatever store the runs are in."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sacred.app.main import main
from tests.integration.test_program import fill, make_experiment

KINDS = ["file", "tinydb", "sqlite", "mongo"]


def observer_and_url(kind: str, directory: Path, request: pytest.FixtureRequest) -> tuple[Any, str]:
    """An observer of the kind, and the address of what it fills."""
    from sacred import observers

    if kind == "file":
        return observers.FileStorageObserver(directory / "runs"), str(directory / "runs")
    if kind == "tinydb":
        return observers.TinyDbObserver(directory / "runs"), f"tinydb:{directory / 'runs'}"
    if kind == "sqlite":
        pytest.importorskip("sqlalchemy")
        url = f"sqlite:///{directory / 'runs.db'}"
        return observers.SqlObserver(url), url
    server = request.getfixturevalue("mongo_server")
    name = f"sacred_test_{uuid.uuid4().hex[:12]}"
    url = f"{server.url.rstrip('/')}/{name}"
    return observers.MongoObserver(url=server.url, db_name=name), url


@pytest.fixture(scope="module", params=KINDS)
def place(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The address of a store with the four runs of `fill`."""
    directory = tmp_path_factory.mktemp("place")
    observer, url = observer_and_url(request.param, directory, request)
    experiment = make_experiment(directory)
    experiment.observers.append(observer)
    # Ids of TinyDB are random unless they are given.
    fill(experiment, with_ids=request.param == "tinydb")
    yield url
    if request.param == "mongo":
        import pymongo

        with pymongo.MongoClient(url) as client:
            client.drop_database(client.get_default_database().name)


@pytest.fixture
def call(place: str, capsys: pytest.CaptureFixture[str]) -> Any:
    """The output of the program, which must say nothing on stderr."""

    def run(*argv: str) -> str:
        capsys.readouterr()
        code = main(["-s", place, *argv])
        out, err = capsys.readouterr()
        assert (code, err) == (0, "")
        return out

    return run


def test_ls(call: Any) -> None:
    columns = ("--columns", "id,status,result,lr,opt.betas,metrics.loss.min")
    rows = json.loads(call("ls", "lr < 1", "--sort", "-result", *columns, "--json"))
    assert [row.pop("metrics.loss.min") for row in rows] == pytest.approx([0.01, 0.1, 0.5])
    # Ids of TinyDB are texts.
    assert [[int(row.pop("id")), *row.values()] for row in rows] == [
        [2, "COMPLETED", 0.99, 0.01, [0.9, 0.99]],
        [1, "COMPLETED", 0.9, 0.1, [0.9, 0.99]],
        [4, "COMPLETED", 0.5, 0.5, [0.9, 0.99]],
    ]
    assert [line.split()[0] for line in call("ls").splitlines()] == ["id", "4", "3", "2", "1"]


def test_show_config_and_logs(call: Any) -> None:
    document = json.loads(call("show", "best:result", "--json"))
    assert (str(document["id"]), document["config"]["lr"]) == ("2", 0.01)
    assert document["artifacts"] == ["model.txt"]
    assert "ValueError: diverged" in call("show", "3")
    assert json.loads(call("config", "last"))["opt"]["name"] == "adam"
    assert "trained with 0.1\n" in call("logs", "1")


def test_metrics(call: Any) -> None:
    points = json.loads(call("metrics", "1", "loss", "--json"))
    assert [point["step"] for point in points] == list(range(10))
    assert [point["value"] for point in points] == pytest.approx([(10 - n) / 10 for n in range(10)])
    assert all(point["time"].startswith("20") for point in points)
    assert "⠒" in call("metrics", "1", "--plot")


def test_files_and_cat(call: Any, tmp_path: Path) -> None:
    assert call("cat", "2:model.txt") == "weights 0.01\n"
    assert "def make_experiment" in call("cat", "2", "test_program.py")
    call("files", "2", "--save", str(tmp_path))
    assert (tmp_path / "model.txt").read_text() == "weights 0.01\n"


def test_diff_doctor_and_fields(call: Any) -> None:
    rows = json.loads(call("diff", "1", "3", "--only", "config,outcome", "--json"))
    assert [(row["entry"], row["1"], row["3"]) for row in rows] == [
        ("lr", 0.1, 2),
        ("status", "COMPLETED", "FAILED"),
        ("result", 0.9, None),
    ]
    findings = json.loads(call("doctor", "1", "--json"))
    assert [f for f in findings if f["state"] == "reason"] == []
    fields = {row["field"]: row["runs"] for row in json.loads(call("fields", "--json"))}
    assert (fields["config.lr"], fields["result"], fields["metrics.loss"]) == (4, 3, 4)


def test_export(call: Any) -> None:
    page = call("export")
    assert page.count("<polyline") == 4
    assert "trained with 0.5" in page


def test_an_id_that_is_not_there(place: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["-s", place, "show", "77"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("sacred: there is no run '77' in ")
    assert err.endswith(" The last ones: 2, 3, 4\n")
