"""The class `Run`: one execution of an experiment."""

from __future__ import annotations

import contextlib
import datetime
import os
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from sacred._base.clock import utcnow
from sacred._base.current_run import active_runs
from sacred._base.errors import RecordIncompleteError, SacredInterrupt
from sacred._base.run_ids import RunId
from sacred._base.secret_text import with_names
from sacred._base.text import printable
from sacred.config.bindings import RunBindings, is_mistake_in_call
from sacred.events import (
    Event,
    ExperimentInfoUpdated,
    RunCompleted,
    RunFailed,
    RunInterrupted,
    RunQueued,
)
from sacred.lifecycle.attempts import AttemptedRun, is_pruning, queue_events
from sacred.lifecycle.config_history import ConfigHistory, TrackedConfig
from sacred.lifecycle.coroutines import finish
from sacred.lifecycle.detail_events import detail_events
from sacred.lifecycle.dispatcher import Dispatcher
from sacred.lifecycle.exec_calls import prepared_for_exec
from sacred.lifecycle.file_methods import FileMethods
from sacred.lifecycle.forked import ForkedInfo, RunOwner
from sacred.lifecycle.heartbeat import HeartbeatThread
from sacred.lifecycle.output_record import OutputRecord
from sacred.lifecycle.signals import EndSignals, Terminated, delayed_interrupts
from sacred.media.log_methods import LogMethods
from sacred.metrics_logger import MetricsLogger
from sacred.randomness import set_global_seed
from sacred.settings import SETTINGS
from sacred.status import COMPLETED, FAILED, INTERRUPTED, PRUNED, QUEUED, RUNNING, process_token
from sacred.stdout_capturing import CapturedOutput, get_stdcapturer

if TYPE_CHECKING:
    import logging

    from sacred.lifecycle.tape import Tape
    from sacred.records import RunRecord

__all__ = ["Run"]


