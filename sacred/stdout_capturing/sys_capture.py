"""The mode ``sys``: writes of Python code to `sys.stdout` and `sys.stderr`."""

from __future__ import annotations

from collections.abc import Callable

from sacred.stdout_capturing.captured import CapturedOutput
from sacred.stdout_capturing.write_hook import listen


class SysCapture(CapturedOutput):
    r"""Records the two Python streams, in the order of the writes.

    >>> with SysCapture() as output:
    ...     print("hello")
    hello
    >>> output.get()
    'hello\n'
    """

    def __init__(self) -> None:
        super().__init__()
        self._stops: list[Callable[[], None]] = []

    def _start(self) -> None:
        for name in ("stdout", "stderr"):
            self._stops.append(listen(name, self))

    def _stop(self) -> None:
        for stop in self._stops:
            stop()

    def before(self, text: str) -> None:
        """Record `text` before it is written, so that a broken terminal loses nothing."""
        if not self._closed:
            self.add(text)

    def after(self, text: str) -> None:
        """Do nothing."""
