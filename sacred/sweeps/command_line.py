"""``exp.py sweep with ...``: a sweep from the words of a command line."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sacred._base.errors import SacredError
from sacred.cli.errors import CommandLineError
from sacred.cli.parsing import OptionFlags, flags_of, read
from sacred.definition import UPDATE_WORDS
from sacred.sweeps.drafts import draft_plan, engine_options, whole_number
from sacred.sweeps.from_python import space_of
from sacred.sweeps.outcomes import rivals_text
from sacred.sweeps.plan import SweepPlan, named
from sacred.sweeps.sweep import Sweep

if TYPE_CHECKING:
    from sacred.experiment import Experiment

__all__ = ["USAGE", "carry_out", "run_sweep"]

USAGE = """\
Run the experiment with all combinations of some values, or with values drawn at random.

Usage:
  {program} sweep [COMMAND] [with VALUES...] [options]

VALUES are updates and named configs in which commas mean alternatives:
  lr=0.1,0.01               two values; whatever is in brackets or quotes is one value
  fast,slow                 two named configs
  lr=loguniform(1e-5,1e-1)  drawn: also uniform, int, logint, normal
  bs=choice(16,32)          a list: also range, linspace, logspace, as Python and numpy have them

Options, besides those of a run:
  --file FILE         a file that describes the sweep: YAML or TOML, also of W&B or SEML
  --sweep NAME        its name (default: derived from its values); the same name continues it
  --seeds N           run each point with the same N seeds
  --trials N          draw N points
  --sampler NAME      grid, random, or one of Optuna's: tpe, gp, cmaes, nsga2, qmc
  --minimize FIELD    the objective, such as metrics.val_loss.min; or --maximize FIELD
  --prune NAME        end runs early that are worse than others: median, halving or hyperband
  --zip NAMES         lists to step through in parallel, such as lr,bs
  --where QUERY       only points for which this is true: "not (bs = 32 and lr > 0.01)"
  --sweep-seed N      the seed of what is drawn
  -j N, --jobs N      run N at a time (default: 1)
  --on ENGINE         where: local, dask, dask:ADDRESS or slurm (default: local)
  --opt NAME=VALUE    an option of the engine, such as partition=gpu
  -q, --queue         only queue the runs, for `sacred worker`
  --dry-run           list the points and run nothing
