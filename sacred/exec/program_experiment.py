"""The experiment whose main function is a program."""

from __future__ import annotations

import functools
import logging
import os
from collections.abc import Mapping
from typing import Any

from sacred._base.masking import mask_passwords, mask_secret_values
from sacred._base.paths import get_by_dotted_path as entry_at
from sacred._base.paths import iterate_flattened, set_by_dotted_path
from sacred.definition import lease_of_process
from sacred.dependencies.environment import EnvironmentGatherer
from sacred.dependencies.experiment_info import ExperimentInfoGatherer, Script
from sacred.dependencies.git import Repositories
from sacred.exec.composition import composition_of, find_program, script_in
from sacred.exec.parameters import RUN_FIELDS, fields_in
from sacred.exec.program_run import ProgramRun, asks_for_seed
from sacred.exec.request import ExecRequest
from sacred.experiment import Experiment
from sacred.run import Run
from sacred.runs.errors import ProgramError

__all__ = ["COMMAND", "ProgramExperiment"]

#: The name of the command in records.
COMMAND = "exec"


class ProgramExperiment(Experiment):
    """An experiment that runs a program.

    Its configuration consists of the parameters of the program.

    Args:
        request: the program.

    Raises:
        ProgramError: there is no such program.
        UsageError: a parameter in its arguments is misspelt.
    """

    def __init__(self, request: ExecRequest) -> None:
        super().__init__(request.name, interactive=True, base_dir=request.directory)
        self.request = request
        program = find_program(request.words[0], request.directory)
        if program is None:
            raise ProgramError(f"there is no program {request.words[0]!r}")
        self.program = program
        self.mainfile = script_in(request.words, program, request.directory)
        if self.mainfile is not None:
            self.add_source_file(self.mainfile)
        parameters = _parameters(request)
        known = [path for path, _ in iterate_flattened(parameters)]
        self.fields = fields_in(request.words, known)
        if parameters:
            self.add_config(parameters)
        self.program_run: ProgramRun | None = None
        self._add_main_function()

    def _add_main_function(self) -> None:
        def program(_run: Run, _config: Mapping[str, Any]) -> Any:
            self.program_run = ProgramRun(self.request, self.program, self.fields, _run, _config)
            self.program_run.execute()
            return _run.result

        program.__name__ = program.__qualname__ = COMMAND
        # Not one of the commands that all experiments have: it stands for the user's program.
        program.__module__ = "program"
        self.main(program)

    def _create_run(self, *args: Any, **kwargs: Any) -> Run:
        run = super()._create_run(*args, **kwargs)
        # Whoever calls says how it ended; in the output of the program it would be one line more.
        run.run_logger.addFilter(_is_no_outcome)
        return run

    def execute(self) -> Run:
        """Run the program.

        Returns:
            the finished run.

        Raises:
            ProgramFailedError: the program failed; `current_run` is the run.
        """
        leased = _leased_config()
        if leased is not None:
            return self.run(named_configs=[leased], options=self.run_options)
        seed = self.request.seed
        updates = {**self.request.updates, **({} if seed is None else {"seed": seed})}
        return self.run(config_updates=updates, options=self.run_options)

    @property
    def run_options(self) -> dict[str, Any]:
        """The options of a run."""
        return {
            "--loglevel": "ERROR" if self.request.quiet else "WARNING",
            "--capture": "fd" if os.name == "posix" else "sys",
            "UPDATE": list(self.request.update_words),
            "with": bool(self.request.update_words),
            **self.request.options,
        }

    # ----------------------------------------------------------- what is recorded

    def _script(self) -> Script:
        # None of the modules of this process is a source of the program.
        return Script({}, self.base_dir, self.save_git_info, self._added_sources, ())

    def experiment_info_gatherer(self, *, soon: bool = True) -> ExperimentInfoGatherer:
        """Like that of other experiments, with the repository of the working directory.

        Args:
            soon: not used.
        """
        return _ProgramInfoGatherer(self)

    def description(self) -> dict[str, Any]:
        """The record of the program, in the environment of the run."""
        request = self.request
        asked: dict[str, Any] = {
            "words": [mask_secret_values(mask_passwords(word)) for word in request.words],
            "arg_style": request.arg_style,
            "config_file": request.config_file,
            "metrics": [f"{row.name}: {row.regex.pattern}" for row in request.metrics],
            "metrics_files": list(request.metrics_files),
            "inputs": list(request.inputs),
            "outputs": list(request.outputs),
            "seed_in_arguments": request.arg_style is not None and asks_for_seed(request),
            "revision": request.revision,
            "checkout_of": request.checkout_of,
            # Before the run, there is no trace yet.
            "is_traced": request.tracer is not None,
        }
        found = {name: value for name, value in asked.items() if value}
        found |= composition_of(self.program)
        started = self.program_run
        if started is not None:
            found["arguments"] = started.shown_words
            found |= {"artifacts": started.artifacts} if started.artifacts else {}
        return found

    def trace(self) -> dict[str, Any]:
        """The record of the trace, in the environment of the run; empty if there is none."""
        started = self.program_run
        return {} if started is None or started.trace is None else started.trace.document()

    @property
    def packages(self) -> list[str]:
        """The packages that the program loaded, as far as it was traced."""
        started = self.program_run
        return [] if started is None or started.trace is None else started.trace.packages


