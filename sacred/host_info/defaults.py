"""The library's own gatherers."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from sacred.host_info.cpu import cpu_name
from sacred.host_info.getter import IgnoreHostInfo
from sacred.host_info.gpu import gpu_info
from sacred.host_info.system import hostname, os_description, python_version
from sacred.settings import SETTINGS


def _cpu() -> str | None:
    if not SETTINGS.HOST_INFO.INCLUDE_CPU_INFO:
        return None

    name = cpu_name()
    if not name:
        raise IgnoreHostInfo
    return name


def _gpus() -> dict[str, Any] | None:
    if not SETTINGS.HOST_INFO.INCLUDE_GPU_INFO:
        return None

    return gpu_info()


def _environment() -> dict[str, str]:
    names = SETTINGS.HOST_INFO.CAPTURED_ENV
    return {name: os.environ[name] for name in names if name in os.environ}


DEFAULT_GATHERERS: dict[str, Callable[[], Any]] = {
    "hostname": hostname,
    "os": os_description,
    "python_version": python_version,
    "cpu": _cpu,
    "gpus": _gpus,
    "ENV": _environment,
}
