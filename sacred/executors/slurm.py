"""Slurm as an engine: each program is a job.

Jobs are submitted by ``sbatch``, looked up by ``squeue`` and ended by ``scancel``; accounting
(``sacct``), which many clusters lack, is not used.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from collections.abc import Mapping, Sequence

from sacred.executors.executor import Executor, ExecutorError

__all__ = ["SlurmExecutor", "batch_script"]

#: How many seconds before its time limit a job is asked to end.
_WARNING_SECONDS = 60


class SlurmExecutor(Executor):
    """Jobs of Slurm.

    Args:
        address: not used.
        options: of ``sbatch``, without the dashes: ``partition=gpu``, ``time=2:00:00``.

    Raises:
        ExecutorError: there is no ``sbatch``.
    """

    outlives_driver = True

    def __init__(self, address: str = "", options: Mapping[str, str] | None = None) -> None:
        super().__init__(address, options)
        if shutil.which("sbatch") is None:
            raise ExecutorError(
                "--on slurm needs sbatch, which is not on the PATH: is this a node of the cluster?",
                print_traceback=False,
            )

    def submit(
        self, argv: Sequence[str], env: Mapping[str, str], resources: Mapping[str, str]
    ) -> str:
        """See `Executor.submit`; resources are options of ``sbatch`` as well."""
        options = {"job-name": "sacred-worker", **self.options, **resources}
        words = [f"--{name}={value}" if value else f"--{name}" for name, value in options.items()]
        printed = _call(
            [
                "sbatch",
                "--parsable",
                "--requeue",
                f"--signal=B:TERM@{_WARNING_SECONDS}",
                "--export=ALL",
                *words,
            ],
            env={**os.environ, **env},
            text=batch_script(argv),
        )
        return printed.strip().partition(";")[0]

    def alive(self, handle: str) -> bool:
        """See `Executor.alive`."""
        try:
            states = _call(["squeue", "--noheader", f"--jobs={handle}", "--format=%T"]).split()
        except ExecutorError as error:
            if "Invalid job id" in str(error):  # that is how it is forgotten
                return False
            raise
        return any(state not in ("COMPLETING", "COMPLETED", "CANCELLED") for state in states)

    def cancel(self, handle: str) -> None:
        """See `Executor.cancel`."""
        _call(["scancel", "--signal=TERM", "--batch", handle], is_checked=False)
        _call(["scancel", handle], is_checked=False)


def batch_script(argv: Sequence[str]) -> str:
    """Return the script of a job; the program replaces the shell, and so receives its signals.

    Args:
        argv: the program and its arguments.

    >>> print(batch_script(["sacred", "worker", "lr > 0.1"]), end="")
    #!/bin/sh
    exec sacred worker 'lr > 0.1'
    """
    return f"#!/bin/sh\nexec {shlex.join(argv)}\n"


def _call(
    words: Sequence[str],
    env: Mapping[str, str] | None = None,
    text: str = "",
    is_checked: bool = True,
) -> str:
    done = subprocess.run(
        list(words), env=env, input=text, capture_output=True, text=True, check=False
    )
    if is_checked and done.returncode:
        said = (done.stderr.strip() or done.stdout.strip()).removeprefix(f"{words[0]}: ")
        raise ExecutorError(f"{words[0]}: {said}", print_traceback=False)
    return done.stdout
