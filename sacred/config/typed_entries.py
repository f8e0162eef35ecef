"""Words on the command line whose meaning depends on the entry.

``flag=false``, ``limit=inf``, ``commit=1e5`` and ``id=007`` may be strings or other
values. The command line marks such values (`CommandLineText`, `CommandLineInt`,
`CommandLineFloat`), and the source that knows the entry decides (`as_entry`). Marks never
become part of a configuration.

Edits of an entry (``xs+=[3]``, ``~d.x``) are marked keys: `AppendKey`, `DeleteKey`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any, Protocol

from sacred._base.frozen import Sentinel

__all__ = [
    "DELETED",
    "AppendKey",
    "CommandLineFloat",
    "CommandLineInt",
    "CommandLineText",
    "DeleteKey",
    "TypedValues",
    "annotates_records",
    "as_entry",
    "declares_bool",
    "marked_number",
    "unmarked",
    "without_marks",
]

_BOOLS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
# The floats that have no literal in Python.
_FLOATS = frozenset(sign + word for sign in ("", "+", "-") for word in ("nan", "inf", "infinity"))
_NUMBER = r"[+-]?\d+(?:\.\d*)?"
_FRACTION = rf"({_NUMBER})\s*/\s*({_NUMBER})"
# Not compiled before it is needed, as all patterns of a short run.
_BOOL_ANNOTATION = (
    r"""^['"]?(?:\w+\.)?(?:Optional\[)?(?:None\s*\|\s*)?bool(?:\s*\|\s*None)?\]?['"]?$"""
)


_PLAIN_ANNOTATIONS = ("str", "int", "float", "bool", "dict", "list", "tuple", None)


class CommandLineText(str):
    """The text of an update that is not a Python literal; never part of a configuration.

    >>> as_entry(CommandLineText("No"), True)
    False
    >>> as_entry(CommandLineText("No"), "Yes"), as_entry(CommandLineText("-inf"), 0.5)
    ('No', -inf)
    """

    __slots__ = ()


class CommandLineInt(int):
    """An int in an update, with the text as it was typed; see `marked_number`."""

    text: str


class CommandLineFloat(float):
    """A float in an update, with the text as it was typed; see `marked_number`."""

    text: str


class AppendKey(str):
    """The key of elements that an update appends to a list: ``xs+`` for the entry ``xs``."""

    __slots__ = ()


class DeleteKey(str):
    """The key of an update that deletes an entry: ``~x`` for the entry ``x``."""

    __slots__ = ()


#: The fixed value of an entry that an update deletes.
DELETED: Any = Sentinel("DELETED", __name__)


class TypedValues(Protocol):
    """Fixed values that are converted to the declared types of their entries (see `declared`)."""

    @property
    def fixed(self) -> Mapping[Any, Any]:
        """The values."""
        ...

    def assign(self, name: Any, own: Any) -> bool:
        """Convert a value when the source sets its entry; return whether it fits.

        Args:
            name: of the entry.
            own: the value that the source itself sets.
        """
        ...

    def assign_rest(self, assigned: Collection[Any], earlier: Mapping[Any, Any]) -> None:
        """Convert the values whose entries the source has not set.

        Args:
            assigned: names of the entries that it has set.
            earlier: the entries of earlier sources.
        """
        ...


def marked_number(number: Any, text: str) -> Any:
    """Return a command-line number that remembers its text, for entries that are strings.

    A number in parentheses is always a number.

    Args:
        number: a value; if it is not a number, it is returned unchanged.
        text: how it was written.

    >>> number = marked_number(100000.0, "1e5")
    >>> number == 1e5, as_entry(number, 0.5), as_entry(number, "8badf00d")
    (True, 100000.0, '1e5')
    """
    marks: dict[type, type] = {int: CommandLineInt, float: CommandLineFloat}
    mark = marks.get(type(number))
    if mark is None or text.startswith("("):
        return number
    marked = mark(number)
    marked.text = text
    return marked