"""

_OPTIONS = (
    OptionFlags(None, "--file", "FILE"),
    OptionFlags(None, "--sweep", "NAME"),
    OptionFlags(None, "--seeds", "N"),
    OptionFlags(None, "--trials", "N"),
    OptionFlags(None, "--sampler", "NAME"),
    OptionFlags(None, "--minimize", "FIELD", repeats=True),
    OptionFlags(None, "--maximize", "FIELD", repeats=True),
    OptionFlags(None, "--zip", "NAMES", repeats=True),
    OptionFlags(None, "--where", "QUERY"),
    OptionFlags(None, "--sweep-seed", "N"),
    OptionFlags(None, "--prune", "NAME"),
    OptionFlags("-j", "--jobs", "N"),
    OptionFlags(None, "--on", "ENGINE"),
    OptionFlags(None, "--opt", "NAME=VALUE", repeats=True),
    OptionFlags("-q", "--queue"),
    OptionFlags(None, "--dry-run"),
)
_DRY_RUN_LINES = 50


def run_sweep(experiment: Experiment, argv: Sequence[str]) -> None:
    """Run a ``sweep`` command line.

    Args:
        experiment: the experiment.
        argv: the program's name, then its arguments.

    Raises:
        SacredError: the command line is not valid.
        SystemExit: help was shown.
    """
    asked = _Asked(experiment, argv)
    if asked.options.get("--help"):
        print(USAGE.format(program=argv[0] if argv else "exp.py"), end="")
        sys.exit(0)
    jobs = whole_number(asked.given, "--jobs") or 1
    sweep = Sweep(experiment, asked.plan(), asked.command, asked.run_options)
    sweep.check()
    carry_out(sweep, asked.given, jobs, asked.engine)


def carry_out(
    sweep: Sweep, given: Mapping[str, Any], jobs: int, engine: Mapping[str, str] | None = None
) -> None:
    """List the points of a sweep, queue its runs, or run them.

    Args:
        sweep: the sweep.
        given: options of a command line: ``--dry-run``, ``--queue``, ``--on``.
        jobs: how many runs at once.
        engine: options of the engine that ``--on`` names.
    """
    if given.get("--dry-run"):
        _show_points(sweep)
    elif given.get("--queue"):
        _say(f"sweep {sweep.name}: {len(sweep.queue())} runs queued in {sweep.store.url}")
        _say_what_was_known(sweep)
        _say(f"to run them: sacred worker -s {sweep.store.url}")
    else:
        _run(sweep, jobs, given.get("--on", "local"), engine or {})


class _Asked:
    """What a command line asks for."""

    def __init__(self, experiment: Experiment, argv: Sequence[str]) -> None:
        self._experiment = experiment
        ours = {text for flag in _OPTIONS for text in (flag.long, flag.short) if text}
        others = [
            flag
            for flag in flags_of(experiment.all_cli_options)
            if flag.long not in ours and flag.short not in ours
        ]
        reading = read(argv[1:], [*_OPTIONS, *others])
        self.given: dict[str, Any] = {}
        self.options: dict[str, Any] = {}
        for flag, value in reading.options:
            if isinstance(flag, str):
                raise CommandLineError(f"Unknown option: {flag}. See {argv[0]} sweep --help")
            place = self.given if flag in _OPTIONS else self.options
            place[flag.long] = [*place.get(flag.long, []), value] if flag.repeats else value
        before, self.words = _split(list(reading.words))
        if len(before) > 2:
            raise CommandLineError(f"What is {before[2]!r}? VALUES stand behind `with`")
        self.command = before[1] if len(before) == 2 else None
        commands = dict(experiment.gather_commands())
        if self.command is not None and self.command not in commands:
            raise CommandLineError(
                f"{self.command!r} is no command ({', '.join(commands)}); "
                "VALUES stand behind `with`"
            )

    @property
    def run_options(self) -> dict[str, Any]:
        """The options of each run, with what says that the command line can start one."""
        words = {"with": True, UPDATE_WORDS: [], "help": False, "COMMAND": self.command}
        return {**self.options, **words}

    @property
    def engine(self) -> dict[str, str]:
        """The options of the engine."""
        return engine_options(self.given.get("--opt", []))

    def plan(self) -> SweepPlan:
        """The plan."""
        declared = self._experiment.search_spaces[-1:]
        space = space_of(declared[0]) if declared else None
        draft, name = draft_plan(self.given, self.words, space)
        # The same command line goes on with the same sweep.
        return named(draft, name, self._experiment.path, self.command)


def _split(words: list[str]) -> tuple[list[str], list[str]]:
    """The words before ``with``, and those after it."""
    place = words.index("with") if "with" in words else len(words)
    return words[:place], words[place + 1 :]


def _say(text: str) -> None:
    print(text, file=sys.stderr)


def _show_points(sweep: Sweep) -> None:
    plan = sweep.plan
    if plan.is_guided:
        _say(f"sweep {plan.name}: {plan.trials} points, chosen one after the other")
        return
    points = list(plan.points())
    try:
        missing = len(list(sweep.missing(points)))
    except SacredError:  # nothing is stored yet
        missing = len(points)
    for point in points[:_DRY_RUN_LINES]:
        seed = "" if point.seed is None else f"  seed={point.seed}"
        values = "  ".join(f"{name}={value!r}" for name, value in point.values.items())
        print(f"{point.number:>4}  {values}{seed}")
    if len(points) > _DRY_RUN_LINES:
        _say(f"... and {len(points) - _DRY_RUN_LINES} more")
    _say(f"sweep {plan.name}: {len(points)} runs, of which {len(points) - missing} are there")


def _say_what_was_known(sweep: Sweep) -> None:
    if sweep.reused:
        known = f"{len(sweep.reused)} of {len(sweep.runs())}"
        _say(f"sweep {sweep.name}: {known} runs need not run: stored ones were the same")


def _run(sweep: Sweep, jobs: int, executor: str, options: Mapping[str, str]) -> None:
    def tell(event: str, **facts: Any) -> None:
        if event == "ended":
            _say(f"run {facts['run']}: {facts['status']}")
        elif event in ("unavailable", "lost"):
            _say(f"{event}: {facts.get('error') or facts.get('run')}")

    _say(f"sweep {sweep.name} in {sweep.store.url}; the same command goes on with it")
    try:
        sweep.run(jobs, tell, executor, options)
    except (KeyboardInterrupt, SystemExit) as stop:
        waiting = len(sweep.runs("status = QUEUED"))
        _say(
            f"sweep {sweep.name}: stopped, and {waiting} of its runs wait; the same command goes "
            f"on with them, and so does sacred worker -s {sweep.store.url}"
        )
        sys.exit(stop.code if isinstance(stop, SystemExit) else 130)
    _say_what_was_known(sweep)
    found = sweep.outcomes()
    complete = sum(one.state == "complete" for one in found)
    _say(f"sweep {sweep.name}: {complete} of {len(found)} points are complete")
    if sweep.plan.objectives:
        for one in sweep.best:
            values = "  ".join(f"{name}={value!r}" for name, value in one.values.items())
            reached = ", ".join(
                f"{objective.field} = {value:.6g}"
                for objective, value in zip(sweep.plan.objectives, one.reached, strict=True)
            )
            _say(f"best: {reached}  ({values}; run {one.runs[0].id})")
        if text := rivals_text(found, sweep.plan.objectives):
            _say(f"  {text}")
