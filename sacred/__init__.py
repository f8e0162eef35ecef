"""sacred: every experiment is configured, run, observed and kept.

The names below and all sub-modules are loaded when they are first used, so
``import sacred`` is quick::

    >>> import sacred
    >>> sacred.Experiment.__name__
    'Experiment'
    >>> sacred.utils.join_paths("a", "b")
    'a.b'
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from sacred.__about__ import __author__, __author_email__, __url__, __version__

if TYPE_CHECKING:
    from sacred import observers
    from sacred._base.cli_option import cli_option
    from sacred.experiment import Experiment
    from sacred.host_info import host_info_gatherer, host_info_getter
    from sacred.ingredient import Ingredient
    from sacred.settings import SETTINGS

__all__ = [
    "SETTINGS",
    "Experiment",
    "Ingredient",
    "__author__",
    "__author_email__",
    "__url__",
    "__version__",
    "cli_option",
    "host_info_gatherer",
    "host_info_getter",
    "observers",
]

_HOMES = {
    "Experiment": "sacred.experiment",
    "Ingredient": "sacred.ingredient",
    "SETTINGS": "sacred.settings",
    "cli_option": "sacred._base.cli_option",
    "host_info_gatherer": "sacred.host_info",
    "host_info_getter": "sacred.host_info",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        value = getattr(importlib.import_module(_HOMES[name]), name)
    elif name.startswith("_"):
        raise AttributeError(f"module 'sacred' has no attribute {name!r}")
    else:
        try:
            value = importlib.import_module(f"sacred.{name}")
        except ModuleNotFoundError as error:
            if error.name != f"sacred.{name}":
                raise
            raise AttributeError(f"module 'sacred' has no attribute {name!r}") from None
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
