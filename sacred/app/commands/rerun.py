"""Repeat a run, and say whether the result is the same: EXACT, EQUAL, CLOSE, or not.

The stored sources go into a scratch directory, over the commit of the run if you are in its
repository; your own files are not touched. The present interpreter is used if its packages have the
recorded versions; otherwise, an environment with those versions is created, by uv if that is
installed. The repetition is recorded like any other run, with meta.rerun_of and meta.verdict.

A bundle (sacred bundle) is repeated without its store. If it contains everything that the program
used (root/), the program runs there, and sees no other files of this machine. With changes of the
configuration, --into or --env, it runs with what is installed here instead.

It executes the code of the run, so be sure that you trust whoever recorded it.

Exit codes: 0 EXACT, EQUAL or CLOSE; 1 DIFFERS or FAILED; 2 IMPOSSIBLE: something is missing.

Examples:
  sacred rerun 7
  sacred rerun best:result --into checks --tol 1e-9
  sacred rerun 7 --times 3
  sacred rerun 7 --env current with lr=0.2
  sacred rerun run-7.tar.gz
"""

from __future__ import annotations

import argparse
import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from sacred._base.frozen import Frozen
from sacred.app.commands.divergence import add_ignored_metrics
from sacred.app.divergence_text import divergence_text
from sacred.app.program_arguments import add_run_id
from sacred.app.session import Session
from sacred.display.console import GREEN, RED, Console
from sacred.display.value_text import as_zoned_text, one_line
from sacred.exec.bundling.root_repetition import bundle_has_root, repeat_in_root
from sacred.records import RunRecord
from sacred.reruns.bundles import is_bundle, open_bundle
from sacred.reruns.recording import record_repetition
from sacred.reruns.repetition import RerunOptions, repeat_run
from sacred.runs.errors import UsageError
from sacred.runs.run_store import RunStore
from sacred.verdicts.verdict import DEFAULT_TOLERANCE, Verdict, verdict_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """See `CommandModule`."""
    add_run_id(parser)
    parser.add_argument(
        "updates",
        metavar="with UPDATE",
        nargs="*",
        help="changes of its configuration: with lr=0.2",
    )
    parser.add_argument("--into", metavar="STORE", help="where it is recorded (default: its store)")
    parser.add_argument(
        "--env",
        choices=("auto", "current", "recorded"),
        default="auto",
        help="the present interpreter, or one with the recorded versions (default: auto: the "
        "present one if it has the same versions)",
    )
    parser.add_argument(
        "--tol",
        type=float,
        default=DEFAULT_TOLERANCE,
        metavar="X",
        help="how far numbers may be apart for CLOSE (default: %(default)g)",
    )
    parser.add_argument(
        "--times", type=int, default=1, metavar="N", help="repeat it N times, to see its own noise"
    )
    parser.add_argument("--keep", action="store_true", help="leave the scratch directory")
    parser.add_argument(
        "--in", dest="directory", metavar="DIR", help="use this empty directory, and leave it"
    )
    parser.add_argument(
        "-n",
        "--no-network",
        action="store_true",
        help="cut the network off (a bundle with root/ only)",
    )
    add_ignored_metrics(parser)


def run(args: argparse.Namespace, session: Session) -> int:
    """See `CommandModule`."""
    if args.updates and (args.updates[0] != "with" or len(args.updates) < 2):
        raise UsageError(f"what is {args.updates[0]!r}? Changes stand behind with: with lr=0.2")
    if args.times < 1 or (args.times > 1 and args.directory):
        raise UsageError("--times is at least 1, and 1 with --in")
    with _first_run(args.id, session) as first:
        if _is_run_in_root(first, args, session.console):
            return _repeat_in_root(first, args, session)
        if args.no_network:
            raise UsageError("-n: only a bundle with root/ is run without the network")
        return _repeat_run(first, args, session)


class _First(Frozen):
    """The run to repeat, its store, and where a bundle comes from."""

    record: RunRecord
    store: RunStore
    bundle: str | None = None
    origin: str | None = None
    directory: Path | None = None


@contextlib.contextmanager
def _first_run(text: str, session: Session) -> Iterator[_First]:
    if not is_bundle(text):
        store, record = session.run_and_store(text)
        yield _First(record=record, store=store)
        return
    with tempfile.TemporaryDirectory(prefix="sacred-bundle-") as directory:
        found = open_bundle(Path(text), Path(directory))
        yield _First(
            record=found.record,
            store=found.store,
            bundle=text,
            origin=found.origin,
            directory=Path(directory),
        )


def _is_run_in_root(first: _First, args: argparse.Namespace, console: Console) -> bool:
    if first.directory is None or not bundle_has_root(first.directory):
        return False
    if args.updates or args.into or args.env != "auto" or args.keep or args.directory:
        console.note("not in the root of the bundle, but with the programs that are here")
        return False
    return True


