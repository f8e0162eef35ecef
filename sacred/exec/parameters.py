"""Parameters in the arguments and in the environment of a program."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from sacred._base.text import did_you_mean
from sacred.exec.request import ArgStyle
from sacred.runs.errors import UsageError

__all__ = ["RUN_FIELDS", "environment_of", "fields_in", "filled", "styled", "text_of"]

#: Placeholders for something of the run itself.
RUN_FIELDS = ("config_file", "run_dir", "run_id", "seed")

_FIELD = re.compile(r"\{([A-Za-z_]\w*(?:\.\w+)*)\}")
_VARIABLE_PREFIX = "SACRED_PARAM_"


def text_of(value: Any) -> str:
    """Return a value as programs get it: strings as they are, others as JSON.

    >>> [text_of(value) for value in ("a b", 0.1, True, None, [1, 2])]
    ['a b', '0.1', 'true', 'null', '[1, 2]']
    """
    return value if isinstance(value, str) else json.dumps(value, default=str)


def fields_in(words: Iterable[str], known: Iterable[str]) -> set[str]:
    """Return the names of known parameters that appear in arguments as ``{name}``.

    Other words in braces stay as they are, as in ``awk '{print}'``.

    Args:
        words: the arguments.
        known: names of parameters; groups have dots.

    Raises:
        UsageError: a name looks like a misspelt parameter.

    >>> sorted(fields_in(["--lr={lr}", "{print}"], ["lr", "opt.n"]))
    ['lr']
    """
    names = [*known, *RUN_FIELDS]
    found = {name for word in words for name in _FIELD.findall(word)}
    for name in sorted(found.difference(names)):
        if hint := did_you_mean(name, names):
            raise UsageError(f"{{{name}}} in the arguments is no parameter. {hint}")
    return found.intersection(names)


def filled(words: Iterable[str], names: Iterable[str], value_of: Callable[[str], Any]) -> list[str]:
    """Fill the values of parameters into arguments.

    Args:
        words: the arguments.
        names: of the parameters to fill in; other words in braces stay.
        value_of: returns the value of a parameter.

    >>> filled(["--lr={lr}", "{print}"], ["lr"], {"lr": 0.1}.get)
    ['--lr=0.1', '{print}']
    """
    known = set(names)

    def fill(match: re.Match[str]) -> str:
        return text_of(value_of(match[1])) if match[1] in known else match[0]

    return [_FIELD.sub(fill, word) for word in words]


def styled(parameters: Mapping[str, Any], style: ArgStyle) -> Iterator[str]:
    """Yield parameters as arguments; with dashes, True is a flag, and False and None are left out.

    Args:
        parameters: values by names.
        style: see the example.

    >>> parameters = {"lr": 0.1, "fast": True, "slow": False}
    >>> [" ".join(styled(parameters, style)) for style in ("double", "single")]
    ['--lr 0.1 --fast', '-lr 0.1 -fast']
    >>> [" ".join(styled(parameters, style)) for style in ("plain", "equals")]
    ['lr 0.1 fast true slow false', 'lr=0.1 fast=true slow=false']
    """
    dashes = {"double": "--", "single": "-"}.get(style, "")
    for name, value in parameters.items():
        if style == "equals":
            yield f"{name}={text_of(value)}"
        elif dashes and value is True:
            yield f"{dashes}{name}"
        elif not dashes or (value is not False and value is not None):
            yield from (f"{dashes}{name}", text_of(value))


def environment_of(parameters: Mapping[str, Any]) -> dict[str, str]:
    """Return parameters as environment variables; dots become ``__``.

    >>> environment_of({"opt.lr": 0.1})
    {'SACRED_PARAM_opt__lr': '0.1'}
    """
    return {
        f"{_VARIABLE_PREFIX}{name.replace('.', '__')}": text_of(value).replace("\0", "")
        for name, value in parameters.items()
    }
