"""`Tape`: digests of the arguments, draws and result of each captured call, for ``--tape``."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from sacred._base.tracebacks import is_own_file
from sacred.config.bindings import RunBindings, is_built_in
from sacred.lifecycle.value_digest import value_digest
from sacred.provenance.places import Places
from sacred.provenance.taped_calls import tape_document

__all__ = ["MAX_EVENTS", "Tape"]

#: Of one run; what comes later is not taped. A line of them has some 20 bytes.
MAX_EVENTS = 20_000
_RANDOM = ("_seed", "_rnd")
_NOT_TAKEN = frozenset({"_run", "_log", "_config", *_RANDOM})

Call = tuple[tuple[Any, ...], dict[str, Any]]


class Tape:
    """A record of what the captured functions of a run do, in the thread of the run.

    Calls in other threads and processes are left out: they have no fixed order.

    Args:
        base_dir: the directory of the experiment.

    Attributes:
        calls: the number of taped calls.
        seconds: the time that taping took.
    """

    def __init__(self, base_dir: str | None = None) -> None:
        self.calls = 0
        self.seconds = 0.0
        self._places = Places(base_dir)
        self._roots = [root for root in (base_dir, os.getcwd()) if root and len(root) > 1]
        self._functions: dict[tuple[str, str], int] = {}
        self._callers: dict[str, int] = {}
        self._lines: list[str] = []
        self._is_full = False
        self._thread = (os.getpid(), threading.get_ident())

    def attach(self, bindings: RunBindings) -> None:
        """Record the calls of all captured functions of a run from now on."""
        for function, binding in bindings.by_function().items():
            if not is_built_in(function):
                binding.tape = self
                binding.forget()

    def document(self) -> dict[str, Any]:
        """Return the tape in the form in which stores keep it."""
        remark = f"only the first {MAX_EVENTS} events are kept" if self._is_full else ""
        return tape_document(list(self._functions), list(self._callers), self._lines, remark)

    def summary(self, seconds: float) -> str:
        """Return a sentence about the cost of the tape.

        Args:
            seconds: the duration of the run.
        """
        share = self.seconds / seconds if seconds > 0 else 0.0
        full = f"; {self.document()['remark']}" if self._is_full else ""
        return f"{self.calls} calls in {self.seconds:.3f} s ({share:.1%} of the run){full}"

    def record_call(self, function: Any, call: Call, go: Callable[[], Any]) -> Any:
        """Record a call.

        Args:
            function: the captured function.
            call: positional and keyword arguments, including those that were filled in.
            go: the function that makes the call.

        Returns:
            the result of the call.
        """
        if self._is_full or self._thread != (os.getpid(), threading.get_ident()):
            return go()
        began = time.perf_counter()
        start = self._start_of(function)
        args, kwargs = call
        for name in _RANDOM:
            if name in kwargs:
                self._add("d", start, kwargs[name])
        taken = {name: value for name, value in kwargs.items() if name not in _NOT_TAKEN}
        self._add("t", start, (args, taken))
        self.calls += 1
        self.seconds += time.perf_counter() - began
        try:
            result = go()
        except BaseException as error:
            self._add("x", start, (type(error).__name__, str(error)))
            raise
        began = time.perf_counter()
        if "_rnd" in kwargs:
            self._add("n", start, kwargs["_rnd"])
        self._add("g", start, result)
        self.seconds += time.perf_counter() - began
        return result

    def _start_of(self, function: Any) -> str:
        """The beginning of the lines of a call: the numbers of its function and of its caller."""
        code = getattr(function, "__code__", None)
        place = "" if code is None else self._places.at(code.co_filename, code.co_firstlineno)
        frame: Any = sys._getframe(2)
        while frame is not None and is_own_file(frame.f_code.co_filename):
            frame = frame.f_back
        caller = "" if frame is None else self._places.at(frame.f_code.co_filename, frame.f_lineno)
        name = str(getattr(function, "__qualname__", function))
        number = self._functions.setdefault((name, place), len(self._functions))
        return f"{number} {self._callers.setdefault(caller, len(self._callers))}"

    def _add(self, kind: str, start: str, value: Any) -> None:
        if len(self._lines) >= MAX_EVENTS:
            self._is_full = True
            return
        try:
            digest = value_digest(value, self._masked)
        except Exception:  # an object that cannot be looked at; the run is worth more
            digest = ""
        self._lines.append(f"{kind} {start} {digest}")

    def _masked(self, text: str) -> str:
        for root in self._roots:
            if root in text:
                text = text.replace(root, "<directory>")
        return text
