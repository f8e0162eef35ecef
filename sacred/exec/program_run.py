"""One run of a program: its input, and what is recorded of it."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Protocol

from sacred._base.masking import mask_passwords, mask_secret_values
from sacred._base.paths import get_by_dotted_path, iterate_flattened
from sacred.config.read_only import make_plain
from sacred.exec.child_process import run_child
from sacred.exec.composition import INTERPRETERS, interpreter_name
from sacred.exec.csv_metrics import CsvMetrics
from sacred.exec.event_files import EventMetrics, is_event_file
from sacred.exec.made_files import FileStamps, add_artifact, files_below
from sacred.exec.metric_lines import LineSplitter, Point, points_of_json
from sacred.exec.parameter_file import read_parameters, write_parameters
from sacred.exec.parameters import environment_of, filled, styled
from sacred.exec.program_errors import ProgramFailedError, exit_status_of
from sacred.exec.request import ExecRequest
from sacred.exec.run_trace import RunTrace
from sacred.exec.tracing.file_digests import digests_of
from sacred.exec.tracing.trace_record import MAX_STORED_BYTES, TraceRecord
from sacred.run import Run

__all__ = ["METRICS_VARIABLE", "RUN_DIR_VARIABLE", "ProgramRun", "asks_for_seed", "like_file"]

METRICS_VARIABLE = "SACRED_METRICS"
RUN_DIR_VARIABLE = "SACRED_RUN_DIR"

#: The status of shells for a file that exists but cannot be executed.
_CANNOT_EXECUTE = 126


class _MetricsFile(Protocol):
    path: str

    def points(self, is_over: bool = False) -> Iterable[Point]: ...


class ProgramRun:
    """One run of a program.

    Args:
        request: the program.
        program: its path.
        fields: the names that appear in its arguments as ``{name}``.
        run: the run, which has started.
        config: its parameters, as captured functions get them.
    """

    def __init__(
        self,
        request: ExecRequest,
        program: str,
        fields: set[str],
        run: Run,
        config: Mapping[str, Any],
    ) -> None:
        self._request = request
        self._program = program
        self._fields = fields
        self._run = run
        self._config = config
        self._splitters = {1: LineSplitter(), 2: LineSplitter()}
        self._sources: list[Callable[[bool], None]] = []
        #: Its arguments, without the secrets among them.
        self.shown_words: list[str] = list(request.words)
        #: What was traced; None: nothing, or it has not ended.
        self.trace: TraceRecord | None = None
        #: Names and digests of its artifacts, except traced ones.
        self.artifacts: list[dict[str, Any]] = []

    def execute(self) -> None:
        """Run the program to its end.

        Raises:
            ProgramFailedError: its exit status is not 0.
        """
        with tempfile.TemporaryDirectory(prefix="sacred-run-", ignore_cleanup_errors=True) as work:
            run_dir = os.path.join(work, "files")
            os.mkdir(run_dir)
            given = self._add_resources()
            words, environment = self._prepared(work, run_dir)
            trace = self._begin_trace(work, given)
            stamps = FileStamps(self._request.outputs, self._request.directory)
            returncode = 0
            try:
                returncode = self._call([*(trace.words() if trace else ()), *words], environment)
            finally:
                # What an interrupted program has made so far is recorded, too.
                self._collect(run_dir, stamps, trace)
            self._finish(returncode, trace.start_error if trace else "")

    def _add_resources(self) -> list[str]:
        """Record the inputs that are known before the program starts; return their paths."""
        request, program = self._request, self._program
        paths = [os.path.join(request.directory, path) for path in request.inputs]
        if request.config_file is not None:
            paths.append(os.path.join(request.directory, request.config_file))
        # An interpreter in a virtual environment is none.
        is_own = program.startswith(f"{request.directory}{os.sep}")
        is_own = is_own and interpreter_name(program) not in INTERPRETERS
        if is_own and os.path.getsize(program) <= MAX_STORED_BYTES and os.access(program, os.R_OK):
            paths.append(program)
        found = list(dict.fromkeys(map(os.path.abspath, paths)))
        for path in found:
            self._run.add_resource(path)
        return found

    def _begin_trace(self, work: str, given: list[str]) -> RunTrace | None:
        request = self._request
        if request.tracer is None:
            return None
        return RunTrace(request.tracer, work, request.directory, given)

    # ------------------------------------------------------------ what it is given

    def _prepared(self, work: str, run_dir: str) -> tuple[list[str], dict[str, str]]:
        request, config = self._request, self._config
        own: dict[str, Any] = {"run_dir": run_dir, "run_id": self._run._id}
        own["seed"] = config.get("seed")
        if request.config_file is not None:
            own["config_file"] = self._parameter_file(work)
        words = filled(
            request.words,
            self._fields,
            lambda name: own[name] if name in own else make_plain(get_by_dotted_path(config, name)),
        )
        words = [own["config_file"] if w == request.config_file else w for w in words]
        if request.arg_style is not None:
            words += styled(dict(self._leaves(self._in_style())), request.arg_style)
        self.shown_words = [mask_secret_values(mask_passwords(word)) for word in words]
        metrics = os.path.join(work, "metrics.jsonl")
        self._watch(metrics)
        environment = {
            **os.environ,
            **environment_of(dict(self._leaves(lambda path: True))),
            RUN_DIR_VARIABLE: run_dir,
            METRICS_VARIABLE: metrics,
            "SACRED_RUN_ID": str(self._run._id),
            "SACRED_SEED": str(own["seed"]),
        }
        return [self._program, *words[1:]], environment

    def _in_style(self) -> Callable[[str], bool]:
        """Return a predicate: whether a parameter is added, as it is not in the arguments yet."""
        is_given = asks_for_seed(self._request)
        return lambda path: path not in self._fields and (path != "seed" or is_given)

    def _leaves(self, is_wanted: Callable[[str], bool]) -> Iterator[tuple[str, Any]]:
        for path, _ in iterate_flattened(make_plain(self._config)):
            if is_wanted(path):
                # Read by its path: the record says which parameters were read.
                yield path, make_plain(get_by_dotted_path(self._config, path))

    def _parameter_file(self, work: str) -> str:
        assert self._request.config_file is not None
        original = os.path.join(self._request.directory, self._request.config_file)
        values = like_file(read_parameters(original), make_plain(self._config))
        folder = os.path.join(work, "parameters")
        os.mkdir(folder)
        return write_parameters(original, values, folder)

    # ---------------------------------------------------------- while it is running

    def _call(self, words: list[str], environment: Mapping[str, str]) -> int:
        for text in (*words, *environment.values()):
            if "\0" in text or not _is_encodable(text):
                shown = mask_secret_values(mask_passwords(text))[:100]
                reason = f"cannot be started: no program can be given {shown!r}"
                raise ProgramFailedError(words[0], _CANNOT_EXECUTE, reason)
        try:
            return run_child(
                words,
                environment=environment,
                directory=self._request.directory,
                listen=self._listen if self._request.metrics else None,
                tick=lambda: self._look(is_over=False),
            )
        except OSError as error:
            reason = f"cannot be started: {error.strerror}"
            raise ProgramFailedError(words[0], _CANNOT_EXECUTE, reason) from error
        finally:
            for splitter in self._splitters.values():
                self._log_lines(splitter.end())
            self._look(is_over=True)

    def _listen(self, descriptor: int, data: bytes) -> None:
        self._log_lines(self._splitters[descriptor].lines(data))

    def _log_lines(self, lines: Iterable[str]) -> None:
        for line in lines:
            for pattern in self._request.metrics:
                self._log(pattern.points(line))

    def _log(self, points: Iterable[Point]) -> None:
        for point in points:
            self._run.log_scalar(point.name, point.value, point.step)

    def _watch(self, metrics: str) -> None:
        self._sources.append(self._json_lines(metrics))
        for name in self._request.metrics_files:
            path = os.path.join(self._request.directory, name)
            is_events = is_event_file(name) or os.path.isdir(path) or not os.path.splitext(name)[1]
            self._sources.append(self._table(EventMetrics(path) if is_events else CsvMetrics(path)))

    def _look(self, is_over: bool) -> None:
        """Log what is new in the files with metrics."""
        for source in list(self._sources):
            try:
                source(is_over)
            except (OSError, ValueError) as error:
                self._run.run_logger.warning("Metrics cannot be read: %s", error)
                self._sources.remove(source)

    def _table(self, file: _MetricsFile) -> Callable[[bool], None]:
        def look(is_over: bool) -> None:
            before = is_over and not os.path.exists(file.path)
            self._log(file.points(is_over))
            if before:
                self._run.run_logger.warning("There is no file of metrics %s", file.path)

        return look

    def _json_lines(self, path: str) -> Callable[[bool], None]:
        splitter, offset = LineSplitter(), 0

        def look(is_over: bool) -> None:
            nonlocal offset
            with contextlib.suppress(FileNotFoundError), open(path, "rb") as file:
                file.seek(offset)
                data = file.read()
                offset += len(data)
                for line in splitter.lines(data + (b"\n" if is_over else b"")):
                    self._log_json(line)

        return look

    def _log_json(self, line: str) -> None:
        try:
            points, others = points_of_json(line)
        except ValueError as error:
            shown = line if len(line) < 80 else f"{line[:77]}..."
            self._run.run_logger.warning("$%s: %r: %s", METRICS_VARIABLE, shown, error)
            return
        self._log(points)
        if "result" in others:
            self._run.result = others["result"]

    # ------------------------------------------------------------ what it has left

    def _finish(self, returncode: int, start_error: str) -> None:
        if start_error:  # by the tracer, which says so with a status of its own
            raise ProgramFailedError(
                self._request.words[0], _CANNOT_EXECUTE, f"cannot be started: {start_error}"
            )
        status = exit_status_of(returncode)
        self._run.info["exit_status"] = status
        if status:
            raise ProgramFailedError(self._request.words[0], status)

    def _collect(self, run_dir: str, stamps: FileStamps, trace: RunTrace | None) -> None:
        changed = stamps.changed()
        made = [(path, run_dir) for path in files_below(run_dir)]
        made += [(path, self._request.directory) for path in changed]
        stored = {path: "" for path, _ in made}  # those that cannot be stored are not tried again
        for path, directory in made:
            try:
                name = stored[path] = add_artifact(self._run, path, directory)
                self.artifacts.append({"name": name, **digests_of(path)._asdict()})
            except OSError as error:
                self._run.run_logger.warning("%s is not recorded: %s", path, error)
        if self._request.outputs and not changed:
            patterns = ", ".join(self._request.outputs)
            self._run.run_logger.warning("No file that matches %s was written", patterns)
        if trace is not None:
            self.trace = trace.record(self._run, stored)


def _is_encodable(text: str) -> bool:
    try:
        os.fsencode(text)
    except UnicodeEncodeError:
        return False
    return True


def asks_for_seed(request: ExecRequest) -> bool:
    """Whether the seed is one of the parameters that the program gets through `arg_style`."""
    return "seed" in request.updates or "seed" in request.defaults


def like_file(file: Mapping[str, Any], config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the entries that a parameter file has, with the values of a configuration.

    Args:
        file: the entries of the file, nested.
        config: the configuration.
    """
    return {
        key: like_file(value, config[key])
        if isinstance(value, Mapping) and value and isinstance(config.get(key), Mapping)
        else config.get(key, value)
        for key, value in file.items()
    }
