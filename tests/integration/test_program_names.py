"""Words of queries as people type them: short names, words to look for, local times."""

from __future__ import annotations

import datetime
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sacred import open_store
from sacred.app import main
from sacred.observers import FileStorageObserver
from sacred.observers.store_observer import StoreObserver
from sacred.query import parse
from sacred.query.times import time_range_of
from sacred.runs import RunStore
from sacred.runs.run_references import find_run
from sacred.testing import drive

Call = Callable[..., tuple[int, str, str]]

RUNS = [
    ("toynet", {"optimizer": {"lr": 0.1}, "debug": True, "name": "a"}),
    ("toynet", {"optimizer": {"lr": 0.2}, "debug": False, "name": "b"}),
    ("trees", {"depth": 3, "forest": {"size": 10}, "boost": {"size": 2}, "name": "a"}),
]


START = datetime.datetime(2026, 3, 5)


def start(observer: Any, when: datetime.datetime, config: dict[str, Any], name: str) -> None:
    """Start a run."""
    observer.started_event(
        ex_info={"name": name, "base_dir": "/", "sources": [], "dependencies": []},
        command="main",
        host_info={"hostname": "laptop"},
        start_time=when,
        config=config,
        meta_info={},
        _id=None,
    )


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Runs of two experiments; the second run has failed."""
    directory = tmp_path_factory.mktemp("names")
    for number, (name, config) in enumerate(RUNS, start=1):
        observer = FileStorageObserver(directory / "runs")
        start(observer, datetime.datetime(2026, 3, number, 23, 30), config, name)
        observer.log_metrics(
            {"train.loss": {"values": [float(number)], "steps": [0], "timestamps": [START]}}, {}
        )
        if number == 2:
            observer.failed_event(fail_time=START, fail_trace=["Boom\n"])
        else:
            observer.completed_event(stop_time=START, result=number)
    return directory


@pytest.fixture
def call(
    directory: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Call:
    """The program beside these runs."""
    monkeypatch.delenv("SACRED_STORE", raising=False)
    monkeypatch.chdir(directory)

    def run(*argv: str) -> tuple[int, str, str]:
        code = main(argv)
        return (code, *capsys.readouterr())

    return run


@pytest.fixture
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A time zone of its own."""
    monkeypatch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def ids(call: Call, *words: str) -> list[int]:
    code, out, err = call("ls", *words, "--json")
    assert (code, err) == (0, "")
    return [row["id"] for row in json.loads(out)]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["lr > 0.1"], [2]),
        (["lr", ">", "0.1"], [2]),
        (["lr > 0.1 or depth = 3"], [3, 2]),
        (["not lr > 0.1"], [3, 1]),
        (["optimizer.lr > 0.1"], [2]),
        (["loss > 1"], [3, 2]),
        (["train.loss.max > 1"], [3, 2]),
        (["loss.max > 2"], [3]),
        (["hostname = laptop and lr = 0.1"], [1]),
        (["start > 2026-03-01"], [3, 2]),
        (["toynet"], [2, 1]),
        (["TOYNET"], [2, 1]),
        (["FAILED"], [2]),
        (["toynet", "COMPLETED"], [1]),
        (["toynet", "lr < 0.2"], [1]),
        (["not toynet"], [3]),
        (["debug"], [1]),
        (["not debug"], [3, 2]),
        (["depth = 3", "--sort", "loss"], [3]),
        (["--sort", "-lr"], [2, 1, 3]),
        (["--sort", "dur,-loss"], [3, 2, 1]),
    ],
)
def test_words_of_queries_are_explained_by_the_runs(
    call: Call, words: list[str], found: list[int]
) -> None:
    assert sorted(ids(call, *words, "--utc")) == sorted(found)
    if "--sort" in words:
        assert ids(call, *words) == found or words[1] == "dur,-loss"


def test_columns_have_the_names_that_were_typed(call: Call) -> None:
    rows = json.loads(call("ls", "--columns", "id,lr,loss.max", "--json")[1])
    assert rows[1] == {"id": 2, "lr": 0.2, "loss.max": 2.0}


def test_a_name_that_may_mean_several_entries_is_an_error(call: Call) -> None:
    code, out, err = call("ls", "size > 3")
    assert (code, out) == (1, "")
    assert err == "sacred: size may be forest.size or boost.size\n" or err == (
        "sacred: size may be boost.size or forest.size\n"
    )
    assert call("ls", "--sort", "size")[0] == 1
    assert ids(call, "size") == [3]  # a word to look for, which stands in the configuration


