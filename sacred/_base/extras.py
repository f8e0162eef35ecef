"""Optional packages: detection, and import with an installation hint."""

from __future__ import annotations

import importlib.util
import sys
from typing import TYPE_CHECKING

from sacred._base.errors import MissingExtraError

if TYPE_CHECKING:
    from types import ModuleType

__all__ = ["is_installed", "require"]


def is_installed(name: str) -> bool:
    """Whether a module could be imported, without importing it.

    For a dotted name, its parent packages are imported. A module that is
    blocked (``sys.modules[name] = None``) counts as not installed.

    >>> is_installed("json"), is_installed("no_such_module"), is_installed("no.such.module")
    (True, False, False)
    """
    if name in sys.modules:
        return sys.modules[name] is not None
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):  # a package above is missing, or broken
        return False


def require(name: str, extra: str | None = None, purpose: str | None = None) -> ModuleType:
    """Import an optional module.

    Args:
        name: the module's full name.
        extra: the extra of this package that installs it, as in ``sacred[EXTRA]``.
        purpose: what needs the module, for the message.

    Raises:
        MissingExtraError: the module is not installed; the message says how to install it.

    >>> require("no_such_module", extra="mongo", purpose="MongoObserver")
    Traceback (most recent call last):
        ...
    sacred.utils.MissingExtraError: MongoObserver needs the package 'no_such_module', which is \
not installed; try: pip install "sacred[mongo]"
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        # A package that is there but broken must show its own error.
        missing = getattr(error, "name", None)
        if not isinstance(error, ModuleNotFoundError) or not _is_part_of(missing, name):
            raise
        package = name.partition(".")[0]
        command = f'pip install "sacred[{extra}]"' if extra else f"pip install {package}"
        raise MissingExtraError(
            f"{purpose or 'this'} needs the package {package!r}, which is not installed; "
            f"try: {command}",
            name=package,
        ) from error


def _is_part_of(missing: str | None, name: str) -> bool:
    return missing is not None and (name == missing or name.startswith(missing + "."))
