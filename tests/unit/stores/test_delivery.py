"""What happens to the changes of a run when its store fails."""

import itertools
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sacred.observers.store_observer import StoreObserver
from sacred.stores.changes import AddFile
from sacred.stores.schemes import store_from_url
from sacred.stores.spool import default_directory, read_spool, replay
from sacred.stores.store import RunNotFoundError, StoreError, StoreUnavailableError
from tests.unit.stores.comparison import FlakyStore, MemoryStore, play, scenarios
from tests.unit.stores.observer_calls import T0, beat, complete, log, start

PAUSE = StoreObserver.pause  # as it is before the tests shorten it


class BrokenStore(MemoryStore):
    """Does not answer while `broken` is set; `calls` counts attempts."""

    broken = False
    calls = 0
    error = StoreUnavailableError("gone")

    def apply(self, run_id, changes):
        self.calls += 1
        if self.broken:
            raise self.error
        super().apply(run_id, changes)


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(StoreObserver, "pause", 0.0)


@pytest.fixture
def store():
    return BrokenStore()


@pytest.fixture
def observer(store, tmp_path):
    return StoreObserver(store, failure_dir=str(tmp_path / "spool"))


def spools(tmp_path):
    return sorted((tmp_path / "spool").glob("*/record.jsonl"))


@given(scenarios, st.integers())
@example(
    (
        [
            ("points", {"loss": [0], "acc": [0]}),
            ("artifact", "a.txt", b""),
            ("artifact", "a.txt", b"\x00"),
        ],
        "COMPLETED",
        None,
    ),
    21_051_319_010,
)
def test_a_store_that_fails_at_random_equals_one_that_never_fails(tmp_path_factory, scenario, seed):
    directory = tmp_path_factory.mktemp("scenario")
    steady, shaky = MemoryStore(), MemoryStore()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(StoreObserver, "pause", 0.0)
        patch.setattr(StoreObserver, "closing_attempts", {"COMPLETED": 200, "FAILED": 200})
        patch.setattr(StoreObserver, "interrupted_attempts", 200)
        play(StoreObserver(steady), scenario, directory)
        flaky = FlakyStore(shaky, 0.3, seed)
        play(StoreObserver(flaky, failure_dir=str(directory / "spool")), scenario, directory)
    assert steady.read(1) == shaky.read(1)
    # Nothing is left over once all is stored.
    assert not list(directory.glob("spool/*"))


@given(scenarios)
def test_replaying_a_spool_equals_an_undisturbed_run(tmp_path_factory, scenario):
    directory = tmp_path_factory.mktemp("scenario")
    steady, store = MemoryStore(), BrokenStore()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(StoreObserver, "pause", 0.0)
        play(StoreObserver(steady), scenario, directory)
        observer = StoreObserver(store, failure_dir=str(directory / "spool"))
        store.broken = True
        play(observer, scenario, directory)
    store.broken = False
    [record] = directory.glob("spool/*/record.jsonl")
    assert replay(record, store) == 1
    assert replay(record, store, remove=True) == 1  # again: no harm
    assert store.read(1) == steady.read(1)
    assert not list(directory.glob("spool/*"))


def test_what_failed_goes_with_the_next_event(store, observer):
    start(observer)
    store.broken = True
    with pytest.raises(StoreUnavailableError):
        log(observer, {"loss": [1, 2]})
    store.broken = False
    time.sleep(0.01)
    beat(observer, "out")
    assert [value for _, value, _ in store.read(1)["metrics"]["loss"]] == [1, 2]
    assert store.read(1)["output"] == "out"


def test_while_the_store_is_away_events_cost_nothing(store, observer, monkeypatch):
    def slow(run_id, changes):
        store.calls += 1
        time.sleep(0.2)
        raise StoreUnavailableError("gone")

    start(observer)
    monkeypatch.setattr(store, "apply", slow)
    with pytest.raises(StoreUnavailableError):
        beat(observer, "a")
    began = time.monotonic()
    for number in range(100):
        log(observer, {"loss": [number]})
    assert time.monotonic() - began < 0.15
    assert store.calls == 1
    monkeypatch.undo()
    complete(observer)
    assert len(store.read(1)["metrics"]["loss"]) == 100