def test_a_path_from_the_root_means_itself(call: Call) -> None:
    _, out, err = call("ls", "config.lr > 0")
    assert out.count("\n") == 1
    assert 'No run has config.lr. Did you mean "optimizer.lr"?' in err


def test_an_entry_that_is_there_is_never_taken_for_another() -> None:
    store = open_store("memory:")
    for config in ({"lr": 1}, *({"opt": {"lr": 2}} for _ in range(300))):
        drive.start(StoreObserver(store.backend), config=config)
    assert find_run(store, "best:lr").config == {"lr": 1}


def test_a_reference_to_the_best_run_understands_short_names(directory: Path) -> None:
    store = open_store(directory / "runs")
    assert find_run(store, "best:lr").id == 2
    assert find_run(store, "best:-loss").id == 1


def test_a_word_that_is_nowhere_is_compared_with_the_fields(call: Call) -> None:
    _, _, err = call("ls", "starrred")
    assert err.splitlines() == [
        "no runs match the query",
        'No run has the text "starrred". Did you mean "starred"?',
    ]


def test_headings_are_names_that_queries_understand(call: Call) -> None:
    heads = call("ls", "--utc", "toynet")[1].splitlines()[0].replace(" (UTC)", "").split()
    assert heads[:6] == ["id", "status", "name", "start_time", "duration", "result"]
    assert {"optimizer.lr", "debug", "config.name"} == set(heads[6:])
    for name in heads:
        assert call("ls", f"not missing({name})")[2] == ""


# ---------------------------------------------------------------------------- times


@pytest.mark.usefixtures("berlin")
def test_times_are_local_and_say_their_zone(call: Call) -> None:
    out = call("ls", "--columns", "id,start_time", "--sort", "id")[1]
    assert out.splitlines()[:2] == ["id  start_time (CET)", " 1  2026-03-02 00:30:00"]
    out = call("ls", "--columns", "id,start_time", "--sort", "id", "--utc")[1]
    assert out.splitlines()[:2] == ["id  start_time (UTC)", " 1  2026-03-01 23:30:00"]
    assert "2026-03-02 00:30:00 CET" in call("show", "1")[1]
    assert "2026-03-01 23:30:00 UTC" in call("show", "1", "--utc")[1]
    assert "2026-03-02 00:30:00 CET" in call("fields", "--match", "start_time")[1]
    assert "2026-03-05 01:00:00" in call("metrics", "1", "--points")[1]


@pytest.mark.usefixtures("berlin")
def test_programs_get_utc(call: Call) -> None:
    for form in ("--json", "--csv"):
        assert "2026-03-01T23:30:00" in call("ls", form)[1]
        assert "CET" not in call("ls", form)[1]


@pytest.mark.usefixtures("berlin")
def test_times_in_queries_are_those_that_are_shown(call: Call) -> None:
    assert ids(call, "start_time = 2026-03-02") == [1]
    assert ids(call, "start_time = 2026-03-02", "--utc") == [2]
    assert ids(call, "start_time = '2026-03-02T23:30Z'") == [2]
    assert ids(call, "start_time = '2026-03-03 00:30'") == [2]


@pytest.mark.usefixtures("berlin")
def test_a_local_day_may_have_another_length() -> None:
    now = datetime.datetime(2026, 3, 29, 12)
    day = time_range_of("today", now, local=True)
    assert day is not None
    assert day.stop - day.start == datetime.timedelta(hours=23)
    assert day.start == datetime.datetime(2026, 3, 28, 23)
    month = time_range_of("2026-07", now, local=True)
    assert month is not None
    assert month.start == datetime.datetime(2026, 6, 30, 22)


@pytest.mark.usefixtures("berlin")
def test_in_python_times_are_utc(directory: Path) -> None:
    store: RunStore = open_store(directory / "runs")
    assert [run.id for run in store.runs("start_time = 2026-03-02")] == [2]
    assert [run.id for run in store.runs(parse("start_time = 2026-03-02", local=True))] == [1]
    assert "start_time (CET)" in store.runs()._repr_html_()
    assert "2026-03-02 00:30:00 CET" in store[1]._repr_html_()


@pytest.mark.usefixtures("berlin")
def test_columns_over_summer_and_winter_name_both_zones() -> None:
    store = open_store("memory:")
    for month in (1, 7):
        start(StoreObserver(store.backend), datetime.datetime(2026, month, 1), {}, "ex")
    assert "start_time (CET/CEST)" in store.runs()._repr_html_()
