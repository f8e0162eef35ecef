"""The named stores of a project, so that ``sacred ls`` works without options.

They are listed in a file ``.sacred.toml`` in the directory of the project, or in its
``pyproject.toml`` under ``[tool.sacred]``::

    default = "lab"              # without -s; else the first one

    [stores]
    here = "runs"                # paths start at this file
    lab = "mongodb://lab.example.org/${USER}"

Programs for ``sacred exec`` stand in ``[programs.NAME]``; see `sacred.exec.declared_programs`.
Experiments that the board may launch stand in ``[experiments.NAME]``; see `sacred.app.launchables`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sacred._base.frozen import Frozen
from sacred._base.text import did_you_mean
from sacred.definition import STORE_VARIABLE
from sacred.runs.errors import ProgramError
from sacred.stores.schemes import absolute_address

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Project", "default_address", "find_project"]

PROJECT_FILES = (".sacred.toml", "pyproject.toml")
_KEYS = ("stores", "default", "programs", "experiments")


class Project(Frozen):
    """The stores that a file names.

    Args:
        path: of the file.
        stores: addresses by names.
        default: the name of the store that is used without ``--store``.
        programs: the tables of the programs for ``sacred exec``, by names.
        experiments: the tables of the experiments that the board may launch, by names.
    """

    path: Path
    stores: dict[str, str]
    default: str | None = None
    programs: Mapping[str, Any] = {}
    experiments: Mapping[str, Any] = {}


def find_project(start: str | os.PathLike[str] = ".") -> Project | None:
    """Return the project that a directory belongs to, or None if none names stores.

    The nearest file counts, in the directory itself or above it.

    Raises:
        ProgramError: there is a mistake in the file.
    """
    directory = os.path.realpath(start)
    above = None
    while directory != above:
        for name in PROJECT_FILES:
            place = os.path.join(directory, name)
            # Most often there is none, and nothing has to be loaded to read it.
            if not os.path.exists(place):
                continue
            # Not at the top, as others below: most commands read no project file.
            import tomllib
            from pathlib import Path

            path = Path(place)
            try:
                content = tomllib.loads(path.read_text(encoding="utf-8"))
            except (FileNotFoundError, NotADirectoryError):
                continue
            except (OSError, ValueError) as error:
                raise ProgramError(f"{path} cannot be read: {error}") from error
            if name == "pyproject.toml":
                content = content.get("tool", {}).get("sacred")
                if content is None:
                    continue
            return _project(path, content)
        directory, above = os.path.dirname(directory), directory
    return None


def default_address(project: Project | None, directory: str = "runs") -> str:
    """Return the name or address of the store that is used without ``--store``.

    It comes from the variable ``SACRED_STORE``, else from the project, else it is the directory
    ``runs`` if there are runs in it.

    Args:
        project: None if there is no project file.
        directory: used if it has runs and nothing else names a store (default: ``runs``).

    Raises:
        ProgramError: there is none.
    """
    if address := os.environ.get(STORE_VARIABLE):
        return address
    if project is not None and project.stores:
        return project.default or next(iter(project.stores))
    if _is_store(directory):
        return directory
    raise ProgramError(
        "which store? There is no directory runs with runs in it here. Name one with\n"
        "  -s STORE          a directory or a URL: -s results, -s mongodb://localhost/sacred\n"
        f"  {STORE_VARIABLE}=STORE  in the environment\n"
        '  .sacred.toml      in the directory of the project: [stores] name = "STORE"'
    )


def _is_store(path: str) -> bool:
    try:
        names = os.listdir(path)
        return any(os.path.exists(os.path.join(path, name, "run.json")) for name in names)
    except OSError:
        return False


def _project(path: Path, content: Any) -> Project:
    def refuse(problem: str) -> ProgramError:
        return ProgramError(f"{path}: {problem}")

    stores = content.get("stores", {}) if isinstance(content, dict) else None
    if not isinstance(stores, dict):
        raise refuse('stores must be a table: [stores] and name = "address"')
    for key in content:
        if key not in _KEYS:
            hint = did_you_mean(key, _KEYS)
            raise refuse(f"unknown key {key!r}. {hint}".rstrip())
    programs = content.get("programs", {})
    if not isinstance(programs, dict):
        raise refuse('programs must be a table: [programs.NAME] and command = "..."')
    experiments = content.get("experiments", {})
    if not isinstance(experiments, dict):
        raise refuse('experiments must be a table: [experiments.NAME] and script = "..."')
    for name, address in stores.items():
        if not isinstance(address, str) or not address:
            raise refuse(f"the store {name!r} must be a string: a directory or a URL")
    default = content.get("default")
    if default is not None and default not in stores:
        hint = did_you_mean(str(default), stores)
        raise refuse(f"default = {default!r} is not one of its stores. {hint}".rstrip())
    placed = {
        name: absolute_address(os.path.expandvars(at), str(path.parent))
        for name, at in stores.items()
    }
    return Project(
        path=path, stores=placed, default=default, programs=programs, experiments=experiments
    )
