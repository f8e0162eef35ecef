"""Many processes that do the same thing at the same moment."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

__all__ = ["run_together"]

ROOT = Path(__file__).resolve().parents[2]

# Forked, since a hundred starts of Python are most of the work otherwise; nothing but imports
# has been done before, so no process shares a connection, a lock or a random state.
_FORKS = """\
import io, os, sys, traceback
count, imports, body = int(sys.argv.pop(1)), sys.argv.pop(1), sys.argv.pop(1)
exec(imports)
gate, opener = os.pipe()
children = []
for _ in range(count):
    child = os.fork()
    if not child:
        os.close(opener)
        os.read(gate, 1)
        sys.stdout = io.StringIO()
        try:
            exec(body)
            os.write(1, sys.stdout.getvalue().encode())  # at once, or lines would be mixed
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    children.append(child)
os.close(opener)
sys.exit(max(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children))
"""


def run_together(count: int, imports: str, body: str, *arguments: str) -> list[int]:
    """Let processes go at once; returns the number that each one prints.

    Args:
        imports: a script that all of them begin with; it may do nothing but import.
        body: what each one does; it finds `arguments` in ``sys.argv[1:]``, and ``print``s a number.
    """
    done = subprocess.run(
        [sys.executable, "-c", _FORKS, str(count), imports, body, *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert done.returncode == 0
    return [int(line) for line in done.stdout.splitlines()]
