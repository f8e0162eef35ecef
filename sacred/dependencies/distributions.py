"""The installed distributions, and the distribution to which a module belongs.

Reads the ``*.dist-info`` directories itself: `importlib.metadata` takes 2 ms for the name and the
version of a package, and one of many runs in a process takes 3 ms (``benchmarks/``, many-runs).
"""

from __future__ import annotations

import functools
import os
import re
import sys

__all__ = [
    "Distribution",
    "Sites",
    "all_distributions",
    "find_distribution",
    "normalize",
    "owner_of",
    "present_sites",
]


def normalize(name: str) -> str:
    """Return the form of a distribution's name that is the same for all spellings.

    >>> normalize("Ruamel.yaml_clib")
    'ruamel-yaml-clib'
    """
    # "." and "_" are "-", and several in a row are one.
    parts = name.lower().replace("_", "-").replace(".", "-").split("-")
    return "-".join(part for i, part in enumerate(parts) if part or i in (0, len(parts) - 1))


class Distribution:
    """An installed distribution, known by its ``.dist-info`` or ``.egg-info``."""

    def __init__(self, path: str) -> None:
        self.path = path
        stem = os.path.basename(path).rpartition(".")[0]
        self.key = normalize(stem.split("-")[0])

    @functools.cached_property
    def _header(self) -> dict[str, str]:
        for part in ("METADATA", "PKG-INFO", ""):  # the last one: .egg-info as a file
            text = self.read(part)
            if text:
                break
        # Up to the first empty line; the description, which may say anything, comes after it.
        header = text.replace("\r\n", "\n").partition("\n\n")[0].splitlines()
        wanted = (line for line in header if line.startswith(("Name: ", "Version: ")))
        return dict(line.split(": ", 1) for line in wanted)

    @property
    def is_checkout(self) -> bool:
        """Whether it is a source directory on the path, and not installed.

        >>> Distribution("/home/me/lab/lab.egg-info").is_checkout
        True
        """
        place, name = os.path.split(self.path)
        is_installed = os.path.basename(place) in ("site-packages", "dist-packages")
        return name.endswith(".egg-info") and not is_installed

    @property
    def version_in_path(self) -> str | None:
        """The version in the name of the ``.dist-info``, which needs no file to be read.

        >>> Distribution("/site-packages/scikit_learn-1.5.2.dist-info").version_in_path
        '1.5.2'
        """
        name, _, suffix = os.path.basename(self.path).rpartition(".")
        return (name.partition("-")[2] or None) if suffix == "dist-info" else None

    @property
    def name(self) -> str:
        """The name as its authors write it."""
        return self._header.get("Name", "").strip() or self.key

    @property
    def version(self) -> str | None:
        """The version, or None if it is unknown."""
        return self._header.get("Version", "").strip() or None

    def read(self, part: str) -> str:
        """Return the content of a metadata file, or ``""`` if there is none."""
        try:
            with open(os.path.join(self.path, part) if part else self.path, "rb") as file:
                return file.read().decode("utf-8", "replace")
        except OSError:
            return ""

    def owns(self, relative: str, top: str) -> bool:
        """Whether a file is part of the distribution.

        Args:
            relative: path of the file, relative to the directory of the packages.
            top: name of its top-level module.
        """
        record = self.read("RECORD")
        if record:
            return f"\n{relative}," in f"\n{record}"
        names = self.read("top_level.txt").split()
        return top in names if names else normalize(top) == self.key

    def top_level_names(self) -> set[str]:
        """The names that can be imported from it."""
        names = set(self.read("top_level.txt").split())
        if not names:
            for line in self.read("RECORD").splitlines():
                first, _, rest = line.partition(",")[0].partition("/")
                names.add(first if rest else first.split(".")[0])
        return names


