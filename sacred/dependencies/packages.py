"""Packages that a run depends on."""

from __future__ import annotations

import re
import warnings
from types import ModuleType
from typing import Any

from sacred.dependencies.distributions import Distribution, Sites, find_distribution, owner_of

PEP440_VERSION_PATTERN = re.compile(
    r"""
    ^
    (\d+!)?                         # epoch
    (\d+)(\.\d+)*                   # release
    ((a|b|rc)\d+)?                  # pre-release
    (\.post\d+)?
    (\.dev\d+)?
    (\+[a-z0-9]+([-_.][a-z0-9]+)*)? # of a local build: 2.1.0+cu118
    $(?!\n)
    """,
    flags=re.VERBOSE,
)
"""Matches a version as PEP 440 wants it to be written."""


class PackageDependency:
    """The name of a distribution and its version (None if not known yet).

    Raises `ValueError` if `version` does not follow PEP 440. Two are equal if their names are.

    >>> PackageDependency("numpy", "2.0.1").to_json()
    'numpy==2.0.1'
    >>> PackageDependency("numpy", "new")
    Traceback (most recent call last):
    ValueError: Invalid Version: "new"
    """

    def __init__(self, name: str, version: str | None) -> None:
        if version and not PEP440_VERSION_PATTERN.match(version):
            raise ValueError(f'Invalid Version: "{version}"')
        self.name = name
        self.version = version

    @classmethod
    def create(cls, mod: ModuleType, sites: Sites | None = None) -> PackageDependency:
        """Return the distribution that a module belongs to.

        Args:
            mod: the module.
            sites: installed distributions, as for `find_distribution`.

        Without a distribution: the name of the top-level module and its `__version__`, if any.
        """
        modname = str(getattr(mod, "__name__", ""))
        filename = module_file(mod)
        owner = owner_of(modname, filename, sites) if filename else None
        if owner is not None:
            return cls.of(owner)
        top = modname.partition(".")[0]
        version = _own_version(mod)
        found = find_distribution(top, sites)
        # Another copy than the installed one may be loaded, known only by `__version__`.
        if found is not None and version in (None, found.version):
            return cls.of(found)
        return cls(top, version)

    @classmethod
    def of(cls, distribution: Distribution) -> PackageDependency:
        """Return an installed distribution; its version need not follow PEP 440."""
        dependency = cls(distribution.name, None)
        dependency.version = distribution.version
        return dependency

    def fill_missing_version(self) -> None:
        """Look up a missing version among the installed distributions."""
        if self.version:
            return
        distribution = find_distribution(self.name)
        if distribution is not None:
            self.version = distribution.version
            return
        # Zipped or otherwise unusual installations.
        from importlib import metadata

        try:
            self.version = metadata.version(self.name)
        except (metadata.PackageNotFoundError, ValueError):
            pass

    def to_json(self) -> str:
        """Return ``name==version``, as it is stored."""
        return f"{self.name}=={self.version or '<unknown>'}"

    def __hash__(self) -> int:
        return hash(self.name)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PackageDependency) and self.name == other.name

    def __lt__(self, other: Any) -> bool:
        return self.name < other.name if isinstance(other, PackageDependency) else NotImplemented

    def __repr__(self) -> str:
        return f"<PackageDependency: {self.name}={self.version}>"


def module_file(module: Any, by_spec: bool = True) -> str | None:
    """Return the file of a module without triggering lazy modules.

    Args:
        module: anything found in `sys.modules`.
        by_spec: without a ``__file__``, use the file that its spec names.

    >>> module_file(re).endswith("__init__.py"), module_file(object())
    (True, None)
    """
    try:
        attributes = object.__getattribute__(module, "__dict__")
        name = attributes.get("__file__")
        if by_spec and not name:
            name = getattr(attributes.get("__spec__"), "origin", None)
    except Exception:  # anything may stand in sys.modules
        return None
    return name if isinstance(name, str) and name not in ("built-in", "frozen") else None


def _own_version(module: ModuleType) -> str | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # some deprecate the attribute
            version = getattr(module, "__version__", None)
    except Exception:
        return None
    is_version = isinstance(version, str) and PEP440_VERSION_PATTERN.match(version)
    return version if is_version else None