def as_entry(fixed: Any, *known: Any, is_bool: bool = False) -> Any:
    """Convert a fixed value to the type of an entry.

    Args:
        fixed: the value set from outside.
        known: the values that sources give to the entry.
        is_bool: the entry is declared to be a bool.

    Returns:
        `fixed` itself, unless it is marked. A marked number becomes its text where the entry is a
        string. A value that equals a member of the enumeration that the entry has is that member
        (an ``IntEnum`` is stored as its number); so is a marked text that is the name or the
        value of one. A marked text is a bool where the entry is one and the text says so; a float
        where it is one (``inf``, ``1/3``); a list or dict likewise (``[a, b]``, ``{a: 1}``);
        None for ``null`` where the entry is no text; else a plain str.
    """
    for value in known:
        member = _member(fixed, value)
        if member is not None:
            return member
    if isinstance(fixed, CommandLineInt | CommandLineFloat):
        return fixed.text if any(isinstance(value, str) for value in known) else unmarked(fixed)
    if not isinstance(fixed, CommandLineText):
        return fixed
    if fixed == "null" and any(value is None for value in known):
        return None
    if is_bool or any(map(_is_bool, known)):
        known = (True,)
    for value in known:
        for kinds, convert in _CONVERSIONS:
            if isinstance(value, kinds):
                converted = None if fixed == "null" else convert(fixed)
                return str(fixed) if converted is fixed else converted
    return str(fixed)


def _member(fixed: Any, value: Any) -> Any:
    """The member of the enumeration of `value` that `fixed` stands for, or None."""
    members = getattr(type(value), "_value2member_map_", None)
    if not isinstance(members, dict) or type(fixed) is bool or not isinstance(fixed, str | int):
        return None
    if type(fixed) is CommandLineText and fixed in type(value).__members__:
        return type(value).__members__[fixed]
    member = members.get(fixed)
    # Other members, such as those of a plain `Enum`, do not equal what is given for them.
    return member if member == fixed or type(fixed) is CommandLineText else None


def _as_bool(text: CommandLineText) -> Any:
    return _BOOLS.get(text.lower(), text)


def _as_float(text: CommandLineText) -> Any:
    if text.lower() in _FLOATS:
        return float(text)
    fraction = re.fullmatch(_FRACTION, text)
    if fraction is None or not float(fraction[2]):
        return text
    return float(fraction[1]) / float(fraction[2])


def _as_container(text: CommandLineText) -> Any:
    """A list or dict in which texts need no quotes, as in YAML.

    >>> _as_container(CommandLineText("{a: [b, 1e-3], c: null}"))
    {'a': ['b', 0.001], 'c': None}
    """
    if text[:1] not in ("[", "{"):
        return text
    import ast  # hardly ever needed

    words: dict[str, Any] = {"true": True, "false": False, "null": None}
    words |= {word: float(word) for word in ("nan", "inf")}

    class Quote(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.Constant:
            return ast.Constant(words.get(node.id, node.id))

    try:
        return ast.literal_eval(Quote().visit(ast.parse(text, mode="eval")))
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return text


def _unchanged(text: CommandLineText) -> Any:
    return text


# bool first: it is an int, too.
_CONVERSIONS: tuple[tuple[Any, Callable[[CommandLineText], Any]], ...] = (
    (bool, _as_bool),
    (float, _as_float),
    (int, _unchanged),
    (list | tuple | dict, _as_container),
)


def _is_bool(value: Any) -> bool:
    # numpy's bool is no bool to `isinstance`, and numpy need not be there.
    return isinstance(value, bool) or type(value).__name__ in ("bool_", "bool")


def declares_bool(annotation: str) -> bool:
    """Whether the source text of an annotation stands for bool (or None).

    >>> [declares_bool(text) for text in ("bool", "bool | None", "Optional[bool]", "int")]
    [True, True, True, False]
    """
    return re.match(_BOOL_ANNOTATION, annotation) is not None


def annotates_records(function: Any) -> bool:
    """Whether annotations of a function may name classes with fields (a cheap check)."""
    try:
        annotations = function.__annotations__ or {}
    except Exception:  # from Python 3.14 on, they are evaluated here
        return False
    return any(
        name != "return"
        and (isinstance(one, str) or getattr(one, "__module__", "") != "builtins")
        and one not in _PLAIN_ANNOTATIONS
        for name, one in annotations.items()
    )


def unmarked(value: Any) -> Any:
    """Return the plain value of one that may be marked.

    >>> type(unmarked(CommandLineText("No"))), type(unmarked(marked_number(3, "3")))
    (<class 'str'>, <class 'int'>)
    """
    kind = type(value)
    if kind is CommandLineText:
        return str(value)
    if kind is CommandLineInt:
        return int(value)
    return float(value) if kind is CommandLineFloat else value


def without_marks(updates: Any) -> Any:
    """Return updates with plain keys and values instead of marked ones, as they are stored.

    >>> type(without_marks({"a": {"b": CommandLineText("No")}})["a"]["b"])
    <class 'str'>
    """
    if type(updates) is dict:
        return {
            str(key) if isinstance(key, str) else key: without_marks(value)
            for key, value in updates.items()
        }
    return unmarked(updates)
