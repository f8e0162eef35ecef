"""Kept arrays of long metrics are those of the file as it is now, or are not believed."""

from __future__ import annotations

import datetime
import os
from pathlib import Path

import numpy as np
import pytest

from sacred.stores.cache_dir import VARIABLE
from sacred.stores.changes import AddPoints
from sacred.stores.files import metrics_json_reader, points_cache
from sacred.stores.files.blobs import LocalBlobs
from sacred.stores.files.metrics_json import MetricsFile
from sacred.stores.files.metrics_json_reader import read_points

T0 = datetime.datetime(2026, 1, 2, 3, 4, 5, 678000)


@pytest.fixture(autouse=True)
def kept(tmp_path, monkeypatch):
    """The directory of what is kept; files of any size and age are."""
    monkeypatch.setenv(VARIABLE, str(tmp_path / "cache"))
    monkeypatch.setattr(points_cache, "MIN_FILE_BYTES", 0)
    monkeypatch.setattr(points_cache, "SETTLED_NANOSECONDS", 0)
    monkeypatch.setattr(metrics_json_reader, "LARGE_FILE_BYTES", 0)
    return tmp_path / "cache" / "points"


@pytest.fixture
def blobs(tmp_path):
    (tmp_path / "1").mkdir()
    blobs = LocalBlobs(tmp_path)
    write(blobs, [0.5, 0.25, 1 / 3])
    return blobs


def write(blobs, values):
    file = MetricsFile(blobs, "1")
    count = len(values)
    moments = [T0 + datetime.timedelta(microseconds=n) for n in range(count)]
    file.add([
        AddPoints(name="a", start=0, steps=list(range(count)), values=values, timestamps=moments)
    ])  # fmt: skip
    file.finish()


@pytest.fixture
def reads(monkeypatch):
    """A list with an element for each time that the file is parsed."""
    counted = []
    original = metrics_json_reader.read_whole_metric

    def read(*args):
        counted.append(1)
        return original(*args)

    monkeypatch.setattr(metrics_json_reader, "read_whole_metric", read)
    return counted


def values(blobs):
    return list(read_points(blobs, "1", "a").values)


def test_the_second_time_nothing_is_parsed(blobs, reads):
    first, second = (read_points(blobs, "1", "a") for _ in range(2))
    assert len(reads) == 1
    assert list(first.rows()) == list(second.rows())
    assert list(second.rows())[2] == (2, 1 / 3, T0 + datetime.timedelta(microseconds=2))
    assert [column.dtype.str for column in (second.steps, second.values, second.timestamps)] == [
        "<i8", "<f8", "<M8[us]"
    ]  # fmt: skip


def test_a_file_that_is_written_anew_is_read_anew(blobs, reads):
    assert values(blobs) == [0.5, 0.25, 1 / 3]
    write(blobs, [0.5, 0.75, 1 / 7])
    assert values(blobs) == [0.5, 0.75, 1 / 7]


def test_a_change_that_hides_its_time_is_noticed(blobs):
    assert values(blobs)[0] == 0.5
    path = Path(blobs.local_path("1/metrics.json"))
    before = path.stat()
    path.write_text(path.read_text().replace("0.5", "0.7"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_size == before.st_size
    assert values(blobs)[0] == 0.7


def test_points_in_a_journal_are_not_left_out(blobs):
    assert len(values(blobs)) == 3
    line = (
        b'{"name": "a", "start": 3, "steps": [3], "timestamps": ["2026-01-02"], "values": [9.5]}\n'
    )
    blobs.append("1/metrics.jsonl", 0, line)
    assert values(blobs) == [0.5, 0.25, 1 / 3, 9.5]


@pytest.mark.parametrize("damage", ["flip", "cut", "empty", "noise"])
def test_a_damaged_one_is_not_believed(blobs, kept, reads, damage):
    values(blobs)
    [path] = kept.iterdir()
    content = bytearray(path.read_bytes())
    content[-20] ^= 1
    damaged = {"flip": bytes(content), "cut": content[:-8], "empty": b"", "noise": b"\xff" * 99}
    path.write_bytes(damaged[damage])
    assert values(blobs) == [0.5, 0.25, 1 / 3]
    assert len(reads) == 2
    values(blobs)
    assert len(reads) == 2  # it was kept again


@pytest.mark.parametrize("odd", [[1, 2.5], [float("nan"), 1.0], ["a", "b"], [2**70, 1]])
def test_what_is_no_array_is_not_kept(blobs, kept, odd):
    write(blobs, odd)
    read_points(blobs, "1", "a")
    assert repr(values(blobs)) == repr(odd)
    assert not kept.exists()


def test_none_is_kept_of_a_file_that_has_just_been_written(blobs, kept, monkeypatch):
    monkeypatch.setattr(points_cache, "SETTLED_NANOSECONDS", 3600 * 10**9)
    values(blobs)
    assert not kept.exists()


def test_nobody_has_to_keep_any(blobs, kept, monkeypatch, reads):
    monkeypatch.setenv(VARIABLE, "off")
    assert values(blobs) == values(blobs)
    assert len(reads) == 2
    assert not kept.exists()


def test_a_place_that_cannot_be_written_does_no_harm(blobs, kept):
    kept.parent.write_text("a file")
    assert values(blobs) == [0.5, 0.25, 1 / 3]


def test_the_oldest_make_room(blobs, kept, monkeypatch):
    values(blobs)
    [first] = kept.iterdir()
    monkeypatch.setattr(points_cache, "MAX_CACHE_BYTES", 100)
    os.mkdir(blobs.local_path("2"))
    os.rename(blobs.local_path("1/metrics.json"), blobs.local_path("2/metrics.json"))
    read_points(blobs, "2", "a")
    assert [path for path in kept.iterdir() if path == first] == []
    assert len(list(kept.iterdir())) == 1


def test_arrays_can_be_written_to(blobs):
    values(blobs)
    array = read_points(blobs, "1", "a").values
    array += 1
    assert np.array_equal(array, [1.5, 1.25, 1 / 3 + 1])
