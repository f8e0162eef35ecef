"""Process state below Python: the C library's output buffer and crash reports."""

from __future__ import annotations

import faulthandler
import functools
import os
import sys
from collections.abc import Callable
from typing import Any

from sacred.stdout_capturing.libc import libc


@functools.cache
def _c_stdout() -> Any:
    # Not at the top: some systems have no `ctypes`.
    import ctypes

    for symbol in ("stdout", "__stdoutp"):  # the second one: macOS and the BSDs
        try:
            return ctypes.c_void_p.in_dll(libc(), symbol)
        except ValueError:
            continue
    return None


def flush_c_stdout() -> None:
    """Flush C's buffered `stdout`; its `stderr` is unbuffered.

    Not `fflush(NULL)`: that locks all streams, including one on which another thread waits for
    the user's input.
    """
    if not _is_foreign_code_loaded():
        return

    library = libc()
    if library is not None and (stdout := _c_stdout()) is not None:
        library.fflush(stdout)


_foreign_code: list[bool] = []
# Modules known to be no foreign extensions.
_checked_modules: set[str] = set()


def _is_foreign_code_loaded() -> bool:
    """Whether C code other than Python's own is loaded; Python does not use C's `stdout`.

    Without any there is nothing to flush, and `ctypes` takes 5 % of a short run to load.
    """
    if not _foreign_code:
        new = set(sys.modules) - _checked_modules
        for name in new:
            is_own = name.partition(".")[0] in sys.stdlib_module_names
            if not is_own and _is_extension(sys.modules.get(name)):
                _foreign_code.append(True)
                break
        else:
            _checked_modules.update(new)
            return "ctypes" in sys.modules
    return True


def _is_extension(module: Any) -> bool:
    try:
        # Not `getattr`, which would trigger lazy modules.
        filename = object.__getattribute__(module, "__dict__").get("__file__")
    except Exception:  # anything may stand in sys.modules
        return True
    return isinstance(filename, str) and not filename.endswith((".py", ".pyc"))


def crash_reports_to(fd: int) -> Callable[[], None]:
    """Redirect an enabled `faulthandler` to `fd`; return a function that restores it.

    A report in a sink would be lost: nobody reads the sinks of a crashed process.
    """
    if not faulthandler.is_enabled():
        return lambda: None
    faulthandler.enable(fd)

    def restore() -> None:
        if not faulthandler.is_enabled():
            return  # the user has turned it off
        try:
            faulthandler.enable(sys.stderr)
        except (AttributeError, ValueError, OSError, RuntimeError):
            faulthandler.enable(2)  # sys.stderr is no file

    return restore


def same_target(first: int, second: int) -> bool:
    """Whether two descriptors refer to the same file, pipe or terminal.

    Args:
        first: descriptor.
        second: descriptor.
    """
    one, two = os.fstat(first), os.fstat(second)
    return (one.st_dev, one.st_ino, one.st_rdev) == (two.st_dev, two.st_ino, two.st_rdev)
