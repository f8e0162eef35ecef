"""Host information of a run: built-in entries, and entries of users and plug-ins.

| module | what it holds |
|---|---|
| `cpu` | the model name of the processor |
| `defaults` | the library's own gatherers |
| `getter` | the type of a gatherer and the decorator that makes one |
| `gpu` | the NVIDIA GPUs, as reported by `nvidia-smi` |
| `system` | faster equivalents of some functions of `platform` |

>>> @host_info_gatherer("answer")
... def answer():
...     return 42
>>> info = get_host_info([answer])
>>> info["answer"], sorted(info)[:2]
(42, ['ENV', 'answer'])
"""

from __future__ import annotations

import functools
import logging
import warnings
from collections.abc import Callable, Iterable
from typing import Any

from sacred._base.registry import Registry
from sacred.host_info.getter import HostInfoGetter, IgnoreHostInfo, host_info_gatherer

__all__ = [
    "HostInfoGetter",
    "IgnoreHostInfo",
    "check_additional_host_info",
    "get_host_info",
    "host_info_gatherer",
    "host_info_gatherers",
    "host_info_getter",
]

host_info_gatherers: dict[str, Callable[[], Any]] = {}
"""Gatherers for all experiments, by name; filled by `host_info_getter`."""

# Spelled out, so that the names are known without loading the gatherers.
DEFAULT_NAMES = ("hostname", "os", "python_version", "cpu", "gpus", "ENV")

#: Entry points of distributions that add gatherers; each is called without arguments.
PLUGINS = Registry("sacred.host_info")


def get_host_info(additional_host_info: Iterable[HostInfoGetter] | None = None) -> dict[str, Any]:
    """Gather all entries of the host info, by name.

    The library's own entries take precedence over those of users, which take precedence over those
    of plug-ins (entry points ``sacred.host_info``). An entry whose gatherer raises
    `IgnoreHostInfo` is left out; so is one that raises anything else, with a `RuntimeWarning`:
    a run never fails because of its host information.

    Args:
        additional_host_info: gatherers made by `host_info_gatherer` (default: none).
    """
    # Not at the top: an experiment only checks names; a run gathers.
    from sacred.host_info.defaults import DEFAULT_GATHERERS

    gatherers = _plugin_gatherers()
    gatherers.update(host_info_gatherers)
    gatherers.update({getter.name: getter for getter in additional_host_info or ()})
    gatherers.update(DEFAULT_GATHERERS)
    info: dict[str, Any] = {}
    for name, gather in gatherers.items():
        try:
            info[name] = gather()
        except IgnoreHostInfo:
            pass
        except Exception as error:
            _warn(f"The host info {name!r} is left out: {type(error).__name__}: {error}")
    return info


def _plugin_gatherers() -> dict[str, Callable[[], Any]]:
    try:
        return PLUGINS.load_all()
    except RuntimeWarning as warning:
        # As in `_warn`: under `python -W error` a broken plug-in would end the run.
        logging.getLogger(__name__).warning("%s", warning)
        return {}


def _warn(message: str) -> None:
    try:
        warnings.warn(message, RuntimeWarning, stacklevel=3)
    except RuntimeWarning:
        # Under `python -W error` it would be the very error that the warning stands for.
        logging.getLogger(__name__).warning(message)


def check_additional_host_info(additional_host_info: Iterable[HostInfoGetter]) -> None:
    """Raise `KeyError` if a gatherer has the name of one of the library's own entries.

    >>> check_additional_host_info([HostInfoGetter(lambda: 1, "cpu")])
    Traceback (most recent call last):
    KeyError: "Key cpu used in `additional_host_info` already exists as a default gatherer \
function. Do not use the following keys: ['hostname', 'os', 'python_version', 'cpu', 'gpus', 'ENV']"
    """
    for getter in additional_host_info:
        if getter.name in DEFAULT_NAMES:
            raise KeyError(
                f"Key {getter.name} used in `additional_host_info` already exists as a default "
                f"gatherer function. Do not use the following keys: {list(DEFAULT_NAMES)}"
            )


def host_info_getter(func: Callable[[], Any] | None = None, name: str | None = None) -> Any:
    """Register a function for all experiments (deprecated decorator).

    Use it as ``@host_info_getter`` or ``@host_info_getter(name="entry")``; the name defaults
    to that of the function, which is returned unchanged. Use the argument `additional_host_info`
    of the experiment instead.

    Args:
        func: the function, which takes no arguments and returns a plain value.
        name: the name of the entry (default: that of the function).
    """
    if func is None:
        return functools.partial(host_info_getter, name=name)
    warnings.warn(
        "The host_info_getter is deprecated. Please use the `additional_host_info` argument in "
        "the Experiment constructor.",
        DeprecationWarning,
        stacklevel=2,
    )
    host_info_gatherers[name or func.__name__] = func
    return func
