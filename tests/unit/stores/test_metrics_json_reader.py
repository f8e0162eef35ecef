"""Reading one metric out of a file of any size, as fast as it can be."""

import datetime
import json
import math

import numpy as np
import pytest

from sacred import open_store
from sacred.observers import StoreObserver
from sacred.stores.changes import AddPoints
from sacred.stores.files import metrics_json, metrics_json_reader
from sacred.stores.files.blobs import LocalBlobs
from sacred.stores.files.metrics_json import MetricsFile
from sacred.stores.files.metrics_json_reader import read_all_points, read_points, stored_names
from sacred.testing import drive

T0 = datetime.datetime(2026, 1, 2, 3, 4, 5, 678000)
METRICS = {
    "floats": [0.1, 2.5e-300, -3.0],
    "integers": [1, -2, 3],
    "both": [1, 2.0, 3],
    'odd "name"\n]: {': [math.nan, math.inf, 0.5],
    "huge": [2**70, 1, 2],
    "texts": ["a]", "b\n", [1, {"c": 2}]],
    "empty": [],
}


@pytest.fixture(params=["small", "large"])
def blobs(request, tmp_path, monkeypatch):
    """A run with `METRICS`; "large": read as if it had a million points."""
    if request.param == "large":
        monkeypatch.setattr(metrics_json_reader, "LARGE_FILE_BYTES", 0)
    (tmp_path / "1").mkdir()
    blobs = LocalBlobs(tmp_path)
    file = MetricsFile(blobs, "1")
    file.add([points(name, 0, values) for name, values in METRICS.items() if values])
    file.finish()
    return blobs


def points(name, start, values):
    steps = [10 * (start + n) for n in range(len(values))]
    times = [T0] * len(values)
    return AddPoints(name=name, start=start, steps=steps, values=values, timestamps=times)


@pytest.mark.parametrize("name", METRICS)
def test_points_are_those_that_were_written(blobs, name):
    found = read_points(blobs, "1", name)
    values = [math.inf if value != value else value for value in METRICS[name]]
    assert [math.inf if value != value else value for value in found.values] == values
    assert [type(value) for value in np.array(found.values, dtype=object).tolist()] == [
        type(value) for value in METRICS[name]
    ]
    assert list(found.steps) == [0, 10, 20][: len(values)]
    assert list(found.timestamps) == [T0.isoformat()] * len(values)


def test_names(blobs):
    assert set(stored_names(blobs, "1")) == {name for name in METRICS if METRICS[name]}


def test_points_in_the_journal_come_behind(blobs):
    line = {"name": "floats", "start": 2, "steps": [20, 30], "values": [-3.0, 7.5]}
    line["timestamps"] = [T0.isoformat()] * 2
    blobs.append("1/metrics.jsonl", 0, json.dumps(line).encode() + b"\n{cut off")
    assert list(read_points(blobs, "1", "floats").values) == [0.1, 2.5e-300, -3.0, 7.5]
    assert list(read_points(blobs, "1", "integers").values) == [1, -2, 3]


@pytest.mark.parametrize("indent", [None, 2])
def test_other_json_is_read_as_well(tmp_path, monkeypatch, indent):
    monkeypatch.setattr(metrics_json_reader, "LARGE_FILE_BYTES", 0)
    metrics = {"a": {"steps": [0], "timestamps": ["2026-01-02"], "values": [0.5]}}
    (tmp_path / "metrics.json").write_text(json.dumps(metrics, indent=indent))
    blobs = LocalBlobs(tmp_path)
    assert stored_names(blobs, ".") == ["a"]
    assert read_points(blobs, ".", "a").values == [0.5]


def test_a_damaged_file_is_an_error(tmp_path):
    (tmp_path / "metrics.json").write_text('{"a": {"steps": [')
    with pytest.raises(ValueError, match="Expecting"):
        stored_names(LocalBlobs(tmp_path), ".")


@pytest.mark.parametrize("with_journal", [False, True])
def test_all_points_are_those_of_each_metric(blobs, tmp_path, with_journal, monkeypatch):
    if with_journal:
        monkeypatch.setattr(metrics_json, "SMALL_FILE_BYTES", 0)
        monkeypatch.setattr(metrics_json, "MIN_NEW_SHARE", 10)
        (tmp_path / "2").mkdir()
        writer = MetricsFile(blobs, "2")
        for start in range(3):
            writer.add([points("floats", start, [0.5 + start]), points("new", start, [start])])
    run_id = "2" if with_journal else "1"
    assert blobs.exists(f"{run_id}/{metrics_json.JOURNAL}") == with_journal
    found = dict(read_all_points(blobs, run_id))
    assert list(found) == stored_names(blobs, run_id)
    for name, together in found.items():
        alone = read_points(blobs, run_id, name)
        for column in ("steps", "values", "timestamps"):
            assert repr(list(getattr(together, column))) == repr(list(getattr(alone, column)))


def test_the_metrics_of_a_run_are_read_together(tmp_path, monkeypatch):
    """To read the file once for each metric takes a time that grows with the square."""
    store = open_store(tmp_path)
    observer = StoreObserver(store.backend)
    drive.start(observer)
    drive.log(observer, {f"m{number}": [number, 2.0 * number] for number in range(50)})
    drive.complete(observer)
    reads = []
    read = LocalBlobs.read
    monkeypatch.setattr(LocalBlobs, "read", lambda *args: reads.append(args) or read(*args))
    metrics = store[1].read_metrics()
    assert [metric.last for metric in metrics.values()] == [2.0 * int(name[1:]) for name in metrics]
    assert len(metrics) == 50
    assert len(reads) < 20
