"""Which entries can be read by functions, or by sources that compute others from them."""

from __future__ import annotations

from typing import Any

from sacred._base.paths import iter_prefixes, join_paths
from sacred.config.config_dict import ConfigDict
from sacred.config.config_scope import ConfigScope
from sacred.initialize.config_layers import leaves_of
from sacred.initialize.configuration import Configured

__all__ = ["entries_nothing_reads", "paths_read_by_sources"]


def entries_nothing_reads(configured: Configured) -> frozenset[str] | None:
    """Return the paths of entries that neither a captured function nor a source can read.

    Args:
        configured: the configuration.

    Returns:
        None if any entry may be read, because something takes the whole configuration.
    """
    read = paths_read_by_sources(configured)
    if read is None:
        return None
    names = set(read)
    for path, scaffold in configured.scaffolding.items():
        taken = {*scaffold.captured_args, *scaffold.prefixes_of_config_readers}
        if scaffold.has_run_readers or (not path and "" in scaffold.prefixes_of_config_readers):
            return None
        # An ingredient sees others below its own path.
        names |= {join_paths(path, name) for name in taken} | taken
    names.discard("")
    above = {prefix for name in names for prefix in iter_prefixes(name)}
    return frozenset(
        path
        for path, _ in leaves_of(configured.config)
        if path not in above
        and names.isdisjoint(iter_prefixes(path))
        and path.rpartition(".")[2] not in ("seed", "__doc__")
    )


def paths_read_by_sources(configured: Configured) -> frozenset[str] | None:
    """Return the paths of entries that scopes and named configs may read.

    Args:
        configured: the configuration.

    Returns:
        paths, including those of groups; None if any entry may be read, for example by config
        hooks.
    """
    sources: list[tuple[str, Any]] = [
        (layer.path, layer.source) for layer in configured.named_layers
    ]
    for path, scaffold in configured.scaffolding.items():
        if scaffold.config_hooks:
            return None
        sources += [(path, source) for source in scaffold.config_scopes]
    found: set[str] = set()
    for path, source in sources:
        if isinstance(source, ConfigScope) and source.sets is not None:
            for name in source.names_read:
                found |= {join_paths(path, name), name}
        elif not isinstance(source, ConfigDict):
            return None
    return frozenset(found)
