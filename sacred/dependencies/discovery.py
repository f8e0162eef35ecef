"""Discovery of the sources and packages that a script uses.

Later imports are found by the next call. Only what cannot change is cached between calls:
whether the file of a module is part of an experiment.
"""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from types import ModuleType
from typing import Any

from sacred._base.script import file_or_archive
from sacred.dependencies.distributions import (
    Sites,
    all_distributions,
    find_distribution,
    present_sites,
)
from sacred.dependencies.git import Repositories
from sacred.dependencies.import_statements import followed, package_of
from sacred.dependencies.packages import PackageDependency, module_file
from sacred.dependencies.sources import (
    PathLike,
    Source,
    get_py_file_if_possible,
    is_local_source,
)
from sacred.settings import SETTINGS

Modules = dict[str, Any]
_Gather = Callable[[Mapping[str, Any]], Modules]
Found = tuple[Source | None, set[Source], set[PackageDependency]]


def gather_sources_and_dependencies(
    globs: Mapping[str, Any],
    save_git_info: bool,
    base_dir: PathLike | None = None,
    repositories: Repositories | None = None,
    known: Collection[str] = (),
) -> Found:
    """Return the main file (or None), all sources and all packages that a script uses.

    Args:
        globs: the script's globals.
        save_git_info: whether to look up the git repositories of sources.
        base_dir: root of the sources (default: the directory of the main file; without one,
            in a notebook, the working directory).
        repositories: cache of repositories, shared between calls.
        known: files (perhaps the main file) for which no new `Source` is created.

    Raises:
        KeyError: `SETTINGS.DISCOVER_SOURCES` or `SETTINGS.DISCOVER_DEPENDENCIES` is unknown.

    >>> main, sources, packages = gather_sources_and_dependencies({}, save_git_info=False)
    >>> main is None, sources
    (True, set())
    """
    main_file = _main_file(globs)
    if base_dir is None:
        base_dir = os.path.dirname(main_file) if main_file else os.getcwd()
    look = _Look(globs, os.path.abspath(os.fsdecode(base_dir)))
    files = set(_choose(_SOURCES, "DISCOVER_SOURCES")(look))
    # First: who creates a source waits for git.
    packages = set(_choose(_PACKAGES, "DISCOVER_DEPENDENCIES")(look)) | _numpy(look.sites)
    shared = repositories or Repositories()
    main = None
    if main_file and main_file not in known:
        main = _create(main_file, save_git_info, shared)
    new = files.difference(known)
    sources = {_create(filename, save_git_info, shared) for filename in new} | {main}
    return main, sources - {None}, packages  # type: ignore[return-value]


def imported_names(globs: Mapping[str, Any], base_dir: str) -> frozenset[str] | None:
    """Return the names of the modules that determine what is found for a script.

    While they are unchanged, nothing new is found. None if the strategies in `SETTINGS` depend
    on more than these.

    Args:
        globs: the script's globals.
        base_dir: root of its sources.
    """
    ways = {SETTINGS["DISCOVER_SOURCES"], SETTINGS["DISCOVER_DEPENDENCIES"]}
    if ways != {"imported"}:
        return None
    return frozenset((*_imported_modules(globs), *_modules_below(base_dir)))


def _main_file(globs: Mapping[str, Any]) -> str | None:
    name = globs.get("__file__")
    if not isinstance(name, str):
        return None
    path = file_or_archive(os.path.realpath(get_py_file_if_possible(name)))
    return path if os.path.isfile(path) else None


def _create(filename: str, save_git_info: bool, repositories: Repositories) -> Source | None:
    try:
        return Source.create(filename, save_git_info, repositories)
    except (ValueError, OSError):
        return None  # missing or unreadable: no reason to fail


# ----------------------------------------------------------------- the modules


def _imported_modules(globs: Mapping[str, Any]) -> Modules:
    """Return the modules among the globals or defining them, and their parent packages."""
    names: set[str] = set()
    for value in list(globs.values()):
        name = _module_name(value)
        while name and name not in names:
            names.add(name)
            name = name.rpartition(".")[0]
    return {name: sys.modules[name] for name in names if name in sys.modules}


def _module_name(value: Any) -> str | None:
    try:
        attribute = "__name__" if isinstance(value, ModuleType) else "__module__"
        name = getattr(value, attribute, None)
    except Exception:  # proxies that raise before their target exists
        return None
    return name if isinstance(name, str) else None


def _all_modules(globs: Mapping[str, Any]) -> Modules:
    return dict(sys.modules)


class _Look:
    """One discovery, with cached intermediate results."""

    def __init__(self, globs: Mapping[str, Any], base: str) -> None:
        self.globs = globs
        self.base = base
        self._modules: dict[Any, Modules] = {}
        self._local: dict[Any, dict[str, str]] = {}

    def modules(self, gather: _Gather) -> Modules:
        """Return the modules of one strategy."""
        if gather not in self._modules:
            self._modules[gather] = gather(self.globs)
        return self._modules[gather]

    def local_files(self, gather: _Gather) -> dict[str, str]:
        """Return the files of those that are part of the experiment, by module name."""
        if gather not in self._local:
            self._local[gather] = dict(_local_files(self.modules(gather), self.base))
        return self._local[gather]

    @functools.cached_property
    def sites(self) -> Sites:
        """The currently installed distributions."""
        return present_sites()


