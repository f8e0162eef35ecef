"""Values and the lines of config scopes: hypothesis strategies."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.differential.model import Scope

__all__ = ["NAMES", "annotated", "literals", "plain_values", "scopes", "update_texts", "value_text"]

NAMES = ("a", "b", "c", "d", "lr", "xs")
_KEYS = ("k", "m", "n", "a", "deep")

_TEXTS = st.sampled_from(["", "x", "two words", "ü", "a=b", "1", "None", "[1", "it's", 'say "hi"'])
_FLOATS = st.sampled_from([0.5, -1.25, 1e-3, 3.0, 1e20, float("inf")])
_SCALARS = st.one_of(st.integers(-3, 5), st.just(10**12), st.booleans(), st.none(), _FLOATS, _TEXTS)

#: Python values that JSON can hold.
plain_values: st.SearchStrategy[Any] = st.recursive(
    _SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(_KEYS), inner, max_size=3)
    ),
    max_leaves=5,
)


def value_text(value: Any) -> str:
    """The expression that gives a value."""
    return repr(value).replace("inf", "float('inf')") if "inf" in repr(value) else repr(value)


#: Expressions that give values of all kinds.
literals: st.SearchStrategy[str] = st.one_of(
    plain_values.map(value_text),
    st.tuples(_SCALARS, _SCALARS).map(value_text),
    st.sampled_from(
        ["np.float64(1.5)", "np.int64(3)", "np.bool_(True)", "np.arange(3)", "(1, (2, [3]))"]
    ),
)

_DICTS = st.dictionaries(st.sampled_from(_KEYS), plain_values, min_size=1, max_size=3)


@st.composite
def scopes(
    draw: st.DrawFn, known: tuple[str, ...] = (), more: tuple[str, ...] = (), fails: bool = True
) -> Scope:
    """A scope that may take some of the entries `known` and of `more` (names it can only read)."""
    pool = [*known, *more]
    taken = draw(st.lists(st.sampled_from(pool), max_size=2, unique=True)) if pool else []
    names, lines = list(taken), list[str]()
    for _ in range(draw(st.integers(1, 4))):
        lines += draw(_statements(tuple(names), more))
        names += [line.split(" = ")[0] for line in lines if _assigns(line, names)]
    doc = draw(st.sampled_from([None, None, "About it.", "First line.\n\n    More.\n    "]))
    parameters = tuple(draw(annotated(name)) for name in taken)
    return Scope(parameters=parameters, lines=tuple(lines), doc=doc)


def annotated(name: str) -> st.SearchStrategy[str]:
    """A parameter, perhaps with an annotation: that of a function declares no entry."""
    return st.sampled_from(["", "", *_ANNOTATIONS]).map(lambda text: f"{name}{text and ': '}{text}")


_ANNOTATIONS = ["int", "str", "float", "'Undefined'", "list[int]", "dict", "object", "None"]


def _assigns(line: str, names: list[str]) -> bool:
    target = line.split(" = ")[0]
    return target.isidentifier() and target not in names


@st.composite
def _statements(draw: st.DrawFn, names: tuple[str, ...], more: tuple[str, ...]) -> list[str]:
    target = draw(st.sampled_from(NAMES))
    form = draw(st.sampled_from(_WITH_NAMES if names else _WITHOUT))
    comment = draw(st.sampled_from(["", "", "  # what it is", "  # pylint: disable"]))
    if form == "literal":
        return [f"{target} = {draw(literals)}{comment}"]
    if form == "above":
        return ["# said above", f"{target} = {draw(literals)}"]
    if form == "dict":
        return [f"{target} = {draw(_DICTS.map(value_text))}{comment}"]
    if form == "pair":
        other = draw(st.sampled_from([name for name in NAMES if name != target]))
        return [f"{target}, {other} = {draw(literals)}, {draw(literals)}{comment}"]
    if form == "loop":
        return [f"{target} = 0", "for i in range(3):", f"    {target} += i{comment}"]
    name = draw(st.sampled_from(names))
    if form == "expression":
        return [f"{target} = {draw(st.sampled_from(_EXPRESSIONS)).format(name)}{comment}"]
    if form == "branch":
        value, other = draw(literals), draw(literals)
        return [f"if {name}:", f"    {target} = {value}", "else:", f"    {target} = {other}"]
    return [draw(st.sampled_from(_CHANGES)).format(name)]


_WITHOUT = ["literal", "literal", "dict", "above", "pair", "loop"]
_WITH_NAMES = [*_WITHOUT, "expression", "expression", "expression", "branch", "change"]
_EXPRESSIONS = [
    "{0}", "[{0}, 1]", "{{'k': {0}}}", "str({0})", "f'{{{0}}}-1'", "({0}, {0})", "{0} * 2",
    "{0} if {0} else 3", "isinstance({0}, dict)", "type({0}).__name__", "{0} == 3",
    "len({0}) if hasattr({0}, '__len__') else -1", "{0}['k'] if isinstance({0}, dict) else 0",
    "list({0}) if isinstance({0}, (list, dict)) else []",
    "dict({0}) if isinstance({0}, dict) else {{}}",
    "sorted({0}) if isinstance({0}, dict) else 0", "{0} and 1",
]  # fmt: skip
_CHANGES = [
    "{0} = {0}", "{0} += 1", "{0}['k'] = 5", "{0}['deep'] = {{'k': 1}}", "{0}.append(1)",
    "{0} += [2]",
    "{0}.update(k=1)", "{0}['deep']['k'] = 7", "{0}[0] = 9", "del {0}", "{0}.setdefault('m', 2)",
    "{0}.pop('k', None)", "{0}.extend([1, 2])", "{0} = None",
]  # fmt: skip


def update_texts(names: tuple[str, ...]) -> st.SearchStrategy[str]:
    """Updates as they stand on a command line."""
    paths = st.sampled_from(names)
    nested = st.tuples(paths, st.sampled_from(_KEYS)).map(".".join)
    values = st.one_of(
        plain_values.map(repr),
        st.sampled_from(["text", "two words", "(1, 2)", "a=b", "", "'7'", "1e-3", "None", "[1"]),
        st.sampled_from(["true", "False", "no", "{}", "{'k': {}}", "{1: 2}", "0x10", " 3 "]),
    )
    whole = st.tuples(st.one_of(paths, paths, nested, st.just("new")), values)
    return whole.map("=".join)
