"""From values to plain data.

Our own code writes nearly all of them: it is fast, and takes a consistent copy of containers
that other threads change. jsonpickle writes classes, functions and rare pandas objects.
"""

from __future__ import annotations

import collections
import datetime
import json
import time
import types
from typing import TYPE_CHECKING, Any, TypeVar

from sacred._base.secret_text import SecretValue
from sacred.serializer.array_likes import array_like
from sacred.serializer.dates import flatten_date
from sacred.serializer.escaped_text import flatten_escaped, has_surrogates
from sacred.serializer.field_objects import fields_of, is_made_of_fields
from sacred.serializer.foreign import encode_other
from sacred.serializer.object_text import ObjectText, flatten_text
from sacred.serializer.standard_types import flatten_standard
from sacred.serializer.tags import circular_reference, escape_key, is_reserved

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["flatten", "flatten_rest", "is_plain"]

T = TypeVar("T")

_ATOMS = frozenset({int, float, bool, type(None)})
_SCALARS = _ATOMS | {str}

# MongoDB refuses documents that are nested more deeply than 100 levels; JSON
# readers give up somewhere above.
_MAX_DEPTH = 200

_MAX_ATTEMPTS = 100


def flatten(obj: Any) -> Any:
    """Return a copy of `obj` in plain JSON form: None, bool, int, float, str, list, dict.

    - Numbers that are not Python's own (numpy) become Python's; NaN and the
      infinities stay floats (see `sacred.serializer.dumps`).
    - Subclasses of dict, list and so on become plain.
    - Keys that are not strings are written as ``json://…``, and so are strings
      that would be taken for a tag. So do not flatten twice.
    - Tensors of any library become numbers (without dimensions) or arrays, dataclasses
      their fields; paths, exact numbers, ids and so on get the form of jsonpickle.
    - Other objects are stored as a short text (`sacred.serializer.object_text`). What
      cannot be stored (a circular reference, an object that raises) is replaced by a text
      that says so; `flatten` itself does not fail.

    >>> flatten({1: (2, 3)})
    {'json://1': {'py/tuple': [2, 3]}}
    """
    if type(obj) in _ATOMS:
        return obj
    return _Writer(escape=True).flatten(obj)


def flatten_rest(obj: Any) -> Any:
    """Flatten what is not flat yet, keeping tags and escaped keys."""
    kind = type(obj)
    if kind in _SCALARS:
        return obj
    return _Writer(escape=False).flatten(obj)


def is_plain(obj: Any) -> bool:
    """Return whether `obj` is its own flattened form.

    >>> is_plain({"a": [1, None]}), is_plain((1,)), is_plain({1: 2})
    (True, False, False)
    """
    seen: set[int] = set()
    pending = [obj]
    while pending:
        value = pending.pop()
        kind = type(value)
        if kind in _ATOMS or (kind is str and not has_surrogates(value)):
            continue
        if kind not in (dict, list):
            return False
        if id(value) in seen:  # shared, or a circle: a tree is asked for
            return _is_tree_of_plain(obj)
        seen.add(id(value))
        if kind is dict:
            if not all(map(_is_plain_key, value)):
                return False
            pending.extend(value.values())
        else:
            pending.extend(value)
    return True


def _is_plain_key(key: Any) -> bool:
    return type(key) is str and not is_reserved(key) and not has_surrogates(key)


def _is_tree_of_plain(value: Any, above: tuple[int, ...] = ()) -> bool:
    """As `is_plain`, for data in which a container stands more than once."""
    if type(value) in _ATOMS or (type(value) is str and not has_surrogates(value)):
        return True
    if type(value) not in (dict, list) or id(value) in above or len(above) >= _MAX_DEPTH:
        return False
    above = (*above, id(value))
    if type(value) is dict:
        if not all(map(_is_plain_key, value)):
            return False
        value = value.values()
    return all(_is_tree_of_plain(item, above) for item in value)


