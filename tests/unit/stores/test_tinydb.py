"""TinyDbStore: what each change does to an entry, also when it comes twice."""

import pytest

from sacred.stores.changes import AddFile, AddPoints, SetExperiment, SetFields, WriteOutput
from sacred.stores.store import RunNotFoundError, StoreError
from sacred.stores.tinydb.store import local_tinydb
from tests.unit.stores.observer_calls import T0

DOCUMENT = {"experiment": {"name": "ex"}, "status": "RUNNING", "captured_out": ""}


@pytest.fixture
def store(tmp_path):
    return local_tinydb(str(tmp_path / "runs"))


@pytest.fixture
def run_id(store):
    return store.create(None, DOCUMENT, [])


def points(start, *values):
    return AddPoints(
        name="m",
        start=start,
        steps=list(range(start, start + len(values))),
        values=list(values),
        timestamps=[T0] * len(values),
    )


def entry_of(store, run_id):
    return store.find(run_id)[1]


@pytest.fixture
def changes(tmp_path):
    (tmp_path / "x").write_bytes(b"x")
    return [
        AddFile(kind="artifact", name="x", path=str(tmp_path / "x"), metadata={"a": 1}),
        AddFile(kind="resource", name="x", path=str(tmp_path / "x"), md5="unused"),
        points(0, 1, 2),
        points(2, 3),
        WriteOutput(start=0, offset=0, text="{TinyDate}:"),
        WriteOutput(start=5, offset=5, text="!"),
        SetExperiment(info={"name": "new"}, files=()),
        SetFields(fields={"status": "COMPLETED", "stop_time": T0}),
    ]


def test_changes_may_come_twice(store, run_id, changes, tmp_path):
    store.apply(run_id, changes)
    once = entry_of(store, run_id)
    path = tmp_path / "runs" / "metadata.json"
    before = path.stat().st_mtime_ns
    for change in changes[:4] + changes[6:]:
        store.apply(run_id, [change])
    store.apply(run_id, changes)
    assert entry_of(store, run_id) == once
    assert path.stat().st_mtime_ns == before
    assert once["captured_out"] == "{TinyText}:{Tiny!"
    assert once["metrics"]["m"]["values"] == [1, 2, 3]
    assert once["experiment"] == {"name": "new", "sources": []}


def test_points_at_known_positions_replace(store, run_id):
    store.apply(run_id, [points(0, 1, 2, 3), points(1, 20)])
    assert entry_of(store, run_id)["metrics"]["m"]["values"] == [1, 20, 3]


@pytest.mark.parametrize("change", [points(1, 5), WriteOutput(start=3, offset=3, text="x")])
def test_gaps_are_refused_and_nothing_is_stored(store, run_id, change):
    before = entry_of(store, run_id)
    with pytest.raises(StoreError, match="missing"):
        store.apply(run_id, [SetFields(fields={"status": "X"}), change])
    assert entry_of(store, run_id) == before


def test_runs_that_are_not_there(store, run_id):
    with pytest.raises(RunNotFoundError, match="There is no run 'other' in tinydb:"):
        store.apply("other", [SetFields(fields={"status": "X"})])
    assert store.find("other") is None


def test_dtypes_go_with_their_values(store, run_id):
    np = pytest.importorskip("numpy")
    from sacred.serializer import flatten

    for info, dtypes in (
        ({"a": np.float32([1])}, {"info": {"/a": "float32"}}),
        ({"a": np.float64([1])}, {}),
    ):
        store.apply(run_id, [SetFields(fields={"info": flatten(info)})])
        assert entry_of(store, run_id)["info"] == {"a": "{TinyArray}:[1.0]"}
        assert entry_of(store, run_id)["dtypes"] == dtypes
