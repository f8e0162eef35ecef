"""Frozen descriptions of experiments and of how they are called."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Case", "Experiment", "Function", "Hook", "Ingredient", "Scope", "Service", "Source"]

#: A server that the script stores in.
Service = Literal["mongo", "s3"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """The function of a config scope: what it takes, and its lines."""

    parameters: tuple[str, ...] = ()
    lines: tuple[str, ...]
    doc: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A source of configuration, or a named config (`name`).

    `form` says which member counts: `scope`, or `text`, the argument of ``add_config`` (the
    literal of a dict, keyword arguments or the name of a file of `files`).
    """

    form: Literal["scope", "dict", "keywords", "file"]
    scope: Scope | None = None
    text: str = ""
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """A config hook: the expression that it returns."""

    returns: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """A captured function: the decorator (without ``@``), the signature, the lines of its body."""

    name: str
    decorator: str
    parameters: str
    lines: tuple[str, ...]
    doc: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingredient:
    """An ingredient: `uses` are the variables of those that it is made of."""

    variable: str
    path: str
    uses: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()
    hooks: tuple[Hook, ...] = ()
    functions: tuple[Function, ...] = ()
    made_by: str = "Ingredient"


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """A script: its ingredients, the experiment last, and what calls it."""

    ingredients: tuple[Ingredient, ...]
    experiment: Ingredient
    head: tuple[str, ...] = ()
    observers: tuple[str, ...] = ()
    tail: tuple[str, ...] = ()
    files: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What a worker executes."""

    kind: str
    files: tuple[tuple[str, str], ...]
    arguments: tuple[str, ...] = ()
    script: str = "script.py"
    service: Service | None = None

    @property
    def text(self) -> str:
        """The script."""
        return dict(self.files)[self.script]

    def shown(self) -> str:
        """All of it, for people."""
        parts = [f"# ---- {name}\n{text}" for name, text in self.files]
        arguments = " ".join(map(repr, self.arguments))
        return "\n".join([*parts, f"# ---- python {self.script} {arguments}"])