class _Writer:
    """A traversal of one value."""

    def __init__(self, escape: bool) -> None:
        self._escape = escape
        # The enclosing containers, to detect cycles.
        self._open: set[int] = set()

    def flatten(self, value: Any) -> Any:
        kind = type(value)
        if kind in _ATOMS:
            return value
        if kind is str:
            # What is flat already may be a name, which has no other form.
            is_odd = self._escape and has_surrogates(value)
            return flatten_escaped(value) if is_odd else value
        write = _WRITERS.get(kind)
        if write is None:
            write = _writer_for(value)
        key = id(value)
        if key in self._open:
            return circular_reference(kind)
        if len(self._open) >= _MAX_DEPTH:
            return f"<a {kind.__name__}, nested too deeply>"
        self._open.add(key)
        try:
            return write(self, value)
        except Exception as error:
            # A result or an info that cannot be stored must not end the run.
            return _placeholder(value, error)
        finally:
            self._open.discard(key)

    def _dict(self, value: dict[Any, Any]) -> dict[str, Any]:
        flat = {}
        for key, item in _snapshot(value.items):
            if type(key) is not str:
                key = self._key(key)
            elif self._escape and (is_reserved(key) or (not key.isascii() and has_surrogates(key))):
                key = escape_key(flatten(key))
            kind = type(item)
            # Inlined, as nearly all there is are such values.
            is_flat = kind in _ATOMS or (kind is str and item.isascii())
            flat[key] = item if is_flat else self.flatten(item)
        return flat

    def _key(self, key: Any) -> str:
        flat = _Writer(escape=True).flatten(key)
        if isinstance(flat, str) and not is_reserved(flat):
            return flat  # a sub-class of str
        return escape_key(flat)

    def _list(self, value: list[Any]) -> list[Any]:
        flatten = self.flatten
        return [
            item
            if type(item) in _ATOMS or (type(item) is str and item.isascii())
            else flatten(item)
            for item in _snapshot(value.__iter__)
        ]

    def _tuple(self, value: tuple[Any, ...]) -> dict[str, Any]:
        return {"py/tuple": [self.flatten(item) for item in value]}

    def _set(self, value: set[Any]) -> dict[str, Any]:
        return {"py/set": [self.flatten(item) for item in _snapshot(value.__iter__)]}

    def _frozenset(self, value: frozenset[Any]) -> dict[str, Any]:
        items = [self.flatten(item) for item in value]
        return {"py/reduce": [{"py/type": "builtins.frozenset"}, {"py/tuple": [items]}]}

    def _bytes(self, value: bytes) -> dict[str, Any]:
        # Not at the top, as others below: few values need one of them.
        import base64

        return {"py/b64": base64.b64encode(value).decode("ascii")}

    def _complex(self, value: complex) -> dict[str, Any]:
        parts = {"py/tuple": [value.real, value.imag]}
        return {"py/object": "builtins.complex", "py/newargs": parts}

    def _timedelta(self, value: datetime.timedelta) -> dict[str, Any]:
        parts = {"py/tuple": [value.days, value.seconds, value.microseconds]}
        return {"py/reduce": [{"py/type": "datetime.timedelta"}, parts]}

    def _timezone(self, value: datetime.timezone) -> dict[str, Any]:
        arguments: Any = value.__getinitargs__()  # type: ignore[attr-defined]
        parts = {"py/tuple": [self.flatten(argument) for argument in arguments]}
        return {"py/reduce": [{"py/type": "datetime.timezone"}, parts]}

    def _date(self, value: Any) -> dict[str, Any]:
        return flatten_date(value, self.flatten)

    def _numpy(self, value: Any) -> Any:
        if type(value).__name__ == "ndarray" and value.shape == ():
            return self.flatten(value[()])  # a number
        from sacred.serializer.arrays import flatten_numpy

        return flatten_numpy(value, self.flatten)

    def _pandas(self, value: Any) -> Any:
        from sacred.serializer.frames import flatten_pandas

        # Contents are not flat yet, whatever encloses them.
        escape, self._escape = self._escape, True
        try:
            flat = flatten_pandas(value, self.flatten)
        finally:
            self._escape = escape
        return self._by_jsonpickle(value) if flat is NotImplemented else flat

    def _other(self, value: Any) -> Any:
        flat = flatten_standard(value, self.flatten)
        if flat is not NotImplemented:
            return flat
        if hasattr(type(value), "__next__"):
            # Whatever looks into it might use up the user's iterator.
            return f"<{type(value).__name__}>"
        plain = array_like(value)
        if plain is not NotImplemented:
            return self.flatten(plain)
        if isinstance(value, datetime.tzinfo):
            return self._by_jsonpickle(value)
        if isinstance(value, _FOUND_BY_NAME):
            flat = self._by_jsonpickle(value)
            return flatten_text(value) if flat is None else flat
        fields = fields_of(value)
        if fields is None:
            return flatten_text(value)
        if not (is_made_of_fields(value) or is_plain(fields)):
            items = fields.values()
            others = [item for item in items if _package_of(type(item)) not in _ARRAY_PACKAGES]
            # jsonpickle's handlers for these may be the user's own.
            return self._by_jsonpickle(value) if is_plain(others) else flatten_text(value)
        cls = type(value)
        return {"py/object": f"{cls.__module__}.{cls.__qualname__}", **self._dict(fields)}

    def _object_text(self, value: ObjectText) -> dict[str, Any]:
        return dict(value.form)

    def _by_jsonpickle(self, value: Any) -> Any:
        return json.loads(_retried(lambda: encode_other(value, self._inner)))

    def _inner(self, value: Any) -> Any:
        return _Writer(escape=True).flatten(value)


