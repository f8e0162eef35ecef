"""The life of a run: events, endings, info, metrics, artifacts."""

from __future__ import annotations

import asyncio
import datetime
import itertools
import logging
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from sacred import Experiment, Ingredient
from sacred.metrics_logger import BATCH_SIZE
from sacred.observers import FileStorageObserver
from sacred.observers.store_observer import StoreObserver
from sacred.run import Run
from sacred.stores.memory.store import MemoryStore
from sacred.utils import SacredInterrupt, TimeoutInterrupt
from tests.recorder import Recorder

QUIET = {"--loglevel": "CRITICAL"}


@pytest.fixture
def ex() -> Experiment:
    """An experiment with one observer."""
    experiment = Experiment("test", interactive=True)
    experiment.observers.append(Recorder())
    return experiment


def seen(ex: Experiment) -> Recorder:
    """The observer of the experiment."""
    recorder = ex.observers[0]
    assert isinstance(recorder, Recorder)
    return recorder


def test_events_come_in_order_with_exactly_the_named_arguments(ex: Experiment) -> None:
    """The classic interface: names and arguments as third-party observers take them."""

    @ex.main
    def main(_run: Any) -> int:
        _run.log_scalar("loss", 0.5)
        return 3

    run = ex.run(options=QUIET)
    assert run.result == 3
    assert run.status == "COMPLETED"
    assert seen(ex).names == [
        "started_event",
        "log_metrics",
        "heartbeat_event",
        "completed_event",
        "join",
    ]
    arguments = {name: set(arguments) for name, arguments in seen(ex).calls}
    assert arguments["started_event"] == {
        "ex_info", "command", "host_info", "start_time", "config", "meta_info", "_id",
    }  # fmt: skip
    assert arguments["log_metrics"] == {"metrics_by_name", "info"}
    assert arguments["heartbeat_event"] == {"info", "captured_out", "beat_time", "result"}
    assert arguments["completed_event"] == {"stop_time", "result"}
    points = seen(ex).last("log_metrics")["metrics_by_name"]["loss"]
    assert points["values"] == [0.5]
    assert points["steps"] == [0]
    assert isinstance(points["timestamps"][0], datetime.datetime)


def test_queued_run_executes_nothing(ex: Experiment) -> None:
    """``-q`` tells queued_event and stops there."""

    @ex.main
    def main() -> None:
        raise AssertionError("must not run")

    run = ex.run(options={**QUIET, "--queue": True})
    assert run.status == "QUEUED"
    assert seen(ex).names == ["queued_event", "join"]
    announced = seen(ex).last("queued_event")
    assert announced["meta_info"]["queue_time"] == announced["queue_time"]
    assert run.meta_info["queue_time"] == announced["queue_time"]


def test_changes_of_meta_info_are_told_once(ex: Experiment) -> None:
    """Entries of any name and kind, also below the first level; a removed one is gone."""

    @ex.main
    def main(_run: Run) -> None:
        _run.meta_info["mine"] = {"lines": [1]}
        del _run.meta_info["named_configs"]
        _run.heartbeat.beat()  # type: ignore[union-attr]
        _run.heartbeat.beat()  # type: ignore[union-attr]
        _run.meta_info["mine"]["lines"].append(2)

    ex.run(options=QUIET)
    calls = [arguments for name, arguments in seen(ex).calls if name == "meta_info_event"]
    assert [call["meta_info"]["mine"]["lines"] for call in calls] == [[1], [1, 2]]
    assert all("named_configs" not in call["meta_info"] for call in calls)


@pytest.mark.parametrize(
    ("error", "status", "event"),
    [
        (ValueError("x"), "FAILED", "failed_event"),
        (KeyboardInterrupt(), "INTERRUPTED", "interrupted_event"),
        (SacredInterrupt(), "INTERRUPTED", "interrupted_event"),
        (TimeoutInterrupt(), "TIMEOUT", "interrupted_event"),
        (SystemExit(0), "COMPLETED", "completed_event"),
        (SystemExit(None), "COMPLETED", "completed_event"),
        (SystemExit(3), "FAILED", "failed_event"),
        (SystemExit("text"), "FAILED", "failed_event"),
        (GeneratorExit(), "FAILED", "failed_event"),
    ],
)
def test_every_ending_is_told_and_raised(
    ex: Experiment, error: BaseException, status: str, event: str
) -> None:
    """The exception goes on to the caller, after a last heartbeat and one closing event."""

    @ex.main
    def main(_run: Any) -> None:
        _run.log_scalar("late", 1)
        print("last words")
        raise error

    with pytest.raises(type(error)):
        ex.run(options={**QUIET, "--capture": "sys"})
    assert ex.current_run is not None
    assert ex.current_run.status == status
    assert seen(ex).names[-3:] == ["heartbeat_event", event, "join"]
    assert "last words" in seen(ex).last("heartbeat_event")["captured_out"]
    assert seen(ex).last("log_metrics")["metrics_by_name"]["late"]["values"] == [1]