def _repeat_in_root(first: _First, args: argparse.Namespace, session: Session) -> int:
    assert first.directory is not None
    session.console.note(_whose(first, session.console))
    session.console.note("in the root of the bundle")
    codes = []
    for _ in range(args.times):
        verdict, output = repeat_in_root(first.directory, has_network=not args.no_network)
        if verdict.name == "FAILED":
            for line in output.splitlines()[-_MAX_OUTPUT_LINES:]:
                session.console.note(f"  {one_line(line)}")
        _print_verdict(verdict, session.console)
        codes.append(verdict.exit_code)
    return max(codes)


def _repeat_run(first: _First, args: argparse.Namespace, session: Session) -> int:
    record, console = first.record, session.console
    target = session.open(args.into).store if args.into else first.store
    console.note(_whose(first, console))
    options = RerunOptions(
        environment=args.env,
        updates=tuple(args.updates[1:]),
        tolerance=args.tol,
        ignored=tuple(args.ignore),
        directory=Path(args.directory) if args.directory else None,
        keep=args.keep,
        tell=lambda text: console.note(one_line(text)),
    )
    verdicts, again = [], []
    for _ in range(args.times):
        verdict, repeated = _repeat(first, target, options, console)
        verdicts.append(verdict)
        again += [repeated] if repeated is not None else []
        if verdict.name == "IMPOSSIBLE":
            break
    if len(again) > 1:  # first: what it differs in from itself says nothing about the first run
        _print_noise(again, options, console)
    for verdict in verdicts:
        _print_verdict(verdict, console)
        if verdict.divergence is not None and not verdict.causes and not _is_traced(record):
            console.print(
                "  perhaps because of a file that it has read without open_resource(): nobody has "
                "recorded it (--trace does)"
            )
    if first.bundle and not args.into and again:
        console.note("the repetition is not kept; --into STORE records it")
    session.report(record.problems)
    return max(verdict.exit_code for verdict in verdicts)


def _whose(first: _First, console: Console) -> str:
    """Say whose run is going to be executed."""
    record = first.record
    place = record.store
    if first.bundle:
        place = f"the bundle {first.bundle}, from {first.origin}"
    host = record.host.get("hostname")
    start = record.start_time
    parts = [
        f"run {record.id} of {place}: {record.name or '?'}",
        f"recorded on {host}" if host else "",
        as_zoned_text(start, console.utc) if start is not None else "",
    ]
    return one_line(", ".join(filter(None, parts)))


def _repeat(
    first: _First, target: RunStore, options: RerunOptions, console: Console
) -> tuple[Verdict, RunRecord | None]:
    with repeat_run(first.record, options) as repetition:
        new_id = record_repetition(first.record, repetition, target, first.origin)
        if new_id is not None and not (first.bundle and target is first.store):
            console.note(f"recorded as run {new_id} of {target.url}")
        if repetition.directory is not None and (options.keep or options.directory):
            console.note(f"the scratch directory is {repetition.directory.parent}")
    return repetition.verdict, None if new_id is None else target[new_id]


def _print_verdict(verdict: Verdict, console: Console) -> None:
    colour = RED if verdict.exit_code else GREEN
    reason = f"  {one_line(verdict.reason)}" if verdict.reason else ""
    console.print(f"{console.style(verdict.name, colour)}{reason}")
    for cause in verdict.causes:
        console.print(f"  before the run  {divergence_text(cause)}")
    if verdict.call is not None:
        console.print(f"  first call      {divergence_text(verdict.call)}")
    if verdict.divergence is not None and str(verdict.divergence) not in verdict.reason:
        console.print(f"  differs first   {divergence_text(verdict.divergence)}")
    if verdict.divergence is not None and not verdict.causes and verdict.is_hash_suspect:
        console.print(
            "  perhaps because PYTHONHASHSEED was not set: sets of strings have another order in "
            "each run"
        )


def _is_traced(record: RunRecord) -> bool:
    """Whether all the files that a run read are recorded."""
    return "trace" in record.environment


def _print_noise(again: list[RunRecord], options: RerunOptions, console: Console) -> None:
    """Say whether the repetitions agree with each other."""
    worst = EXACT
    for other in again[1:]:
        verdict = verdict_of(again[0], other, options.tolerance, options.ignored)
        worst = max(worst, verdict, key=lambda found: _ORDER.index(found.name))
    console.print(f"the repetitions among themselves: {one_line(str(worst))}")


#: How many lines of the output of a failed program are shown.
_MAX_OUTPUT_LINES = 5
EXACT = Verdict(name="EXACT")
_ORDER = ("EXACT", "EQUAL", "CLOSE", "DIFFERS", "FAILED")
