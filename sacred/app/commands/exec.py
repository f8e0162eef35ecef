r"""Run a program in any language, and record the run.

The program comes after --; one that the project file declares ([programs.NAME]) is called by its
name. Parameters come after with. The program gets them as {lr} in its arguments, by --arg-style, in
a parameter file, and in variables such as SACRED_PARAM_lr. {seed}, {run_id}, {run_dir} and
{config_file} stand for those of the run. The exit status is the program's.

What is recorded: parameters, output, commit and changes of the repository, the program's file,
version and libraries; metrics that match --metric, are in --metrics-file, or are written as JSON
lines to $SACRED_METRICS; the files in $SACRED_RUN_DIR, and those that match --output; on Linux, if
strace is installed, all files that the program reads and writes.

Examples:
  sacred exec -- ./simulate 100
  sacred exec with lr=0.1 n=3 -- ./train -r {lr} -n {n}
  sacred exec --arg-style double with lr=0.1 -- python train.py
  sacred exec --config-file model.toml with opt.lr=0.1 -- ./train model.toml
  sacred exec train with lr=0.1
  sacred exec -q with lr=0.1 -- ./train {lr}
  sacred exec sweep with lr=0.1,0.01 -- ./train {lr}
  sacred exec --metric 'loss: loss=(\S+)' --output '*.bin' -- ./train
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sacred._base.frozen import replace
from sacred._base.paths import recursive_update
from sacred._base.text import did_you_mean
from sacred.app.program_sweep import SWEEP, ProgramSweep, add_sweep_options
from sacred.app.session import Session
from sacred.cli.updates import parse_updates
from sacred.dependencies.git import Repositories
from sacred.display.value_text import one_line
from sacred.exec.bundling.traced_bundle import (
    estimate_lines,
    files_to_pack,
    write_traced_bundle,
)
from sacred.exec.composition import find_program
from sacred.exec.declared_parameters import checked_updates, defaults_of
from sacred.exec.declared_programs import DeclaredProgram, declared_program
from sacred.exec.metric_lines import MetricPattern
from sacred.exec.parameter_file import read_parameters
from sacred.exec.program_errors import ProgramFailedError
from sacred.exec.program_experiment import ProgramExperiment
from sacred.exec.request import ARG_STYLES, ExecRequest
from sacred.exec.tracing.strace import Tracer, tracer_for
from sacred.exec.worktree import checked_out
from sacred.observers.store_observer import StoreObserver
from sacred.reruns.bundles import bundle_name
from sacred.run import Run
from sacred.runs.errors import ProgramError, UsageError

#: Where runs are recorded by default.
_DEFAULT_STORE = "runs"
#: The exit status as shells report it.
_NOT_FOUND = 127
#: How many remarks about a trace are printed.
_MAX_NOTES = 5
_WORDS_OPTION = "--program-words"


def rewrite_arguments(words: list[str]) -> list[str]:
    """Put everything after ``--`` into one word: the options of a program are not ours."""
    if "--" not in words:
        return words
    place = words.index("--")
    return [*words[:place], f"{_WORDS_OPTION}={json.dumps(words[place + 1 :])}"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """See `CommandModule`."""
    parser.usage = (
        "sacred exec [OPTIONS] [with PARAMETER=VALUE...] -- PROGRAM [ARGUMENT...]\n"
        "       sacred exec [OPTIONS] NAME [with PARAMETER=VALUE...] [-- ARGUMENT...]"
    )
    parser.add_argument(
        "words",
        metavar="NAME with PARAMETER=VALUE",
        nargs="*",
        help="a program that the project file declares, and its parameters",
    )
    parser.add_argument(
        "--programs", action="store_true", help="list the programs of the project, and stop"
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
    _add_tracing(parser)
    parser.add_argument(
        "--on-dirty",
        choices=("store", "refuse"),
        default="store",
        help="uncommitted changes: store them with the run (default), or do not run",
    )
    parser.add_argument(
        "--rev", metavar="COMMIT", help="run this commit of the repository, in a scratch directory"
    )
    parser.add_argument(
        "--seed",
        type=int,
        metavar="N",
        help="the seed of the run; unlike with seed=N, --arg-style does not add it to the "
        "arguments",
    )
    _add_annotations(parser)
    add_sweep_options(parser)


def _add_tracing(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--trace",
        dest="trace",
        action="store_const",
        const="on",
        default="auto",
        help="record which files it reads and writes, and what it executes, or do not run "
        "(default: if strace is there)",
    )
    parser.add_argument(
        "--no-trace", dest="trace", action="store_const", const="off", help="do not trace it"
    )
    parser.add_argument(
        "--bundle",
        action="store_true",
        help="trace it, including files that it only looks at, and pack the run with all files "
        "that it used into run-ID.tar.zst: sacred rerun FILE",
    )


def _add_annotations(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--comment", metavar="TEXT", help="a comment on the run")
    parser.add_argument("--tag", action="append", default=[], help="a tag of the run")
    parser.add_argument("--group", help="the group that the run belongs to")
    parser.add_argument(
        "-q", "--queue", action="store_true", help="do not run it, but queue the run for a worker"
    )
    parser.add_argument("--quiet", action="store_true", help="only the program prints")


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
    if args.programs:
        return _list_programs(session)
    sweep = _sweep(args)
    request = _request(args, session, sweep)
    _check_repository(args, request.directory)
    with _in_revision(args.rev, request) as placed:
        program = find_program(placed.words[0], placed.directory)
        if program is None:
            session.console.problem(f"there is no program {placed.words[0]!r}")
            return _NOT_FOUND
        tracer = _tracer(args, program, session)
        experiment = ProgramExperiment(replace(placed, tracer=tracer))
        for store in _stores(args, session):
            experiment.observers.append(StoreObserver(session.open(store).store.backend))
        if sweep is not None:
            return sweep.carry_out(experiment)
        status = 0
        try:
            experiment.execute()
        except ProgramFailedError as error:
            status = error.exit_status
    finished = experiment.current_run
    assert finished is not None
    if not args.quiet:
        _print_outcome(finished, status, session)
        _print_trace(experiment, session)
    if args.bundle and not args.queue and finished.record_error is None:
        _write_bundle(finished, session, quiet=args.quiet)
    # A run that is not stored is no success.
    return status or int(finished.record_error is not None)


def _sweep(args: argparse.Namespace) -> ProgramSweep | None:
    """The sweep that the words ask for, which are then those of a run of the same program."""
    names = args.words[: args.words.index("with")] if "with" in args.words else args.words
    if not names or names[-1] != SWEEP:
        if ProgramSweep.options(args):
            raise UsageError("that is an option of a sweep: sacred exec sweep with lr=0.1,0.01 ...")
        return None
    if args.seed is not None:
        raise UsageError("--seed is that of one run; those of a sweep: --seeds N, or with seed=1,2")
    if args.bundle:
        raise UsageError("--bundle packs one run; the runs of a sweep are packed by sacred bundle")
    sweep = ProgramSweep(args, args.words[len(names) + 1 :])
    args.words = names[:-1]
    return sweep


def _request(
    args: argparse.Namespace, session: Session, sweep: ProgramSweep | None = None
) -> ExecRequest:
    name, updates = _called(args.words)
    config_updates, others = parse_updates(updates)
    points = iter(() if sweep is None else sweep.points())
    config_updates = dict(next(points, config_updates))
    if others:
        raise UsageError(f"what is {others[0]!r}? Behind with stand parameters: with lr=0.1")
    given = args.program_words or []
    if name is not None:
        program = _declared(name, session)
        if program.parameters is not None:
            config_updates = checked_updates(program.parameters, config_updates, name)
            for point in points:
                checked_updates(program.parameters, point, name)
    elif given and given[0]:
        label = os.path.splitext(os.path.basename(given[0]))[0]
        program = DeclaredProgram(name=label, words=(), directory=os.getcwd())
    else:
        raise UsageError("which program? It stands behind --, as in: sacred exec -- ./simulate")
    config_file = args.config_file or program.config_file
    defaults = defaults_of(program.parameters or ())
    if config_file is not None:
        file = os.path.join(program.directory, config_file)
        defaults = recursive_update(read_parameters(file), defaults)
    return ExecRequest(
        words=(*program.words, *given),
        name=args.name or program.name,
        directory=program.directory,
        defaults=defaults,
        updates=config_updates,
        update_words=tuple(updates),
        arg_style=args.arg_style or program.arg_style,
        config_file=config_file,
        metrics=tuple(map(MetricPattern.parse, (*program.metrics, *args.metric))),
        metrics_files=(*program.metrics_files, *args.metrics_file),
        inputs=_inputs((*program.inputs, *args.input), program.directory),
        outputs=(*program.outputs, *args.output),
        options=_annotations(args),
        seed=_seed(args, config_updates),
        quiet=args.quiet,
    )


def _seed(args: argparse.Namespace, updates: Mapping[str, Any]) -> int | None:
    if args.seed is not None and "seed" in updates:
        raise UsageError("--seed, or with seed=N, not both")
    return None if args.seed is None else int(args.seed)


def _called(words: list[str]) -> tuple[str | None, list[str]]:
    """Return the name of a declared program, and the updates."""
    names = words[: words.index("with")] if "with" in words else words
    if len(names) > 1:
        call = " ".join(names)
        raise UsageError(f"a program with arguments stands behind --: sacred exec -- {call}")
    return (names[0] if names else None), words[len(names) + 1 :]


def _declared(name: str, session: Session) -> DeclaredProgram:
    project = session.project
    programs = {} if project is None else project.programs
    if project is None or name not in programs:
        hint = did_you_mean(name, programs)
        raise UsageError(
            f"no project file declares a program {name!r}. {hint}".rstrip()
            + f" Others stand behind --: sacred exec -- {name}"
        )
    return declared_program(name, programs[name], str(project.path))


def _inputs(paths: tuple[str, ...], directory: str) -> tuple[str, ...]:
    for path in paths:
        if not os.path.isfile(os.path.join(directory, path)):
            raise UsageError(f"--input: there is no file {path!r}")
    return paths


def _annotations(args: argparse.Namespace) -> dict[str, Any]:
    found = {"--comment": args.comment, "--tag": args.tag, "--group": args.group}
    found |= {"--queue": args.queue}
    return {name: value for name, value in found.items() if value}


def _list_programs(session: Session) -> int:
    project = session.project
    if project is None or not project.programs:
        session.console.note("no project file declares a program: [programs.NAME] in .sacred.toml")
        return 0
    for name, content in project.programs.items():
        program = declared_program(name, content, str(project.path))
        session.console.print(f"{name}  {program.help or shlex.join(program.words)}")
        for parameter in program.parameters or ():
            session.console.print(f"  {parameter}")
    return 0


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
    with checked_out(revision, request.directory) as found:
        yield replace(
            request,
            directory=found.directory,
            revision=found.commit,
            checkout_of=request.directory,
        )


def _tracer(args: argparse.Namespace, program: str, session: Session) -> Tracer | None:
    if args.trace == "off":
        if args.bundle:
            raise UsageError("--bundle needs a trace; leave --no-trace out")
        return None
    found = tracer_for(program, for_bundle=args.bundle)
    if isinstance(found, Tracer):
        return found
    if args.trace == "on" or args.bundle:
        raise ProgramError(f"{'--bundle' if args.bundle else '--trace'}: {found}")
    if not args.quiet:
        session.console.note(f"files are not traced: {found}")
    return None


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


def _write_bundle(finished: Run, session: Session, quiet: bool) -> None:
    console = session.console

    def tell(text: str) -> None:
        if not quiet:
            console.note(one_line(text))

    store = session.open(finished.observers[0].store.url).store
    assert finished._id is not None
    record = store[finished._id]
    target = Path(bundle_name(record))
    found = files_to_pack(record, tell)
    if found is not None:
        tell(estimate_lines(found)[0])
    try:
        write_traced_bundle(record, store, target, found, tell)
    except OSError as error:
        raise ProgramError(f"{target} cannot be written: {error.strerror or error}") from error
    tell(f"wrote run {record.id} to {target} ({target.stat().st_size} bytes)")


def _print_trace(experiment: ProgramExperiment, session: Session) -> None:
    started = experiment.program_run
    if started is None or started.trace is None:
        return
    session.console.note(started.trace.summary())
    for note in started.trace.notes[:_MAX_NOTES]:
        session.console.note(f"  {one_line(note)}")
    if (more := len(started.trace.notes) - _MAX_NOTES) > 0:
        session.console.note(f"  and {more} more: environment.trace.notes of the run")