def test_many_points_do_not_wait_for_the_beat(ex: Experiment) -> None:
    """They are told early, before they fill the memory."""
    told = threading.Event()
    batches: list[list[Any]] = []

    class Observer:
        def log_metrics(self, metrics_by_name: dict[str, Any], info: dict[str, Any]) -> None:
            if metrics_by_name:
                batches.append(metrics_by_name["m"]["values"])
                told.set()

    ex.observers = [Observer()]

    @ex.main
    def main(_run: Any) -> None:
        for number in range(BATCH_SIZE):
            _run.log_scalar("m", number)
        assert told.wait(60)

    ex.run(options={**QUIET, "--beat_interval": 1000.0})
    assert batches == [list(range(BATCH_SIZE))]


@pytest.mark.parametrize("mode", ["fd", "sys"])
def test_much_output_does_not_wait_for_the_beat(
    ex: Experiment, tmp_path: Path, mode: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """It is stored early, before it fills the memory; and whole in the end."""
    ex.observers = [FileStorageObserver(tmp_path)]
    line = "x" * 99 + "\n"

    @ex.main
    def main() -> None:
        for _ in range(30_000):
            print(line, end="")
        sys.stdout.flush()
        deadline = time.monotonic() + 60
        while not (tmp_path / "1" / "cout.txt").stat().st_size:
            assert time.monotonic() < deadline
            time.sleep(0.01)

    run = ex.run(options={**QUIET, "--beat_interval": 1000.0, "--capture": mode})
    assert run.captured_out == line * 30_000
    assert (tmp_path / "1" / "cout.txt").read_text() == line * 30_000


def test_status_of_a_users_interrupt(ex: Experiment) -> None:
    """A subclass of SacredInterrupt brings its own status."""

    class Converged(SacredInterrupt):
        STATUS = "CONVERGED"

    @ex.main
    def main() -> None:
        raise Converged

    with pytest.raises(Converged):
        ex.run(options=QUIET)
    assert seen(ex).last("interrupted_event")["status"] == "CONVERGED"


def test_failing_run_stores_its_traceback_as_lines(ex: Experiment) -> None:
    """fail_trace is what Python would print."""

    @ex.main
    def main() -> None:
        raise ValueError("the reason")

    with pytest.raises(ValueError, match="the reason"):
        ex.run(options=QUIET)
    trace = seen(ex).last("failed_event")["fail_trace"]
    assert isinstance(trace, list)
    assert "ValueError: the reason" in trace[-1]


@pytest.mark.parametrize("mode", ["no", "sys", "fd"])
@pytest.mark.parametrize("end", ["\n", ""])
def test_the_traceback_is_the_last_of_the_output(ex: Experiment, mode: str, end: str) -> None:
    """Observers of the classic interface, store observers and `captured_out` agree."""
    store = MemoryStore()
    ex.observers.append(StoreObserver(store))

    @ex.main
    def main() -> None:
        print("half done", end=end)
        raise ValueError("the reason")

    with pytest.raises(ValueError, match="the reason"):
        ex.run(options={**QUIET, "--capture": mode})
    run = ex.current_run
    assert run is not None
    before, _, trace = run.captured_out.partition("Traceback")
    assert "".join(run.fail_trace or []) == f"Traceback{trace}"
    assert before == ("" if mode == "no" else "half done\n")
    assert seen(ex).last("heartbeat_event")["captured_out"] == run.captured_out
    assert store.read(1)["output"] == run.captured_out


def test_a_run_that_ends_otherwise_has_no_traceback_in_its_output(ex: Experiment) -> None:
    @ex.main
    def main() -> None:
        raise SacredInterrupt

    with pytest.raises(SacredInterrupt):
        ex.run(options={**QUIET, "--capture": "sys"})
    assert ex.current_run is not None
    assert ex.current_run.captured_out == ""


def test_observers_that_have_failed_are_known_to_the_run() -> None:
    ex = Experiment("test", interactive=True)
    good, bad = Recorder(), Recorder(failing=("heartbeat_event", "completed_event", "join"))
    ex.observers += [good, bad]
    failed_meanwhile = []

    @ex.main
    def main(_run: Any) -> None:
        failed_meanwhile.append(list(_run._failed_observers))

    run = ex.run(options=QUIET)
    assert failed_meanwhile == [[]]
    assert run._failed_observers == [bad]


def test_a_beat_interval_of_zero_is_as_often_as_is_sensible(ex: Experiment) -> None:
    """Between two beats the run gets its time."""

    @ex.main
    def main() -> None:
        deadline = began + 60
        while seen(ex).names.count("heartbeat_event") < 6 and time.monotonic() < deadline:
            time.sleep(0.01)

    began = time.monotonic()
    ex.run(options={**QUIET, "--beat-interval": 0})
    assert 6 <= seen(ex).names.count("heartbeat_event") <= 2 + 25 * (time.monotonic() - began)


def test_second_start_is_refused(ex: Experiment) -> None:
    """A run is one execution."""
    ex.main(lambda: None)
    run = ex.run(options=QUIET)
    with pytest.raises(RuntimeError, match="can only be started once"):
        run()


def test_failing_observer_neither_ends_the_run_nor_is_silenced(
    ex: Experiment, caplog: pytest.LogCaptureFixture
) -> None:
    """One failed call is a warning; all later events still come, to all observers."""
    ex.observers[:] = [Recorder(failing=("heartbeat_event",)), Recorder()]

    @ex.main
    def main(_run: Any) -> None:
        _run.log_scalar("a", 1)

    with caplog.at_level(logging.WARNING):
        assert ex.run().status == "COMPLETED"
    for recorder in ex.observers:
        assert recorder.names[-2:] == ["completed_event", "join"]
    assert "heartbeat_event fails" in caplog.text


def test_observer_failing_at_the_start_stops_the_run_before_main(ex: Experiment) -> None:
    """... and observers that had been told of the start learn that it failed."""
    ex.observers[:] = [Recorder(priority=5), Recorder(failing=("started_event",))]
    ran = []
    ex.main(lambda: ran.append(1))
    with pytest.raises(RuntimeError, match="started_event fails"):
        ex.run(options=QUIET)
    assert not ran
    assert ex.observers[0].names[-2:] == ["failed_event", "join"]
    assert ex.observers[1].names == ["started_event"]


def test_highest_priority_decides_the_id(ex: Experiment) -> None:
    """Later observers are given the id of the first."""
    low, high = Recorder(run_id="low", priority=1), Recorder(run_id="high", priority=9)
    ex.observers[:] = [low, high]
    ex.main(lambda: None)
    assert ex.run(options=QUIET)._id == "high"
    assert low.calls[0][1]["_id"] == "high"


def test_one_observers_changes_do_not_reach_the_next(ex: Experiment) -> None:
    """ex_info and host_info are each observer's own copy."""

    class Vandal(Recorder):
        def started_event(self, ex_info: Any, host_info: Any, **rest: Any) -> int:
            ex_info["name"] = "changed"
            host_info.clear()
            return 1

    ex.observers[:] = [Vandal(priority=9), Recorder()]
    ex.main(lambda: None)
    run = ex.run(options=QUIET)
    assert ex.observers[1].calls[0][1]["ex_info"]["name"] == "test"
    assert ex.observers[1].calls[0][1]["host_info"]
    assert run.experiment_info["name"] == "test"


def test_unobserved_tells_nobody(ex: Experiment) -> None:
    """``-u`` ignores all observers."""
    ex.main(lambda: None)
    ex.run(options={**QUIET, "--unobserved": True})
    assert not seen(ex).calls


def test_hooks_run_around_main_ingredients_first() -> None:
    """Pre-run hooks of ingredients, of the experiment, main, then post-run hooks."""
    from sacred import Ingredient

    order: list[str] = []
    data = Ingredient("data", interactive=True)
    ex = Experiment("test", ingredients=[data], interactive=True)
    ex.pre_run_hook(lambda: order.append("ex pre"))
    data.pre_run_hook(lambda: order.append("data pre"))
    data.post_run_hook(lambda: order.append("data post"))
    ex.post_run_hook(lambda: order.append("ex post"))
    ex.main(lambda: order.append("main"))
    ex.run(options=QUIET)
    assert order == ["data pre", "ex pre", "main", "data post", "ex post"]


def test_artifacts_and_resources_are_told_with_absolute_paths(
    ex: Experiment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name defaults to the base name."""
    monkeypatch.chdir(tmp_path)
    Path("a.txt").write_text("content")

    @ex.main
    def main() -> None:
        ex.add_artifact("a.txt", metadata={"k": 1}, content_type="text/plain")
        with ex.open_resource("a.txt") as file:
            assert file.read() == "content"

    ex.run(options=QUIET)
    assert seen(ex).last("artifact_event") == {
        "name": "a.txt",
        "filename": str(tmp_path / "a.txt"),
        "metadata": {"k": 1},
        "content_type": "text/plain",
    }
    assert seen(ex).last("resource_event") == {"filename": str(tmp_path / "a.txt")}


def test_missing_artifact_is_the_users_error_and_harms_nothing(
    ex: Experiment, tmp_path: Path
) -> None:
    """A typo raises at the call, with the nearest file; later events still come."""
    (tmp_path / "model.bin").write_text("x")

    @ex.main
    def main(_run: Any) -> None:
        with pytest.raises(FileNotFoundError, match=r"model.bni.*Did you mean \"model.bin\""):
            _run.add_artifact(tmp_path / "model.bni")
        with pytest.raises(ValueError, match="Invalid artifact name"):
            _run.add_artifact(tmp_path / "model.bin", name="../outside")
        _run.log_scalar("still", 1)

    assert ex.run(options=QUIET).status == "COMPLETED"
    assert seen(ex).last("log_metrics")["metrics_by_name"]["still"]["values"] == [1]


@pytest.mark.parametrize(
    "call",
    [
        lambda ex: ex.log_scalar("a", 1),
        lambda ex: ex.add_artifact("a"),
        lambda ex: ex.add_resource("a"),
        lambda ex: ex.open_resource("a"),
        lambda ex: ex.info,
    ],
)
def test_outside_of_a_run_is_a_clear_error(ex: Experiment, call: Any) -> None:
    """As before, an AssertionError; now with a message."""
    with pytest.raises(AssertionError, match="run of 'test'"):
        call(ex)


def test_async_main_is_awaited(ex: Experiment) -> None:
    """Main, commands and captured functions may be coroutines."""
    ex.add_config(delay=0.0, value=7)

    @ex.capture
    async def wait(delay: float, value: int) -> int:
        await asyncio.sleep(delay)
        return value

    @ex.main
    async def main() -> int:
        return sum(await asyncio.gather(wait(), wait(value=1)))

    assert ex.run(options=QUIET).result == 8


def test_async_main_beside_a_running_loop(ex: Experiment) -> None:
    """In a notebook a loop is running already."""

    @ex.main
    async def main(_config: Any) -> int:
        await asyncio.sleep(0)
        return 5

    async def notebook() -> Any:
        return ex.run(options=QUIET).result

    assert asyncio.run(notebook()) == 5


def test_captured_out_filter(ex: Experiment) -> None:
    """Any str to str; one that fails is reported and the output kept."""
    ex.captured_out_filter = str.upper

    @ex.main
    def main() -> None:
        print("text")

    assert ex.run(options={**QUIET, "--capture": "sys"}).captured_out.strip() == "TEXT"

    def broken(text: str) -> str:
        raise ValueError("filter")

    ex.captured_out_filter = broken
    run = ex.run(options={**QUIET, "--capture": "sys"})
    assert run.status == "COMPLETED"
    assert "text" in run.captured_out


def test_info_is_the_live_dict(ex: Experiment) -> None:
    """``info=`` starts it; observers get the dict of the run itself."""

    @ex.main
    def main(_run: Any) -> None:
        ex.info["k"] = 1
        assert ex.info is _run.info

    run = ex.run(info={"start": 0}, options=QUIET)
    assert run.info == {"start": 0, "k": 1}
    assert seen(ex).last("heartbeat_event")["info"] is run.info


def test_meta_info(ex: Experiment) -> None:
    """command, options (all of them), named configs and updates."""
    ex.add_config(a=1)
    ex.add_named_config("variant", a=2)
    ex.main(lambda a: a)
    run = ex.run(
        config_updates={"a": 5}, named_configs=["variant"], meta_info={"own": 1}, options=QUIET
    )
    meta = run.meta_info
    assert (meta["command"], meta["named_configs"], meta["config_updates"], meta["own"]) == (
        "<lambda>",
        ["variant"],
        {"a": 5},
        1,
    )
    assert meta["options"]["--loglevel"] == "CRITICAL"
    assert meta["options"]["--force"] is False
    assert meta["options"]["--beat-interval"] is None


def test_heartbeats_come_while_main_runs(ex: Experiment) -> None:
    """Each carries the whole output so far and the new points only."""
    beats = threading.Event()
    recorder = seen(ex)
    recorder_beat = type(recorder).__getattr__

    class Counting(Recorder):
        def __getattr__(self, name: str) -> Any:
            if name == "heartbeat_event" and len(self.names) > 4:
                beats.set()
            return recorder_beat(self, name)

    ex.observers[:] = [Counting()]

    @ex.main
    def main(_run: Any) -> None:
        _run.log_scalar("m", 1)
        print("first")
        assert beats.wait(60)
        print("second")

    ex.run(options={**QUIET, "--beat-interval": "0.02", "--capture": "sys"})
    outputs = [a["captured_out"] for n, a in seen(ex).calls if n == "heartbeat_event"]
    assert len(outputs) >= 2
    assert all(later.startswith(earlier) for earlier, later in itertools.pairwise(outputs))
    assert outputs[-1] == "first\nsecond\n"
    values = [
        value
        for name, arguments in seen(ex).calls
        if name == "log_metrics" and "m" in arguments["metrics_by_name"]
        for value in arguments["metrics_by_name"]["m"]["values"]
    ]
    assert values == [1]


def test_handlers_of_the_user_stay(ex: Experiment) -> None:
    """A SIGTERM handler of the user's is neither replaced during nor after the run."""

    def mine(*args: Any) -> None:
        pass

    before = signal.signal(signal.SIGTERM, mine)
    try:
        found = []
        ex.main(lambda: found.append(signal.getsignal(signal.SIGTERM)))
        ex.run(options=QUIET)
        assert found == [mine]
        assert signal.getsignal(signal.SIGTERM) is mine
    finally:
        signal.signal(signal.SIGTERM, before)


def test_default_handlers_come_back(ex: Experiment) -> None:
    """After a run the process reacts to signals as before."""
    found = []
    ex.main(lambda: found.append(signal.getsignal(signal.SIGTERM)))
    ex.run(options=QUIET)
    assert found[0] not in (signal.SIG_DFL, signal.SIG_IGN)
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


class _Signalling(Recorder):
    """Sends a signal to this process in the midst of a method."""

    def __init__(self, method: str, number: signal.Signals) -> None:
        super().__init__()
        self.method, self.number = method, number

    def __getattr__(self, name: str) -> Any:
        told = super().__getattr__(name)

        def signalling(**arguments: Any) -> Any:
            if name == self.method:
                os.kill(os.getpid(), self.number)
            return told(**arguments)

        return signalling


@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_while_the_start_is_stored_ends_the_run_in_order(number: signal.Signals) -> None:
    """Else there would be a record, and nobody to close it."""
    ex = Experiment("test", interactive=True)
    ex.observers.append(_Signalling("started_event", number))
    ran = []
    ex.main(lambda: ran.append(1))
    with pytest.raises(SystemExit if number == signal.SIGTERM else KeyboardInterrupt):
        ex.run(options=QUIET)
    assert not ran
    assert seen(ex).names[-2:] == ["interrupted_event", "join"]
    assert seen(ex).last("interrupted_event")["status"] == "INTERRUPTED"


@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.parametrize("method", ["heartbeat_event", "completed_event", "join"])
def test_a_signal_while_the_end_is_stored_takes_effect_afterwards(method: str) -> None:
    """The run is completed and recorded as such; the process still ends as it was asked to."""
    ex = Experiment("test", interactive=True)
    ex.observers.append(_Signalling(method, signal.SIGTERM))
    ex.main(lambda: 3)
    with pytest.raises(SystemExit) as caught:
        ex.run(options=QUIET)
    assert caught.value.code == 128 + signal.SIGTERM
    assert seen(ex).names[-2:] == ["completed_event", "join"]
    assert ex.current_run is not None
    assert ex.current_run.status == "COMPLETED"


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_a_signal_while_a_failure_is_stored_does_not_hide_the_failure() -> None:
    """The process is about to end anyway, and the user wants to know why."""
    ex = Experiment("test", interactive=True)
    ex.observers.append(_Signalling("failed_event", signal.SIGTERM))

    @ex.main
    def main() -> None:
        raise ValueError("the reason")

    with pytest.raises(ValueError, match="the reason"):
        ex.run(options=QUIET)
    assert seen(ex).names[-2:] == ["failed_event", "join"]


def test_root_logger_with_handlers_is_left_alone(ex: Experiment) -> None:
    """Logging configured by the user stays as it is."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    assert handlers, "pytest has its own handlers there"
    ex.main(lambda: None)
    ex.run()
    assert root.handlers == handlers
    assert root.level == level


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")  # that it has threads
def test_forked_workers_end_at_once_when_told_to(ex: Experiment) -> None:
    """The run's handler of SIGTERM is not theirs: pools end their workers by that signal."""

    @ex.main
    def main() -> int:
        pid = os.fork()
        if pid == 0:
            try:
                os.kill(os.getpid(), signal.SIGTERM)
            finally:
                os._exit(99)
        return os.waitpid(pid, 0)[1]

    assert os.WTERMSIG(ex.run(options=QUIET).result) == signal.SIGTERM


def test_loggers_of_captured_functions(caplog: pytest.LogCaptureFixture) -> None:
    """Children of the root (or of `ex.logger`) by ingredient and function."""
    data = Ingredient("data", interactive=True)

    @data.capture
    def load(_log: Any) -> str:
        return str(_log.name)

    def names(logger: logging.Logger | None, **options: Any) -> list[str]:
        ex = Experiment("exp", ingredients=[data], interactive=True)
        ex.logger = logger

        @ex.main
        def main(_log: Any, _run: Any) -> list[str]:
            assert _log.getEffectiveLevel() == logging.ERROR
            return [_log.name, load(), _run.run_logger.name, _run.root_logger.name]

        result: list[str] = ex.run(options={"--loglevel": "ERROR", **options}).result
        return result

    assert names(None) == ["main", "data.load", "exp", "root"]
    mine = logging.getLogger("mine")
    assert names(mine) == ["mine.main", "mine.data.load", "mine.exp", "mine"]
    assert names(mine, **{"--name": "n"}) == ["mine.main", "mine.data.load", "mine.n", "mine"]
    # The level of the run is not that of the next one.
    assert logging.getLogger("main").level == mine.getChild("data.load").level == logging.NOTSET


def test_warnings_of_the_configuration_obey_the_log_level(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """They are logged by the root logger, whose level is not changed."""
    ex = Experiment("exp", interactive=True)
    ex.add_config(a=1)

    @ex.main
    def main(a: Any, b: Any) -> None:
        pass

    for level, count in ("ERROR", 0), ("WARNING", 1):
        caplog.clear()
        ex.run(config_updates={"b": 1}, options={"--loglevel": level, "--unobserved": True})
        assert caplog.messages.count('Added new config entry: "b"') == count


class _WithoutText:
    def __str__(self) -> str:
        raise ValueError("no")


@pytest.mark.parametrize(
    "result", [10**5000, [10**5000], _WithoutText()], ids=["int", "list", "object"]
)
def test_a_result_without_a_text_is_logged(
    ex: Experiment, result: Any, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    @ex.main
    def main() -> Any:
        return result

    caplog.set_level(logging.INFO)
    assert ex.run().result is result
    assert f"Result: <{type(result).__name__} without a text>" in caplog.messages
    assert "Logging error" not in capfd.readouterr().err


def test_debug_lines_of_a_run(ex: Experiment, caplog: pytest.LogCaptureFixture) -> None:
    @ex.main
    def main() -> None: ...

    caplog.set_level(logging.DEBUG)
    ex.run(options={"--capture": "no"})
    lines = [one.message for one in caplog.records if one.levelno == logging.DEBUG]
    assert lines[:2] == ['Using capture mode "no"', "Starting Heartbeat"]
    assert lines[-1] == "Stopping Heartbeat"
    assert "Started" in lines
