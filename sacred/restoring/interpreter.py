"""An interpreter with the packages of a run."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterator
from typing import Literal

from sacred._base.frozen import Frozen
from sacred.records import RunRecord
from sacred.restoring.environments import Plan, build, cached, check_buildable, note_on
from sacred.restoring.errors import CannotRestoreError
from sacred.restoring.package_needs import PackageNeeds, differences_here, needs_of, python_of

__all__ = ["Interpreter", "find_interpreter", "foresee_interpreter"]

Mode = Literal["auto", "current", "recorded"]
#: Versions of Sacred whose observers import the driver of MongoDB, whether it is used or not.
_NEED_PYMONGO = tuple(f"0.{minor}." for minor in range(8))


class Interpreter(Frozen):
    """A Python that can repeat a run.

    Args:
        path: the path of the program.
        name: what it is, in words.
        note: in what it differs from the request, in words; empty if in nothing.
        is_present: whether it is the interpreter of this process, with the additions of
            ``PYTHONPATH``.
    """

    path: str
    name: str
    note: str = ""
    is_present: bool = False


def find_interpreter(record: RunRecord, mode: Mode = "auto") -> Interpreter:
    """Return an interpreter for a run; if necessary, create one and keep it for the next time.

    Args:
        record: the run.
        mode: ``current``: the present one; ``recorded``: one with the recorded versions;
            ``auto``: the present one if its versions are the recorded ones.

    Raises:
        CannotRestoreError: a version or a package is not available.
    """
    current = Interpreter(path=sys.executable, name="the present environment", is_present=True)
    if mode == "current":
        return current
    if mode == "auto" and not _differences(record):
        return current
    plan = _plan_for(record)
    path = cached(plan) or build(plan)
    return Interpreter(
        path=str(path),
        name=f"an environment of Python {plan.python}, as recorded",
        note=note_on(path),
    )


def foresee_interpreter(record: RunRecord) -> str:
    """Return what `find_interpreter` would find, in words, without creating anything.

    Args:
        record: the run.

    Raises:
        CannotRestoreError: see `find_interpreter`, as far as that is known beforehand.
    """
    if not _differences(record):
        return "the present environment"
    plan = _plan_for(record)
    if cached(plan) is not None:
        return f"an environment of Python {plan.python}, made before"
    return f"an environment of Python {plan.python}, which {check_buildable(plan)} makes"


def _differences(record: RunRecord) -> list[str]:
    python = python_of(record)
    if python != platform.python_version():
        return [f"Python was {python}, here it is {platform.python_version()}"]
    return differences_here(needs_of(record))


def _undeclared(needs: PackageNeeds) -> Iterator[str]:
    """What Sacred before 1.0 imports without saying so, as every environment of its time had it."""
    version = needs.used.get("sacred", "")
    if needs.is_complete or not version.startswith("0."):
        return
    if "setuptools" not in needs.used:
        yield "setuptools<81"  # the last ones with `pkg_resources`
    if version.startswith(_NEED_PYMONGO) and "pymongo" not in needs.used:
        yield "pymongo"


def _plan_for(record: RunRecord) -> Plan:
    python, needs = python_of(record), needs_of(record)
    if python is None:
        raise CannotRestoreError("the version of Python is not recorded")
    if not needs.recorded:
        raise CannotRestoreError("no packages are recorded")
    start = record.start_time or record.queue_time
    local = tuple(sorted(name for name in needs.used if name in needs.local))
    return Plan(
        python=python,
        required=(
            *(f"{n}=={v}" for n, v in sorted(needs.used.items()) if n not in local),
            *_undeclared(needs),
        ),
        constraints=tuple(
            f"{name}=={version}"
            for name, version in sorted(needs.recorded.items())
            if version and name not in needs.local
        ),
        local=tuple(f"{name}=={needs.recorded[name]}" for name in local),
        # What an old record does not say is what was there at that time.
        before=None if needs.is_complete or start is None else f"{start.isoformat()}Z",
        machine=f"{sys.platform}-{platform.machine()}",
        index=os.environ.get("UV_INDEX_URL") or os.environ.get("PIP_INDEX_URL") or "",
    )
