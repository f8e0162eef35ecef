"""``sacred exec ... sweep with lr=0.1,0.01``: a program with all combinations of some values."""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sacred.runs.errors import UsageError

if TYPE_CHECKING:
    from sacred.exec.program_experiment import ProgramExperiment
    from sacred.sweeps.plan import SweepPlan

__all__ = ["SWEEP", "ProgramSweep", "add_sweep_options"]

#: The word before ``with``.
SWEEP = "sweep"
_MAX_CHECKED_POINTS = 10_000
#: Options that describe the sweep.
_PLAN_OPTIONS = (
    *("sweep", "seeds", "trials", "sampler", "minimize", "maximize", "file", "zip", "where"),
)


def add_sweep_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of sweeps.

    Args:
        parser: of ``sacred exec``.
    """
    group = parser.add_argument_group("sweeps (sacred exec sweep with lr=0.1,0.01 -- PROGRAM)")
    group.add_argument("--sweep", metavar="NAME", help="its name; the same name continues it")
    group.add_argument("--seeds", type=int, metavar="N", help="run each point with N seeds")
    group.add_argument("--trials", type=int, metavar="N", help="draw N points")
    group.add_argument("--sampler", metavar="NAME", help="grid, random, or one of Optuna's")
    for name, text in (("--minimize", "the field to minimize"), ("--maximize", "or to maximize")):
        group.add_argument(name, metavar="FIELD", action="append", default=[], help=text)
    group.add_argument("--file", metavar="FILE", help="a file that describes the sweep")
    group.add_argument(
        "--zip", metavar="NAMES", action="append", default=[], help="lists that advance together"
    )
    group.add_argument("--where", metavar="QUERY", help="only points for which this holds")
    group.add_argument("--on", metavar="ENGINE", help="where: local, dask, dask:ADDRESS or slurm")
    group.add_argument(
        "--opt", metavar="NAME=VALUE", action="append", default=[], help="an option of the engine"
    )
    group.add_argument("-j", "--jobs", type=int, default=1, metavar="N", help="N runs at once")
    group.add_argument("--dry-run", action="store_true", help="list the points, and stop")


class ProgramSweep:
    """A sweep of a program, as the command line asks for it.

    Args:
        args: of ``sacred exec``.
        words: what follows ``with``: updates in which commas separate alternatives.
    """

    def __init__(self, args: argparse.Namespace, words: Sequence[str]) -> None:
        # Here: other runs of programs do without.
        from sacred.cli.errors import CommandLineError
        from sacred.sweeps.drafts import draft_plan
        from sacred.sweeps.errors import SweepError

        self._args = args
        if args.jobs < 1:
            raise UsageError("--jobs is 1 or more")
        given = {f"--{name.replace('_', '-')}": getattr(args, name) for name in _PLAN_OPTIONS}
        try:
            draft, self._name = draft_plan(given, words)
            self._draft: SweepPlan = draft.check()
        except (SweepError, CommandLineError) as error:
            raise UsageError(str(error)) from error

    @staticmethod
    def options(args: argparse.Namespace) -> bool:
        """Whether any option is given that only sweeps have.

        Args:
            args: of ``sacred exec``.
        """
        given = any(getattr(args, name) for name in (*_PLAN_OPTIONS, "on", "opt", "dry_run"))
        return given or args.jobs != 1

    def points(self) -> Iterator[Mapping[str, Any]]:
        """Yield the updates of its points; for a guided sweep, those of one possible point."""
        first = self._draft.spaces[0].draw(0, 0)
        points = itertools.islice(self._draft.points(), _MAX_CHECKED_POINTS)
        yield from (point.updates for point in itertools.chain([first], points))

    def carry_out(self, experiment: ProgramExperiment) -> int:
        """Queue its runs, and run them unless they should only be queued.

        Args:
            experiment: whose observers have the store.

        Returns:
            the exit status: 1 if a run has failed.
        """
        from sacred.sweeps.command_line import carry_out
        from sacred.sweeps.drafts import engine_options
        from sacred.sweeps.plan import named
        from sacred.sweeps.sweep import Sweep

        words = experiment.request.words
        plan = named(self._draft, self._name, experiment.path, " ".join(words))
        sweep = Sweep(experiment, plan, None, experiment.run_options)
        sweep.check()
        given = {"--dry-run": self._args.dry_run, "--queue": self._args.queue}
        if self._args.on:
            given["--on"] = self._args.on
        carry_out(sweep, given, self._args.jobs, engine_options(self._args.opt))
        if self._args.dry_run or self._args.queue:
            return 0
        return int(any(one.state != "complete" for one in sweep.outcomes()))
