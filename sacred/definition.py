"""What an ingredient is, and what a run is asked for, as frozen values.

Users build up :class:`~sacred.Ingredient` and :class:`~sacred.Experiment`
objects step by step. Configuring a run starts from a frozen copy of what they
have declared so far, so that a run never sees half of a later declaration.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sacred.config.captured_function import CapturedFunction
    from sacred.config.chain import ConfigSource

__all__ = ["ConfigHook", "IngredientDef", "RunRequest"]

ConfigHook = Callable[..., "dict[str, Any] | None"]


@dataclass(frozen=True, slots=True, kw_only=True)
class IngredientDef:
    """One ingredient as it was when a run was asked for."""

    path: str
    configurations: tuple[ConfigSource, ...] = ()
    named_configs: Mapping[str, ConfigSource] = field(default_factory=dict)
    config_hooks: tuple[ConfigHook, ...] = ()
    captured_functions: tuple[CapturedFunction, ...] = ()
    commands: Mapping[str, CapturedFunction] = field(default_factory=dict)
    pre_run_hooks: tuple[CapturedFunction, ...] = ()
    post_run_hooks: tuple[CapturedFunction, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRequest:
    """What the user asks for: a command, values, and options.

    >>> RunRequest(command_name="main", config_updates={"C": 2.0}).named_configs
    ()
    """

    command_name: str | None = None
    config_updates: Mapping[str, Any] = field(default_factory=dict)
    named_configs: Sequence[str] = ()
    info: dict[str, Any] | None = None
    meta_info: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
