"""A program as a child of this process: its output, signals, exit status."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from sacred.lifecycle.signals import Terminated

__all__ = ["OutputListener", "run_child"]

#: Called with the descriptor (1 or 2) and what was written to it.
OutputListener = Callable[[int, bytes], None]

_TICK_SECONDS = 0.5
#: How long a program has to end before it gets a stronger signal.
_PATIENCE_SECONDS = 10.0
_CHUNK_BYTES = 1 << 16


def run_child(
    words: Sequence[str],
    *,
    environment: Mapping[str, str],
    directory: str,
    listen: OutputListener | None = None,
    tick: Callable[[], None] = lambda: None,
) -> int:
    """Run a program until it ends; an interrupt of this process is passed on to it.

    Args:
        words: program and arguments.
        environment: variables.
        directory: working directory.
        listen: called with the output of the program, which then goes to this process's own;
            None: the program writes to the descriptors of this process.
        tick: called about twice a second while the program runs.

    Returns:
        the return code: negative for a signal.

    Raises:
        OSError: the program cannot be started.
        KeyboardInterrupt, Terminated: this process was told to end, and the program has ended.
    """
    pipe = None if listen is None else subprocess.PIPE
    process = subprocess.Popen(
        words, env=dict(environment), cwd=directory, stdout=pipe, stderr=pipe, bufsize=0
    )
    try:
        with _watched(process) as selector:
            _follow(process, selector, listen, tick)
    except KeyboardInterrupt:
        _end(process, None if _is_told_by_terminal() else signal.SIGINT)
        raise
    except Terminated as error:
        _end(process, error.signum)
        raise
    except BaseException:
        _end(process, signal.SIGTERM)
        raise
    finally:
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()
    return process.returncode


@contextlib.contextmanager
def _watched(process: subprocess.Popen[bytes]) -> Iterator[selectors.BaseSelector]:
    """Wake up at output, and at the end of the program where the system can tell."""
    with contextlib.ExitStack() as stack:
        selector = stack.enter_context(selectors.DefaultSelector())
        for number, stream in ((1, process.stdout), (2, process.stderr)):
            if stream is not None:
                selector.register(stream, selectors.EVENT_READ, number)
        if hasattr(os, "pidfd_open"):
            with contextlib.suppress(OSError):
                descriptor = os.pidfd_open(process.pid)
                stack.callback(os.close, descriptor)
                selector.register(descriptor, selectors.EVENT_READ, 0)
        yield selector


def _follow(
    process: subprocess.Popen[bytes],
    selector: selectors.BaseSelector,
    listen: OutputListener | None,
    tick: Callable[[], None],
) -> None:
    knows_end = any(key.data == 0 for key in selector.get_map().values())
    wait = _TICK_SECONDS if knows_end else 0.02
    next_tick = time.monotonic() + _TICK_SECONDS
    while process.poll() is None:
        for key, _ in selector.select(wait):
            _pass_on(key, selector, listen)
        if time.monotonic() >= next_tick:
            tick()
            next_tick = time.monotonic() + _TICK_SECONDS
    # What it has written; a child that outlives it may keep the pipes open.
    while ready := [key for key, _ in selector.select(0) if key.data]:
        for key in ready:
            _pass_on(key, selector, listen)


def _pass_on(key: Any, selector: selectors.BaseSelector, listen: OutputListener | None) -> None:
    if not key.data or listen is None:
        return
    data = os.read(key.fd, _CHUNK_BYTES)
    if not data:
        selector.unregister(key.fileobj)
        return
    written = 0
    while written < len(data):
        written += os.write(key.data, data[written:])
    listen(key.data, data)


def _is_told_by_terminal() -> bool:
    """Whether Ctrl-C at a terminal reaches the program as well."""
    with contextlib.suppress(OSError):
        terminal = os.open("/dev/tty", os.O_RDONLY)
        try:
            return os.tcgetpgrp(terminal) == os.getpgrp()
        finally:
            os.close(terminal)
    return False


def _end(process: subprocess.Popen[bytes], signum: int | None) -> None:
    """End the program: with the signal that this process got, later with a stronger one."""
    for number in (signum, signal.SIGTERM, signal.SIGKILL):
        if process.poll() is not None:
            return
        if number is not None:
            process.send_signal(number)
        try:
            process.wait(_PATIENCE_SECONDS)
        except KeyboardInterrupt:
            continue  # once more Ctrl-C: with more force
        except subprocess.TimeoutExpired:
            continue
