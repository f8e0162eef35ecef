"""Run queued runs, each in a process of its own, until you press Ctrl-C.

train.py -q with lr=0.1 queues a run in the store of its observer; any number of workers on any
machines take runs from there, the highest priority first. A run uses the sources and the
configuration that it was queued with, whatever you have edited since, in a scratch directory;
--here uses what is in the working tree now.

A worker executes the code of the runs that it takes, so anyone who can write to the store can run
code as you. Before it starts, it says whose runs they are.

Ctrl-C, SIGTERM and the time limit end its runs so that another worker can continue them. A run
whose worker was killed is run again, up to --retries times.

Examples:
  sacred worker -s runs
  sacred worker -j 4 --until-empty
  sacred worker "name = train and group = A" -s mongodb://server/lab
  sacred worker --gpus 0,1 --gpus-per-run 0.5 -j 4
  sacred worker --time-limit 2h --grace 5m
  sacred worker --on slurm -j 10 --opt partition=gpu --opt time=2:00:00 --until-empty
"""

from __future__ import annotations

import argparse
import os
import re

from sacred.app.program_arguments import whole_number
from sacred.app.session import Session
from sacred.app.worker_events import EventLines
from sacred.queue.requirements import parse_bytes, parse_gpus
from sacred.queue.run_process import Launch
from sacred.queue.worker import Worker, WorkerOptions
from sacred.stores.schemes import absolute_address

_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """See `CommandModule`."""
    parser.add_argument(
        "query", metavar="QUERY", nargs="*", help="only runs that match (default: all)"
    )
    parser.add_argument(
        "-j", "--jobs", type=_count, default=1, metavar="N", help="N runs at once (default: 1)"
    )
    ends = parser.add_mutually_exclusive_group()
    ends.add_argument("--once", action="store_true", help="end after one run (or N, with -j N)")
    ends.add_argument("--until-empty", action="store_true", help="end when no run waits")
    parser.add_argument(
        "--time-limit", type=_seconds, metavar="TIME", help="end after that time: 90s, 30m, 2h"
    )
    parser.add_argument(
        "--grace",
        type=_seconds,
        default=60.0,
        metavar="TIME",
        help="time for runs that save their state when they are asked to end (default: 60s)",
    )
    parser.add_argument(
        "--env",
        choices=("current", "recorded"),
        default="current",
        help="the present interpreter (default), or one with the recorded versions",
    )
    parser.add_argument(
        "--here", action="store_true", help="run the working tree, not the stored sources"
    )
    _add_resources(parser)
    parser.add_argument(
        "--retries",
        type=whole_number,
        default=2,
        metavar="N",
        help="how often a run is tried again whose worker or process was killed (default: 2)",
    )
    parser.add_argument(
        "--lease",
        type=_seconds,
        default=60.0,
        metavar="TIME",
        help="after that time without a sign of life, others may take its runs (default: 60s)",
    )
    _add_engine(parser)
    parser.add_argument("--json", action="store_true", help="print events as lines of JSON")


def _add_resources(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--gpus", metavar="LIST", help="GPUs for its runs: 0,1")
    parser.add_argument(
        "--gpus-per-run",
        type=_share,
        default=1.0,
        metavar="N",
        help="a fraction of a GPU, or a number of them (default: 1)",
    )
    parser.add_argument(
        "--memory",
        type=_bytes,
        metavar="SIZE",
        help="what its runs may need together, as they say themselves: 512M, 16G",
    )
    parser.add_argument(
        "--labels", metavar="LIST", help="also take runs that ask for these labels: gpu80,fast-disk"
    )


def _add_engine(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--on",
        default="local",
        metavar="ENGINE",
        help="where: local (default), dask, dask:ADDRESS or slurm; -j N is then N workers",
    )
    parser.add_argument(
        "--opt",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="an option of the engine, such as partition=gpu",
    )


def run(args: argparse.Namespace, session: Session) -> None:
    """See `CommandModule`."""
    store = session.store
    address = absolute_address(session.stores[0].address, os.getcwd())
    query = " ".join(args.query)
    where = session.parse(query) if query else None
    if args.on != "local":
        # Not at the top: most workers run here.
        from sacred.app.worker_engines import start_on

        start_on(args, address, session.console)
        return
    options = WorkerOptions(
        launch=Launch(store=address, environment=args.env, is_here=args.here),
        where=where,
        jobs=args.jobs,
        once=args.once,
        until_empty=args.until_empty,
        time_limit=args.time_limit,
        grace=args.grace,
        lease=args.lease,
        retries=args.retries,
        gpus=tuple(filter(None, (args.gpus or "").split(","))),
        gpus_per_run=args.gpus_per_run,
        memory=args.memory,
        labels=tuple(filter(None, map(str.strip, (args.labels or "").split(",")))),
    )
    lines = EventLines(session.console, as_json=args.json)
    worker = Worker(store, options, lines.tell)
    lines.introduce(store, worker.claims)
    worker.run()
    lines.summarize()


def _seconds(text: str) -> float:
    """Parse a duration such as ``90``, ``90s``, ``30m`` or ``2h``; return seconds.

    >>> _seconds("1.5h"), _seconds("90")
    (5400.0, 90.0)
    """
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([smhd]?)", text)
    if found is None or not float(found[1]):
        raise argparse.ArgumentTypeError(f"{text!r} is no time such as 90s, 30m or 2h")
    return float(found[1]) * _UNITS[found[2]]


def _bytes(text: str) -> int:
    try:
        return parse_bytes(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _count(text: str) -> int:
    number = whole_number(text)
    if not number:
        raise argparse.ArgumentTypeError("at least one")
    return number


def _share(text: str) -> float:
    try:
        share = parse_gpus(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    if not share:
        raise argparse.ArgumentTypeError("a run needs more than 0 GPUs, or no --gpus")
    return share