def test_one_poisonous_change_does_not_hold_up_the_others(store, observer, monkeypatch):
    apply = store.apply

    def picky(run_id, changes):
        if any(getattr(change, "name", "") == "bad" for change in changes):
            raise ValueError("I do not like this metric")
        apply(run_id, changes)

    start(observer)
    monkeypatch.setattr(store, "apply", picky)
    with pytest.raises(ValueError, match="do not like"):
        log(observer, {"bad": [1], "good": [2]})
    assert list(store.read(1)["metrics"]) == ["good"]
    with pytest.raises(ValueError, match="do not like"):
        beat(observer, "out")
    assert store.read(1)["output"] == "out"


def test_a_file_that_never_gets_through_does_not_hold_up_the_others(
    store, observer, monkeypatch, tmp_path
):
    apply = store.apply

    def slow_network(run_id, changes):
        if any(isinstance(change, AddFile) for change in changes):
            raise StoreUnavailableError("timed out")
        apply(run_id, changes)

    start(observer)
    monkeypatch.setattr(store, "apply", slow_network)
    with pytest.raises(StoreUnavailableError):
        observer.artifact_event(name="large", filename=__file__)
    observer.delivery.quiet_until = 0
    with pytest.raises(StoreUnavailableError):
        beat(observer, "out")
    assert store.read(1)["output"] == "out"
    complete(observer, 42)
    assert (store.read(1)["status"], store.read(1)["result"]) == ("COMPLETED", 42)
    [spool] = spools(tmp_path)
    assert [change.name for change in read_spool(spool)[1]] == ["large"]


def test_a_vanished_artifact_is_one_error_and_no_more(tmp_path, observer, store):
    start(observer)
    with pytest.raises(FileNotFoundError):
        observer.artifact_event(name="a", filename=str(tmp_path / "nothing"))
    beat(observer, "out")
    complete(observer)
    assert store.read(1)["status"] == "COMPLETED"
    assert not spools(tmp_path)


def test_an_artifact_may_be_removed_while_the_store_is_away(tmp_path, observer, store):
    artifact = tmp_path / "a.bin"
    artifact.write_bytes(b"content")
    start(observer)
    store.broken = True
    with pytest.raises(StoreUnavailableError):
        observer.artifact_event(name="a.bin", filename=str(artifact))
    artifact.unlink()
    store.broken = False
    complete(observer)
    assert store.read(1)["artifacts"] == {"a.bin": b"content"}
    assert not list((tmp_path / "spool").iterdir())


@pytest.mark.parametrize(
    ("status", "attempts"), [("COMPLETED", 10), ("TIMEOUT", 3), ("INTERRUPTED", 3), ("FAILED", 1)]
)
def test_the_closing_event_tries_again(observer, store, status, attempts):
    start(observer)
    store.broken = True
    store.is_unreachable = lambda error: True
    if status == "COMPLETED":
        complete(observer)
    elif status == "FAILED":
        observer.failed_event(fail_time=T0, fail_trace=[])
    else:
        observer.interrupted_event(interrupt_time=T0, status=status)
    assert store.calls == attempts


def test_between_two_attempts_there_is_a_pause(observer, store, monkeypatch):
    assert PAUSE == 1.0  # as long as nobody wants another one
    monkeypatch.setattr(StoreObserver, "pause", 0.05)
    start(observer)
    apply, times = store.apply, []
    monkeypatch.setattr(store, "apply", lambda *a: (times.append(time.monotonic()), apply(*a)))
    store.broken = True
    observer.interrupted_event(interrupt_time=T0, status="INTERRUPTED")
    assert [late - early >= 0.05 for early, late in itertools.pairwise(times)] == [True, True]


def test_only_the_first_attempt_waits_as_long_as_the_store_does(observer, store, monkeypatch):
    asked = []

    def check_reachable(within):
        asked.append(within)
        raise StoreUnavailableError("still gone")

    start(observer)
    monkeypatch.setattr(store, "check_reachable", check_reachable)
    store.broken = True
    complete(observer)
    assert (len(asked), max(asked), store.calls) == (9, 1.0, 1)


