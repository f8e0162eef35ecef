"""Sources and dependencies of an experiment's scripts, as one run sees them."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from sacred._base.script import module_run_as_script
from sacred.dependencies.discovery import gather_sources_and_dependencies, imported_names
from sacred.dependencies.git import Repositories
from sacred.dependencies.packages import PackageDependency
from sacred.dependencies.sources import Source

if TYPE_CHECKING:
    from sacred.dependencies.environment import EnvironmentGatherer

__all__ = [
    "ExperimentInfoGatherer",
    "Findings",
    "Script",
    "collect_repositories",
    "experiment_info",
]


class Script(NamedTuple):
    """The script that defines an ingredient, and sources and dependencies added explicitly.

    Args:
        globs: its globals.
        base_dir: root of its sources.
        save_git_info: whether to look up their git repositories.
        sources: added sources.
        dependencies: added packages.
    """

    globs: Mapping[str, Any]
    base_dir: str
    save_git_info: bool
    sources: Collection[Source]
    dependencies: Collection[PackageDependency]


class Findings:
    """The sources and packages found so far.

    A source keeps its first digest even if the file changes, because that version runs. Git
    is called once per repository.

    >>> findings = Findings()
    >>> findings.look([Script({}, "/no/such/directory", False, (), ())])
    >>> list(findings.sources)
    []
    """

    def __init__(self) -> None:
        self.repositories = Repositories()
        self.sources: dict[str, Source] = {}
        self.dependencies: dict[str, PackageDependency] = {}
        self._looked_at: dict[tuple[int, str, bool], frozenset[str]] = {}

    def __len__(self) -> int:
        return len(self.sources) + len(self.dependencies)

    def look(self, scripts: Iterable[Script]) -> None:
        """Add the sources and packages of scripts that are new."""
        # Ingredients of one script share their findings.
        done: set[tuple[int, str, bool]] = set()
        for script in scripts:
            key = (id(script.globs), script.base_dir, script.save_git_info)
            if key not in done:
                done.add(key)
                names = imported_names(script.globs, script.base_dir)
                if names is None or self._looked_at.get(key) != names:
                    self._look_at(script)
                if names is not None:
                    self._looked_at[key] = names
            self._add(script.sources, script.dependencies)

    def _look_at(self, script: Script) -> None:
        _, sources, dependencies = gather_sources_and_dependencies(
            script.globs, script.save_git_info, script.base_dir, self.repositories, self.sources
        )
        self._add(sources, dependencies)

    def _add(self, sources: Iterable[Source], dependencies: Iterable[PackageDependency]) -> None:
        for source in sources:
            self.sources.setdefault(source.filename, source)
        for dependency in dependencies:
            dependency.fill_missing_version()
            self.dependencies.setdefault(dependency.name, dependency)


class ExperimentInfoGatherer:
    """Describes the experiment of one run, as often as it is called.

    A source keeps its first digest even if the file changes, because that version runs. Each call
    adds what was imported since the last one. Git is called once.

    Args:
        script: that of the experiment.
        scripts: returns those of the experiment and its ingredients.
        name: of the experiment.
        mainfile: path of its script, or None.
    """

    def __init__(
        self,
        script: Script,
        scripts: Callable[[], Iterable[Script]],
        *,
        name: str,
        mainfile: str | None,
    ) -> None:
        self._script = script
        self._scripts = scripts
        self._name = name
        self._mainfile = mainfile
        self._findings = Findings()
        self._info: dict[str, Any] = {}
        self._described = -1

    def begin(self) -> None:
        """Start git in the background, because the description will be needed soon."""
        if self._script.save_git_info and self._mainfile is not None:
            self._findings.repositories.ask_about(self._mainfile)

    def __call__(self) -> dict[str, Any]:
        """Return the description that observers store."""
        self._findings.look(self._scripts())
        if len(self._findings) > self._described:
            self._described = len(self._findings)
            place = self._script.base_dir, self._mainfile, dict(self._script.globs)
            self._info = experiment_info(self._name, *place, self._findings)
        return dict(self._info)

    def environment(self) -> EnvironmentGatherer:
        """Return the gatherer of the environment; call this when the experiment is described."""
        # Here: runs that nobody stores do without.
        from sacred.dependencies.environment import EnvironmentGatherer

        script = self._script
        base = None if self._mainfile is None else script.base_dir
        return EnvironmentGatherer(self._findings.repositories, script.save_git_info, base)


def experiment_info(
    name: str,
    base_dir: str,
    mainfile: str | None,
    script_globals: dict[str, Any],
    findings: Findings,
) -> dict[str, Any]:
    """Return the description of an experiment that observers store.

    Args:
        name: name of the experiment.
        base_dir: root of the sources.
        mainfile: path of its script, or None.
        script_globals: those of the script.
        findings: its sources and packages.
    """
    module = module_run_as_script(script_globals)
    packages = {dependency.to_json() for dependency in findings.dependencies.values()}
    sources = findings.sources.values()
    base = os.path.realpath(base_dir)
    return {
        "name": name,
        "base_dir": base_dir,
        "sources": sorted((os.path.relpath(s.filename, base), s.digest) for s in sources),
        "dependencies": sorted(packages, key=str.lower),
        "repositories": collect_repositories(sources),
        "mainfile": os.path.relpath(mainfile, base_dir) if mainfile else None,
        **({"module": module} if module else {}),
    }


def collect_repositories(sources: Iterable[Source]) -> list[dict[str, Any]]:
    """Return the distinct git repositories of sources; one is dirty if any source is."""
    dirty: dict[tuple[str, str | None], bool] = {}
    for source in sources:
        if source.repo is not None:
            key = (source.repo, source.commit)
            dirty[key] = dirty.get(key, False) or bool(source.is_dirty)
    return [
        {"url": url, "commit": commit, "dirty": flag}
        for (url, commit), flag in sorted(dirty.items(), key=str)
    ]
