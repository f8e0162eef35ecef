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

from typing import TYPE_CHECKING

from sacred.__about__ import __author__, __author_email__, __url__, __version__
from sacred._base.lazy import lazy_face

if TYPE_CHECKING:
    from sacred import observers
    from sacred._base.cli_option import cli_option
    from sacred.experiment import Experiment
    from sacred.host_info import host_info_gatherer, host_info_getter
    from sacred.ingredient import Ingredient
    from sacred.runs.run_store import open_store
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
    "open_store",
]

_HOMES = {
    "Experiment": "sacred.experiment",
    "Ingredient": "sacred.ingredient",
    "SETTINGS": "sacred.settings",
    "cli_option": "sacred._base.cli_option",
    "host_info_gatherer": "sacred.host_info",
    "host_info_getter": "sacred.host_info",
    "open_store": "sacred.runs.run_store",
}

__getattr__, __dir__ = lazy_face(globals(), _HOMES)
