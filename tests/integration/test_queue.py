"""QueueObserver: in order, at once, and never for ever."""

import threading
import time

import pytest
from hypothesis import given, settings

from sacred.observers.base import RunObserver
from sacred.observers.file_storage import FileStorageObserver
from sacred.observers.queue import QueueObserver, WrappedEvent
from tests.integration.test_file_storage import read_back
from tests.unit.stores.comparison import MemoryStore, StoreObserver, live, lives
from tests.unit.stores.observer_calls import T0, beat, complete, log, queue, start


class Witness(RunObserver):
    """Remembers what it was told and by which thread; fails as often as it should."""

    priority = 12

    def __init__(self, failures=0):
        self.told = []
        self.threads = set()
        self.failures = failures
        self.calls = 0

    def started_event(self, **event):
        self.told.append("started")
        return "the id"

    def queued_event(self, **event):
        self.told.append("queued")
        return "queued id"

    def heartbeat_event(self, info, captured_out, beat_time, result):
        self._tell(captured_out)

    def completed_event(self, stop_time, result):
        self._tell("completed")

    def join(self):
        self.told.append("joined")

    def _tell(self, what):
        self.threads.add(threading.get_ident())
        self.calls += 1
        if self.failures:
            self.failures -= 1
            raise RuntimeError("not now")
        self.told.append(what)


def covering(witness, **arguments):
    return QueueObserver(witness, **{"retry_interval": 0.01, **arguments})


def test_events_come_in_order_from_another_thread():
    witness = Witness()
    observer = covering(witness)
    assert start(observer) == "the id"
    for number in range(100):
        beat(observer, str(number))
    complete(observer)
    observer.join()
    assert witness.told == ["started", *map(str, range(100)), "completed", "joined"]
    assert threading.get_ident() not in witness.threads


def test_it_wakes_at_once():
    witness = Witness()
    observer = covering(witness, interval=600)  # more than a test may take
    start(observer)
    beat(observer, "now")
    while "now" not in witness.told:
        time.sleep(0.005)
    observer.join()


def test_the_run_does_not_wait():
    run_goes_on = threading.Event()

    class Slow(Witness):
        def _tell(self, what):
            assert run_goes_on.wait(60)
            super()._tell(what)

    observer = covering(Slow())
    start(observer)
    for number in range(5):
        beat(observer, str(number))
    run_goes_on.set()
    observer.join()
    assert observer.told[-2:] == ["4", "joined"]


def test_a_failing_event_is_tried_again():
    witness = Witness(failures=2)
    observer = covering(witness)
    start(observer)
    beat(observer, "a")
    beat(observer, "b")
    observer.join()
    assert witness.told == ["started", "a", "b", "joined"]


def test_a_permanent_error_ends_and_is_logged(caplog):
    witness = Witness(failures=10**9)
    observer = covering(witness)
    start(observer)
    for number in range(5):
        beat(observer, str(number))
    complete(observer)
    observer.join()
    assert witness.calls == 3 + 5  # having failed three times, it is not asked thrice again
    assert "completed_event of Witness failed: RuntimeError: not now" in caplog.text


def test_errors_at_the_start_are_those_of_the_run():
    class Refusing(Witness):
        def started_event(self, **event):
            raise OSError("no place")

    with pytest.raises(OSError, match="no place"):
        start(covering(Refusing()))


def test_queued_runs_need_no_thread():
    witness = Witness()
    observer = covering(witness)
    assert queue(observer) == "queued id"
    observer.join()
    assert witness.told == ["queued", "joined"]


def test_it_has_the_attributes_of_what_it_covers(tmp_path):
    observer = QueueObserver(FileStorageObserver(tmp_path / "runs"))
    assert (observer.priority, observer.basedir) == (20, str(tmp_path / "runs"))
    with pytest.raises(AttributeError):
        _ = observer.nothing


def test_an_observer_with_few_methods_is_enough():
    class Few:
        def completed_event(self, stop_time, result):
            self.result = result

    few = Few()
    observer = QueueObserver(few)
    start(observer)
    beat(observer, "x")
    complete(observer, 42)
    observer.join()
    assert (few.result, observer.priority) == (42, 0)


def test_one_observer_for_several_runs():
    witness = Witness()
    observer = covering(witness)
    for name in "ab":
        start(observer)
        beat(observer, name)
        observer.join()
    assert witness.told == ["started", "a", "joined", "started", "b", "joined"]


def test_without_a_start_there_is_no_queue():
    with pytest.raises(RuntimeError, match="has not received a started_event"):
        beat(QueueObserver(Witness()))


def test_wrapped_events():
    event = WrappedEvent("join", (1,), {"a": 2})
    assert (event.name, event.args, event.kwargs) == ("join", (1,), {"a": 2})


# --------------------------------------------------------------- over the file store


@given(lives)
@settings(max_examples=20)
def test_it_covers_file_observers(tmp_path_factory, life):
    directory = tmp_path_factory.mktemp("life")
    memory = MemoryStore()
    live(StoreObserver(memory), life, directory)
    observer = QueueObserver(FileStorageObserver(directory / "runs"), retry_interval=0.01)
    # Resources are read later; here they are still there then, artifacts are not.
    run_id = live(observer, life, directory)
    assert read_back(directory / "runs" / run_id) == memory.read(1)


def test_mistakes_with_artifacts_are_the_users(tmp_path):
    observer = QueueObserver(FileStorageObserver(tmp_path / "runs"))
    start(observer)
    with pytest.raises(FileExistsError, match=r"run\.json"):
        observer.artifact_event(name="run.json", filename=__file__)
    with pytest.raises(FileNotFoundError):
        observer.artifact_event(name="a", filename=str(tmp_path / "nothing"))
    complete(observer)
    observer.join()


def test_what_cannot_be_stored_ends_in_a_spool(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(StoreObserver, "pause", 0.01)
    runs = tmp_path / "runs"
    covered = FileStorageObserver(runs, failure_dir=tmp_path / "spool")
    observer = QueueObserver(covered, retry_interval=0.01)
    start(observer)
    runs.rename(tmp_path / "away")
    runs.write_text("in the way")
    log(observer, {"loss": [1]})
    observer.artifact_event(name="a", filename=__file__)
    beat(observer, "out")
    observer.failed_event(fail_time=T0, fail_trace=["E\n"])
    observer.join()
    [record] = (tmp_path / "spool").glob("*/record.jsonl")
    assert str(record) in capsys.readouterr().err
    assert len(list(record.parent.iterdir())) == 2  # and the artifact
