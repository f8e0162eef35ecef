"""Dataclasses, `TypedDict`, attrs classes and pydantic models as declared types."""

from __future__ import annotations

import dataclasses
import sys
import typing
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any

from sacred._base.frozen import Frozen
from sacred._base.text import did_you_mean
from sacred.config.declared.compounds import as_container
from sacred.config.declared.declaration import MISSING, AnyValue, Declaration, WrongValue, below
from sacred.config.typed_entries import DELETED

__all__ = ["Field", "Record", "fields_of_class", "is_record_class"]


class Field(Frozen, kw_only=False):
    """One field of a record.

    Attributes:
        declaration: the type of its values.
        default: its default in a configuration; `MISSING` if it must be set.
        is_required: whether it must be present.
    """

    declaration: Declaration
    default: Any
    is_required: bool


def is_record_class(cls: Any) -> bool:
    """Whether an object is a class whose fields can be declared."""
    if not isinstance(cls, type):
        return False
    return (
        dataclasses.is_dataclass(cls)
        or typing.is_typeddict(cls)
        or hasattr(cls, "__attrs_attrs__")
        or _is_model(cls)
    )


def _is_model(cls: Any) -> bool:
    return hasattr(cls, "model_fields") and hasattr(cls, "model_validate")


def fields_of_class(
    cls: Any, read: Callable[[Any], Declaration], names: Mapping[str, Any]
) -> dict[str, Field]:
    """Read the fields of a class, by the names of its constructor's parameters.

    Args:
        cls: the class.
        read: makes the declaration of an annotation.
        names: names that string annotations may use, besides the globals of the module.
    """
    rows = _rows(cls)
    hints = _hints(cls, names, dict(rows))
    fields = {}
    for name, (annotation, default) in rows.items():
        annotation = hints.get(name, annotation)
        try:
            declaration = read(annotation)
        except Exception:  # as annotations of scopes: not typed
            declaration = AnyValue()
        required = default is MISSING
        if typing.is_typeddict(cls):
            required = name in cls.__required_keys__
        fields[name] = Field(declaration, plain_form(default), required)
    return fields


# Annotation and default of each field.
_Rows = dict[str, tuple[Any, Any]]


def _rows(cls: Any) -> _Rows:
    if _is_model(cls):
        return {name: _row_of_model(field) for name, field in cls.model_fields.items()}
    if dataclasses.is_dataclass(cls):
        return {
            field.name: (field.type, _default(field.default, field.default_factory))
            for field in dataclasses.fields(cls)
            if field.init
        }
    if hasattr(cls, "__attrs_attrs__"):
        return {
            field.alias: (field.type if field.type is not None else Any, _attrs_default(field))
            for field in cls.__attrs_attrs__
            if field.init
        }
    return {name: (annotation, MISSING) for name, annotation in cls.__annotations__.items()}


def _default(default: Any, factory: Any) -> Any:
    if factory is not None and factory is not dataclasses.MISSING:
        return factory()
    return MISSING if default is dataclasses.MISSING else default


def _row_of_model(field: Any) -> tuple[Any, Any]:
    annotation = field.annotation
    for remark in field.metadata:
        annotation = Annotated[annotation, remark]
    return annotation, MISSING if field.is_required() else field.get_default(
        call_default_factory=True
    )


def _attrs_default(field: Any) -> Any:
    default = field.default
    if hasattr(default, "factory"):
        # One that needs the instance cannot be known before.
        return MISSING if default.takes_self else default.factory()
    return MISSING if type(default).__name__ in ("_Nothing", "NothingType") else default


def _hints(cls: Any, names: Mapping[str, Any], rows: Mapping[str, Any]) -> dict[str, Any]:
    """The evaluated annotations; those that cannot be evaluated are left out."""
    if _is_model(cls):
        return {}  # it has done so itself
    known = {**vars(sys.modules.get(cls.__module__, typing)), cls.__name__: cls, **names}
    try:
        hints = typing.get_type_hints(cls, known, known, include_extras=True)
    except Exception:
        hints = {}
        for name, (annotation, _) in rows.items():
            try:
                hints[name] = eval(annotation, known) if isinstance(annotation, str) else annotation
            except Exception:
                pass
    return {name: hint for name, hint in hints.items() if name in rows}


