"""Virtual environments with given versions, created by uv, or by venv and pip."""

from __future__ import annotations

import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from sacred._base.frozen import Frozen, fields_of
from sacred.dependencies.distributions import Distribution, find_distribution
from sacred.restoring.errors import CannotRestoreError
from sacred.restoring.package_needs import required_by
from sacred.serializer import dumps

__all__ = ["Plan", "build", "cached", "check_buildable", "environments_dir", "note_on"]

_TIMEOUT_SECONDS = 1800
#: In an environment: what it has not as it was asked for.
_NOTE = "sacred-note.txt"


class Plan(Frozen):
    """The planned content of an environment; equal plans share one environment.

    Args:
        python: the version of the interpreter.
        required: the packages, as ``name==version``.
        constraints: versions of the packages that these need.
        local: packages that come from local directories.
        before: the latest upload time of packages; None for no limit.
        machine: the system and the machine.
        index: the package index, if it is not the usual one.
    """

    python: str
    required: tuple[str, ...]
    constraints: tuple[str, ...]
    local: tuple[str, ...] = ()
    before: str | None = None
    machine: str = ""
    index: str = ""

    @property
    def digest(self) -> str:
        """The name of its environment."""
        local = [str(_local_distribution(entry).path) for entry in self.local]
        text = dumps([sorted(fields_of(self).items()), local])
        return hashlib.sha256(text.encode()).hexdigest()[:32]


def environments_dir() -> Path:
    """Return the directory of created environments, in the user's cache directory."""
    caches = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return Path(caches) / "sacred" / "environments"


def cached(plan: Plan) -> Path | None:
    """Return the interpreter of an environment that was created before.

    Raises:
        CannotRestoreError: a local package does not exist on this machine.
    """
    path = _python_in(environments_dir() / plan.digest)
    return path if path.exists() else None


def check_buildable(plan: Plan) -> str:
    """Return the name of the program that would create an environment.

    Raises:
        CannotRestoreError: the interpreter is not installed, and no program could download it.
    """
    if _find_uv() is not None:
        return "uv"
    if plan.python != platform.python_version():
        _program_of(plan.python)
    return "pip"


def build(plan: Plan) -> Path:
    """Create an environment, and return its interpreter.

    Raises:
        CannotRestoreError: a version is not available.
    """
    target = environments_dir() / plan.digest
    target.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=".making-", dir=target.parent))
    try:
        environment = work / "environment"
        uv = _find_uv()
        _make(plan, environment, uv)
        _install(plan, environment, work, uv)
        for entry in plan.local:
            _link(_local_distribution(entry), environment)
        try:
            os.rename(environment, target)
        except OSError:
            if not target.exists():  # else another process was faster
                raise
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return _python_in(target)


def note_on(python: Path) -> str:
    """Return in what an environment differs from the request; empty if in nothing.

    Args:
        python: its interpreter.
    """
    try:
        return (python.parent.parent / _NOTE).read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""


def _python_in(environment: Path) -> Path:
    return environment / "bin" / "python"


def _find_uv() -> str | None:
    """The program: of the path, or of the package of that name (extra ``rerun``)."""
    beside = os.path.join(os.path.dirname(sys.executable), "uv")
    return shutil.which("uv") or (beside if os.access(beside, os.X_OK) else None)


def _make(plan: Plan, environment: Path, uv: str | None) -> None:
    is_here = plan.python == platform.python_version()
    base = getattr(sys, "_base_executable", None) or sys.executable
    if uv is not None:
        python = base if is_here else plan.python
        words = [uv, "venv", "-q", "--no-project", "--relocatable", "--python", python]
        try:
            _call(words, environment)
        except CannotRestoreError as error:
            raise CannotRestoreError(f"Python {plan.python} cannot be had: {error}") from error
        return
    program = base if is_here else _program_of(plan.python)
    _call([program, "-m", "venv"], environment)


def _program_of(version: str) -> str:
    short = ".".join(version.split(".")[:2])
    program = shutil.which(f"python{short}")
    if program is not None:
        found = subprocess.run([program, "-V"], capture_output=True, text=True).stdout
        if found.split()[1:] == [version]:
            return program
    raise CannotRestoreError(
        f"Python {version} is not here; with uv (pip install sacred[rerun]) it would be looked for"
    )


def _install(plan: Plan, environment: Path, work: Path, uv: str | None) -> None:
    required = [*plan.required, *_needed_by_local(plan)]
    if not required:
        return
    files = work / "required.txt", work / "constraints.txt"
    for file, lines in zip(files, (required, plan.constraints), strict=True):
        file.write_text("".join(f"{line}\n" for line in lines))
    words = ["-r", str(files[0]), "-c", str(files[1])]
    python = str(_python_in(environment))
    if uv is None:
        _call([python, "-m", "pip", "install", "-q", "--disable-pip-version-check", *words])
        return
    command = [uv, "pip", "install", "-q", "--python", python, *words]
    if plan.before is not None:
        try:
            _call([*command, "--exclude-newer", plan.before])
            return
        except CannotRestoreError as error:
            reason = str(error)  # usually, the index does not say when packages were uploaded
        _call(command)
        note = f"versions that the record does not say are not those of {plan.before}: {reason}"
        (environment / _NOTE).write_text(note, encoding="utf-8")
        return
    _call(command)


def _needed_by_local(plan: Plan) -> list[str]:
    """What local packages need: these are not installed, so no installer sees to it."""
    versions = dict(entry.split("==", 1) for entry in plan.constraints)
    names = {name for entry in plan.local for name in required_by(entry.split("==")[0])}
    local = {entry.split("==")[0] for entry in plan.local}
    return sorted(f"{name}=={versions[name]}" for name in names - local if name in versions)


def _local_distribution(entry: str) -> Distribution:
    name, _, version = entry.partition("==")
    found = find_distribution(name)
    if found is None:
        raise CannotRestoreError(
            f"{name} {version} was installed from a directory, and is not installed here"
        )
    if version not in (found.version, found.version_in_path):
        raise CannotRestoreError(
            f"{name} {version} was installed from a directory; here it is {found.version}"
        )
    return found


def _link(distribution: Distribution, environment: Path) -> None:
    """Copy what was installed of a local package: usually, files that say where its sources are."""
    site = Path(distribution.path).parent
    [target] = (environment / "lib").glob("python*/site-packages")
    if distribution.is_checkout:
        (target / f"{distribution.key}-checkout.pth").write_text(f"{site}\n")
        return
    for line in distribution.read("RECORD").splitlines():
        name = line.split(",")[0]
        if name and ".." not in Path(name).parts and not os.path.isabs(name):
            source = site / name
            if source.is_file():
                (target / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, target / name)


def _call(command: Sequence[str], target: Path | None = None) -> None:
    words = [*command, str(target)] if target else list(command)
    try:
        done = subprocess.run(
            words,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=_TIMEOUT_SECONDS,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise CannotRestoreError(f"the environment cannot be made: {error}") from error
    if done.returncode:
        raise CannotRestoreError(f"the environment cannot be made: {_shown(done.stderr)}")


def _shown(errors: str) -> str:
    """What an installer said, in one line."""
    text = re.sub(r"[\s×│╰─▶]+", " ", errors).strip().removeprefix("error: ")
    return text[:500] or "the installer failed"
