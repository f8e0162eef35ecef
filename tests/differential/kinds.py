"""The kinds of examples, by name."""

from __future__ import annotations

import dataclasses

from hypothesis import strategies as st

from tests.differential.experiments import experiments, names_of, update_lists
from tests.differential.model import Case, Experiment, Service
from tests.differential.render import script
from tests.differential.runs import observed_experiments, run_options

__all__ = ["KINDS"]


def case(kind: str, experiment: Experiment, arguments: list[str]) -> Case:
    """The experiment, called with arguments."""
    files = (("script.py", script(experiment)), *experiment.files)
    return Case(kind=kind, files=files, arguments=tuple(arguments))


@st.composite
def _configuration(draw: st.DrawFn) -> Case:
    """Sources of configuration, updates, named configs; what main sees, and what is warned of."""
    experiment = draw(experiments())
    updates = draw(update_lists(names_of(experiment)))
    command = ["main"] if experiment.experiment.functions[-1].decorator == "command" else []
    return case("configuration", experiment, [*command, "with", "seed=7", *updates])


@st.composite
def _printing(draw: st.DrawFn) -> Case:
    """What the built-in commands print."""
    experiment = draw(experiments())
    names = names_of(experiment)
    updates = draw(update_lists(names))
    flags = draw(st.lists(st.sampled_from(_FLAGS), max_size=2, unique=True))
    command = draw(st.sampled_from([*_COMMANDS, *names.commands, "mian"]))
    more = ["with", "seed=7", *updates] if command != "help" else []
    if command == "help":
        more = draw(st.sampled_from([[], ["print_config"], *([name] for name in names.commands)]))
        flags = []
    return case("printing", experiment, [command, *more, *flags])


_COMMANDS = ["print_config", "print_config", "print_config", "save_config", "print_named_configs",
             "print_dependencies", "help"]  # fmt: skip
_FLAGS = ["-p", "-f", "-u", "--debug", "-lERROR", "--capture=no"]

_STORES = ("files", "mongo", "tinydb", "sql", "keeping", "annotated", "s3")
_SERVICES: dict[str, Service] = {"mongo": "mongo", "annotated": "mongo", "s3": "s3"}


def _with_command(draw: st.DrawFn, experiment: Experiment, arguments: list[str]) -> list[str]:
    """Arguments behind the name of a command, now and then."""
    commands = ["other", *("data.look" for _ in experiment.ingredients)]
    chosen = draw(st.sampled_from([None, None, None, None, *commands]))
    return arguments if chosen is None else [chosen, *arguments]


@st.composite
def _running(draw: st.DrawFn) -> Case:
    """Runs that end in every way: events of an observer, output, exit codes, what `Run` says."""
    kinds = ("recorder", "late recorder", "queued")
    experiment = draw(observed_experiments(kinds))
    arguments = ["with", "seed=7", *draw(run_options(kinds))]
    return case("running", experiment, _with_command(draw, experiment, arguments))


@st.composite
def _storing(draw: st.DrawFn) -> Case:
    """What the stores hold at the end."""
    kinds = (draw(st.sampled_from(_STORES)),)
    experiment = draw(observed_experiments(kinds))
    arguments = ["with", "seed=7", *draw(run_options(kinds))]
    made = case("storing", experiment, _with_command(draw, experiment, arguments))
    return dataclasses.replace(made, service=_SERVICES.get(kinds[0]))


KINDS: dict[str, st.SearchStrategy[Case]] = {
    "configuration": _configuration(),
    "printing": _printing(),
    "running": _running(),
    "storing": _storing(),
}
