"""Where the entries of a configuration come from: all layers that set them, in order.

Sources, then config hooks, then named configs, then updates from outside: later layers win. The
sources remember which values lost against fixed ones (`ConfigSummary.overridden`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sacred._base.frozen import Frozen, replace
from sacred._base.paths import iter_prefixes, join_paths
from sacred.config.config_dict import ConfigDict
from sacred.config.config_scope import ConfigScope
from sacred.config.config_summary import ConfigSummary
from sacred.config.differences import is_different
from sacred.config.evaluations import is_same
from sacred.config.typed_entries import AppendKey, DeleteKey, without_marks
from sacred.definition import UPDATE_WORDS, RunRequest
from sacred.provenance.origins import EntryProvenance, Origin, Overridden
from sacred.provenance.places import Places

if TYPE_CHECKING:
    from sacred.config.chain import ConfigSource
    from sacred.initialize.scaffold import Scaffold

__all__ = ["NamedLayer", "entries_with_origins", "leaves_of", "origin_of_given", "updated_paths"]

_MISSING: Any = object()
_BY_CALL = "ex.run(config_updates=...)"
_DRAWN = Origin("seed", "drawn at random")


class NamedLayer(Frozen):
    """The entries that a named config has set.

    Attributes:
        path: the path of its ingredient.
        name: the name of the named config, or of the config file.
        source: the scope or dict.
        summary: the summary of its evaluation.
        values: the entries that it sets, nested.
        fixed: the paths of the updates that won over it.
    """

    path: str
    name: str
    source: Any
    summary: ConfigSummary
    values: Mapping[str, Any]
    fixed: frozenset[str]


class _Layers:
    """Values by the paths that they were set at, in the order in which they were."""

    def __init__(self, base_dir: str | None) -> None:
        self.found: dict[str, list[tuple[Any, Origin]]] = defaultdict(list)
        self.place = Places(base_dir)

    def add(self, path: str, value: Any, origin: Origin) -> None:
        """Note that a value was set."""
        self.found[path].append((value, origin))


def entries_with_origins(
    config: Mapping[str, Any],
    scaffolding: Mapping[str, Scaffold],
    named: Sequence[NamedLayer],
    request: RunRequest,
    base_dir: str | None = None,
) -> list[EntryProvenance]:
    """Return the history of each entry of a configuration.

    Args:
        config: the whole configuration.
        scaffolding: the scaffolds from which it was computed.
        named: the entries that named configs have set, in order.
        request: the request for the run.
        base_dir: the directory of the experiment; files in it are shown relative to it.
    """
    layers = _Layers(base_dir)
    for path, scaffold in reversed(list(scaffolding.items())):  # an ingredient wins over its user
        _add_sources(layers, path, scaffold)
    for path, scaffold in scaffolding.items():
        for origin, changes in scaffold.hook_changes:
            shown = Origin("hook", layers.place(origin.where), origin.name)
            for below, value in changes.items():
                layers.add(join_paths(path, below), value, shown)
    for layer in named:
        _add_named(layers, layer)
    updates = _origins_of_updates(request)
    entries = [
        _entry(path, value, layers.found.get(path, []), updates.get(path))
        for path, value in leaves_of(config)
    ]
    return [*entries, *_deleted(request, entries, layers, updates)]


def _deleted(
    request: RunRequest,
    entries: Sequence[EntryProvenance],
    layers: _Layers,
    updates: _UpdateOrigins,
) -> Iterator[EntryProvenance]:
    """Those that updates have deleted, and nothing has set again; elements of lists are none."""
    deleted = [path for path, is_deleted in _updates(request.config_updates) if is_deleted]
    if not deleted:
        return
    leaves = {entry.path: entry.value for entry in entries}
    there = {prefix for path in leaves for prefix in iter_prefixes(path)}
    for path in deleted:
        in_list = any(not isinstance(leaves.get(p, {}), dict) for p in iter_prefixes(path))
        if path not in there and not in_list:
            entry = _entry(path, None, layers.found.get(path, []), updates.get(path))
            yield replace(entry, is_deleted=True)


def leaves_of(values: Mapping[Any, Any], start: str = "") -> Iterator[tuple[str, Any]]:
    """Yield path and value of each entry of nested dicts; an empty dict counts as an entry.

    Args:
        values: nested dicts.
        start: a prefix for the paths.
    """
    for key, value in values.items():
        if isinstance(value, dict) and value:
            yield from leaves_of(value, f"{start}{key}.")
        else:
            yield f"{start}{key}", value


def _leaves_at(path: str, value: Any) -> Iterable[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        return leaves_of(value, f"{path}.")
    return ((path, value),)


# ------------------------------------------------------------------------- the layers


def _add_sources(layers: _Layers, path: str, scaffold: Scaffold) -> None:
    fixed = _Covered(path for path, _ in leaves_of(scaffold.config_updates))
    before: Mapping[str, Any] = scaffold.presets
    start = f"{path}." if path else ""
    for source, summary in zip(scaffold.config_scopes, scaffold.summaries, strict=False):
        for below, value, origin in _set_by(source, summary, before, fixed, layers):
            layers.add(f"{start}{below}", value, origin)
        before = summary


def _set_by(
    source: ConfigSource,
    summary: ConfigSummary,
    before: Mapping[str, Any],
    fixed: _Covered,
    layers: _Layers,
) -> Iterator[tuple[str, Any, Origin]]:
    """Path, value and origin of what a source has set, also of what did not count."""
    assigned, touched = _names_of(source, summary)
    own = dict(leaves_of(source.content)) if isinstance(source, ConfigDict) else {}
    earlier: dict[str, Any] = {}
    for name in (*assigned, *(name for name in touched if name not in assigned)):
        found = dict(_leaves_at(name, before[name])) if name in before else {}
        earlier |= found
        now = summary.own_copies.get(name, summary.get(name, _MISSING))
        origin = _origin_of(source, name, summary, layers)
        for path, value in _leaves_at(name, now) if now is not _MISSING else ():
            is_set = path in own or (path == name and name in assigned)
            if not fixed.has(path) and (is_set or not is_same(found.get(path, _MISSING), value)):
                yield path, value, origin
    for path, value in summary.overridden.items():
        name = path.partition(".")[0]
        if name in assigned or not is_same(earlier.get(path, _MISSING), value):
            yield path, without_marks(value), _origin_of(source, name, summary, layers)


def _names_of(
    source: ConfigSource, summary: ConfigSummary
) -> tuple[Mapping[str, Any], Iterable[str]]:
    """Names that a source assigns, and those that it may change."""
    if isinstance(source, ConfigScope):
        others = [name for name in summary if name not in summary.lines]
        return summary.lines, others if source.sets is None else (
            *source.parameters, *summary.own_copies, "__doc__"
        )  # fmt: skip
    if isinstance(source, ConfigDict):
        return source.content, ()
    return {}, summary


def _origin_of(source: Any, name: str, summary: ConfigSummary, layers: _Layers) -> Origin:
    if isinstance(source, ConfigScope):
        line = summary.lines.get(name, source.source.first)
        return Origin("scope", layers.place.at(source.source.filename, line), source.name)
    if isinstance(source, ConfigDict):
        where = source.origin.where or layers.place(source.place)
        return Origin(source.origin.kind, where, getattr(source, "__qualname__", ""))
    return Origin("unknown", "", getattr(source, "__name__", type(source).__name__))


def _add_named(layers: _Layers, layer: NamedLayer) -> None:
    fixed = _Covered(layer.fixed)

    def origin(path: str) -> Origin:
        of_source = _origin_of(layer.source, path.partition(".")[0], layer.summary, layers)
        where = "" if of_source.where in (layer.name, layer.name[1:]) else of_source.where
        return Origin("named", where, layer.name)

    for path, value in leaves_of(layer.values):
        if not fixed.has(path):
            layers.add(join_paths(layer.path, path), value, origin(path))
    for path, value in layer.summary.overridden.items():
        if fixed.has(path):
            layers.add(join_paths(layer.path, path), without_marks(value), origin(path))


class _Covered:
    """Paths that fixed values decide: their own, those below, and lists with fixed elements."""

    def __init__(self, fixed: Iterable[str]) -> None:
        self._leaves = set(fixed)
        self._above = {prefix for path in self._leaves for prefix in iter_prefixes(path)}

    def has(self, path: str) -> bool:
        """Whether the entry at this path, which is no dict with entries, is fixed."""
        return bool(self._leaves) and (
            path in self._above or not self._leaves.isdisjoint(iter_prefixes(path))
        )


# ------------------------------------------------------------------------- the updates


class _UpdateOrigins:
    """Where the updates of a request come from, by the entries that they set."""

    def __init__(self, paths: Iterable[str], numbers: Mapping[str, int], caller: str) -> None:
        self._numbers, self._caller = numbers, caller
        self._leaves = set(paths)
        self._above = {prefix: path for path in self._leaves for prefix in iter_prefixes(path)}

    def get(self, path: str) -> Origin | None:
        """The origin of an entry that an update has set; None: none has."""
        if not self._leaves:
            return None
        update = self._above.get(path)
        if update is None:
            update = next((p for p in iter_prefixes(path) if p in self._leaves), None)
        if update is None:
            return None
        numbers = [self._numbers[p] for p in iter_prefixes(update) if p in self._numbers]
        where = f"command line, argument {numbers[-1]}" if numbers else self._caller
        return Origin("update", where)


def _origins_of_updates(request: RunRequest) -> _UpdateOrigins:
    numbers: dict[str, int] = {}
    for number, word in enumerate(request.options.get(UPDATE_WORDS) or (), start=1):
        path, equals, _ = str(word).strip().partition("=")
        if equals or path.startswith("~"):
            numbers[path.strip().rstrip("+").rstrip().lstrip("~")] = number
    return _UpdateOrigins(updated_paths(request.config_updates), numbers, _caller_of(request))


def _caller_of(request: RunRequest) -> str:
    """Who gives updates that are not on the command line: a sweep, or somebody's code."""
    sweep = request.meta_info.get("sweep")
    name = sweep.get("name") if isinstance(sweep, Mapping) else None
    return f"sweep {name}" if isinstance(name, str) else _BY_CALL


