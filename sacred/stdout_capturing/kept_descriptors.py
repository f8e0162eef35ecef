"""Descriptors that user code must not close while output is captured.

Launchers, and scripts that make themselves daemons, close all descriptors from 3 on; closing ours
would lose the way to the terminal. So `os.close` and `os.closerange` skip them.
"""

from __future__ import annotations

import os
from collections.abc import Iterable

__all__ = ["keep_open", "release"]

_close, _closerange = os.close, os.closerange
_kept: list[int] = []
_process = [0]


def keep_open(descriptors: Iterable[int]) -> None:
    """Skip these descriptors from now on, in this process."""
    if _process[0] != os.getpid():  # a forked child closes what it inherited
        _kept.clear()
        _process[0] = os.getpid()
    _kept.extend(descriptors)
    if os.close is _close and os.closerange is _closerange:
        os.close, os.closerange = _close_others, _close_range_of_others


def release(descriptors: Iterable[int]) -> None:
    """Let these descriptors be closed again."""
    for descriptor in descriptors:
        if descriptor in _kept:
            _kept.remove(descriptor)
    if not _kept and os.close is _close_others and os.closerange is _close_range_of_others:
        os.close, os.closerange = _close, _closerange


def _close_others(fd: int) -> None:
    if fd not in _kept or _process[0] != os.getpid():
        _close(fd)


def _close_range_of_others(fd_low: int, fd_high: int, /) -> None:
    start = fd_low
    if _process[0] == os.getpid():
        for kept in sorted({fd for fd in _kept if fd_low <= fd < fd_high}):
            _closerange(start, kept)
            start = kept + 1
    _closerange(start, fd_high)
