"""Measure what this library costs; see "Benchmarks" in CONTRIBUTING.rst.

python benchmarks/run.py [SCENARIO ...] [--rounds N] [--write]
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:
    sys.path[0] = str(ROOT)  # instead of benchmarks/, as this is run as a script

from benchmarks.environments import for_scenario, interpreters, versions  # noqa: E402
from benchmarks.measure import WorkloadError, interleaved  # noqa: E402
from benchmarks.model import Scenario  # noqa: E402
from benchmarks.report import Results, table, write  # noqa: E402
from benchmarks.scenarios import SCENARIOS  # noqa: E402

_RESULTS = ROOT / "benchmarks" / "results.json"


def main(argv: Sequence[str] | None = None) -> None:
    """The command line."""
    options = _parser().parse_args(argv)
    chosen = _chosen(options.scenarios)
    pythons = interpreters(options.only_new, options.here)
    told = {role: versions(path) for role, path in pythons.items()}
    results = Results.of_file(_RESULTS)
    failed = []
    with _servers(chosen) as urls:
        setting = {"BENCH_SCALE": str(options.scale), **urls}
        for scenario in chosen:
            rounds = options.rounds or scenario.rounds
            print(f"{scenario.name}: {rounds} rounds", file=sys.stderr, flush=True)
            measured = Results()
            measured.begin(scenario, told)
            try:
                processes = for_scenario(scenario, pythons)
                for role, measures in interleaved(scenario, processes, rounds, setting):
                    measured.add(scenario, role, measures)
            except WorkloadError as error:
                failed.append(scenario.name)
                print(error, file=sys.stderr, flush=True)
                continue
            print(table(measured, [scenario]), flush=True)
            results.take(measured)
            if options.write:
                # Now: nobody wants to begin again after an hour.
                results.save(_RESULTS)
                write(_RESULTS.with_name("RESULTS.md"), results, SCENARIOS.values())
    if failed:
        raise SystemExit(f"failed: {', '.join(failed)}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="benchmarks/run.py", description=__doc__)
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO", help="default: all")
    parser.add_argument("--rounds", type=int, help="how often each side does it")
    parser.add_argument("--write", action="store_true", help="write benchmarks/RESULTS.md")
    parser.add_argument("--only-new", action="store_true", help="leave the old library out")
    parser.add_argument(
        "--here", action="store_true", help="measure this project in the environment of this Python"
    )
    parser.add_argument(
        "--scale", type=float, default=1.0, help="do so much of the work, to try a scenario out"
    )
    return parser


def _chosen(names: Sequence[str]) -> list[Scenario]:
    unknown = set(names) - SCENARIOS.keys()
    if unknown:
        raise SystemExit(f"No such scenario: {sorted(unknown)}. There are {list(SCENARIOS)}")
    return [SCENARIOS[name] for name in names or SCENARIOS]


@contextlib.contextmanager
def _servers(scenarios: Sequence[Scenario]) -> Iterator[dict[str, str]]:
    """The addresses of the servers that they need, and their process ids."""
    urls: dict[str, str] = {}
    # On a disk, as servers are; the tests keep theirs in memory.
    os.environ.setdefault("SACRED_TEST_SCRATCH", tempfile.gettempdir())
    with contextlib.ExitStack() as stack:
        if any(scenario.mongo for scenario in scenarios):
            from tests.services.mongo import MongoServer

            mongo = stack.enter_context(MongoServer())
            urls |= {"BENCH_MONGO": mongo.url, "BENCH_MONGO_PID": str(mongo.pid)}
        if any(scenario.postgres for scenario in scenarios):
            from tests.services.postgres import PostgresServer

            postgres = stack.enter_context(PostgresServer(like_production=True))
            urls |= {"BENCH_POSTGRES": postgres.url(), "BENCH_POSTGRES_PID": str(postgres.pid)}
        yield urls


if __name__ == "__main__":
    main()
