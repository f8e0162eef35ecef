"""Modules that a run imported but that are not recorded: neither sources nor installed."""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Mapping
from typing import Any

from sacred.dependencies.distributions import Sites, owner_of
from sacred.dependencies.packages import module_file

__all__ = ["outside_modules"]

_INSTALLED = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")


def outside_modules(
    modules: Mapping[str, Any], base_dir: str, sites: Sites
) -> list[tuple[str, str]]:
    """Return top-level modules and their files, sorted by name.

    For example, ``python -m lab.train`` imports a package next to ``lab``: a repetition finds
    it only if it has the repository, or if the package is still there.

    Args:
        modules: the loaded modules, as in `sys.modules`.
        base_dir: the directory of the sources of the run.
        sites: installed distributions.
    """
    paths = sysconfig.get_paths()
    known = {paths["stdlib"], paths["platstdlib"], base_dir, os.path.realpath(base_dir)}
    below = tuple(os.path.join(path, "") for path in known)
    found = {}
    for name, module in list(modules.items()):
        if "." in name or name in sys.stdlib_module_names or name in ("__main__", "sacred"):
            continue
        file = module_file(module, by_spec=False) or next(iter(_namespace(module)), None)
        if not file or any(part in file for part in _INSTALLED):
            continue
        file = os.path.abspath(file)
        if not file.startswith(below) and owner_of(name, file, sites) is None:
            found[name] = file
    return sorted(found.items())


def _namespace(module: Any) -> list[str]:
    """The directories of a package without ``__init__.py``."""
    try:
        return [path for path in module.__path__ if isinstance(path, str)]
    except Exception:  # anything may stand in sys.modules
        return []