def _leased_config() -> str | None:
    """The file with the recorded configuration, in a process that a worker started."""
    lease = lease_of_process()
    return str(lease["config"]) if lease else None


def _is_no_outcome(record: logging.LogRecord) -> bool:
    return not record.getMessage().startswith(("Failed after", "Aborted after"))


class _ProgramInfoGatherer(ExperimentInfoGatherer):
    def __init__(self, experiment: ProgramExperiment) -> None:
        script = experiment._script
        super().__init__(
            script(), lambda: [script()], name=experiment.path, mainfile=experiment.mainfile
        )
        self._experiment = experiment
        request = experiment.request
        self._place = os.path.join(request.directory, "_")
        self._origin = os.path.join(request.checkout_of, "_") if request.checkout_of else None
        self._findings.repositories.ask_about(self._place)

    def __call__(self) -> dict[str, Any]:
        """Return the description that observers store."""
        info = super().__call__()
        # Not numpy, which makes the seeds.
        info["dependencies"] = self._experiment.packages
        git = self._findings.repositories.info(self._place)
        found = {"url": self.url_of(git.repo), "commit": git.commit, "dirty": bool(git.is_dirty)}
        others = [entry for entry in info["repositories"] if entry["url"] != git.repo]
        info["repositories"] = [found, *others] if git.repo is not None else others
        return info

    def url_of(self, url: str | None) -> str | None:
        """The address of a repository: for the checkout in a scratch directory, the user's own."""
        if self._origin is None or url != self._findings.repositories.info(self._place).repo:
            return url
        return self._origin_url

    @functools.cached_property
    def _origin_url(self) -> str | None:
        assert self._origin is not None
        # A new one: with this run's, the user's repository would be described as well.
        return Repositories().info(self._origin).repo

    def environment(self) -> EnvironmentGatherer:
        """What describes the environment; to be called when the experiment is described."""
        return _ProgramEnvironment(super().environment(), self._experiment, self)


class _ProgramEnvironment(EnvironmentGatherer):
    def __init__(
        self,
        environment: EnvironmentGatherer,
        experiment: ProgramExperiment,
        info: _ProgramInfoGatherer,
    ) -> None:
        self._environment = environment
        self._experiment = experiment
        self._info = info

    def __call__(self) -> dict[str, Any]:
        """Return the description: plain data."""
        found = self._environment()
        # Those of this process are not those of the program.
        for name in (
            "packages",
            "local_packages",
            "python",
            "libraries",
            "import_paths",
            "outside_modules",
        ):
            found.pop(name, None)
        for entry in found.get("repositories", ()):
            entry["url"] = self._info.url_of(entry["url"])
        trace = self._experiment.trace()
        traced = {"trace": trace} if trace else {}
        return {**found, "program": self._experiment.description(), **traced}


def _parameters(request: ExecRequest) -> dict[str, Any]:
    """The parameters with their default values, as far as they are known.

    If no parameters are declared, the known ones are those that are given.
    """
    found: dict[str, Any] = {}
    for path, value in iterate_flattened(dict(request.defaults)):
        set_by_dotted_path(found, path, value)
    is_declared = bool(request.defaults)
    for path, value in iterate_flattened(_plain(request.updates)):
        is_used = any(f"{{{path}}}" in word for word in request.words)
        is_known = entry_at(found, path, found) is not found
        if not is_known and (is_used or not is_declared) and path not in RUN_FIELDS:
            set_by_dotted_path(found, path, value)
    return found


def _plain(updates: Mapping[str, Any]) -> dict[str, Any]:
    """The updates that set an entry, without those that edit one (``xs+=[1]``, ``~x``)."""
    return {
        key: _plain(value) if isinstance(value, dict) and value else value
        for key, value in updates.items()
        if type(key) is str
    }
