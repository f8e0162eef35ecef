r"""Run a program in any language, and record the run.

The program stands behind --; what it is given behind with: as {lr} in its arguments, by
--arg-style, in a parameter file, and in variables SACRED_PARAM_lr. {seed}, {run_id}, {run_dir}
and {config_file} stand for those of the run. Its exit status is the one of this command.

What is recorded: parameters, output, commit and changes of the repository, the program's file,
version and libraries; metrics that match --metric, stand in --metrics-file or are written as JSON
lines to $SACRED_METRICS; the files in $SACRED_RUN_DIR, and those that match --output.

Examples:
  sacred exec -- ./simulate 100
  sacred exec with lr=0.1 n=3 -- ./train -r {lr} -n {n}
  sacred exec --arg-style double with lr=0.1 -- python train.py
  sacred exec --config-file model.toml with opt.lr=0.1 -- ./train model.toml
  sacred exec --metric 'loss: loss=(\S+)' --output '*.bin' -- ./train
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
from collections.abc import Iterator
from typing import Any

from sacred._base.frozen import replace
from sacred.app.session import Session
from sacred.cli.updates import parse_updates
from sacred.dependencies.git import Repositories
from sacred.display.value_text import one_line
from sacred.exec.composition import find_program
from sacred.exec.metric_lines import MetricPattern
from sacred.exec.parameter_file import read_parameters
from sacred.exec.program_errors import ProgramFailedError
from sacred.exec.program_experiment import ProgramExperiment
from sacred.exec.request import ARG_STYLES, ExecRequest
from sacred.exec.worktree import checked_out
from sacred.observers.store_observer import StoreObserver
from sacred.run import Run
from sacred.runs.errors import ProgramError, UsageError

#: Where runs are recorded if nothing says where.
_DEFAULT_STORE = "runs"
#: As shells report it.
_NOT_FOUND = 127
_WORDS_OPTION = "--program-words"


def rewrite_arguments(words: list[str]) -> list[str]:
    """Put what stands behind ``--`` into one word: no option of a program is one of ours."""
    if "--" not in words:
        return words
    place = words.index("--")
    return [*words[:place], f"{_WORDS_OPTION}={json.dumps(words[place + 1 :])}"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """See `CommandModule`."""
    parser.usage = "sacred exec [OPTIONS] [with PARAMETER=VALUE...] -- PROGRAM [ARGUMENT...]"
    parser.add_argument(
        "words", metavar="with PARAMETER=VALUE", nargs="*", help="what the program is given"
    )
    parser.add_argument(_WORDS_OPTION, type=json.loads, help=argparse.SUPPRESS)
    parser.add_argument("--name", help="of the experiment (default: the program's)")
    parser.add_argument(
        "--arg-style",
        choices=ARG_STYLES,
        help="add the parameters to the arguments, as --lr 0.1, -lr 0.1, lr 0.1 or lr=0.1",
    )
    parser.add_argument(
        "--config-file",
        metavar="FILE",
        help="its parameter file (.json, .yaml, .toml, .ini): the program gets one with the values "
        "of the run, in the place of its name among the arguments and as {config_file}",
    )
    _add_recorded(parser)
    parser.add_argument(
        "--on-dirty",
        choices=("store", "refuse"),
        default="store",
        help="uncommitted changes: store them with the run (default), or do not run",
    )
    parser.add_argument(
        "--rev", metavar="COMMIT", help="run this commit of the repository, in a scratch directory"
    )
    parser.add_argument("--comment", metavar="TEXT", help="a comment on the run")
    parser.add_argument("--tag", action="append", default=[], help="a tag of the run")
    parser.add_argument("--group", help="the group that the run belongs to")
    parser.add_argument("-q", "--quiet", action="store_true", help="only the program prints")


def _add_recorded(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--metric",
        metavar="'NAME: REGEX'",
        action="append",
        default=[],
        help="a metric in the output: its value is the first group",
    )
    parser.add_argument(
        "--metrics-file",
        metavar="FILE",
        action="append",
        default=[],
        help="a CSV file, or event files of TensorBoard (file or directory), with metrics",
    )
    parser.add_argument(
        "--input", metavar="FILE", action="append", default=[], help="record it as a resource"
    )
    parser.add_argument(
        "--output",
        metavar="GLOB",
        action="append",
        default=[],
        help="record files that it has made or changed as artifacts",
    )


def run(args: argparse.Namespace, session: Session) -> int:
    """See `CommandModule`."""
    request = _request(args)
    _check_repository(args, request.directory)
    with _in_revision(args.rev, request) as placed:
        if find_program(placed.words[0], placed.directory) is None:
            session.console.problem(f"there is no program {placed.words[0]!r}")
            return _NOT_FOUND
        experiment = ProgramExperiment(placed)
        for store in _stores(args, session):
            experiment.observers.append(StoreObserver(session.open(store).store.backend))
        status = 0
        try:
            experiment.execute()
        except ProgramFailedError as error:
            status = error.exit_status
    finished = experiment.current_run
    assert finished is not None
    if not args.quiet:
        _print_outcome(finished, status, session)
    # A run that is not stored is no success.
    return status or int(finished.record_error is not None)


def _request(args: argparse.Namespace) -> ExecRequest:
    words, updates = _program_words(args)
    config_updates, others = parse_updates(updates)
    if others:
        raise UsageError(f"what is {others[0]!r}? Behind with stand parameters: with lr=0.1")
    defaults: dict[str, Any] = {}
    if args.config_file is not None:
        defaults = read_parameters(args.config_file)
    for path in args.input:
        if not os.path.isfile(path):
            raise UsageError(f"--input: there is no file {path!r}")
    options: dict[str, Any] = {
        name: value
        for name, value in (
            ("--comment", args.comment),
            ("--tag", args.tag),
            ("--group", args.group),
        )
        if value
    }
    return ExecRequest(
        words=tuple(words),
        name=args.name or os.path.splitext(os.path.basename(words[0]))[0],
        directory=os.getcwd(),
        defaults=defaults,
        updates=config_updates,
        update_words=tuple(updates),
        arg_style=args.arg_style,
        config_file=args.config_file,
        metrics=tuple(map(MetricPattern.parse, args.metric)),
        metrics_files=tuple(args.metrics_file),
        inputs=tuple(args.input),
        outputs=tuple(args.output),
        options=options,
        quiet=args.quiet,
    )


def _program_words(args: argparse.Namespace) -> tuple[list[str], list[str]]:
    """The program with its arguments, and the updates."""
    words = args.words
    if words and words[0] != "with":
        raise UsageError(
            f"what is {words[0]!r}? A program stands behind --, as in: sacred exec -- {words[0]}"
        )
    if not args.program_words or not args.program_words[0]:
        raise UsageError("which program? It stands behind --, as in: sacred exec -- ./simulate")
    return args.program_words, words[1:]


def _check_repository(args: argparse.Namespace, directory: str) -> None:
    if args.on_dirty == "refuse" and args.rev is None:
        git = Repositories().info(os.path.join(directory, "_"))
        if git.commit is None:
            raise ProgramError("--on-dirty refuse: there is no commit to be recorded here")
        if git.is_dirty:
            raise ProgramError(f"--on-dirty refuse: there are uncommitted changes in {git.repo}")


@contextlib.contextmanager
def _in_revision(revision: str | None, request: ExecRequest) -> Iterator[ExecRequest]:
    if revision is None:
        yield request
        return
    with checked_out(revision, request.directory) as directory:
        yield replace(request, directory=directory)


def _stores(args: argparse.Namespace, session: Session) -> list[str]:
    if args.store:
        return list(args.store)
    try:
        return [session.default_store]
    except ProgramError:
        return [_DEFAULT_STORE]


def _print_outcome(finished: Run, status: int, session: Session) -> None:
    how = f"{finished.status}" + (f" with exit status {status}" if status else "")
    places = [observer.store.url for observer in finished.observers]
    session.console.note(one_line(f"run {finished._id} of {' and '.join(places)}: {how}"))