def test_what_will_never_be_stored_is_not_waited_for(observer, store, tmp_path):
    start(observer)
    store.broken, store.error = True, ValueError("not this one")
    complete(observer)
    assert store.calls == 3  # all at once, then the result and the end, each by itself
    assert len(spools(tmp_path)) == 1


def test_the_path_of_the_spool_is_printed(observer, store, tmp_path, capsys):
    start(observer)
    store.broken = True
    complete(observer, 42)
    [record] = spools(tmp_path)
    printed = capsys.readouterr().err
    assert str(record) in printed
    assert "gone" in printed
    header, changes = read_spool(record)
    assert (header["store"], header["run_id"]) == ("memory:", 1)
    [change] = changes
    assert change.fields == {"stop_time": T0, "result": 42, "status": "COMPLETED"}


def test_a_spool_brings_its_run_to_a_store_that_has_lost_it(observer, store, tmp_path):
    start(observer, "my run", config={"C": 3.0})
    store.broken = True
    complete(observer, float("nan"))
    other = MemoryStore()
    with pytest.raises(RunNotFoundError):
        other.apply("my run", [])
    assert replay(spools(tmp_path)[0].parent, other) == "my run"
    assert other.read("my run")["config"] == {"C": 3.0}
    assert repr(other.read("my run")["result"]) == "nan"


def test_by_default_spools_go_to_the_users_data(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert default_directory() == str(tmp_path / "sacred" / "spool")
    monkeypatch.delenv("XDG_DATA_HOME")
    monkeypatch.setenv("HOME", "/home/me")
    assert default_directory() == "/home/me/.local/share/sacred/spool"


@pytest.mark.parametrize(
    "text", ["", "{}\n", "[1]\n", "{", "\udc80", '{"sacred_spool": 99}\n', '{"sacred_spool": 1}\n']
)
def test_other_files_are_no_spools(tmp_path, text):
    (tmp_path / "record.jsonl").write_text(text, errors="surrogateescape")
    with pytest.raises(StoreError, match=r"record\.jsonl is not what it should be"):
        replay(tmp_path, MemoryStore())


@pytest.mark.parametrize(
    ("what", "replaced"),
    [
        ('"run_id": 1', '"run_id": ["1"]'),
        ('"path": "', '"path": "../'),
        ('"kind": "', '"kind": "X'),
    ],
)
def test_a_spool_that_leads_elsewhere_is_refused(observer, store, tmp_path, what, replaced):
    (tmp_path / "a").write_text("content")
    start(observer)
    store.broken = True
    with pytest.raises(StoreUnavailableError):
        observer.artifact_event(name="a", filename=str(tmp_path / "a"))
    complete(observer)
    [record] = spools(tmp_path)
    text = record.read_text()
    assert what in text
    record.write_text(text.replace(what, replaced))
    store.broken = False
    with pytest.raises(StoreError, match=r"record\.jsonl is not what it should be"):
        replay(record, store)
    assert store.read(1)["status"] == "RUNNING"


def test_a_spool_for_a_run_outside_of_the_store_is_refused(observer, store, tmp_path):
    """An id is no path."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "run.json").write_text("{}")
    start(observer)
    store.broken = True
    complete(observer)
    [record] = spools(tmp_path)
    record.write_text(record.read_text().replace('"run_id": 1', '"run_id": "../elsewhere"'))
    with pytest.raises(StoreError, match="cannot have the id"):
        replay(record, store_from_url(f"file:{tmp_path / 'runs'}"))
    assert (tmp_path / "elsewhere" / "run.json").read_text() == "{}"


def test_tags_in_a_spool_are_data_and_nothing_else(observer, store, tmp_path):
    """A spool is a file that somebody else may have written."""
    start(observer)
    store.broken = True
    complete(observer)
    [record] = spools(tmp_path)
    harmful = '{"py/reduce": [{"py/type": "os.system"}, {"py/tuple": ["touch /tmp/oops"]}]}'
    record.write_text(record.read_text().replace('"result": null', f'"result": {harmful}'))
    store.broken = False
    replay(record, store)
    assert "py/reduce" in store.read(1)["result"]


def test_without_a_start_there_is_nothing_to_write_to(observer):
    with pytest.raises(RuntimeError, match="has not received a started_event"):
        beat(observer)