_SITE_PACKAGES = f"{os.sep}site-packages{os.sep}"


def _modules_below(base: str) -> Modules:
    """Return all loaded modules whose files may be part of the experiment: a quick look."""
    bases = tuple({os.path.join(place, "") for place in (base, os.path.realpath(base))})
    found = {}
    for name, module in list(sys.modules.items()):
        filename = module_file(module, by_spec=False)
        # Most of them lie elsewhere, and each run looks twice.
        if not filename or (filename.startswith("/") and not filename.startswith(bases)):
            continue
        if os.path.abspath(filename).startswith(bases) and _SITE_PACKAGES not in filename:
            found[name] = module
    return found


def _local_files(modules: Modules, base: str) -> Iterator[tuple[str, str]]:
    for name, module in modules.items():
        # Not by its spec: one without `__file__` is none that lies in a file.
        filename = module_file(module, by_spec=False)
        if filename and _is_local(filename, name, base, _place_of(filename)):
            yield name, filename


def _place_of(filename: str) -> str | None:
    return None if os.path.isabs(filename) else os.getcwd()


@functools.lru_cache(maxsize=8192)
def _is_local(filename: str, name: str, base: str, directory: str | None) -> bool:
    # Resolving the links in all these paths would be most of a short run's cost.
    return is_local_source(filename, name, base)


# ------------------------------------------------------------------- strategies


def _sources_of(gather: _Gather) -> Callable[[_Look], Iterable[str]]:
    return lambda look: look.local_files(gather).values()


def _sources_imported(look: _Look) -> set[str]:
    """Return the files of the modules that globals come from, and of what all of them import.

    ``from settings import RATE`` leaves no trace in the globals, nor does an import within a
    function.
    """
    found = look.local_files(_imported_modules)
    others = {
        name: filename
        for name, filename in _local_files(_modules_below(look.base), look.base)
        if name not in found and name != "__main__"
    }
    start = [(package_of(name, filename), filename) for name, filename in found.items()]
    main = look.globs.get("__file__")
    if isinstance(main, str):
        package = look.globs.get("__package__")
        start.append((package if isinstance(package, str) else "", main))
    return {*found.values(), *(followed(start, {**found, **others}) if others else ())}


def _sources_in_directory(look: _Look) -> Iterator[str]:
    for directory, subdirectories, files in os.walk(look.base):
        # Virtual environments hold thousands of files that are no sources.
        subdirectories[:] = [
            name
            for name in subdirectories
            if not os.path.exists(os.path.join(directory, name, "pyvenv.cfg"))
        ]
        yield from (os.path.join(directory, name) for name in files if name.endswith(".py"))


def _packages_of(gather: _Gather) -> Callable[[_Look], Iterable[PackageDependency]]:
    def discover(look: _Look) -> Iterator[PackageDependency]:
        for module in _package_modules(look.modules(gather), set(look.local_files(gather))):
            package = PackageDependency.create(module, look.sites)
            if package.version:  # else a loose file without distribution
                yield package

    return discover


def _package_modules(modules: Modules, local: set[str]) -> list[ModuleType]:
    """Return one module per top-level package that is neither local nor in the standard library."""
    chosen: dict[str, ModuleType] = {}
    for name, module in modules.items():
        top = name.partition(".")[0]
        if top in sys.stdlib_module_names or top == "__main__" or local & {name, top}:
            continue
        package = sys.modules.get(top)
        if package is not None and module_file(package):
            name, module = top, package
        # Else a namespace package shared by distributions: each module by itself.
        if module_file(module):
            chosen[name] = module
    return list(chosen.values())


def _packages_installed(look: _Look) -> Iterator[PackageDependency]:
    yield from map(PackageDependency.of, all_distributions())


def _numpy(sites: Sites) -> set[PackageDependency]:
    # It generates the random numbers, whether or not the script imports it.
    distribution = find_distribution("numpy", sites)
    if distribution is not None:
        return {PackageDependency.of(distribution)}
    return {PackageDependency.create(sys.modules["numpy"])} if "numpy" in sys.modules else set()


def _nothing(look: _Look) -> Iterator[Any]:
    return iter(())


_SOURCES = {
    "imported": _sources_imported,
    "sys": _sources_of(_all_modules),
    "dir": _sources_in_directory,
    "none": _nothing,
}

_PACKAGES = {
    "imported": _packages_of(_imported_modules),
    "sys": _packages_of(_all_modules),
    "pkg": _packages_installed,
    "none": _nothing,
}


def _choose(strategies: Mapping[str, Any], setting: str) -> Any:
    name = SETTINGS[setting]
    if name not in strategies:
        raise KeyError(f"Unknown {setting} '{name}'. Available options are {sorted(strategies)}")
    return strategies[name]
