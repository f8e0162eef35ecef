"""The mode ``fd``: everything written to file descriptors 1 and 2, by whatever code.

Each descriptor is redirected to a sink (`sinks`), which a thread of this process reads, records
and forwards to the original. No other process takes part. The price: output of C code that
holds Python's global lock is forwarded when the lock is released, and a killed process has not
forwarded its last few milliseconds.

The order of stdout and stderr is exact when both have one target. With two targets it is exact
for Python's streams; for child processes it is the order of reading, every few milliseconds.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
from collections import deque
from collections.abc import Callable, Collection, Iterator

from sacred._base.deferred_thread import DeferredThread
from sacred.stdout_capturing.backlog import Backlog
from sacred.stdout_capturing.captured import CapturedOutput
from sacred.stdout_capturing.channel import Channel, open_channels, write_all
from sacred.stdout_capturing.child_starts import before_child_starts
from sacred.stdout_capturing.kept_descriptors import keep_open, release
from sacred.stdout_capturing.process import crash_reports_to, flush_c_stdout
from sacred.stdout_capturing.streams import flush_streams, listen_to_streams

_BUSY_SECONDS = 0.02
_IDLE_SECONDS = 0.04

_STDOUT_AND_STDERR = (1, 2)

# Active captures, the outermost first. They need not end in reverse order (threads).
_active: list[FdCapture] = []
_registry_lock = threading.RLock()


class FdCapture(CapturedOutput):
    r"""Records descriptors 1 and 2, and Python streams with another target (notebooks).

    >>> import subprocess
    >>> with FdCapture() as output:
    ...     _ = subprocess.run(["echo", "from a child process"])
    >>> "from a child process\n" in output.get()
    True
    """

    def __init__(self) -> None:
        super().__init__()
        self.channels: list[Channel] = []
        self._targets: tuple[Channel, ...] = ()
        self._undo: list[Callable[[], None]] = []
        # Bytes not yet forwarded, with the number of their channel.
        self.outbox = Backlog()
        # Taken out of it, and about to be written.
        self.in_delivery: deque[tuple[int, bytes]] = deque()
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
        if self.channels:
            with _registry_lock:
                end = before_child_starts(self._record_before_a_child)
            self._undo.append(lambda: _locked(end))
            self._thread.start(_IDLE_SECONDS)

    def _record_before_a_child(self) -> None:
        if not self.ended:
            self.record(_STDOUT_AND_STDERR)

    def _connect(self) -> None:
        with _registry_lock:
            try:
                self.channels = open_channels()
            except OSError:
                return  # out of descriptors or memory: Python's streams are still recorded
            self._targets = tuple(self.channels)
            _active.append(self)
            for channel in self.channels:
                channel.connect()
                keep_open(channel.descriptors)
        for channel in self.channels:
            if 2 in channel.saved:
                self._undo.append(crash_reports_to(channel.saved[2]))

    # ----------------------------------------------------------------- record

    def record(self, sync: Collection[int] = (), copy: list[str] | None = None) -> bool:
        """Record what the sinks have received; return whether there was anything.

        Args:
            sync: descriptors for which everything written before this call is recorded; for
                others, only what is available at once.
            copy: the strings are also appended to this list.
        """
        with self._record_lock:
            # Re-entered by a signal handler that prints.
            if self._recording or self._forked:
                return False
            self._recording = True
            try:
                received = [self._record(n, sync, copy) for n in range(len(self.channels))]
                return any(received)
            finally:
                self._recording = False

    def _record(self, number: int, sync: Collection[int], copy: list[str] | None) -> bool:
        channel = self.channels[number]
        is_anything = False
        try:
            complete = not channel.saved.keys().isdisjoint(sync)
            for data in channel.sink.chunks(complete):
                text = channel.decode(data)
                self.outbox.put(number, data)
                self.add(text)
                is_anything = is_anything or bool(data)
                if copy is not None:
                    copy.append(text)
        except OSError:
            pass  # the user's code has closed our descriptors
        return is_anything

    def sync(self, fd: int | None = None, copy: list[str] | None = None) -> None:
        """Record everything that was written before this call.

        Args:
            fd: the descriptor; None: both (default).
            copy: receives the recorded pieces, too.
        """
        # Inner captures may not have forwarded it yet.
        for capture in reversed(_active):
            if capture is self:
                break
            capture.record(_STDOUT_AND_STDERR)
            capture.forward()
        self.record(_STDOUT_AND_STDERR if fd is None else (fd,), copy)

    @property
    def has_one_target(self) -> bool:
        """Whether one sink (or none) preserves the order of stdout and stderr."""
        return len(self.channels) < 2

    def add_text(self, text: str) -> None:
        """Record text of a Python stream that reached no descriptor."""
        if not self._forked:
            with self._record_lock:
                self.add(text)

    @property
    def ended(self) -> bool:
        """Whether this capture has ended, or belongs to the parent process."""
        return self._closed or self._forked

    def flush(self) -> None:
        """Record everything written up to now, including buffers of Python and C."""
        if not self.ended:
            flush_streams()
            if self.channels:
                flush_c_stdout()
                self.sync()

    @contextlib.contextmanager
    def suspended(self) -> Iterator[None]:
        """Restore the descriptors for this block; inner captures must be suspended already."""
        self.flush()
        self.forward()
        for channel in self.channels:
            channel.restore()
        try:
            yield
        finally:
            flush_streams()
            for channel in self.channels:
                channel.connect()

    # ---------------------------------------------------------------- pass on

    def forward(self, meanwhile: Callable[[], object] | None = None) -> None:
        """Forward recorded bytes to their original targets.

        Args:
            meanwhile: called repeatedly while a target blocks, such as a stopped terminal.
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
        while self.in_delivery or self._refill_delivery():
            number, data = self.in_delivery.popleft()
            if last not in (None, number):
                self._sync_outer()
            last = number
            channel = self._targets[number]
            target = channel.target
            if target in self._dead_targets:
                continue
            if not channel.has_target or not write_all(target, data, meanwhile):
                self._dead_targets.add(target)

    def _refill_delivery(self) -> bool:
        self.in_delivery.extend(self.outbox.take())
        return bool(self.in_delivery)

    def _sync_outer(self) -> None:
        # With two sinks, an outer capture orders output by the time of reading.
        for capture in tuple(_active):
            if capture is self:
                return
            capture.record(_STDOUT_AND_STDERR)

    def _pump(self) -> None:
        is_over = self._stopping.is_set()
        while not is_over:
            recorded = self.record()
            # Output written while the terminal is stopped must not stay in the sink's memory.
            self.forward(meanwhile=self.record)
            for channel in self.channels:
                channel.sink.tick()
            is_over = self._stopping.wait(_BUSY_SECONDS if recorded else _IDLE_SECONDS)

    # ------------------------------------------------------------------- stop

    def _stop(self) -> None:
        if self._forked:
            return  # a forked child leaving the context; the parent's capture goes on
        steps: list[Callable[[], object]] = [flush_streams]
        if self.channels:
            steps += [flush_c_stdout, self.sync, self.forward]
        steps += reversed(self._undo)
        if self.channels:
            steps += [self._disconnect, self._stop_thread, self._record_rest]
            steps += [self.forward, self._close_channels]
        _run_all(steps)

    def _disconnect(self) -> None:
        with _registry_lock:
            if self not in _active:
                return
            place = _active.index(self)
            if place == len(_active) - 1:
                for channel in self.channels:
                    channel.restore()
            else:
                self._hand_over_to(_active[place + 1])
            _active.remove(self)
            for channel in self.channels:
                release(channel.descriptors)

    def _hand_over_to(self, inner: FdCapture) -> None:
        # The inner capture forwards to our sinks; from now on to our originals.
        inner.sync()
        inner.forward()
        ours = {fd: saved for channel in self.channels for fd, saved in channel.saved.items()}
        with inner._forward_lock:
            for channel in inner.channels:
                for fd in channel.saved.keys() & ours.keys():
                    channel.replace_original(fd, ours[fd])

    def _stop_thread(self) -> None:
        self._stopping.set()
        self._thread.join()

    def _record_rest(self) -> None:
        self.sync()
        for channel in self.channels:
            self.add(channel.decode(b"", final=True))

    def _close_channels(self) -> None:
        channels, self.channels = self.channels, []
        if self._thread.is_alive():
            # The user has interrupted the join. The thread writes to a descriptor whose number
            # must not be reused.
            self.outbox.clear()
            self.in_delivery.clear()
            return
        for channel in channels:
            channel.close()

    def _after_fork(self) -> None:
        """Stop recording in a forked child: it writes to inherited sinks that the parent reads."""
        self._forked = True
        self._reset_locks()
        self._forget()
        self.outbox = Backlog()
        self.in_delivery.clear()
        for channel in self.channels:
            channel.sink.forget_in_child()


def _locked(action: Callable[[], object]) -> None:
    with _registry_lock:
        action()


# Steps that may block on a stopped terminal are abandoned on an interrupt.
_MAY_BE_ABANDONED = ("forward", "_stop_thread")


def _run_all(steps: list[Callable[[], object]]) -> None:
    """Run all steps even if the user interrupts; then raise the interrupt."""
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
            # Not a reason to fail a run whose work is done.
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
