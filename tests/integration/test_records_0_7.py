"""Stores that sacred 0.7.5 has written, by each of its observers, in the program.

``tests/reference/record_0_7.py`` has recorded them.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sacred.app import main
from sacred.runs import open_store
from sacred.upkeep import content_hash, find_garbage
from tests.conftest import ROOT

STORES = ROOT / "tests" / "reference" / "stores_0.7"


@pytest.fixture(params=["file", "tinydb", "sqlite", "mongo"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The same two runs: one completed, one failed."""
    if request.param == "file":
        yield str(shutil.copytree(STORES / "files", tmp_path / "files"))
    elif request.param == "tinydb":
        yield f"tinydb:{shutil.copytree(STORES / 'tinydb', tmp_path / 'tinydb')}"
    elif request.param == "sqlite":
        pytest.importorskip("sqlalchemy")
        with contextlib.closing(sqlite3.connect(tmp_path / "old.db")) as connection:
            connection.executescript((STORES / "sqlite.sql").read_text(encoding="utf-8"))
        yield f"sqlite:///{tmp_path / 'old.db'}"
    else:
        from bson import json_util

        database = request.getfixturevalue("mongo_db")
        dump = json_util.loads((STORES / "mongo.json").read_text(encoding="utf-8"))
        for name, documents in dump.items():
            if documents:
                database[name].insert_many(documents)
        server = request.getfixturevalue("mongo_server")
        yield f"mongodb://{server.host}:{server.port}/{database.name}"


@pytest.fixture
def call(url: str, capsys: pytest.CaptureFixture[str]) -> Any:
    """The output of the program, which must say nothing on stderr."""

    def run(*words: str) -> str:
        capsys.readouterr()
        code = main(["-s", url, *words])
        out, err = capsys.readouterr()
        assert (code, err) == (0, "")
        return out

    return run


def has_metrics(url: str) -> bool:
    """Neither of the others had a place for them."""
    return not url.startswith(("tinydb", "sqlite"))


def test_they_are_listed_and_shown(call: Any, url: str) -> None:
    columns = ("--columns", "status,name,result,lr,opt.betas,layers", "--json")
    rows = json.loads(call("ls", "--sort", "-lr", *columns))
    assert [list(row.values()) for row in rows] == [
        ["COMPLETED", "old_ex", 0.125, 0.5, [0.9, 0.999], [8, 16]],
        ["FAILED", "old_ex", None, 0.1, [0.9, 0.999], [8, 16]],
    ]
    assert len(json.loads(call("ls", "opt.name = adam and lr < 0.3", "--json"))) == 1
    shown = call("show", "best:result")
    for part in ("COMPLETED", "the first", "old-host", "model.txt", "opt.name = 'adam'"):
        assert part in shown
    assert "weights = [0.0, 1.0, 2.0]" in shown or "weights = [0, 1, 2]" in shown
    assert "ValueError: diverged" in call("show", "last")
    assert call("logs", "best:result").startswith("training, lr = 0.5\n")
    assert call("cat", "best:result:model.txt") == "weights\n"
    assert call("cat", "best:result", "helper.py") == "# helper.py\n"
    assert call("cat", "best:result", "data.csv") == "# data.csv\n"
    assert json.loads(call("config", "best:result", "opt"))["name"] == "adam"
    if has_metrics(url):
        points = json.loads(call("metrics", "best:result", "loss", "--json"))
        assert [(p["step"], p["value"]) for p in points] == [(0, 1.0), (10, 0.5), (20, 1 / 3)]


def test_they_are_compared(call: Any) -> None:
    rows = json.loads(call("diff", "best:result", "last", "--json"))
    found = {(row["part"], row["entry"]): list(row.values())[2:] for row in rows}
    assert found.pop(("config", "seed"))[0] != found
    assert found == {
        ("outcome", "status"): ["COMPLETED", "FAILED"],
        ("outcome", "result"): [0.125, None],
        ("config", "lr"): [0.5, 0.1],
        ("config", "fails"): [False, True],
    }


@pytest.mark.parametrize("target", ["file:copy", "sqlite:///copy.db", "tinydb:copy"])
def test_they_are_copied_whole(
    url: str, target: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["copy", url, target]) == 0
    capsys.readouterr()
    assert main(["copy", url, target]) == 0
    assert capsys.readouterr().err == "0 copied, 2 already there\n"
    with open_store(url) as old, open_store(target) as new:
        assert sorted(map(content_hash, old.runs())) == sorted(map(content_hash, new.runs()))


def test_nothing_of_them_is_garbage(url: str) -> None:
    with open_store(url) as store:
        assert not find_garbage(store, grace=datetime.timedelta(0)).garbage
