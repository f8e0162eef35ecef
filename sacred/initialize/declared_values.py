"""Values that do not fit the declared types of their entries: found, and refused before the run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sacred._base.errors import ConfigTypeError
from sacred._base.frozen import replace
from sacred._base.paths import (
    join_paths,
)
from sacred.config.config_dict import ConfigModel
from sacred.definition import RunRequest
from sacred.settings import SETTINGS

if TYPE_CHECKING:
    from sacred.config.declared.declaration import WrongValue
    from sacred.initialize.config_layers import NamedLayer
    from sacred.initialize.scaffold import Scaffold

__all__ = ["convert_hook_changes", "refuse_wrong_values", "remarks"]


def remarks(scaffolding: Mapping[str, Scaffold]) -> list[str]:
    """Return remarks for the log at debug level: which annotated entries are not typed, and why."""
    return [
        note
        for scaffold in scaffolding.values()
        for summary in scaffold.summaries
        if getattr(summary, "given", None) is not None
        for note in summary.given.notes  # type: ignore[union-attr]
    ]


def refuse_wrong_values(
    scaffolding: Mapping[str, Scaffold],
    request: RunRequest,
    named: Sequence[NamedLayer],
) -> None:
    """Check the values from outside, after the sources have declared their entries.

    Args:
        scaffolding: all scaffolds, configured.
        request: the request for the run.
        named: the entries that named configs have set.

    Raises:
        ConfigTypeError: some values do not fit; the message names all of them.
    """
    for scaffold in scaffolding.values():
        _check_models(scaffold)
    wrong = {one.path: one for one in _wrong_values(scaffolding)}
    if wrong:
        problems = [
            one if one.origin else replace(one, origin=_origin(one.path, request, named))
            for one in wrong.values()
        ]
        raise ConfigTypeError(problems)


def _wrong_values(scaffolding: Mapping[str, Scaffold]) -> Iterator[WrongValue]:
    for path, scaffold in scaffolding.items():
        for summary in scaffold.summaries:
            given = getattr(summary, "given", None)
            for found in given.wrong.values() if given is not None else ():
                for one in found:
                    yield replace(one, path=join_paths(path, one.path))
        yield from scaffold.wrong_values


def _check_models(scaffold: Scaffold) -> None:
    """Check the entries of declared classes, whatever has set them; the scaffold notes the rest.

    A file behind the class, a later scope or a hook may have set them.
    """
    config = scaffold.config
    if config is None or not SETTINGS.CONFIG.CHECK_TYPES:
        return
    for source in scaffold.config_scopes:
        if isinstance(source, ConfigModel):
            wrong = source.check(config)
            known = {*_names_of_wrong(scaffold)}
            new = [one for one in wrong if not one.path or one.path.split(".")[0] not in known]
            if known:  # what the class says of the whole may follow from these
                new = [one for one in new if not one.problem]
            scaffold.wrong_values += [
                replace(
                    one,
                    path=join_paths(scaffold.path, one.path) if one.path else scaffold.path,
                    origin=_source_of(one.path, scaffold),
                )
                for one in new
            ]


def _names_of_wrong(scaffold: Scaffold) -> Iterator[str]:
    for summary in scaffold.summaries:
        given = getattr(summary, "given", None)
        yield from given.wrong if given is not None else ()


def _source_of(path: str, scaffold: Scaffold) -> str:
    """The source that has set an entry last, if it was none from outside."""
    name = path.partition(".")[0]
    if name in scaffold.config_updates:
        return ""
    origins = [summary.origins[name] for summary in scaffold.summaries if name in summary.origins]
    return str(origins[-1]) if origins else ""


def _origin(path: str, request: RunRequest, named: Sequence[NamedLayer]) -> str:
    # Not at the top: most runs have nothing wrong.
    from sacred.initialize.config_layers import origin_of_given

    # Without a path it is about several entries.
    return str((path and origin_of_given(path, request, named)) or "")


def convert_hook_changes(
    scaffold: Scaffold, changes: Mapping[str, Any], origin: str
) -> dict[str, Any]:
    """Convert what config hooks return to the declared types of the entries.

    Args:
        scaffold: the scaffold of the ingredient, which records values that do not fit.
        changes: the new values, nested.
        origin: how messages describe where they come from.
    """
    converted = dict(changes)
    if not SETTINGS.CONFIG.CHECK_TYPES or scaffold.config is None:
        return converted
    for name, value in changes.items():
        own = scaffold.config.get(name)
        declaration = scaffold.declaration(name) if name in scaffold.config else None
        if declaration is None or own is None or not declaration.accepts(own):
            continue
        wrong: list[WrongValue] = []
        made = declaration.update(value, own, name, wrong)
        full = [replace(one, path=join_paths(scaffold.path, one.path)) for one in wrong]
        scaffold.wrong_values += [replace(one, origin=origin) for one in full]
        if wrong:
            del converted[name]
        else:
            converted[name] = made
    return converted