class _Site:
    """The distributions installed in one directory."""

    def __init__(self, directory: str) -> None:
        self.directory = directory
        try:
            entries = sorted(os.listdir(directory))
        except OSError:
            entries = []
        self.all = [
            Distribution(os.path.join(directory, entry))
            for entry in entries
            if entry.endswith((".dist-info", ".egg-info"))
        ]
        self.by_key = {distribution.key: distribution for distribution in self.all}

    @functools.cached_property
    def editable(self) -> list[tuple[str, Distribution]]:
        """Those whose sources lie elsewhere (``pip install -e``), and where, as a URL's path."""
        found = []
        for distribution in self.all:
            noted = re.search(r'"url":\s*"file://([^"]+)"', distribution.read("direct_url.json"))
            if noted:
                found.append((noted[1].rstrip("/") + "/", distribution))
        return found

    @functools.cached_property
    def by_top_level(self) -> dict[str, list[Distribution]]:
        owners: dict[str, list[Distribution]] = {}
        for distribution in self.all:
            for name in distribution.top_level_names():
                owners.setdefault(name, []).append(distribution)
        return owners


@functools.lru_cache(maxsize=64)
def _site_at(directory: str, changed: int) -> _Site:
    return _Site(directory)


def _site(directory: str) -> _Site:
    # The directory's own time: what is installed meanwhile (in a notebook) is seen.
    try:
        return _site_at(directory, os.stat(directory).st_mtime_ns)
    except OSError:
        return _site_at(directory, 0)


#: A snapshot of what is installed.
Sites = tuple[_Site, ...]


def present_sites() -> Sites:
    """Cache what is installed now, so that several lookups need only one scan."""
    return tuple([_site(directory or ".") for directory in dict.fromkeys(sys.path)])


def find_distribution(name: str, sites: Sites | None = None) -> Distribution | None:
    """Return the installed distribution of this name, in any spelling.

    Args:
        name: the name of the distribution.
        sites: the installed distributions; None for those that are installed now.

    >>> find_distribution("no such distribution") is None
    True
    """
    key = normalize(name)
    for site in present_sites() if sites is None else sites:
        if key in site.by_key:
            return site.by_key[key]
    return None


def all_distributions() -> list[Distribution]:
    """Return all distributions that can be imported; if two have the same name, the first."""
    found: dict[str, Distribution] = {}
    for site in present_sites():
        for distribution in site.all:
            found.setdefault(distribution.key, distribution)
    return list(found.values())


def owner_of(modname: str, filename: str, sites: Sites | None = None) -> Distribution | None:
    """Return the distribution that a module belongs to, by the module's file.

    Several distributions may share a top-level name (``google``), so the name is not enough.

    Args:
        modname: full name of the module.
        filename: the file of the module.
        sites: the installed distributions; None for those that are installed now.
    """
    path = os.path.abspath(filename)
    parts = modname.split(".")
    directory = os.path.dirname(path)
    depth = len(parts) if os.path.basename(path).startswith("__init__.") else len(parts) - 1
    for _ in range(depth):
        directory = os.path.dirname(directory)
    sites = present_sites() if sites is None else sites
    near = next((site for site in sites if site.directory == directory), None)
    return _owner(parts[0], path, directory, near or _site(directory), sites)


@functools.lru_cache(maxsize=4096)
def _owner(top: str, path: str, directory: str, site: _Site, others: Sites) -> Distribution | None:
    # The same for as long as nothing is installed or removed: then there are other sites.
    relative = os.path.relpath(path, directory).replace(os.sep, "/")
    first = site.by_key.get(normalize(top))
    if first is not None and first.owns(relative, top):
        return first
    for distribution in site.by_top_level.get(top, ()):
        if distribution.owns(relative, top):
            return distribution
    return _editable_owner(path, others)


def _editable_owner(path: str, sites: Sites) -> Distribution | None:
    sites = tuple(site for site in sites if site.editable)
    if not sites:
        return None
    from urllib.parse import quote  # takes 3 % of a short run to load

    quoted = quote(path)
    for site in sites:
        for place, distribution in site.editable:
            if quoted.startswith(place):
                return distribution
    return None
