"""What an ingredient is, and what a run is asked for, as frozen values.

Users build up :class:`~sacred.Ingredient` and :class:`~sacred.Experiment`
objects step by step. Configuring a run starts from a frozen copy of what they
have declared so far, so that a run never sees half of a later declaration.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sacred._base.frozen import Frozen

if TYPE_CHECKING:
    from sacred.config.captured_function import CapturedFunction
    from sacred.config.chain import ConfigSource

__all__ = ["ConfigHook", "IngredientDef", "RunRequest"]

_NOTHING: Mapping[str, Any] = {}
ConfigHook = Callable[..., "dict[str, Any] | None"]


class IngredientDef(Frozen):
    """One ingredient as it was when a run was asked for."""

    path: str
    configurations: tuple[ConfigSource, ...] = ()
    named_configs: Mapping[str, ConfigSource] = _NOTHING
    config_hooks: tuple[ConfigHook, ...] = ()
    captured_functions: tuple[CapturedFunction, ...] = ()
    commands: Mapping[str, CapturedFunction] = _NOTHING
    pre_run_hooks: tuple[CapturedFunction, ...] = ()
    post_run_hooks: tuple[CapturedFunction, ...] = ()


class RunRequest(Frozen):
    """What the user asks for: a command, values, and options.

    >>> RunRequest(command_name="main", config_updates={"C": 2.0}).named_configs
    ()
    """

    command_name: str | None = None
    config_updates: Mapping[str, Any] = _NOTHING
    named_configs: Sequence[str] = ()
    info: dict[str, Any] | None = None
    meta_info: Mapping[str, Any] = _NOTHING
    options: Mapping[str, Any] = _NOTHING
