"""Listeners to what is written to a Python stream.

The stream object stays in place; only its `write` is shadowed by an instance attribute. So a
logging handler or progress bar that has held `sys.stderr` since before the run is recorded too,
and `isatty`, `encoding`, `buffer`, … are those of the stream itself.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, Protocol


class Listener(Protocol):
    """Called around every write, in the writing thread."""

    def before(self, text: str) -> None:
        """Notice that a string is going to be written."""

    def after(self, text: str) -> None:
        """Notice that the stream has accepted (perhaps buffered) or refused a string."""


class _HookedWrite:
    """Replacement for the `write` of one stream while there are listeners."""

    def __init__(self, write: Callable[[str], Any]) -> None:
        self.write = write
        self.listeners: tuple[Listener, ...] = ()  # outermost first; replaced, never changed

    def __call__(self, text: Any) -> Any:
        if not isinstance(text, str):
            return self.write(text)  # it raises the right error
        # Innermost first: what it forwards must be there for the outer ones.
        listeners = self.listeners[::-1]
        for listener in listeners:
            listener.before(text)
        try:
            return self.write(text)
        finally:
            for listener in listeners:
                listener.after(text)


class TeeStream:
    """Replacement for a stream whose attributes cannot be set; delegates everything else."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def write(self, text: str) -> Any:
        """Write to the real stream."""
        return self._stream.write(text)

    def writelines(self, lines: Any) -> None:
        """Write each line with `self.write`, so that listeners see it."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def __iter__(self) -> Any:
        return iter(self._stream)

    def __enter__(self) -> Any:
        return self._stream.__enter__()

    def __exit__(self, *error: Any) -> Any:
        return self._stream.__exit__(*error)


def listen(name: str, listener: Listener) -> Callable[[], None]:
    """Call `listener` before and after every write to ``sys.<name>``.

    Args:
        name: ``"stdout"`` or ``"stderr"``; if there is no such stream, nothing happens.
        listener: see `Listener`.

    Returns:
        a function that ends it: idempotent, and independent of other listeners.

    >>> class Print:
    ...     def before(self, text): seen.append(text)
    ...     def after(self, text): pass
    >>> seen = []
    >>> stop = listen("stdout", Print())
    >>> _ = sys.stdout.write("hello")
    hello
    >>> stop(); seen
    ['hello']
    """
    stream: Any = getattr(sys, name)
    if stream is None:  # pythonw.exe, or the process was started with this stream closed
        return lambda: None
    hook = _hook_of(stream)
    if hook is None:
        hook = _HookedWrite(stream.write)
        try:
            stream.write = hook
        except (AttributeError, TypeError):
            return _listen_by_replacing(name, stream, listener)
    if listener not in hook.listeners:  # sys.stderr may be the same object as sys.stdout
        hook.listeners += (listener,)
    return lambda: _unlisten(stream, listener)


def _hook_of(stream: Any) -> _HookedWrite | None:
    # The instance's own attributes: a stream that delegates must not return another one's hook.
    hook = getattr(stream, "__dict__", {}).get("write")
    return hook if isinstance(hook, _HookedWrite) else None


def _listen_by_replacing(name: str, stream: Any, listener: Listener) -> Callable[[], None]:
    tee = TeeStream(stream)
    setattr(sys, name, tee)
    stop_listening = listen(name, listener)

    def stop() -> None:
        stop_listening()
        # Not if the user has replaced it, or others still listen.
        if getattr(sys, name) is tee and _hook_of(tee) is None:
            setattr(sys, name, stream)

    return stop


def _unlisten(stream: Any, listener: Listener) -> None:
    hook = _hook_of(stream)
    if hook is None:
        return  # the user has shadowed `write`; an unused hook below is harmless
    hook.listeners = tuple(other for other in hook.listeners if other is not listener)
    if not hook.listeners:
        _uncover(stream, hook)


def _uncover(stream: Any, hook: _HookedWrite) -> None:
    del stream.write
    # A `write` that the user had set on the instance before comes back.
    if stream.write != hook.write:
        stream.write = hook.write
