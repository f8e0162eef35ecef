"""QueueObserver: in order, at once, and never for ever."""

import os
import threading
import time

import pytest
from hypothesis import given, settings

from sacred.observers.base import RunObserver
from sacred.observers.file_storage import FileStorageObserver
from sacred.observers.mongo import QueueCompatibleMongoObserver
from sacred.observers.queue import QueueObserver, WrappedEvent
from sacred.stores.store import StoreUnavailableError
from tests.crash_safety.effort import examples
from tests.integration.test_file_storage import read_back
from tests.unit.stores.comparison import MemoryStore, StoreObserver, play, scenarios
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
    observer.patience = 0.1
    start(observer)
    beat(observer, "0")
    while "heartbeat_event of Witness failed" not in caplog.text:
        time.sleep(0.01)
    assert witness.calls >= 2
    calls = witness.calls
    for number in range(5):
        beat(observer, str(number))
    complete(observer)
    observer.join()
    assert witness.calls == calls + 6  # having failed for so long, others have one attempt
    assert "completed_event of Witness failed: RuntimeError: not now" in caplog.text


def test_an_observer_that_fails_ten_times_and_then_recovers_has_everything():
    witness = Witness(failures=10)
    observer = covering(witness)
    assert observer.patience >= 30
    start(observer)
    beat(observer, "a")
    complete(observer)
    assert witness.told == ["started", "a", "completed"]


ENDINGS = {
    "completed": {"stop_time": T0, "result": None},
    "interrupted": {"interrupt_time": T0, "status": "TIMEOUT"},
    "failed": {"fail_time": T0, "fail_trace": ["E\n"]},
}


def end(observer, ending):
    """Send the event that ends a run, of that name."""
    getattr(observer, f"{ending}_event")(**ENDINGS[ending])


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_closing_event_returns_when_it_is_processed(ending):
    class Slow(Witness):
        def _tell(self, what):
            time.sleep(0.05)
            super()._tell(what)

        def interrupted_event(self, interrupt_time, status):
            self._tell("interrupted")

        def failed_event(self, fail_time, fail_trace):
            self._tell("failed")

    witness = Slow()
    observer = covering(witness)
    start(observer)
    for number in range(3):
        beat(observer, str(number))
    end(observer, ending)
    assert witness.told == ["started", "0", "1", "2", ending]
    observer.join()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_closing_event_returns_in_a_forked_process():
    """The thread that delivers events is not copied by a fork."""
    observer = covering(Witness())
    start(observer)
    child = os.fork()
    if not child:
        complete(observer)
        os._exit(7)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    observer.join()


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


@given(scenarios)
@settings(max_examples=examples(20))
def test_it_covers_file_observers(tmp_path_factory, scenario):
    directory = tmp_path_factory.mktemp("scenario")
    memory = MemoryStore()
    play(StoreObserver(memory), scenario, directory)
    observer = QueueObserver(FileStorageObserver(directory / "runs"), retry_interval=0.01)
    # Resources are read later; here they are still there then, artifacts are not.
    observer.patience = 0.1
    run_id = play(observer, scenario, directory)
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


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_closing_event_returns_when_the_run_is_in_the_spool(
    ending, tmp_path, monkeypatch, capsys
):
    """What cannot be stored is there at once, with its artifacts."""
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
    end(observer, ending)
    [record] = (tmp_path / "spool").glob("*/record.jsonl")
    assert str(record) in capsys.readouterr().err
    assert len(list(record.parent.iterdir())) == 2  # and the artifact
    status = {"completed": "COMPLETED", "interrupted": "TIMEOUT", "failed": "FAILED"}[ending]
    assert f'"{status}"' in record.read_text()


class Flaky(MemoryStore):
    """Does not answer the first times that something is to be stored."""

    failures = 15

    def apply(self, run_id, changes):
        if self.failures:
            self.failures -= 1
            raise StoreUnavailableError("not now")
        super().apply(run_id, changes)


def test_the_retries_of_a_queued_mongo_observer_are_bounded_by_time(monkeypatch, tmp_path):
    """A server that fails more often than there are attempts, and then answers."""
    monkeypatch.setattr(StoreObserver, "pause", 0.01)
    assert QueueCompatibleMongoObserver.closing_patience >= 30

    class Patient(StoreObserver):
        closing_patience = QueueCompatibleMongoObserver.closing_patience

    store = Flaky()
    observer = QueueObserver(Patient(store, failure_dir=str(tmp_path)), retry_interval=0.01)
    start(observer)
    observer.failed_event(fail_time=T0, fail_trace=["E"])
    assert store.read(1)["status"] == "FAILED"
    assert not list(tmp_path.iterdir())
    observer.join()


class OneAtATime(Witness):
    """As observers behind a queue were written for Sacred 0.8."""

    def log_metrics(self, metric_name, metric_values, info):
        self._tell((metric_name, metric_values["values"], info))


class AnyArguments(Witness):
    def log_metrics(self, *known):
        self._tell((known[0], known[1]["values"], known[2]))


class AllAtOnce(Witness):
    def log_metrics(self, metrics_by_name, info):
        for name, points in metrics_by_name.items():
            self._tell((name, points["values"], info))


class WithMore(Witness):
    def log_metrics(self, metrics_by_name, info, more=None):
        for name, points in metrics_by_name.items():
            self._tell((name, points["values"], info))


@pytest.mark.parametrize("kind", [OneAtATime, AnyArguments, AllAtOnce, WithMore])
def test_metrics_come_in_the_form_that_the_observer_takes(kind):
    witness = kind()
    observer = covering(witness)
    start(observer)
    points = {"steps": [0], "timestamps": [T0]}
    observer.log_metrics({"a": {**points, "values": [1]}, "b": {**points, "values": [2]}}, {"i": 3})
    observer.completed_event(stop_time=T0, result=None)
    observer.join()
    assert witness.told[1:3] == [("a", [1], {"i": 3}), ("b", [2], {"i": 3})]
