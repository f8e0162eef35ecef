"""Whether a program can be traced, and the command that traces it."""

from __future__ import annotations

import functools
import os
import shutil
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Literal

from sacred._base.digest import chunks_of
from sacred._base.frozen import Frozen
from sacred.exec.tracing.accesses import LOOKING_CALLS, TRACED_CALLS, Accesses

__all__ = ["TraceMode", "Tracer", "is_running", "read_trace", "read_trace_until", "tracer_for"]

TraceMode = Literal["auto", "on", "off"]

_DEBUGGERS = frozenset({"gdb", "lldb", "strace", "ltrace", "rr", "gdbserver"})
#: Names in programs that were compiled with ``-fsanitize=address`` or ``leak``.
_LEAK_SANITIZER = (b"__asan_init", b"__lsan_init", b"liblsan.so")
_MAX_MARK_BYTES = 16
_TIMEOUT_SECONDS = 10.0
#: How long to wait for processes that outlive the program.
_PATIENCE_SECONDS = 1.0
#: Maximum length of an argument of a program; longer ones are cut.
_MAX_TEXT_CHARS = 300


class Tracer(Frozen):
    """The way in which a program is traced.

    Args:
        words: to put before the program, without the name of the file.
        version: of strace.
        for_bundle: whether to record everything that a bundle needs.
    """

    words: tuple[str, ...]
    version: str
    for_bundle: bool = False

    def words_for(self, file: str) -> list[str]:
        """Return the words before a program that write its trace to a file."""
        return [*self.words, "-o", file, "--"]


def tracer_for(program: str, for_bundle: bool = False) -> Tracer | str:
    """Return the way to trace a program, or the reason why it cannot be traced.

    Args:
        program: its path.
        for_bundle: also trace what it looks at without opening it, which takes longer.
    """
    if sys.platform != "linux":
        return "files are traced on Linux only"
    if _is_traced():
        return "this process is traced itself (by strace or a debugger)"
    try:
        mode = os.stat(program).st_mode
    except OSError as error:
        return f"{program}: {error.strerror}"
    if mode & (stat.S_ISUID | stat.S_ISGID) and os.geteuid() != 0:
        return f"{program} runs as another user, which it could not if it were traced"
    if os.path.basename(program) in _DEBUGGERS:
        return f"{program} traces programs itself"
    if not program.startswith("/usr/") and _looks_for_leaks(program):
        return f"{program} looks for leaks of memory, which fails if it is traced"
    return _available_tracer(for_bundle)


def _looks_for_leaks(program: str) -> bool:
    """Whether a program was compiled with the sanitizer of leaks, which is a tracer itself."""
    rest = b""
    try:
        with open(program, "rb") as file:
            for chunk in chunks_of(file):
                if any(mark in rest + chunk for mark in _LEAK_SANITIZER):
                    return True
                rest = chunk[-_MAX_MARK_BYTES:]
    except OSError:
        return False
    return False


def _is_traced() -> bool:
    try:
        with open("/proc/self/status", encoding="ascii", errors="replace") as file:
            return any(line.startswith("TracerPid:") and line.split()[1] != "0" for line in file)
    except OSError:
        return False


@functools.cache
def _available_tracer(for_bundle: bool) -> Tracer | str:
    strace = shutil.which("strace")
    if strace is None:
        return "strace is not installed"
    # The tracer in a session of its own: the program stays a child of this process, with its own
    # exit status and signals, and Ctrl-C does not reach the tracer.
    common = (strace, "-DDD", "-f", "-y", "-s", str(_MAX_TEXT_CHARS), "-e", "signal=none")
    names = (*TRACED_CALLS, *(LOOKING_CALLS if for_bundle else ()))
    calls = f"trace={','.join(f'?{name}' for name in names)}"
    problem = ""
    for fast in (("--seccomp-bpf",), ()):
        words = (*common, *fast, "-e", calls)
        problem = _problem_with(words)
        if not problem:
            return Tracer(words=words, version=_version(strace), for_bundle=for_bundle)
    return f"strace does not work here: {problem}"


def _problem_with(words: tuple[str, ...]) -> str:
    """Trace a program that does nothing; return what went wrong."""
    try:
        done = subprocess.run(
            [*words, "-o", os.devnull, "--", "true"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=_TIMEOUT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
    if done.returncode or lines:
        return lines[0] if lines else f"exit status {done.returncode}"
    return ""


def _version(strace: str) -> str:
    found = subprocess.run([strace, "--version"], capture_output=True, text=True, check=False)
    return found.stdout.partition("\n")[0].replace(" -- version", "").strip() or "strace"


def read_trace(file: str, directory: str) -> Accesses:
    """Read a trace after the end of the program; wait until it is complete.

    Args:
        file: of the trace.
        directory: the working directory of the program.
    """
    have_ended = False

    def is_complete(read: Accesses, _: list[str]) -> bool:
        nonlocal have_ended
        if have_ended:  # these lines are all that there are
            return True
        # The trace has no signals, so it does not say who was killed.
        have_ended = read.calls > 0 and not any(map(is_running, read.running))
        return have_ended and not read.running

    accesses = _read(file, directory, is_complete)
    accesses.running = set(filter(is_running, accesses.running))
    return accesses


def is_running(number: int) -> bool:
    """Whether a process, or a thread, has not ended."""
    try:
        with open(f"/proc/{number}/stat", encoding="utf-8", errors="replace") as file:
            return file.read().rpartition(")")[2].split()[:1] not in (["Z"], ["X"])
    except OSError:
        return False


def read_trace_until(file: str, directory: str, mark: str) -> Accesses:
    """Read the trace of this process up to now.

    Args:
        file: of the trace.
        directory: the working directory that the process began in.
        mark: a path that does not exist, below a directory whose name is of this trace alone;
            looking for it is the last call that counts.
    """
    try:
        os.close(os.open(mark, os.O_RDONLY))
    except OSError:
        pass  # what counts is that it was tried
    # strace escapes what is not ASCII, as the directory of temporary files may be.
    end = "/".join(mark.split("/")[-2:])
    return _read(file, directory, lambda _, lines: any(end in line for line in lines))


def _read(
    file: str, directory: str, is_complete: Callable[[Accesses, list[str]], bool]
) -> Accesses:
    accesses = Accesses(directory)
    for lines in _lines_of(file):
        accesses.add(lines)
        if is_complete(accesses, lines):
            break
    return accesses


def _lines_of(file: str) -> Iterator[list[str]]:
    """Yield the complete lines of a growing file until the patience runs out."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    rest = ""
    try:
        with open(file, encoding="ascii", errors="surrogateescape") as lines:
            while True:
                *whole, rest = (rest + lines.read()).split("\n")
                yield whole
                if time.monotonic() > deadline:
                    return
                time.sleep(0.005)
    except FileNotFoundError:
        return
