"""The configuration as JSON Schema: declared types, defaults, documentation."""

from __future__ import annotations

import enum
import json
import pathlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sacred._base.paths import join_paths
from sacred.config.config_dict import ConfigModel
from sacred.config.declared.compounds import OneOf
from sacred.config.declared.declaration import AnyValue, Declaration
from sacred.config.declared.record_types import plain_form
from sacred.config.declared.scalars import Scalar
from sacred.serializer import flatten

if TYPE_CHECKING:
    from sacred.config.config_summary import ConfigSummary
    from sacred.initialize.configuration import Configured
    from sacred.initialize.scaffold import Scaffold

__all__ = ["DIALECT", "config_schema"]

#: The version of JSON Schema.
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def config_schema(configured: Configured, title: str) -> dict[str, Any]:
    """Return the JSON Schema of a configuration, for forms, sweeps and editors.

    An entry that is not typed may be anything; its default serves as an example. Ingredients are
    objects with their entries.

    Args:
        configured: the configuration, with the values that are the defaults.
        title: the name of the experiment.
    """
    definitions: dict[str, Any] = {}
    root: dict[str, Any] = {"$schema": DIALECT, "title": title, **_empty()}
    for path, scaffold in sorted(configured.scaffolding.items(), key=lambda pair: pair[0]):
        place = root
        for part in path.split(".") if path else ():
            place = place["properties"].setdefault(part, _empty())
            place.setdefault("properties", {})
        _add_entries(place, scaffold, configured.modifications, definitions)
    if definitions:
        root["$defs"] = definitions
    return root


def _empty() -> dict[str, Any]:
    return {"type": "object", "properties": {}}


def _add_entries(
    place: dict[str, Any], scaffold: Scaffold, known: ConfigSummary, definitions: dict[str, Any]
) -> None:
    config = {name: value for name, value in (scaffold.config or {}).items() if name != "__doc__"}
    models = [one for one in scaffold.config_scopes if isinstance(one, ConfigModel)]
    required = [
        name
        for model in models
        for name, field in model.record.fields.items()
        if field.is_required and name not in config
    ]
    names = dict.fromkeys([*config, *(name for model in models for name in model.declared)])
    for name in names:
        schema = _typed(scaffold.declaration(name), config, name, definitions)
        doc = known.docs.get(join_paths(scaffold.path, name))
        if doc:
            schema["description"] = doc
        default = _json_form(config.get(name))
        is_drawn = name == "seed" and not any("seed" in one for one in scaffold.summaries)
        if is_drawn:
            schema["type"] = "integer"
        elif default is not None or config.get(name, 0) is None:
            schema["default"] = default
        place["properties"].setdefault(str(name), {}).update(schema)
    if required:
        place["required"] = required


def _typed(
    declared: Declaration | None, config: Mapping[str, Any], name: str, definitions: dict[str, Any]
) -> dict[str, Any]:
    """The schema of an entry; an empty one if its default does not fit, as for updates."""
    if declared is None or isinstance(declared, AnyValue):
        return {}
    default = config.get(name, 0)
    if name in config and not declared.accepts(default):
        if default is not None:
            return {}
        declared = OneOf([declared, Scalar(type(None))])
    return declared.schema(definitions)


def _json_form(value: Any) -> Any:
    """A default as it would be typed in a form; None if there is no such thing."""
    try:
        form = flatten(_typed_in(plain_form(value)))
        json.dumps(form, allow_nan=False)
    except Exception:  # an infinite number, an object
        return None
    return form


def _typed_in(value: Any) -> Any:
    """What updates say for values that are no plain data: names of members, lists, texts."""
    if isinstance(value, dict):
        return {key: _typed_in(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_typed_in(item) for item in value]
    if isinstance(value, enum.Enum):
        return value.name
    return str(value) if isinstance(value, pathlib.PurePath) else value
