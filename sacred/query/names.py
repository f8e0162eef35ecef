"""Names of a query that only the runs of a store can explain: ``lr`` for ``config.opt.lr``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from sacred._base.frozen import Frozen
from sacred.query.syntax import And, Expression, IsTrue, Not, Or, Path

__all__ = ["NO_NAMES", "Names", "bare_words", "free_paths"]


class Names(Frozen, kw_only=False):
    """How words of a query are read, beyond what is known without any run.

    Args:
        aliases: the steps of a path as it is written → those of the path that is meant.
        searched: the steps of words that are looked for as texts where they stand alone.
    """

    aliases: Mapping[tuple[str, ...], tuple[str, ...]]
    searched: frozenset[tuple[str, ...]]

    def __bool__(self) -> bool:
        return bool(self.aliases or self.searched)

    def full(self, steps: tuple[str, ...]) -> tuple[str, ...]:
        """The steps that are meant by those that are written."""
        return self.aliases.get(steps, steps)


NO_NAMES = Names({}, frozenset())


def free_paths(paths: Iterable[Path], text: str) -> Iterator[Path]:
    """Yield the paths that lead into the configuration only because no field has their name.

    ``config.lr`` says itself that it does.

    Args:
        paths: all paths of the query.
        text: the query as it was written.
    """
    return (p for p in paths if p.field == "config" and str(p) not in text)


def bare_words(expression: Expression) -> Iterator[Path]:
    """The paths that stand alone in an expression."""
    match expression:
        case IsTrue(path):
            yield path
        case Not(part):
            yield from bare_words(part)
        case And(parts) | Or(parts):
            for part in parts:
                yield from bare_words(part)
