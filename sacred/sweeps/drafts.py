"""Plans of sweeps, made from the options and words of a command line."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sacred._base.frozen import replace
from sacred._base.paths import convert_to_nested_dict
from sacred.cli.errors import CommandLineError
from sacred.query.evaluate import holds
from sacred.query.parser import parse
from sacred.records import RunRecord
from sacred.runs.unknown_fields import hints
from sacred.sweeps.from_python import objectives_of
from sacred.sweeps.plan import SweepPlan
from sacred.sweeps.space import Space
from sacred.sweeps.sweep_files import SweepFile, read_sweep_file
from sacred.sweeps.words import dimensions_of

__all__ = ["draft_plan", "engine_options", "whole_number"]

#: The reader of a record that already has all it needs.
_NOWHERE: Any = None


def draft_plan(
    given: Mapping[str, Any], words: Sequence[str], declared: Space | None = None
) -> tuple[SweepPlan, str | None]:
    """Return a plan, and the name that is asked for; None: the plan has no name of its own yet.

    Args:
        given: options by their long flags; missing ones, and those that are None, are not set.
        words: those after ``with``.
        declared: the space of the experiment, for words without alternatives.

    Raises:
        SacredError: the options or the words are not valid.
    """
    given = {name: value for name, value in given.items() if value is not None}
    said = read_sweep_file(given["--file"]) if "--file" in given else SweepFile(spaces=())
    spaces = _spaces(given, words, said, declared)
    objectives = objectives_of(given.get("--minimize", []), given.get("--maximize", []))
    name = given.get("--sweep") or said.name
    where = given.get("--where") or said.where
    draft = SweepPlan(
        name=name or "draft",
        spaces=spaces,
        seed=whole_number(given, "--sweep-seed") or said.seed or 0,
        trials=whole_number(given, "--trials") or said.trials,
        seeds=whole_number(given, "--seeds") or said.seeds,
        sampler=given.get("--sampler") or said.sampler,
        objectives=objectives or said.objectives,
        pruner=given.get("--prune") or said.pruner,
        where=None if where is None else _condition(where, spaces),
    )
    return draft, name


def whole_number(given: Mapping[str, Any], name: str) -> int | None:
    """Return the value of an option, a whole number of at least 1; None: it is not given.

    Args:
        given: options by their long flags.
        name: of the option.

    Raises:
        CommandLineError: the value is not such a number.
    """
    text = given.get(name)
    if text is None:
        return None
    if not str(text).isdecimal() or int(text) < 1:
        raise CommandLineError(f"{name} is a whole number from 1 on, not {text!r}")
    return int(text)


def engine_options(pairs: Iterable[str]) -> dict[str, str]:
    """Return the options of an engine.

    Args:
        pairs: such as ``partition=gpu``.
    """
    split = [word.partition("=") for word in pairs]
    return {name: value for name, _, value in split}


def _spaces(
    given: Mapping[str, Any], words: Sequence[str], said: SweepFile, declared: Space | None
) -> tuple[Space, ...]:
    dimensions, fixed = dimensions_of(list(words))
    zipped = tuple(tuple(names.split(",")) for names in given.get("--zip", []))
    if said.spaces:
        return tuple(
            replace(
                space,
                dimensions=(*space.dimensions, *dimensions),
                fixed=(*space.fixed, *fixed),
                zipped=(*space.zipped, *zipped),
            )
            for space in said.spaces
        )
    if not dimensions and declared is not None:
        return (replace(declared, fixed=tuple(fixed), zipped=zipped),)
    if not dimensions:
        raise CommandLineError(
            "A sweep needs alternatives, as in `sweep with lr=0.1,0.01`, or --file FILE, "
            "or a function @ex.search_space"
        )
    return (Space(dimensions=tuple(dimensions), fixed=tuple(fixed), zipped=zipped),)


def _condition(text: str, spaces: Sequence[Space]) -> Callable[[Mapping[str, Any]], bool]:
    expression = parse(text)
    samples = [space.draw(0, 0).values for space in spaces]
    for hint in hints(expression, map(_as_record, samples)):
        known = ", ".join(dict.fromkeys(itertools.chain.from_iterable(samples)))
        raise CommandLineError(f"--where: {hint} It can ask for what varies: {known}")
    return lambda values: holds(expression, _as_record(values))


def _as_record(values: Mapping[str, Any]) -> RunRecord:
    # Named configs are no entries, and their axes are called by all of them.
    entries = {name: value for name, value in values.items() if "," not in name}
    document = {"config": convert_to_nested_dict(entries)}
    return RunRecord(id=0, source=_NOWHERE, document=document)
