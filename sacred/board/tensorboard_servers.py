"""TensorBoard processes, which listen only on this machine and end with the board."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from typing import IO

from sacred._base.extras import is_installed
from sacred._base.frozen import Frozen
from sacred.definition import BOARD_TOKENS

# `TensorBoardError` is not listed: it never leaves the board.
__all__ = ["TensorBoardServers", "command_of"]

_HOST = "127.0.0.1"
#: Its imports take a while.
_PATIENCE_SECONDS, _LOOK_SECONDS = 60.0, 0.1
_MAX_SERVERS, _MAX_MESSAGE_CHARS = 4, 2000


class TensorBoardError(Exception):
    """TensorBoard does not start."""


class _Server(Frozen, eq=False):
    process: subprocess.Popen[bytes]
    address: str


def command_of(directories: Sequence[str]) -> list[str]:
    """Return the command that starts TensorBoard for some directories.

    Args:
        directories: absolute paths.

    >>> command_of(["/tmp/a"]), command_of(["/tmp/a", "/tmp/b"])
    (['tensorboard', '--logdir', '/tmp/a'], ['tensorboard', '--logdir_spec', '0:/tmp/a,1:/tmp/b'])
    """
    if len(directories) == 1:
        return ["tensorboard", "--logdir", *directories]
    named = ",".join(f"{n}:{directory}" for n, directory in enumerate(directories))
    return ["tensorboard", "--logdir_spec", named]


class TensorBoardServers:
    """The processes that a board has started, one for each list of directories."""

    def __init__(self) -> None:
        self._running: OrderedDict[tuple[str, ...], _Server] = OrderedDict()
        self._lock = threading.Lock()

    @staticmethod
    def is_installed() -> bool:
        """Return whether TensorBoard is installed, for this Python or on the path."""
        return is_installed("tensorboard") or shutil.which("tensorboard") is not None

    def address(self, directories: Sequence[str]) -> str | None:
        """Return the URL where TensorBoard shows some directories, or None.

        Args:
            directories: absolute paths.
        """
        server = self._running.get(tuple(directories))
        return server.address if server is not None and server.process.poll() is None else None

    def start(self, directories: Sequence[str]) -> str:
        """Start TensorBoard, unless it is running, and return its URL once it answers.

        Args:
            directories: absolute paths.

        Raises:
            TensorBoardError: it does not start; the message has its output.
        """
        with self._lock:
            address = self.address(directories)
            if address is not None:
                return address
            server = _start(directories)
            self._running[tuple(directories)] = server
            while len(self._running) > _MAX_SERVERS:
                _end(self._running.popitem(last=False)[1])
            return server.address

    def close(self) -> None:
        """Stop all of them."""
        with self._lock:
            while self._running:
                _end(self._running.popitem()[1])


def _start(directories: Sequence[str]) -> _Server:
    program, *options = command_of(directories)
    words = [sys.executable, "-m", "tensorboard.main"] if is_installed("tensorboard") else [program]
    port = _free_port()
    environment = {name: text for name, text in os.environ.items() if name not in BOARD_TOKENS}
    with tempfile.TemporaryFile() as said:
        try:
            process = subprocess.Popen(
                [*words, *options, "--host", _HOST, "--port", str(port)],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
            )
        except OSError as error:
            raise TensorBoardError(f"TensorBoard does not start: {error.strerror}") from None
        server = _Server(process=process, address=f"http://{_HOST}:{port}/")
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while process.poll() is None and time.monotonic() < deadline:
            if _answers(port):
                return server
            time.sleep(_LOOK_SECONDS)
        _end(server)
        raise TensorBoardError(f"TensorBoard does not start: {_end_of(said)}")


def _end(server: _Server) -> None:
    server.process.terminate()
    try:
        server.process.wait(5)
    except subprocess.TimeoutExpired:
        server.process.kill()
        server.process.wait()


def _end_of(said: IO[bytes]) -> str:
    said.seek(0)
    text = said.read().decode("utf-8", errors="replace").strip()
    return text[-_MAX_MESSAGE_CHARS:] or "it says nothing"


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind((_HOST, 0))
        return int(listening.getsockname()[1])


def _answers(port: int) -> bool:
    with socket.socket() as asking:
        asking.settimeout(1)
        return asking.connect_ex((_HOST, port)) == 0
