"""Capture of a run's standard output and error, which still reach the user.

Three modes: ``fd`` records the file descriptors (also child processes and C code), ``sys`` the
Python streams only, ``no`` nothing.

| module | what it holds |
|---|---|
| `captured` | base of all modes: the captured text, in chunks |
| `backlog` `spill_file` | FIFO of captured bytes: a megabyte in memory, the rest on disk |
| `sys_capture` `write_hook` | the mode ``sys``: writes to Python's streams |
| `fd_capture` `channel` `streams` | the mode ``fd``: descriptors, and Python's streams |
| `sinks` `terminal` | what descriptors are redirected to: a file in memory, a pseudo terminal |
| `child_starts` | what is done before a program is started |
| `kept_descriptors` | what user code must not close |
| `process` `libc` | C's own buffer, crash reports; functions of the C library |

>>> mode, capture = get_stdcapturer("no")
>>> with capture() as output:
...     pass
>>> mode, output.get(), output.closed
('no', '', True)
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager

from sacred.settings import SETTINGS
from sacred.stdout_capturing.captured import CapturedOutput

__all__ = ["CapturedOutput", "get_stdcapturer"]

Factory = Callable[[], AbstractContextManager[CapturedOutput]]


def _no_capture() -> Factory:
    return CapturedOutput


# The modes are imported on use: short runs without observers need none of them.
def _sys_capture() -> Factory:
    # Not at the top, as others below: each run captures in one way.
    from sacred.stdout_capturing.sys_capture import SysCapture

    return SysCapture


def _fd_capture() -> Factory:
    from sacred.stdout_capturing.fd_capture import FdCapture

    return FdCapture


_MODES: dict[str, Callable[[], Factory]] = {
    "fd": _fd_capture,
    "no": _no_capture,
    "sys": _sys_capture,
}


def _can_redirect() -> bool:
    try:
        import fcntl  # noqa: F401
    except ImportError:  # Windows
        return False
    return True


def get_stdcapturer(mode: str | None = None) -> tuple[str, Factory]:
    """Return the name of a capture mode and the factory of its context manager.

    `mode` is ``"fd"``, ``"sys"`` or ``"no"``; None (the default) takes
    `SETTINGS.CAPTURE_MODE`, and where that is None as well ``"fd"`` (Windows: ``"sys"``).
    Where descriptors cannot be redirected (Windows), ``"fd"`` is ``"sys"``, with a warning.
    The context manager yields a `CapturedOutput`. Raises `KeyError` for an unknown mode.

    >>> get_stdcapturer("foo")
    Traceback (most recent call last):
    KeyError: "Unknown capture mode 'foo'. Available options are ['fd', 'no', 'sys']"
    """
    if mode is None:
        mode = SETTINGS.CAPTURE_MODE
    if mode is None:
        mode = "sys" if sys.platform == "win32" else "fd"
    if mode == "fd" and not _can_redirect():
        warnings.warn(
            'capture mode "fd" does not work on this system; "sys" captures what Python prints',
            RuntimeWarning,
            stacklevel=2,
        )
        mode = "sys"
    if mode not in _MODES:
        raise KeyError(f"Unknown capture mode '{mode}'. Available options are {sorted(_MODES)}")
    return mode, _MODES[mode]()
