"""The mode ``fd``: all that reaches file descriptors 1 and 2, whoever writes it.

Each descriptor is led into a sink (`sinks`), which a thread of this process reads, records and
passes on to the original. No other process takes part. The price: what C code writes while it
holds Python's global lock is passed on when it lets go, and a process that is killed has not
passed on its last few milliseconds.

The order of stdout and stderr is exact when both lead to one target. With two targets it is exact
for Python's streams; for child processes it is that of the reading, every few milliseconds.
"""

from __future__ import annotations

import logging
import os
import threading
from collections import deque
from collections.abc import Callable, Collection

from sacred._base.deferred_thread import DeferredThread
from sacred.stdout_capturing.backlog import Backlog
from sacred.stdout_capturing.captured import CapturedOutput
from sacred.stdout_capturing.channel import Channel, open_channels, write_all
from sacred.stdout_capturing.process import crash_reports_to, flush_c_stdout
from sacred.stdout_capturing.streams import flush_streams, listen_to_streams

_BUSY_INTERVAL = 0.02
_IDLE_INTERVAL = 0.04

_BOTH = (1, 2)

# All captures under way, the outermost first. They need not end in the reverse order (threads).
_active: list[FdCapture] = []
_registry_lock = threading.RLock()


class FdCapture(CapturedOutput):
    r"""Records descriptors 1 and 2, and Python streams that lead elsewhere (notebooks).

    >>> import subprocess
    >>> with FdCapture() as output:
    ...     _ = subprocess.run(["echo", "from a child process"])
    >>> "from a child process\n" in output.get()
    True
    """

    def __init__(self) -> None:
        super().__init__()
        self._channels: list[Channel] = []
        self._targets: tuple[Channel, ...] = ()
        self._undo: list[Callable[[], None]] = []
        # What is not passed on yet, each with the number of its channel.
        self._outbox = Backlog()
        self._on_its_way: deque[tuple[int, bytes]] = deque()
        self._reset_locks()
        self._dead_targets: set[int] = set()
        self._stopping = threading.Event()
        self._thread = DeferredThread(self._pump, "sacred-output")
        self._forked = False

    def _reset_locks(self) -> None:
        self._record_lock = threading.RLock()
        self._recording = False
        self._forward_lock = threading.RLock()
        self._forwarding = False

    # ------------------------------------------------------------------ start

    def _start(self) -> None:
        flush_streams()
        if os.name == "posix":
            flush_c_stdout()
            self._connect()
        self._undo += listen_to_streams(self)
        if self._channels:
            self._thread.start(_IDLE_INTERVAL)

    def _connect(self) -> None:
        with _registry_lock:
            try:
                self._channels = open_channels()
            except OSError:
                return  # out of descriptors or memory: Python's streams are still recorded
            self._targets = tuple(self._channels)
            _active.append(self)
            for channel in self._channels:
                channel.connect()
        for channel in self._channels:
            if 2 in channel.saved:
                self._undo.append(crash_reports_to(channel.saved[2]))

    # ----------------------------------------------------------------- record

    def record(self, sync: Collection[int] = (), copy: list[str] | None = None) -> bool:
        """Take in what the descriptors have received; return whether that is anything.

        Of those in `sync` it is all that was written before this call; of others, what can be
        had at once. The texts are added to `copy`, if it is given.
        """
        with self._record_lock:
            # A signal handler that prints may come here in the midst of this very function.
            if self._recording or self._forked:
                return False
            self._recording = True
            try:
                received = [self._record(n, sync, copy) for n in range(len(self._channels))]
                return any(received)
            finally:
                self._recording = False

    def _record(self, number: int, sync: Collection[int], copy: list[str] | None) -> bool:
        channel = self._channels[number]
        is_anything = False
        try:
            complete = not channel.saved.keys().isdisjoint(sync)
            for data in channel.sink.pieces(complete):
                text = channel.decode(data)
                self._outbox.put(number, data)
                self._add(text)
                is_anything = is_anything or bool(data)
                if copy is not None:
                    copy.append(text)
        except OSError:
            pass  # the user's code has closed descriptors that are not its own
        return is_anything

    def sync(self, fd: int | None = None, copy: list[str] | None = None) -> None:
        """As `record`, of all that was written to `fd` (None: to any) before this call."""
        # Captures within this one may not have passed it on yet.
        for capture in reversed(_active):
            if capture is self:
                break
            capture.record(_BOTH)
            capture.forward()
        self.record(_BOTH if fd is None else (fd,), copy)

    @property
    def has_one_target(self) -> bool:
        """Whether one sink (or none) keeps the order of stdout and stderr."""
        return len(self._channels) < 2

    def add_text(self, text: str) -> None:
        """Record what was written to a Python stream and reached no descriptor."""
        if not self._forked:
            with self._record_lock:
                self._add(text)

    @property
    def ended(self) -> bool:
        """Whether this capture has ended, or belongs to the parent process."""
        return self._closed or self._forked

    def flush(self) -> None:
        """Take in all that was written up to now, buffers of Python and C included."""
        if not self.ended:
            flush_streams()
            if self._channels:
                flush_c_stdout()
                self.sync()

    # ---------------------------------------------------------------- pass on

    def forward(self, meanwhile: Callable[[], object] | None = None) -> None:
        """Pass on what is recorded, to where it would have gone.

        `meanwhile` is done again and again where somebody has to wait: for a stopped terminal.
        """
        with self._forward_lock:
            if self._forwarding:
                return  # as in `record`
            self._forwarding = True
            try:
                self._empty_outbox(meanwhile)
            finally:
                self._forwarding = False

    def _empty_outbox(self, meanwhile: Callable[[], object] | None) -> None:
        last: int | None = None
        while self._on_its_way or self._fetch():
            number, data = self._on_its_way.popleft()
            if last not in (None, number):
                self._let_outer_see()
            last = number
            target = self._targets[number].target
            if target not in self._dead_targets and not write_all(target, data, meanwhile):
                self._dead_targets.add(target)

    def _fetch(self) -> bool:
        self._on_its_way.extend(self._outbox.take())
        return bool(self._on_its_way)

    def _let_outer_see(self) -> None:
        # What an outer capture receives by two sinks is ordered by when it looks.
        for capture in tuple(_active):
            if capture is self:
                return
            capture.record(_BOTH)

    def _pump(self) -> None:
        is_over = self._stopping.is_set()
        while not is_over:
            recorded = self.record()
            # What is written while the terminal is stopped must not wait in memory.
            self.forward(meanwhile=self.record)
            for channel in self._channels:
                channel.sink.tick()
            is_over = self._stopping.wait(_BUSY_INTERVAL if recorded else _IDLE_INTERVAL)

    # ------------------------------------------------------------------- stop

    def _stop(self) -> None:
        if self._forked:
            return  # a child that leaves the context; the parent's capture goes on
        steps: list[Callable[[], object]] = [flush_streams]
        if self._channels:
            steps += [flush_c_stdout, self.sync, self.forward]
        steps += reversed(self._undo)
        if self._channels:
            steps += [self._disconnect, self._stop_thread, self._record_rest]
            steps += [self.forward, self._close_channels]
        _run_all(steps)

    def _disconnect(self) -> None:
        with _registry_lock:
            if self not in _active:
                return
            place = _active.index(self)
            if place == len(_active) - 1:
                for channel in self._channels:
                    channel.restore()
            else:
                self._leave_to(_active[place + 1])
            _active.remove(self)

    def _leave_to(self, inner: FdCapture) -> None:
        # The capture above passes on to our sinks; from now on to our originals.
        inner.sync()
        inner.forward()
        ours = {fd: saved for channel in self._channels for fd, saved in channel.saved.items()}
        with inner._forward_lock:
            for channel in inner._channels:
                for fd, theirs in channel.saved.items():
                    if fd in ours:
                        os.dup2(ours[fd], theirs, inheritable=False)

    def _stop_thread(self) -> None:
        self._stopping.set()
        self._thread.join()

    def _record_rest(self) -> None:
        self.sync()
        for channel in self._channels:
            self._add(channel.decode(b"", final=True))

    def _close_channels(self) -> None:
        channels, self._channels = self._channels, []
        if self._thread.is_alive():
            # The user has interrupted our waiting for it. It writes to a descriptor that must
            # not become another file under its hands.
            self._outbox.clear()
            self._on_its_way.clear()
            return
        for channel in channels:
            channel.close()

    def _after_fork(self) -> None:
        """In the child: it writes to the sinks it inherited, and the parent reads them."""
        self._forked = True
        self._reset_locks()
        self._forget()
        self._outbox = Backlog()
        self._on_its_way.clear()
        for channel in self._channels:
            channel.sink.forget_in_child()


# They may wait for a stopped terminal, and a user who interrupts does not want to.
_MAY_BE_ABANDONED = ("forward", "_stop_thread")


def _run_all(steps: list[Callable[[], object]]) -> None:
    """Run all the steps, also when the user interrupts; then raise the interrupt."""
    interrupt: KeyboardInterrupt | None = None
    while steps:
        step = steps.pop(0)
        try:
            step()
        except KeyboardInterrupt as raised:
            interrupt = raised
            if getattr(step, "__name__", "") not in _MAY_BE_ABANDONED:
                steps.insert(0, step)
        except Exception as error:
            # No reason to fail a run whose work is done.
            logging.getLogger(__name__).warning("output capture: %r", error)
    if interrupt is not None:
        raise interrupt


def _after_fork_in_child() -> None:
    global _registry_lock
    _registry_lock = threading.RLock()
    for capture in _active:
        capture._after_fork()
    _active.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
