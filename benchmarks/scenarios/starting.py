"""From nothing to the end of a small script: whole processes."""

from __future__ import annotations

from pathlib import Path

from benchmarks.model import Row, Scenario, Target
from benchmarks.repository import make_repository

__all__ = ["SCENARIOS"]

_MODULES = 30


def _repository(here: Path) -> None:
    """Make a git repository, in which the script imports 30 modules of its own."""
    for number in range(_MODULES):
        (here / f"module_{number}.py").write_text(f"def function():\n    return {number}\n")
    imports = "".join(f"from module_{n} import function as f{n}\n" for n in range(_MODULES))
    script = (here / "hello.py").read_text()
    before = "from sacred import Experiment\n"
    (here / "hello.py").write_text(script.replace(before, before + imports))
    make_repository(here)


IMPORT = Scenario(
    name="import",
    workload="importing.py",
    limit="`python` with an empty script",
    limit_workload="nothing.py",
    rounds=15,
    rows=(
        Row(
            title="`import sacred`, file and Mongo observers: CPU over an empty script",
            measure="cpu", unit="ms", scale=1e3, over_limit=True, targets=(Target(0.2),),
        ),
        Row(title="the same: modules", measure="modules", unit="", targets=(Target(120, "1"),)),
    ),
)  # fmt: skip

HELLO = Scenario(
    name="hello",
    workload="hello.py",
    arguments=("-F", "runs"),
    limit="`python` that writes four files of JSON",
    limit_workload="hello_limit.py",
    rounds=15,
    rows=(
        Row(
            title="hello world with file observer, whole process",
            measure="wall", unit="ms", scale=1e3, targets=(Target(0.3),),
        ),
        Row(
            title="the same: CPU",
            measure="cpu", unit="ms", scale=1e3, targets=(Target(0.3),),
        ),
    ),
)  # fmt: skip

HELLO_GIT = Scenario(
    name="hello-git",
    workload="hello.py",
    arguments=("-F", "runs"),
    limit="`python` that writes four files of JSON",
    limit_workload="hello_limit.py",
    prepare=_repository,
    rounds=11,
    rows=(
        Row(
            title="the same in a git repository with 30 local modules",
            measure="wall", unit="ms", scale=1e3, targets=(Target(0.15),),
        ),
    ),
)  # fmt: skip


def _command(name: str, argument: str) -> Scenario:
    row = Row(
        title=f"`{argument}`", measure="wall", unit="ms", scale=1e3, targets=(Target(0.2),)
    )  # fmt: skip
    return Scenario(
        name=name,
        workload="hello.py",
        arguments=(argument,),
        limit="`python` with an empty script",
        limit_workload="nothing.py",
        rounds=11,
        rows=(row,),
    )


SCENARIOS = (
    IMPORT,
    HELLO,
    HELLO_GIT,
    _command("print-config", "print_config"),
    _command("help", "--help"),
)
