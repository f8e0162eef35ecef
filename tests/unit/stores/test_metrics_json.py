"""``metrics.json``: whole at any moment, and each point written a bounded number of times."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sacred.serializer import dumps
from sacred.stores.files import metrics_json
from sacred.stores.files.blobs import LocalBlobs
from sacred.stores.files.metrics_json import MetricsFile, read_metrics
from sacred.stores.store import StoreError, StoreUnavailableError
from tests.unit.stores.test_changes import points


@pytest.fixture
def blobs(tmp_path):
    (tmp_path / "1").mkdir()
    return LocalBlobs(tmp_path)


@pytest.fixture
def use_journal(monkeypatch):
    monkeypatch.setattr(metrics_json, "SMALL_FILE_BYTES", 0)
    monkeypatch.setattr(metrics_json, "MIN_NEW_SHARE", 10)


def values_of(path):
    return {name: arrays["values"] for name, arrays in read_metrics(path).items()}


def test_the_layout(tmp_path, blobs):
    MetricsFile(blobs, "1").add([points(0, 1, 2.5)])
    time = "2026-01-02T03:04:05.678000"
    assert json.loads((tmp_path / "1" / "metrics.json").read_text()) == {
        "loss": {"steps": [1, 2.5], "values": [1, 2.5], "timestamps": [time, time]}
    }


def same(a, b):
    return a.keys() == b.keys() and all(repr(a[name]) == repr(b[name]) for name in a)


@given(
    st.lists(
        st.dictionaries(
            st.sampled_from(["a", 'q"', "ü"]), st.lists(st.floats(), min_size=1, max_size=30)
        ),
        max_size=20,
    ),
    st.integers(0, 2000),
)
def test_readers_see_every_beat(tmp_path_factory, beats, small):
    path = tmp_path_factory.mktemp("run")
    file = MetricsFile(LocalBlobs(path), ".")
    expected = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(metrics_json, "SMALL_FILE_BYTES", small)
        for beat in beats:
            batch = [points(len(expected.get(n, [])), *v, name=n) for n, v in beat.items()]
            for name, values in beat.items():
                expected.setdefault(name, []).extend(values)
            file.add(batch)
            file.add(batch)  # again: a retry
            assert same(values_of(path), expected)
        file.finish()
    assert same(values_of(path), expected)
    assert not (path / "metrics.jsonl").exists()


def test_nan_is_no_problem_for_other_readers(tmp_path, blobs):
    MetricsFile(blobs, "1").add([points(0, math.nan, math.inf)])

    def refuse(constant):
        raise AssertionError(f"{constant} is not JSON")

    json.loads((tmp_path / "1" / "metrics.json").read_text(), parse_constant=refuse)
    assert repr(values_of(tmp_path / "1")["loss"]) == "[nan, inf]"


@given(
    st.one_of(
        st.lists(st.integers(), max_size=5),
        st.lists(st.floats(), max_size=5),
        st.lists(st.one_of(st.none(), st.booleans(), st.integers(), st.floats()), max_size=5),
    )
)
def test_numbers_are_written_as_json_writes_them(numbers):
    text = metrics_json.elements_text(numbers).decode()
    assert f"[{text}]" == dumps(numbers)


def test_missing_points_are_noticed(blobs):
    with pytest.raises(StoreError, match="Points 0 to 3 of 'loss' are missing"):
        MetricsFile(blobs, "1").add([points(3, 1)])


class WatchedBlobs(LocalBlobs):
    """Counts what is written, or refuses."""

    written = 0
    full = False

    def write(self, name, content):
        content = content if isinstance(content, bytes) else b"".join(content)
        self._count(content)
        super().write(name, content)

    def append(self, name, offset, content):
        self._count(content)
        super().append(name, offset, content)

    def _count(self, content):
        if self.full:
            raise StoreUnavailableError("full")
        self.written += len(content)


def test_the_cost_of_a_beat_does_not_grow(monkeypatch, tmp_path):
    monkeypatch.setattr(metrics_json, "SMALL_FILE_BYTES", 1000)
    blobs = WatchedBlobs(tmp_path)
    file = MetricsFile(blobs, ".")
    for beat in range(2000):
        file.add([points(beat * 5, *range(5))])
    file.finish()
    # All of it at every beat would be 1000 times its size.
    assert blobs.written < 9 * len(blobs.read("metrics.json"))


def test_a_full_disk_loses_nothing(monkeypatch, tmp_path):
    monkeypatch.setattr(metrics_json, "SMALL_FILE_BYTES", 100)
    blobs = WatchedBlobs(tmp_path)
    file = MetricsFile(blobs, ".")
    for beat in range(30):
        batch = [points(beat * 2, beat, -beat)]
        blobs.full = True
        with pytest.raises(StoreUnavailableError):
            file.add(batch)
        blobs.full = False
        file.add(batch)
        assert len(values_of(tmp_path)["loss"]) == 2 * beat + 2


@pytest.mark.usefixtures("use_journal")
def test_a_torn_journal_and_an_old_one(tmp_path, blobs):
    file = MetricsFile(blobs, "1")
    file.add([points(0, 1, 2)])
    file.add([points(2, 3)])
    journal = tmp_path / "1" / "metrics.jsonl"
    with journal.open("ab") as torn:
        torn.write(b'{"name": "loss", "start": 3, "st')
    assert values_of(tmp_path / "1") == {"loss": [1, 2, 3]}
    # Killed after the file was replaced and before the journal went: points are there twice.
    old = journal.read_bytes()
    file.finish()
    journal.write_bytes(old)
    assert values_of(tmp_path / "1") == {"loss": [1, 2, 3]}


@pytest.mark.usefixtures("use_journal")
def test_another_process_goes_on(tmp_path, blobs):
    file = MetricsFile(blobs, "1")
    file.add([points(0, 1, math.nan)])
    file.add([points(2, 3)])
    other = MetricsFile(blobs, "1")
    other.load()
    other.add([points(3, 4)])
    other.finish()
    assert repr(values_of(tmp_path / "1")) == "{'loss': [1, nan, 3, 4]}"
    assert not (tmp_path / "1" / "metrics.jsonl").exists()


def test_a_run_without_metrics(tmp_path, blobs):
    file = MetricsFile(blobs, "1")
    file.add([])
    file.finish()
    assert read_metrics(tmp_path / "1") == {}
    assert list((tmp_path / "1").iterdir()) == []


@pytest.mark.parametrize("small", [0, 1 << 20])
@pytest.mark.parametrize("method", ["write", "remove", "append"])
def test_an_operation_that_gets_through_though_it_fails(
    tmp_path, blobs, monkeypatch, method, small
):
    """As when the answer of a server is lost: the file is another one than it was."""
    monkeypatch.setattr(metrics_json, "SMALL_FILE_BYTES", small)
    file = MetricsFile(blobs, "1")
    file.add([points(0, 1.0)])
    file.add([points(1, 2.0)])
    operation = getattr(blobs, method)

    def unlucky(*arguments):
        operation(*arguments)
        raise StoreUnavailableError("the answer is lost")

    value = 3.0
    for batch in ([value], [value, 4.0], [value, 4.0, 5.0]):
        with monkeypatch.context() as patch:
            patch.setattr(blobs, method, unlucky)
            try:
                file.add([points(2, *batch)])
            except StoreUnavailableError:
                pass
    file.add([points(2, 3.0, 4.0, 5.0, 6.0)])
    assert values_of(tmp_path / "1") == {"loss": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]}
    file.finish()
    assert values_of(tmp_path / "1") == {"loss": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]}
    assert not (tmp_path / "1" / "metrics.jsonl").exists()
