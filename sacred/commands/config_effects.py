"""What updates change in a configuration, directly and through entries computed from them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from sacred._base.frozen import Frozen
from sacred._base.paths import iter_prefixes
from sacred.commands.entry_history import short_value
from sacred.config.evaluations import is_same
from sacred.initialize.config_layers import leaves_of

if TYPE_CHECKING:
    from sacred.run import Run

__all__ = ["Effect", "effects_between", "print_effects", "print_schema", "print_unread"]

_MISSING: Any = object()
_DIRECT = ("update", "named")


class Effect(Frozen):
    """An entry that updates have changed.

    Attributes:
        path: of the entry.
        before: its value; a private sentinel if it was not there.
        after: its new value; likewise.
        varies: whether it differs between two equal evaluations.
    """

    path: str
    before: Any
    after: Any
    varies: bool = False

    def __str__(self) -> str:
        if self.varies:
            return f"{self.path}   varies by itself"
        if self.after is _MISSING:
            return f"{self.path} is gone   was {short_value(self.before, self.path)}"
        before = (
            "is new" if self.before is _MISSING else f"was {short_value(self.before, self.path)}"
        )
        return f"{self.path} = {short_value(self.after, self.path)}   {before}"


def effects_between(
    evaluate: Callable[[], Mapping[str, Any]], after: Mapping[str, Any]
) -> list[Effect]:
    """Compare a configuration with the one without the updates, which is evaluated twice.

    Args:
        evaluate: computes the configuration without the updates.
        after: the configuration with them.

    >>> [str(effect) for effect in effects_between(lambda: {"a": 1, "b": 2}, {"a": 1, "b": 3})]
    ['b = 3   was 2']
    """
    before, again, now = (dict(leaves_of(config)) for config in (evaluate(), evaluate(), after))
    effects = []
    for path in {**now, **before}:
        old, new = before.get(path, _MISSING), now.get(path, _MISSING)
        varies = not is_same(old, again.get(path, _MISSING))
        if varies or not is_same(old, new):
            effects.append(Effect(path=path, before=old, after=new, varies=varies))
    return effects


def print_effects(run: Run) -> None:
    """Print which entries of a run's configuration its updates and named configs have changed."""
    history = run.config_history
    assert history is not None
    effects = effects_between(history.evaluate_unchanged, run.config)
    direct = {entry.path for entry in history.entries if entry.origin.kind in _DIRECT}
    own: list[Effect] = []
    others: list[Effect] = []
    for effect in effects:  # below what has been deleted, too
        is_direct = not direct.isdisjoint(iter_prefixes(effect.path))
        (own if is_direct else others).append(effect)
    _print_section("Set directly", map(_direct_text, own))
    _print_section("Changed because of that", [e for e in others if not e.varies])
    _print_section("Differs between equal evaluations", [e for e in others if e.varies])
    if not effects:
        print("No entry has changed.")


def _direct_text(effect: Effect) -> str:
    if effect.varies:  # as a random seed: what it was matters to nobody
        return f"{effect.path} = {short_value(effect.after, effect.path)}"
    return str(effect)


def print_schema(run: Run) -> None:
    """Print the JSON Schema of the configuration, with the updates as defaults."""
    # Not at the top: the other options of the command do without.
    import json

    updates, named = run.meta_info.get("config_updates"), run.meta_info.get("named_configs")
    print(json.dumps(run.experiment.get_config_schema(updates, named or ()), indent=2))


def print_unread(run: Run) -> None:
    """Print which entries of a run's configuration nothing can read, as far as is known."""
    history = run.config_history
    assert history is not None
    unread = history.unreadable()
    if unread is None:
        print("Any entry may be read: something takes the whole configuration.")
        return
    entries = [entry for entry in history.entries if entry.path in unread]
    shown = [f"{e.path} = {short_value(e.value, e.path)}   {e.origin}" for e in entries]
    _print_section("Entries that nothing reads", shown)
    if not entries:
        print("Each entry is read by something.")


def _print_section(title: str, items: Iterable[object]) -> None:
    lines = [f"  {item}" for item in items]
    if lines:
        print("\n".join([f"{title}:", *lines]))
