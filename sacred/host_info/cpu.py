"""The model name of the processor."""

from __future__ import annotations

import functools
import sys
from typing import Any

from sacred.host_info.system import machine

# Some architectures have no "model name": a board, a system or a family is the best there is.
_LINUX_KEYS = ("model name", "Model", "Hardware", "cpu model", "cpu", "uarch", "Processor")


@functools.cache
def cpu_name() -> str:
    """Return the name of the processor, or ``""`` if it cannot be determined.

    >>> isinstance(cpu_name(), str)
    True
    """
    try:
        if sys.platform == "win32":
            name = _from_registry()
        elif sys.platform == "darwin":
            name = _from_sysctl()
        else:
            name = name_from_proc("/proc/cpuinfo")
    except OSError:
        name = ""
    # Not platform.processor(), which starts a process to find out less.
    return name or machine()


def name_from_proc(path: str) -> str:
    """Return the name of the processor in a file like ``/proc/cpuinfo``."""
    with open(path, encoding="utf-8", errors="replace") as file:
        text = file.read(1 << 16)
    known: dict[str, str] = {}
    for line in text.splitlines():
        key, _, value = line.partition(":")
        if value.strip():
            known.setdefault(key.rstrip(), value.strip())
    return next((known[key] for key in _LINUX_KEYS if key in known), "")


def _from_sysctl() -> str:
    # Not at the top, as others below: Linux needs none of them.
    import subprocess

    command = ["/usr/sbin/sysctl", "-n", "machdep.cpu.brand_string"]
    try:
        done = subprocess.run(command, capture_output=True, check=True, encoding="utf-8", timeout=5)
    except subprocess.SubprocessError:
        return ""
    return done.stdout.strip()


def _from_registry() -> str:
    import winreg

    path = r"HARDWARE\DESCRIPTION\System\CentralProcessor\0"
    registry: Any = winreg  # its functions are known on Windows only
    with registry.OpenKey(registry.HKEY_LOCAL_MACHINE, path) as key:
        return str(registry.QueryValueEx(key, "ProcessorNameString")[0]).strip()