class Run(AttemptedRun, FileMethods, LogMethods):
    """One execution of a command: its configuration, observers, output and outcome.

    :meth:`sacred.Experiment.run` creates runs; main functions get the current one as
    ``_run``.

    Args:
        config: the final configuration.
        config_modifications: the changes made by updates (a ``ConfigSummary``).
        main_function: the function to execute.
        observers: receive the events of the run, highest ``priority`` first.
        root_logger: the library's logger.
        run_logger: the logger of this run.
        experiment_info: name, sources, dependencies, repositories, mainfile; or a function
            that gathers them, called on first access.
        host_info: the description of the machine, or a function that gathers it.
        pre_run_hooks: called before the main function.
        post_run_hooks: called after the main function, unless it failed.
        captured_out_filter: a function, str to str, that is applied to the captured output.
    """

    config = TrackedConfig()
    #: Paths that updates have set and nothing has read; known when the run has ended.
    unread_updates: Sequence[str] = ()
    #: These are an error then (``--strict``).
    is_strict = False
    #: Do not start if a stored run was the same.
    reuse = False
    #: Records what captured functions take and give; see `--tape`.
    tape: Tape | None = None
    #: The stored run that was the same, of which this run has the result.
    record: RunRecord | None = None

    def __init__(
        self,
        config: dict[str, Any],
        config_modifications: Any,
        main_function: Callable[..., Any],
        observers: Iterable[Any],
        root_logger: logging.Logger,
        run_logger: logging.Logger,
        experiment_info: dict[str, Any] | Callable[[], dict[str, Any]],
        host_info: dict[str, Any] | Callable[[], dict[str, Any]],
        pre_run_hooks: Iterable[Callable[..., Any]],
        post_run_hooks: Iterable[Callable[..., Any]],
        captured_out_filter: Callable[[str], str] | None = None,
    ) -> None:
        super().__init__()
        self._id: RunId | None = None
        self.bindings = RunBindings(run=self)
        self.config_history: ConfigHistory | None = None  # where its entries come from
        self.config = config
        self.config_modifications = config_modifications
        self.main_function = main_function
        self.observers = list(observers)
        self.root_logger = root_logger
        self.run_logger = run_logger
        self._experiment_info = experiment_info
        self._host_info = host_info
        self.pre_run_hooks = list(pre_run_hooks)
        self.post_run_hooks = list(post_run_hooks)
        self.captured_out_filter = captured_out_filter

        self.info: dict[str, Any] = {}
        self.meta_info: dict[str, Any] = {}
        self.status: str | None = None
        self.result: Any = None
        self.start_time: datetime.datetime | None = None
        self.stop_time: datetime.datetime | None = None
        self.fail_trace: list[str] | None = None

        self.beat_interval: float = SETTINGS.DEFAULT_BEAT_INTERVAL
        self.capture_mode: str | None = None
        self.debug = False
        self.pdb = False
        self.force = False
        self.queue_only = False
        self.unobserved = False
        #: The observers that `unobserved` has silenced.
        self.silent_observers: list[Any] = []

        self.experiment: Any = None
        self.refresh_experiment_info: Callable[[], dict[str, Any]] | None = None
        self.environment_gatherer: Callable[[], Callable[[], dict[str, Any]]] | None = None
        self.closing_hooks: list[Callable[[], None]] = []  # called before the end is stored
        self._metrics = MetricsLogger()
        self._dispatcher = Dispatcher((), run_logger, self.bindings)
        #: Sends the heartbeats; ``heartbeat.beat()`` sends one at once. None before the start.
        self.heartbeat: HeartbeatThread | None = None
        self._output = OutputRecord(None, run_logger)
        self._owner = RunOwner(lambda: self._id)
        # Tells readers on the same machine at once that the process has ended.
        self._process: str | None = None

    def __repr__(self) -> str:
        return f"<Run {self._id!r} of {self.experiment_info.get('name')!r}, {self.status}>"

    @property
    def experiment_info(self) -> dict[str, Any]:
        """Name, sources, dependencies, repositories and mainfile of the experiment."""
        if callable(self._experiment_info):
            self._experiment_info = self._experiment_info()
        return self._experiment_info

    @experiment_info.setter
    def experiment_info(self, info: dict[str, Any]) -> None:
        self._experiment_info = info

    @property
    def host_info(self) -> dict[str, Any]:
        """Description of the machine."""
        if callable(self._host_info):
            self._host_info = self._host_info()
        return self._host_info

    @host_info.setter
    def host_info(self, info: dict[str, Any]) -> None:
        self._host_info = info

    # ------------------------------------------------- for the main function

    @property
    def captured_out(self) -> str:
        """The output captured so far (filtered)."""
        return str(self._output)

    @property
    def _failed_observers(self) -> list[Any]:
        """The observers that have failed at some point during the run."""
        return self._dispatcher.failed_observers

    @property
    def record_error(self) -> RecordIncompleteError | None:
        """The error that says what could not be stored anywhere; None if everything was stored."""
        return self._dispatcher.incomplete

    @property
    def tags(self) -> list[str]:
        """The tags of this run: a mutable list, stored with the next heartbeat."""
        tags: list[str] = self.meta_info.setdefault("tags", [])
        return tags

    @tags.setter
    def tags(self, tags: Iterable[str]) -> None:
        self.meta_info["tags"] = list(tags)

    def log_scalar(self, metric_name: str, value: float, step: float | None = None) -> None:
        """Add a point to a metric.

        Args:
            metric_name: any string, for example ``"training.loss"``.
            value: the number; numpy scalars become Python ones.
            step: its position on the x axis; default: the last step of this metric plus 1, starting
                at 0.
        """
        self._metrics.log_scalar_metric(metric_name, value, step)

    def _repr_html_(self) -> str | None:
        # Not at the top: only notebooks show HTML.
        from sacred.lifecycle.notebook_display import html_of

        return html_of(self)

    # -------------------------------------------------------------- the run

    def __call__(self, *args: Any) -> Any:
        """Execute the run and return the result of the main function.

        Raises:
            RuntimeError: the run was started before.
            BaseException: whatever the main function raises.
        """
        if self.start_time is not None:
            last = self.start_time
            raise RuntimeError(f"A run can only be started once. (Last start was {last})")
        if self.unobserved:
            self.silent_observers, self.observers = self.observers, []
        self._dispatcher = Dispatcher(self.observers, self.run_logger, self.bindings)
        self.observers = self._dispatcher.observers
        self.warn_if_unobserved()
        if self.config.get("seed") is not None:
            set_global_seed(self.config["seed"])
        if self.queue_only:
            self._queue()
            return None
        if self.observers:  # before output is captured: what git complains about is none
            self._experiment_info = self.experiment_info
        signals = self.end_signals()
        with self.bindings.activate(), signals.handled(bool(self.observers)):
            self._execute(args, signals)
            signals.raise_held()
        return self.result

    def warn_if_unobserved(self) -> None:
        """Log a warning if no observer records this run."""
        if not self.observers and not self.debug and not self.unobserved:
            self.run_logger.warning("No observers have been added to this run")

    def _execute(self, args: tuple[Any, ...], signals: EndSignals) -> None:
        closing: Event | None = None
        self._owner = RunOwner(lambda: self._id)
        if self.observers:
            self._process = process_token()
        self._output = OutputRecord(self.captured_out_filter, self.run_logger)
        self.heartbeat = HeartbeatThread(
            self._dispatcher,
            self._metrics,
            self.info,
            self._output,
            lambda: self.result,
            self._announced_meta_info,
        )
        if self.capture_mode is None and not self.observers:
            self.capture_mode = "no"
        self.capture_mode, capturing = get_stdcapturer(self.capture_mode)
        self.run_logger.debug('Using capture mode "%s"', self.capture_mode)
        try:
            with capturing() as output, prepared_for_exec(lambda: self._replaced(output)):
                self.heartbeat.attach_capture(output)
                try:
                    self._start(signals)
                    self._run_main(args)
                    signals.hold()
                    closing = self._completed()
                except BaseException as error:
                    signals.hold()
                    # An interrupt while the result was being logged: the run is completed.
                    if closing is None:
                        closing = self._closing_event_of(error)
                    raise
                finally:
                    self.run_logger.debug("Stopping Heartbeat")
                    self.heartbeat.stop()
        finally:
            # The output is complete now: send it with the last heartbeat, then the closing event.
            with delayed_interrupts("Storing the run. Press Ctrl-C again to give up on that."):
                if closing is None:  # interrupted before its closing event was made
                    closing = self._interrupted(INTERRUPTED)
                if not self._owner.is_elsewhere():
                    self._close(closing)

    def _start(self, signals: EndSignals) -> None:
        assert self.heartbeat is not None
        self.run_logger.info("Running command '%s'", self._command_name())
        self.status = RUNNING
        self.start_time = self.heartbeat.last_beat = utcnow()
        # An interrupt here could leave an observer with a record that is never closed.
        with signals.deferred():
            if self._dispatcher.observers:
                self._id = self._dispatcher.begin(
                    self._first_event(start_time=self.start_time, **self._announcement())
                )
            self.heartbeat.more_events = detail_events(self)
            self.heartbeat.start(self.beat_interval)
        named = "" if self._id is None else f' run with ID "{self._id}"'
        self.run_logger.info("Started%s", named)
        self.run_logger.debug("Starting Heartbeat")

    def _run_main(self, args: tuple[Any, ...]) -> None:
        for hook in self.pre_run_hooks:
            finish(hook())
        self.result = with_names(finish(self.main_function(*args)))
        self.stop_requests.check()
        for hook in self.post_run_hooks:
            finish(hook())

    def _queue(self) -> None:
        self.run_logger.info("Queuing-up command '%s'", self._command_name())
        self.status = QUEUED
        queue_time = self.meta_info["queue_time"] = utcnow()
        self._id = self._dispatcher.begin(RunQueued(queue_time=queue_time, **self._announcement()))
        for event in queue_events(self, queue_time):
            self._dispatcher.emit(event)
        named = "" if self._id is None else f'-up run with ID "{self._id}"'
        self.run_logger.info("Queued%s", named)
        self._dispatcher.join()

    def _announcement(self) -> dict[str, Any]:
        return {
            "ex_info": self.experiment_info,
            "command": self._command_name(),
            "host_info": self.host_info,
            "config": self.config,
            "meta_info": self._announced_meta_info(),
            "_id": self._id,
        }

    def _announced_meta_info(self) -> dict[str, Any]:
        meta_info = dict(self.meta_info)
        if meta_info.get("tags") == []:  # an empty list that was only read
            del meta_info["tags"]
        if self._process is not None:
            meta_info.setdefault("process", self._process)
        return meta_info

    def _command_name(self) -> str:
        return getattr(self.main_function, "__name__", str(self.main_function))

    @contextlib.contextmanager
    def _replaced(self, output: CapturedOutput) -> Iterator[None]:
        """Store what is known in the last moment before another program takes the process."""
        process = self._process
        if self._process is not None:
            # Number and start of the process stay; readers shall see that the run has ended.
            self._process = f"{self._process} replaced"
        assert self.heartbeat is not None
        self.heartbeat.beat()
        try:
            with output.suspended():
                yield
        finally:
            self._process = process

    def _after_fork_in_child(self) -> None:
        self.info = ForkedInfo(self._owner, self.info)
        log = self._owner.guard(self._metrics.log_scalar_metric, "log_scalar()")
        self._metrics.log_scalar_metric = log  # type: ignore[method-assign]
        if self.heartbeat is not None:
            self.heartbeat.after_fork_in_child(self.info)

    # ---------------------------------------------------------- how it ended

    def _completed(self) -> Event:
        elapsed = self._stop(COMPLETED)
        if self.result is not None:
            self.run_logger.info("Result: %s", printable(self.result))
        self.run_logger.info("Completed after %s", elapsed)
        if self.config_history is not None and not self.unobserved:
            self.unread_updates = self.config_history.report_unread_updates(self.run_logger)
        return RunCompleted(stop_time=self._stopped_at(), result=self.result)

    def _interrupted(self, status: str) -> Event:
        elapsed = self._stop(status)
        self.run_logger.warning("Aborted after %s!", elapsed)
        return RunInterrupted(interrupt_time=self._stopped_at(), status=status)

    def _closing_event_of(self, error: BaseException) -> Event:
        if isinstance(error, SacredInterrupt | KeyboardInterrupt | Terminated):
            return self._interrupted(getattr(error, "STATUS", INTERRUPTED))
        if is_pruning(error):
            return self._interrupted(PRUNED)
        if isinstance(error, SystemExit) and error.code in (0, None):
            return self._completed()
        elapsed = self._stop(FAILED)
        if not is_mistake_in_call(error, self.main_function):
            self.run_logger.error("Failed after %s!", elapsed)
        if getattr(error, "shows_traceback", True):
            self.fail_trace = traceback.format_exception(error)
        else:
            self.fail_trace = traceback.format_exception_only(error)
        return RunFailed(fail_time=self._stopped_at(), fail_trace=self.fail_trace)

    def _stop(self, status: str) -> datetime.timedelta:
        self.status = status
        began = self.start_time or utcnow()
        # The clock of the machine may have been set back meanwhile.
        last_beat = began if self.heartbeat is None else self.heartbeat.last_beat or began
        self.stop_time = max(utcnow(), began, last_beat)
        if self.tape is not None:
            seconds = (self.stop_time - began).total_seconds()
            self.run_logger.info("Tape: %s", self.tape.summary(seconds))
        return datetime.timedelta(seconds=round((self.stop_time - began).total_seconds()))

    def _stopped_at(self) -> datetime.datetime:
        assert self.stop_time is not None
        return self.stop_time

    def _close(self, closing: Event) -> None:
        assert self.heartbeat is not None
        if self.start_time is not None and self._dispatcher.observers:
            self._record_new_imports()
        for hook in self.closing_hooks:
            hook()
        if isinstance(closing, RunFailed):
            # Whatever is captured: who reads the output of a run wants to see why it failed.
            self.heartbeat.add_output("".join(closing.fail_trace))
        self.heartbeat.end(closing)
        self._dispatcher.join()
        self._artifact_files.close()

    def _record_new_imports(self) -> None:
        if self.refresh_experiment_info is None:
            return
        try:
            info = self.refresh_experiment_info()
        except Exception as error:  # the information gathered before must still be stored
            self.run_logger.warning("Could not look for imported sources: %s", error)
            return
        info = {**info, "name": self.experiment_info.get("name", info.get("name"))}
        if info != self.experiment_info:
            self.experiment_info = info
            self._dispatcher.emit(ExperimentInfoUpdated(ex_info=info))


def _after_fork_in_child() -> None:
    for bindings in active_runs():
        if isinstance(run := getattr(bindings, "run", None), Run):
            run._after_fork_in_child()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
