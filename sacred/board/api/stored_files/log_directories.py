"""The log directories that a run has recorded, and TensorBoard over them."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from typing import Any

from sacred.board.api.operations import Call
from sacred.board.problem_details import Problem
from sacred.board.tensorboard_servers import TensorBoardError, command_of
from sacred.records import RunRecord

__all__ = ["log_directories", "read_tensorboard", "start_tensorboard"]

_MAX_DIRECTORIES = 20
#: They mean something in the words of TensorBoard.
_RESERVED = ",:"


def log_directories(run: RunRecord) -> list[str]:
    """Return the directories that a run has recorded, as ``sacred.stflow`` does.

    Relative ones are searched for next to the script.

    Args:
        run: the run.
    """
    noted = run.info.get("tensorflow")
    logdirs = noted.get("logdirs") if isinstance(noted, Mapping) else None
    if not isinstance(logdirs, list | tuple):
        return []
    base = run.experiment.get("base_dir")
    base = base if isinstance(base, str) else ""
    texts = [one for one in logdirs if isinstance(one, str) and one and "\0" not in one]
    paths = [os.path.normpath(os.path.join(base, os.path.expanduser(one))) for one in texts]
    return list(dict.fromkeys(path for path in paths if os.path.isabs(path)))[:_MAX_DIRECTORIES]


def read_tensorboard(call: Call) -> dict[str, Any]:
    """Return the log directories of a run, and the command that shows them.

    Args:
        call: with the run.
    """
    directories = log_directories(call.run)
    there = _there(directories)
    servers = call.board.tensorboards
    is_allowed = servers is not None and not call.board.read_only
    return {
        "directories": [{"path": path, "exists": path in there} for path in directories],
        "command": shlex.join(command_of(there or directories)) if directories else "",
        "installed": servers is not None and servers.is_installed(),
        "allowed": is_allowed,
        "address": servers.address(there) if servers is not None and there else None,
    }


def start_tensorboard(call: Call) -> dict[str, Any]:
    """Start TensorBoard for the log directories of a run, and for nothing else.

    Args:
        call: with the run.

    Raises:
        Problem: TensorBoard cannot be started, or the run has no log directory.
    """
    servers = call.board.tensorboards
    if servers is None:
        raise Problem(403, "this board starts no TensorBoard; run the command yourself")
    directories = _there(log_directories(call.run))
    if not directories:
        raise Problem(409, "no log directory of this run is on this machine")
    if not servers.is_installed():
        raise Problem(409, "TensorBoard is not installed; try: pip install tensorboard")
    try:
        return {"address": servers.start(directories)}
    except TensorBoardError as error:
        raise Problem(409, str(error)) from None


def _there(directories: list[str]) -> list[str]:
    found = [path for path in directories if os.path.isdir(path)]
    if len(found) < 2:
        return found
    # Several are named in one word.
    return [path for path in found if not any(mark in path for mark in _RESERVED)]
