"""The two environments: one has the old library, the other one this project."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from benchmarks.model import LIMIT, NEW, OLD, Role, Scenario

__all__ = ["for_scenario", "interpreters", "make_environment", "versions"]

ROOT = Path(__file__).resolve().parents[1]
OLD_VERSION = "0.8.7"
_CACHE = "sacred-bench"

# It imports pkg_resources, which newer ones lack. Both sides have the same packages beside
# the library, so neither pays for more of them.
_SETUPTOOLS = "setuptools>=77,<81"
_BROWSER = "playwright"
_BOARD = ("starlette", "uvicorn", _BROWSER)
_COMMON = (_SETUPTOOLS, "numpy", "scipy", "pymongo", "GitPython", "SQLAlchemy", "psycopg[binary]")


def interpreters(only_new: bool = False, here: bool = False) -> dict[Role, str]:
    """The interpreter of each role; environments are made or brought up to date if need be.

    Args:
        only_new: leave the old library out.
        here: take the interpreter that runs this, as it is, for this project.
    """
    new = sys.executable if here else _new_environment()
    found: dict[Role, str] = {NEW: new, LIMIT: new}
    return found if only_new else {OLD: _old_environment(), **found}


def for_scenario(scenario: Scenario, pythons: Mapping[Role, str]) -> dict[Role, str]:
    """The interpreters of a scenario: in the place of the old library may be another one."""
    found = dict(pythons)
    if OLD in found and scenario.old == "mlflow":
        found[OLD] = make_environment(_CACHE, "mlflow", ["mlflow", _BROWSER])
    elif scenario.old is None:
        found.pop(OLD, None)
    return found


def versions(python: str) -> dict[str, str]:
    """Versions of Python and of the packages that matter in an environment."""
    program = (
        "import json, platform, importlib.metadata as m; found = {'python': "
        "platform.python_version()}\n"
        "for name in ('sacred', 'numpy', 'pymongo', 'GitPython', 'setuptools'):\n"
        "    try: found[name] = m.version(name)\n"
        "    except m.PackageNotFoundError: pass\n"
        "print(json.dumps(found))"
    )
    # Isolated: what lies in the working directory is no part of the environment.
    command = [python, "-I", "-c", program]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, str] = json.loads(done.stdout)
    return found


def _old_environment() -> str:
    return make_environment(_CACHE, f"old-{OLD_VERSION}", [f"sacred=={OLD_VERSION}", *_COMMON])


def _new_environment() -> str:
    """With this project as it is in the working tree now, installed like any package."""
    python = make_environment(_CACHE, "new", [str(ROOT), *_COMMON, *_BOARD])
    stamp, state = _cache() / "new" / "installed-from", _state_of_project()
    if not stamp.exists() or stamp.read_text() != state:
        # setuptools copies into build/, and never removes from there.
        shutil.rmtree(ROOT / "build", ignore_errors=True)
        _pip(python, "--no-deps", "--no-build-isolation", "--force-reinstall", str(ROOT))
        shutil.rmtree(ROOT / "build", ignore_errors=True)
        stamp.write_text(state)
    return python


def make_environment(cache: str, name: str, requirements: list[str]) -> str:
    """The interpreter of an environment, which is made if it is not there as required.

    Args:
        cache: the directory below the user's cache directory where it lies.
        name: its own directory in that one.
        requirements: what pip installs.
    """
    home = _cache(cache) / name
    python = home / "bin" / "python"
    done = home / "complete"
    wanted = "\n".join(requirements)
    if not done.exists() or done.read_text() != wanted:
        shutil.rmtree(home, ignore_errors=True)
        print(f"Making {home} ...", file=sys.stderr)
        subprocess.run([_python_3_11(), "-m", "venv", str(home)], check=True)
        _pip(str(python), *requirements)
        done.write_text(wanted)
    return str(python)


def _pip(python: str, *arguments: str) -> None:
    command = [python, "-m", "pip", "install", "-q", "--disable-pip-version-check", *arguments]
    subprocess.run(command, check=True)


def _python_3_11() -> str:
    """The old library does not import on later ones."""
    if platform.python_version().startswith("3.11."):
        return sys.executable
    found = shutil.which("python3.11")
    if found is None:
        raise SystemExit(f"Sacred {OLD_VERSION} needs Python 3.11, and there is no python3.11 here")
    return found


def _cache(name: str = _CACHE) -> Path:
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    (base / name).mkdir(parents=True, exist_ok=True)
    return base / name


def _state_of_project() -> str:
    digest = hashlib.sha256(str(ROOT).encode())
    files = [ROOT / "pyproject.toml", *sorted((ROOT / "sacred").rglob("*.py"))]
    for path in files:
        digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
