"""Conversion of annotations to declarations."""

from __future__ import annotations

import collections.abc
import enum
import pathlib
import types
import typing
from collections.abc import Callable, Mapping
from typing import Any

from sacred.config.declared.compounds import DictOf, ListOf, OneOf, TupleOf
from sacred.config.declared.constrained import Constrained, is_constraint
from sacred.config.declared.declaration import AnyValue, Declaration
from sacred.config.declared.record_types import Record, fields_of_class, is_record_class
from sacred.config.declared.scalars import SCALARS, Choice, EnumMember, PathValue, Scalar

__all__ = ["declaration_of"]

_ANY = AnyValue()
_LISTS = (
    list,
    collections.abc.Sequence,
    collections.abc.MutableSequence,
    collections.abc.Collection,
    collections.abc.Iterable,
)
_SETS = (set, collections.abc.Set, collections.abc.MutableSet)
_DICTS = (dict, collections.abc.Mapping, collections.abc.MutableMapping)
# They say something about the name, and not about its value.
_WRAPPERS = tuple(
    getattr(typing, name)
    for name in ("Final", "ClassVar", "Required", "NotRequired", "ReadOnly")
    if hasattr(typing, name)
)
_ALIAS = getattr(typing, "TypeAliasType", ())  # of the statement `type X = ...`


def declaration_of(annotation: Any, names: Mapping[str, Any] | None = None) -> Declaration:
    """Return the declaration that an annotation stands for.

    Args:
        annotation: the evaluated annotation; strings in it are evaluated here.
        names: the names that the strings may use.

    Returns:
        `AnyValue` for types that say nothing about values of a configuration (classes of other
        packages, callables); these values are not checked.

    Raises:
        Exception: a string cannot be evaluated.

    >>> import typing
    >>> declaration_of(dict[str, typing.Optional[float]]).name
    'a dict of str to float or None'
    """
    return _Reader(names or {}).read(annotation)


class _Reader:
    """Reads one annotation; `names` is what texts in it may name."""

    def __init__(self, names: Mapping[str, Any]) -> None:
        self._names = names
        #: Records by class: a field may be of the class itself.
        self._records: dict[type, Record] = {}

    def read(self, annotation: Any) -> Declaration:
        if isinstance(annotation, typing.ForwardRef):
            annotation = annotation.__forward_arg__
        if isinstance(annotation, str):
            annotation = eval(annotation, {**self._names})
        if annotation is None:
            annotation = type(None)
        if isinstance(annotation, typing.NewType):
            return self.read(annotation.__supertype__)
        if _ALIAS and isinstance(annotation, _ALIAS):
            return self.read(annotation.__value__)
        if isinstance(annotation, typing.TypeVar):
            return self.read(annotation.__bound__) if annotation.__bound__ else _ANY
        origin = typing.get_origin(annotation)
        if origin is not None:
            return self._generic(annotation, origin, typing.get_args(annotation))
        return self._class(annotation) if isinstance(annotation, type) else _ANY

    def _class(self, cls: type) -> Declaration:
        if cls in SCALARS:
            return Scalar(cls)
        if cls in _LISTS or cls in _SETS or cls in _DICTS or cls in (tuple, frozenset):
            return self._generic(cls, cls, ())
        if is_record_class(cls):
            return self._record(cls)
        if issubclass(cls, enum.Enum):
            return EnumMember(cls) if cls.__members__ else _ANY
        if issubclass(cls, pathlib.PurePath):
            return PathValue(cls)
        return _ANY

    def _record(self, cls: type) -> Declaration:
        if cls not in self._records:
            self._records[cls] = record = Record(cls)
            record.fields = fields_of_class(cls, self.read, self._names)
        return self._records[cls]

    def _generic(self, annotation: Any, origin: Any, arguments: tuple[Any, ...]) -> Declaration:
        if origin is typing.Union or origin is types.UnionType:
            return OneOf([self.read(one) for one in arguments])
        if origin is typing.Literal:
            return Choice(arguments)
        if origin is typing.Annotated:
            remarks = [one for one in annotation.__metadata__ if is_constraint(one)]
            inner = self.read(arguments[0])
            return Constrained(inner, arguments[0], remarks) if remarks else inner
        if origin in _WRAPPERS:
            return self.read(arguments[0])
        if origin in _DICTS:
            key, item = arguments or (Any, Any)
            return DictOf(self.read(key), self.read(item))
        if origin is tuple:
            return self._tuple(annotation, arguments)
        item = self.read(arguments[0] if arguments else Any)
        if origin in _LISTS:
            return ListOf(item)
        if origin in _SETS or origin is frozenset:
            make: Callable[[list[Any]], Any] = frozenset if origin is frozenset else set
            return ListOf(item, make, (set, frozenset))
        return _ANY

    def _tuple(self, annotation: Any, arguments: tuple[Any, ...]) -> Declaration:
        if annotation in (tuple, tuple) or not all(
            isinstance(one, collections.abc.Hashable) for one in arguments
        ):
            return ListOf(_ANY)
        if len(arguments) == 2 and arguments[1] is Ellipsis:
            return ListOf(self.read(arguments[0]))
        return TupleOf([self.read(one) for one in arguments])
