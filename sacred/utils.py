"""Compatibility module: the helpers of `sacred._base`, under their old import path."""

# Each module's `__all__` is what it offers.
from sacred._base.clock import *  # noqa: F403
from sacred._base.errors import *  # noqa: F403
from sacred._base.functions import *  # noqa: F403
from sacred._base.loggers import *  # noqa: F403
from sacred._base.paths import *  # noqa: F403
from sacred._base.text import apply_backspaces_and_linefeeds as apply_backspaces_and_linefeeds
from sacred._base.tracebacks import *  # noqa: F403
