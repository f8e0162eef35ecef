"""The scripts that descriptions stand for."""

from __future__ import annotations

from collections.abc import Iterator

from tests.differential.model import Experiment, Function, Hook, Ingredient, Scope, Source

__all__ = ["HEAD", "script"]

HEAD = """\
import os
import sys

import numpy as np
from sacred import SETTINGS, Experiment, Ingredient
from sacred.observers import *

SETTINGS.CAPTURE_MODE = "sys"
SETTINGS.HOST_INFO.INCLUDE_GPU_INFO = False
SETTINGS.HOST_INFO.INCLUDE_CPU_INFO = False
"""


def script(experiment: Experiment) -> str:
    """The text of the script."""
    return "\n".join(_lines(experiment)) + "\n"


def _lines(experiment: Experiment) -> Iterator[str]:
    yield HEAD
    yield from experiment.head
    for ingredient in experiment.ingredients:
        yield from _ingredient(ingredient)
    yield from _ingredient(experiment.experiment)
    for observer in experiment.observers:
        yield f"ex.observers.append({observer})"
    yield ""
    yield from experiment.tail


def _ingredient(ingredient: Ingredient) -> Iterator[str]:
    uses = ", ".join(ingredient.uses)
    yield (
        f"{ingredient.variable} = {ingredient.made_by}({ingredient.path!r}, "
        f"ingredients=[{uses}], save_git_info=False)"
    )
    yield ""
    for number, source in enumerate(ingredient.sources):
        yield from _source(ingredient.variable, source, number)
    for number, hook in enumerate(ingredient.hooks):
        yield from _hook(ingredient.variable, hook, number)
    for function in ingredient.functions:
        yield from _function(ingredient.variable, function)


def _source(variable: str, source: Source, number: int) -> Iterator[str]:
    if source.scope is not None:
        decorator = "config" if source.name is None else "named_config"
        name = source.name or f"cfg_{variable}_{number}"
        yield f"@{variable}.{decorator}"
        yield from _scope(name, source.scope)
    elif source.name is None:
        yield f"{variable}.add_config({source.text})"
    else:
        yield f"{variable}.add_named_config({source.name!r}, {source.text})"
    yield ""


def _scope(name: str, scope: Scope) -> Iterator[str]:
    yield f"def {name}({', '.join(scope.parameters)}):"
    if scope.doc is not None:
        yield f'    """{scope.doc}"""'
    yield from (f"    {line}" for line in scope.lines)


def _hook(variable: str, hook: Hook, number: int) -> Iterator[str]:
    yield f"@{variable}.config_hook"
    yield f"def hook_{variable}_{number}(config, command_name, logger):"
    yield f"    PROBE('hook {variable} {number}', config, command_name, logger.name)"
    yield from (f"    {line}" for line in hook.lines)
    yield f"    return {hook.returns}"
    yield ""


def _function(variable: str, function: Function) -> Iterator[str]:
    yield f"@{variable}.{function.decorator}"
    yield f"def {function.name}({function.parameters}):"
    if function.doc is not None:
        yield f'    """{function.doc}"""'
    yield from (f"    {line}" for line in function.lines)
    yield ""
