"""The NVIDIA GPUs, as reported by `nvidia-smi`."""

from __future__ import annotations

import functools
import logging
import os
import sys
from typing import Any

from sacred.host_info.getter import IgnoreHostInfo

# A driver that hangs must not hold up the run.
TIMEOUT_SECONDS = 5.0


def gpu_info() -> dict[str, Any]:
    """Return the driver version and the GPUs; raise `IgnoreHostInfo` if they are unknown.

    >>> parse_nvidia_smi(b'''<nvidia_smi_log><driver_version>550.1</driver_version>
    ...     <gpu><product_name>A100</product_name><persistence_mode>Enabled</persistence_mode>
    ...     <fb_memory_usage><total>40960 MiB</total></fb_memory_usage></gpu></nvidia_smi_log>''')
    {'driver_version': '550.1', 'gpus': [{'model': 'A100', 'total_memory': 40960, \
'persistence_mode': True}]}
    """
    program = _find_program()
    if program is None:
        raise IgnoreHostInfo
    # Not at the top, as others below: most computers have no GPU of NVIDIA's.
    import subprocess

    try:
        output = subprocess.run(
            [program, "-q", "-x"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            check=True,
            timeout=TIMEOUT_SECONDS,
        ).stdout
        return parse_nvidia_smi(output)
    # No driver, no permission, a hanging driver, or output that is no XML (a SyntaxError).
    except (OSError, subprocess.SubprocessError, SyntaxError, ValueError) as error:
        logging.getLogger(__name__).info("nvidia-smi gave no information: %s", error)
        raise IgnoreHostInfo from error


def _find_program() -> str | None:
    return _program_in(tuple(os.get_exec_path()))


@functools.lru_cache(maxsize=4)
def _program_in(directories: tuple[str, ...]) -> str | None:
    # Not shutil.which: most computers have none, and need not load that module to learn it.
    name = "nvidia-smi.exe" if sys.platform == "win32" else "nvidia-smi"
    for directory in directories:
        path = os.path.join(directory, name)
        if os.access(path, os.X_OK) and os.path.isfile(path):
            return path
    return None


def parse_nvidia_smi(output: bytes) -> dict[str, Any]:
    """Parse the output of ``nvidia-smi -q -x`` into plain values.

    Sizes are in MiB. Values that a device does not report (with MIG enabled, they are ``N/A`` or
    missing) are None. Raises `xml.etree.ElementTree.ParseError` for anything but XML.
    """
    import xml.etree.ElementTree as ElementTree

    root = ElementTree.fromstring(output)
    return {
        "driver_version": _text(root, "driver_version"),
        "gpus": [_gpu(element) for element in root.iter("gpu")],
    }


def _gpu(element: Any) -> dict[str, Any]:
    mode = _text(element, "persistence_mode")
    return {
        "model": _text(element, "product_name"),
        "total_memory": _mebibytes(_text(element, "fb_memory_usage/total")),
        "persistence_mode": None if mode is None else mode == "Enabled",
    }


def _text(element: Any, path: str) -> str | None:
    text = (element.findtext(path) or "").strip()
    return None if text in ("", "N/A", "[N/A]", "Unknown Error") else text


def _mebibytes(text: str | None) -> int | None:
    number = (text or "").split(" ")[0]
    return int(number) if number.isdecimal() else None
