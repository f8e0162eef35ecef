"""Where a value of the configuration comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from sacred._base.frozen import Frozen

__all__ = ["Origin", "OriginKind"]

OriginKind = Literal["scope", "dict", "file", "hook", "named", "update", "seed"]


class Origin(Frozen, kw_only=False):
    """Where a value was set.

    Attributes:
        kind: what set it: a config scope, dict or file, a config hook, a named
            config, an update from outside, or the drawing of a seed.
        where: file and line, file, name or argument; may be empty.

    >>> print(Origin("scope", "train.py:12"))
    scope train.py:12
    """

    kind: OriginKind
    where: str = ""

    if not TYPE_CHECKING:

        def __init__(self, kind: OriginKind, where: str = "") -> None:
            # Written out: every entry of a configuration has one.
            object.__setattr__(self, "kind", kind)
            object.__setattr__(self, "where", where)

    def __str__(self) -> str:
        return f"{self.kind} {self.where}".rstrip()
