"""The packages that a run needs, with their versions."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sacred._base.frozen import Frozen
from sacred.dependencies.distributions import find_distribution, normalize
from sacred.records import RunRecord

__all__ = ["PackageNeeds", "differences_here", "needs_of", "python_of", "required_by"]


class PackageNeeds(Frozen):
    """The packages of a run.

    Args:
        used: the packages that its sources import, with versions.
        recorded: all installed packages, by name; in old records, the same as `used`.
        local: the names of packages that were installed from a directory.
        is_complete: whether `recorded` includes the requirements of `used`.
    """

    used: dict[str, str]
    recorded: dict[str, str]
    local: frozenset[str]
    is_complete: bool


def needs_of(record: RunRecord) -> PackageNeeds:
    """Return the packages that a record lists."""
    used = {name: v for name, v in _pairs(record.dependencies) if v and v != "<unknown>"}
    listed = record.environment.get("packages")
    recorded = dict(_pairs(listed)) if isinstance(listed, list | tuple) else {}
    local = record.environment.get("local_packages")
    return PackageNeeds(
        used=used,
        recorded={**recorded, **used},
        local=frozenset(map(str, local)) if isinstance(local, list | tuple) else frozenset(),
        is_complete=bool(recorded),
    )


def _pairs(listed: object) -> Iterator[tuple[str, str]]:
    for entry in listed if isinstance(listed, list | tuple) else ():
        name, _, version = str(entry).partition("==")
        # They become words of a command.
        if re.fullmatch(r"[A-Za-z0-9][\w.-]*", name) and re.fullmatch(r"[\w.+!-]*", version):
            yield normalize(name), version


def python_of(record: RunRecord) -> str | None:
    """Return the version of the interpreter of a run; None if it is not recorded."""
    python = record.environment.get("python")
    version = (python or record.host).get("version" if python else "python_version")
    return version if isinstance(version, str) and re.fullmatch(r"[\d.\w+]+", version) else None


def required_by(name: str) -> set[str]:
    """Return an installed package and the installed packages that it needs.

    Args:
        name: the normalized name of the package.
    """
    found: set[str] = set()
    waiting = [name]
    while waiting:
        distribution = find_distribution(waiting.pop())
        if distribution is None or distribution.key in found:
            continue
        found.add(distribution.key)
        text = distribution.read("METADATA") or distribution.read("PKG-INFO")
        metadata = text.partition("\n\n")[0]
        # Without extras: nobody knows which were asked for, and if, the record has their versions.
        for needed in re.findall(r"(?m)^Requires-Dist: *([A-Za-z0-9][\w.-]*)(.*)$", metadata):
            if "extra ==" not in needed[1]:
                waiting.append(normalize(needed[0]))
    return found


def differences_here(needs: PackageNeeds) -> list[str]:
    """Return how the installed packages differ from those of a run, in words.

    Only the packages that its sources import count, and what these need in turn.
    """
    relevant = set(needs.used)
    for name in needs.used:
        relevant |= required_by(name) & needs.recorded.keys()
    found = []
    for name in sorted(relevant or needs.recorded):
        then, here = needs.recorded.get(name), find_distribution(name)
        if here is None:
            found.append(f"{name} {then} is not installed here")
        elif then and then not in (here.version, here.version_in_path):
            found.append(f"{name} was {then}, here it is {here.version}")
    return found