def origin_of_given(path: str, request: RunRequest, named: Sequence[NamedLayer]) -> Origin | None:
    """Return the origin of a value from outside; None for other values.

    Args:
        path: the path of the entry, or of a part of it.
        request: the request for the run.
        named: the entries that named configs have set, in order.
    """
    update = _origins_of_updates(request).get(path)
    if update is not None:
        return update
    layers = _Layers(None)
    for layer in named:
        _add_named(layers, layer)
    around = {path, *iter_prefixes(path)}
    found = [
        origins[-1][1]
        for other, origins in layers.found.items()
        if other in around or path in iter_prefixes(other)
    ]
    return found[-1] if found else None


def updated_paths(updates: Mapping[Any, Any]) -> Iterator[str]:
    """Yield the paths of the entries that updates set, append to or delete.

    Args:
        updates: nested, or with dotted keys; edits have keys of their own.
    """
    return (path for path, _ in _updates(updates))


def _updates(updates: Mapping[Any, Any], start: str = "") -> Iterator[tuple[str, bool]]:
    """Yield paths, and whether their entries are deleted."""
    for key, value in updates.items():
        if type(key) is AppendKey:
            yield f"{start}{key[:-1]}", False
        elif type(key) is DeleteKey:
            yield f"{start}{key[1:]}", True
        elif isinstance(value, dict) and value:
            yield from _updates(value, f"{start}{key}.")
        else:
            yield f"{start}{key}", False


# ------------------------------------------------------------------------- the entries


def _entry(
    path: str, value: Any, found: list[tuple[Any, Origin]], update: Origin | None
) -> EntryProvenance:
    if update is not None:
        origin, overridden = update, found
    elif found and (found[-1][1].kind == "named" or not is_different(found[-1][0], value)):
        # What a named config sets is fixed for all others, and may be converted by its type.
        origin, overridden = found[-1][1], found[:-1]
    elif path.rpartition(".")[2] == "seed":
        origin, overridden = _DRAWN, found
    else:
        # Something else has changed it: better unknown than wrong.
        origin, overridden = Origin("unknown"), found
    before = [Overridden(value=old, origin=where) for old, where in reversed(overridden)]
    return EntryProvenance(path=path, value=value, origin=origin, overridden=tuple(before))