def plain_form(value: Any) -> Any:
    """Return records as dicts, at every level, and other values unchanged."""
    if is_record_class(type(value)):
        return {name: plain_form(item) for name, item in _values_of(value).items()}
    if isinstance(value, dict):
        return {key: plain_form(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain_form(item) for item in value]
    return value


def _values_of(instance: Any) -> dict[str, Any]:
    """The values of the fields of an instance, by the names that its constructor has for them."""
    if hasattr(type(instance), "__attrs_attrs__"):
        rows = type(instance).__attrs_attrs__
        return {field.alias: getattr(instance, field.name) for field in rows if field.init}
    return {name: getattr(instance, name) for name in _rows(type(instance))}


class Record(Declaration):
    """The fields of a class; in a configuration a dict, or an instance if the default is one.

    Args:
        cls: the class.

    Attributes:
        fields: by name; set after construction, because a field may have the class itself as its
            type.
    """

    has_fields = True

    def __init__(self, cls: Any) -> None:
        self.cls = cls
        self.name = cls.__name__
        self.fields: dict[str, Field] = {}

    @property
    def records(self) -> frozenset[Any]:
        """The class itself, unless its instances are dicts."""
        return frozenset() if self.is_plain else frozenset([self.cls])

    def field(self, name: str) -> Declaration | None:
        """The declared type of a field.

        Args:
            name: of the field.
        """
        return self.fields[name].declaration if name in self.fields else None

    @property
    def is_plain(self) -> bool:
        """Whether its instances are dicts."""
        return typing.is_typeddict(self.cls)

    def _is_instance(self, value: Any) -> bool:
        return not self.is_plain and isinstance(value, self.cls)

    def accepts(self, value: Any) -> bool:
        """Whether a value is an instance, or a dict whose entries are the fields."""
        if not isinstance(value, Mapping):
            return self._is_instance(value)
        return all(
            name in self.fields and self.fields[name].declaration.accepts(item)
            for name, item in value.items()
        ) and all(name in value for name, field in self.fields.items() if field.is_required)

    def convert(self, value: Any, path: str, wrong: list[WrongValue]) -> Any:
        """Convert a dict of all fields; those with defaults may be left out.

        Args:
            value: the dict, or an instance.
            path: of the entry.
            wrong: receives the values that do not fit.
        """
        return self.update(value, MISSING, path, wrong)

    def update(self, value: Any, own: Any, path: str, wrong: list[WrongValue]) -> Any:
        """Convert a dict of some fields.

        Args:
            value: the dict, or an instance.
            own: the entry's value.
            path: of the entry.
            wrong: receives the values that do not fit.

        Returns:
            an instance if `own` is one, else a dict of the fields in `value`.
        """
        if self._is_instance(value):
            return value
        given = as_container(value, {})
        if not isinstance(given, Mapping):
            return self.refuse(value, path, wrong, f"As an entry of it: {path}.NAME=VALUE")
        had = self._current(own)
        found: list[WrongValue] = []
        made = {} if had else self._defaults(given, path, found)
        for name, item in given.items():
            here = below(path, name)
            if name not in self.fields:
                hint = did_you_mean(str(name), self.fields)
                hint = hint or f"It has {', '.join(map(str, self.fields))}"
                found.append(WrongValue(here, item, f"a field of {self.name}", hint))
            elif item is not DELETED:
                field = self.fields[name].declaration
                made[name] = field.update(item, had.get(name, MISSING), here, found)
            else:
                made[name] = item
        whole = merge_parts(had, made)
        if not found:
            found = self.problems(whole, path)
        wrong.extend(found)
        return self.instance(whole) if self._is_instance(own) and not found else made

    def _current(self, own: Any) -> dict[str, Any]:
        if isinstance(own, Mapping):
            return dict(own)
        return _values_of(own) if self._is_instance(own) else {}

    def _defaults(
        self, given: Mapping[Any, Any], path: str, wrong: list[WrongValue]
    ) -> dict[str, Any]:
        for name, field in self.fields.items():
            if field.is_required and name not in given:
                wrong.append(WrongValue(below(path, name), MISSING, field.declaration.name))
        return self.defaults()

    def defaults(self) -> dict[str, Any]:
        """Return the defaults of the fields that have one, as plain values."""
        fields = self.fields.items()
        return {name: field.default for name, field in fields if field.default is not MISSING}

    def schema(self, definitions: dict[str, Any]) -> dict[str, Any]:
        """Return the JSON Schema: a reference to the schema of the class."""
        name, identity = self.name, f"{self.cls.__module__}.{self.cls.__qualname__}"
        while name in definitions and definitions[name]["$comment"] != identity:
            name += "_"  # another class of that name
        if name not in definitions:
            schema: dict[str, Any] = {"$comment": identity, "type": "object"}
            definitions[name] = schema  # before its fields: one may refer to it
            schema["properties"] = {
                field: one.declaration.schema(definitions) for field, one in self.fields.items()
            }
            schema["required"] = [field for field, one in self.fields.items() if one.is_required]
            schema["additionalProperties"] = False
        return {"$ref": f"#/$defs/{name}"}

    def problems(self, values: Mapping[str, Any], path: str) -> list[WrongValue]:
        """Return the objections of the class itself to values of its fields.

        Args:
            values: by name.
            path: of the entry.
        """
        try:
            self.instance(values)
        except Exception as error:
            if not hasattr(error, "errors"):  # pydantic has a list of them
                return [WrongValue(path, MISSING, self.name, problem=_text(error, self.name))]
            return [
                WrongValue(
                    ".".join([*([path] if path else []), *map(str, one["loc"])]),
                    one["input"] if one["loc"] else MISSING,
                    self.name,
                    problem=one["msg"],
                )
                for one in error.errors()
            ]
        return []

    def instance(self, value: Any) -> Any:
        """Create an instance from the values of the fields; see `Declaration.instance`."""
        if not isinstance(value, Mapping):
            return value
        values = {
            name: self.fields[name].declaration.instance(item) if name in self.fields else item
            for name, item in value.items()
            if item is not DELETED
        }
        if _is_model(self.cls):
            return self.cls.model_validate(values)
        return values if self.is_plain else self.cls(**values)


def _text(error: Exception, name: str) -> str:
    return f"{name}: {error}" if isinstance(error, ValueError | TypeError) else repr(error)


def merge_parts(own: Any, part: Any) -> Any:
    """Return a value in which some parts are replaced.

    Args:
        own: the value.
        part: the changes, as dicts, with indices as keys for lists; anything else is a new value.

    >>> merge_parts({"a": {"x": 1, "y": [1, 2]}}, {"a": {"y": {"0": 5}}})
    {'a': {'x': 1, 'y': [5, 2]}}
    """
    if not isinstance(part, Mapping):
        return part
    if isinstance(own, Sequence) and not isinstance(own, str):
        items = list(own)
        for index, item in part.items():
            number = int(index)
            if -len(items) <= number < len(items):
                items[number] = merge_parts(items[number], item)
        return items
    if not isinstance(own, Mapping):
        return part
    return {**own, **{name: merge_parts(own.get(name), item) for name, item in part.items()}}
