"""The program says the same whatever store the runs are in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sacred.app import main
from sacred.runs import open_store
from sacred.stores.changes import SetFields
from sacred.stores.spool import Spool
from tests.integration.test_program import fill, make_experiment
from tests.integration.test_readers import new_place

KINDS = ["file", "tinydb", "sqlite", "postgres", "mongo", "s3", "google"]


def observer_of(kind: str, url: str) -> Any:
    """The observer of a kind that fills the store at an address."""
    from sacred import observers

    path = url.partition(":")[2]
    bucket, _, prefix = path.removeprefix("//").partition("/")
    match kind:
        case "file":
            return observers.FileStorageObserver(path)
        case "tinydb":
            return observers.TinyDbObserver(path)
        case "sqlite" | "postgres":
            return observers.SqlObserver(url)
        case "mongo":
            server, _, name = url.rpartition("/")
            return observers.MongoObserver(url=server, db_name=name)
        case "s3":
            return observers.S3Observer(bucket, prefix)
    return observers.GoogleCloudStorageObserver(bucket, prefix)


@pytest.fixture(scope="module", params=KINDS)
def place(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The address of a store with the four runs of `fill`."""
    directory = tmp_path_factory.mktemp("place")
    with new_place(request.param, request, directory) as found:
        experiment = make_experiment(directory)
        experiment.observers.append(observer_of(request.param, found.url))
        # Ids of TinyDB are random unless they are given.
        fill(experiment, with_ids=request.param == "tinydb")
        yield found.url


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
    assert page.count("<polyline") == 2 * 4  # of each run its curve and its line in the legend
    assert "trained with 0.5" in page


def test_an_id_that_is_not_there(place: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["-s", place, "show", "77"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("sacred: there is no run '77' in ")
    assert err.endswith(" The last ones: 2, 3, 4\n")


def test_tags_notes_and_stars(call: Any) -> None:
    assert call("tag", "1", "last", "+good", "+late") == "run 1: good, late\nrun 4: good, late\n"
    assert call("tag", "1", "last", "-good", "-late").endswith("run 4: no tags\n")
    call("note", "2", "see figure 3")
    call("star", "2")
    [row] = json.loads(call("ls", "starred", "--columns", "id,notes", "--json"))
    assert [str(row["id"]), row["notes"]] == ["2", "see figure 3"]
    call("unstar", "2")


def test_runs_go_into_the_trash_and_come_back(
    call: Any, place: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["-s", place, "rm", "2", "3"]) == 0
    assert "sacred rm --undo 2 3" in capsys.readouterr().err
    assert len(json.loads(call("ls", "--json"))) == 2
    [row] = json.loads(call("gc", "--dry-run", "--json"))[:1]
    assert (row["what"], row["number"]) == ("run in the trash", 2)
    call("rm", "--undo", "2", "3")
    assert len(json.loads(call("ls", "--json"))) == 4
    assert json.loads(call("gc", "--dry-run", "--json")) == []


def test_runs_are_copied_and_removed_for_good(
    call: Any, place: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = f"file:{tmp_path}"
    for remark in ("4 copied, 0 already there\n", "0 copied, 4 already there\n"):
        assert main(["copy", place, copy]) == 0
        assert capsys.readouterr().err == remark
    run = json.loads(call("show", "last", "--json"))
    # And back as other runs: their ids are taken.
    assert main(["-s", copy, "tag", "last", "+copied"]) == 0
    assert main(["copy", copy, place, "copied in tags"]) == 0
    capsys.readouterr()
    rows = json.loads(call("ls", "result = 0.5", "--columns", "id,tags", "--json"))
    assert [row["tags"] for row in rows if str(row["id"]) != str(run["id"])] == [["copied"]]
    [new] = [str(row["id"]) for row in rows if row["tags"]]
    assert main(["-s", place, "rm", new]) == 0
    assert main(["-s", place, "gc", "--yes"]) == 0
    assert "deleted: 1 run" in capsys.readouterr().err
    assert len(json.loads(call("ls", "--json"))) == 4
    assert call("cat", "2:model.txt") == "weights 0.01\n"


def test_what_waits_in_a_spool_is_stored(
    place: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run_id = open_store(place)["1"].id
    spool = Spool("elsewhere:", run_id, str(tmp_path / "spools"))
    spool.save([SetFields(fields={"fail_trace": None})], {"status": "RUNNING", "config": {}})
    stored = ["sync", str(tmp_path / "spools"), "--store", place]
    assert main(stored) == 0, capsys.readouterr().err
    assert capsys.readouterr().out == f"run {run_id} is stored in {open_store(place).url}\n"
    assert main(stored) == 0
    assert capsys.readouterr().err == "nothing is pending\n"
