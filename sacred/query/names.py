"""Short names in a query, explained by the runs of a store: ``lr`` for ``config.opt.lr``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from sacred._base.frozen import Frozen
from sacred.query.syntax import And, Expression, IsTrue, Not, Or, Path

__all__ = ["NO_NAMES", "Names", "bare_words", "free_paths"]


class Names(Frozen, kw_only=False):
    """The meaning of short names and bare words in a query, learnt from the runs of a store.

    Args:
        aliases: the steps of a path as written → the steps of the path that it stands for.
        searched: the steps of words that, where they stand alone, are searched for as strings.
    """

    aliases: Mapping[tuple[str, ...], tuple[str, ...]]
    searched: frozenset[tuple[str, ...]]

    def __bool__(self) -> bool:
        return bool(self.aliases or self.searched)

    def full(self, steps: tuple[str, ...]) -> tuple[str, ...]:
        """Return the steps that written ones stand for."""
        return self.aliases.get(steps, steps)


NO_NAMES = Names({}, frozenset())


def free_paths(paths: Iterable[Path], text: str) -> Iterator[Path]:
    """Yield the paths that are taken as config entries because no field has that name.

    ``config.lr`` is not one of them: it names the configuration explicitly.

    Args:
        paths: all paths of the query.
        text: the query as written.
    """
    return (p for p in paths if p.field == "config" and str(p) not in text)


def bare_words(expression: Expression) -> Iterator[Path]:
    """Return the paths that stand alone in an expression."""
    match expression:
        case IsTrue(path):
            yield path
        case Not(part):
            yield from bare_words(part)
        case And(parts) | Or(parts):
            for part in parts:
                yield from bare_words(part)