_FOUND_BY_NAME = (type, types.FunctionType, types.BuiltinFunctionType)

_WRITERS: dict[type, Callable[[_Writer, Any], Any]] = {
    dict: _Writer._dict,
    list: _Writer._list,
    tuple: _Writer._tuple,
    set: _Writer._set,
    frozenset: _Writer._frozenset,
    bytes: _Writer._bytes,
    complex: _Writer._complex,
    datetime.datetime: _Writer._date,
    datetime.date: _Writer._date,
    datetime.time: _Writer._date,
    datetime.timedelta: _Writer._timedelta,
    datetime.timezone: _Writer._timezone,
    collections.deque: _Writer._list,
    ObjectText: _Writer._object_text,
}

# Sub-classes become what they are sub-classes of; the first that fits counts.
_PLAIN_BASES: tuple[tuple[type, Callable[[_Writer, Any], Any]], ...] = (
    (bool, lambda _, value: bool(value)),
    (int, lambda _, value: int.__int__(value)),
    (float, lambda _, value: float.__float__(value)),
    (SecretValue, lambda writer, value: writer.flatten(value.template)),
    (str, lambda writer, value: writer.flatten(str.__str__(value))),
    (dict, _Writer._dict),
    (list, _Writer._list),
    (tuple, _Writer._tuple),
)


_ARRAY_PACKAGES = ("numpy", "pandas")


def _package_of(cls: type) -> str:
    return str(cls.__module__).partition(".")[0]


def _writer_for(value: Any) -> Callable[[_Writer, Any], Any]:
    # By the name of the module, so that neither package need be loaded. numpy goes
    # first: `np.float64` is a sub-class of float as well.
    for cls in type(value).__mro__:
        package = _package_of(cls)
        if package == "numpy":
            return _Writer._numpy
        if package == "pandas":
            return _Writer._pandas
    for base, write in _PLAIN_BASES:
        if isinstance(value, base):
            return write
    return _Writer._other


def _snapshot(iterate: Callable[[], Iterable[Any]]) -> list[Any]:
    """Return the items of a container that other threads may be changing."""
    try:
        return list(iterate())
    except RuntimeError:  # rare, so the first attempt is inlined
        return _retried(lambda: list(iterate()))


def _retried(action: Callable[[], T]) -> T:
    for _ in range(_MAX_ATTEMPTS):
        try:
            return action()
        except RecursionError:
            raise
        except RuntimeError:
            # "dictionary changed size during iteration": let the other thread finish.
            time.sleep(0.001)
    return action()


def _placeholder(value: Any, error: Exception) -> str:
    try:
        reason = f"{type(error).__name__}: {error}"
    except Exception:  # an error of the user's may raise in its own __str__
        reason = type(error).__name__
    return f"<a {type(value).__name__} that cannot be stored ({reason})>"
