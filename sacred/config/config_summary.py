"""A configuration, with what is known about its entries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from sacred._base.paths import iter_prefixes, join_paths
from sacred.provenance.origins import Origin

if TYPE_CHECKING:
    from sacred.config.declared.given_values import GivenValues

__all__ = ["ConfigSummary"]

Typechanges = Mapping[str, tuple[type, type]] | Iterable[tuple[str, tuple[type, type]]]


class ConfigSummary(dict[str, Any]):
    """The values of a configuration, with the paths of entries that were changed.

    Args:
        added: paths set from outside that no source sets.
        modified: paths whose value differs from what the source sets.
        typechanged: path → (old type, new type).
        ignored_fallbacks: names of ingredients, which a source tried to
            set.
        docs: path → documentation.
        origins: path → where the value was set.

    Parents of a changed entry count as modified, and an entry is in only one of
    `typechanged`, `added` and `modified`, in this order of precedence:

    >>> summary = ConfigSummary(added={"a.b"}, typechanged={"c": (int, str)}, modified={"c"})
    >>> summary.added, summary.modified, summary.typechanged
    ({'a.b'}, {'a'}, {'c': (<class 'int'>, <class 'str'>)})
    """

    def __init__(
        self,
        added: Iterable[str] = (),
        modified: Iterable[str] = (),
        typechanged: Typechanges = (),
        ignored_fallbacks: Iterable[str] = (),
        docs: Mapping[str, str] | Iterable[tuple[str, str]] = (),
        origins: Mapping[str, Origin] | Iterable[tuple[str, Origin]] = (),
    ) -> None:
        super().__init__()
        self.added = set(added)
        self.modified = set(modified)
        self.typechanged: dict[str, tuple[type, type]] = dict(typechanged)
        self.ignored_fallbacks = set(ignored_fallbacks)
        self.docs: dict[str, str] = dict(docs)
        self.origins: dict[str, Origin] = dict(origins)
        #: What a scope has assigned to names of ingredients that it takes.
        self.own_copies: dict[str, Any] = {}
        #: The fixed values, if entries of the source have declared types.
        self.given: GivenValues | None = None
        #: Path → the value that the source has set, and that a fixed one has overridden.
        self.overridden: dict[str, Any] = {}
        #: Line in which a scope has assigned each name last, also if that did not count.
        self.lines: dict[str, int] = {}
        self.ensure_coherence()

    def update_from(self, config_mod: ConfigSummary, path: str = "") -> None:
        """Merge the summary of a later source of the same configuration.

        An entry stays `added` only if that source does not set it either, and it keeps
        its documentation; the rest is merged.

        Args:
            config_mod: the summary of the other source.
            path: where its entries are in this configuration.
        """
        self.added &= {join_paths(path, entry) for entry in config_mod.added}
        before = dict(self.docs)
        self._unite(config_mod, path)
        self.docs.update(before)

    def update_add(self, config_mod: ConfigSummary, path: str = "") -> None:
        """Merge the summary of another part of the configuration.

        The seed is documented only in the whole configuration, not in its parts.

        Args:
            config_mod: the summary of the other part.
            path: where its entries are in this configuration.
        """
        self.added |= {join_paths(path, entry) for entry in config_mod.added}
        documented = f"{path}.seed" in self.docs
        self._unite(config_mod, path)
        if path and not documented:
            self.docs.pop(f"{path}.seed", None)

    def _unite(self, other: ConfigSummary, path: str) -> None:
        # Not `join_paths`: there may be thousands, and these are whole paths.
        start = f"{path}." if path else ""
        self.modified |= {start + entry for entry in other.modified}
        self.ignored_fallbacks |= {start + entry for entry in other.ignored_fallbacks}
        self.typechanged.update((start + entry, t) for entry, t in other.typechanged.items())
        self.docs.update((start + entry, text) for entry, text in other.docs.items())
        self.origins.update((start + entry, origin) for entry, origin in other.origins.items())
        self.own_copies.update((start + name, value) for name, value in other.own_copies.items())
        self.ensure_coherence()

    def ensure_coherence(self) -> None:
        """Restore the two rules (see the class) after changes to the sets."""
        self.modified |= {
            prefix
            for entry in (*self.added, *self.modified, *self.typechanged)
            for prefix in iter_prefixes(entry)
            if prefix != entry
        }
        self.added -= self.typechanged.keys()
        self.modified -= self.typechanged.keys()
        self.modified -= self.added

    def __reduce__(self) -> Any:
        # The default would pass no constructor arguments and set items before the sets exist.
        return _rebuild, (dict(self), self.__dict__)


def _rebuild(values: dict[str, Any], attributes: dict[str, Any]) -> ConfigSummary:
    summary = ConfigSummary()
    summary.update(values)
    summary.__dict__.update(attributes)
    return summary
