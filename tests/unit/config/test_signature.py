import inspect
import sys
from collections import OrderedDict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sacred._base.errors import MissingConfigError, SignatureError
from sacred.config.signature import Signature


def f(a, b, c=3, d=4):
    return a, b, c, d


def fv(a, *args, b=1, **kw):
    return a, args, b, kw


def fk(a, *, k, m=2):
    return a, k, m


def fp(p, q=1, /, r=2, *, s):
    return p, q, r, s


class A:
    def meth(self, x, y=2):
        pass

    @classmethod
    def cm(cls, x):
        pass


def test_what_it_knows():
    signature = Signature(fv)
    assert signature.name == "fv"
    assert signature.arguments == ["a", "b"]
    assert signature.positional_args == ["a"]
    assert signature.kwargs == OrderedDict(b=1)
    assert signature.vararg_name == "args"
    assert signature.kw_wildcard_name == "kw"
    assert Signature(f).vararg_name is None


@pytest.mark.parametrize(
    ("function", "text"),
    [
        (f, "f(a, b, c=3, d=4)"),
        (fv, "fv(a, *args, b=1, **kw)"),
        (fk, "fk(a, *, k, m=2)"),
        (A.meth, "meth(self, x, y=2)"),
        (A().meth, "meth(x, y=2)"),
        (A.cm, "cm(x)"),
        (lambda q: q, "<lambda>(q)"),
        (len, "len(obj)"),
    ],
)
def test_str(function, text):
    assert str(Signature(function)) == text


def test_repr():
    assert repr(Signature(f)).startswith("<Signature at 0x")
    assert repr(Signature(f)).endswith(" for 'f'>")


@pytest.mark.parametrize(
    ("function", "args", "kwargs", "bound", "free"),
    [
        (f, (), {}, False, ["a", "b", "c", "d"]),
        (f, (1, 2, 3), {}, False, ["d"]),
        (f, (), {"c": 1}, False, ["a", "b", "d"]),
        (f, (1, 2, 3, 4, 5), {}, False, []),
        (A.meth, (), {}, True, ["x", "y"]),
        (A.meth, (1,), {}, True, ["y"]),
        (A.meth, (), {}, False, ["self", "x", "y"]),
        (fk, (), {}, False, ["a", "k", "m"]),
        (fv, (1, 2, 3), {}, False, ["b"]),
    ],
)
def test_free_parameters(function, args, kwargs, bound, free):
    assert Signature(function).get_free_parameters(args, kwargs, bound) == free


@pytest.mark.parametrize(
    ("function", "args", "kwargs", "options", "expected"),
    [
        (f, (1,), {}, {"b": 2}, ((1,), {"b": 2})),
        (f, (), {}, {"a": 1, "b": 2, "c": 30}, ((), {"a": 1, "b": 2, "c": 30})),
        (f, (1, 2), {"c": 9}, {"c": 30, "d": 40, "zz": 1}, ((1, 2), {"c": 9, "d": 40})),
        (fv, (1, 2, 3), {"w": 1}, {"b": 5, "zz": 6}, ((1, 2, 3), {"w": 1, "b": 5})),
        (fv, (), {}, {"a": 5, "args": (1,), "kw": {}}, ((), {"a": 5})),
        (fk, (1,), {}, {"k": 5}, ((1,), {"k": 5})),
        (fp, (), {}, {"p": 1, "q": 2, "s": 3}, ((1, 2), {"s": 3})),
        (fp, (1,), {}, {"r": 5, "s": 3, "p": 9}, ((1,), {"r": 5, "s": 3})),
    ],
)
def test_construct_arguments(function, args, kwargs, options, expected):
    inputs = dict(kwargs), dict(options)
    made = Signature(function).construct_arguments(args, kwargs, options)
    assert made == (list(expected[0]), expected[1])
    assert (kwargs, options) == inputs


def test_positional_only_defaults_before_an_option():
    def g(a=1, b=2, /):
        return a, b

    assert Signature(g).construct_arguments((), {}, {"b": 5}) == ([1, 5], {})
    assert Signature(g).construct_arguments((), {}, {}) == ([], {})


def test_a_positional_only_name_as_wildcard_keyword():
    def g(a, /, **kw):
        return a, kw

    args, kwargs = Signature(g).construct_arguments((), {"a": 1}, {"a": 2})
    assert g(*args, **kwargs) == (2, {"a": 1})
    with pytest.raises(MissingConfigError, match=r"\['a'\]"):
        Signature(g).construct_arguments((), {"a": 1}, {})


def test_bound():
    signature = Signature(A.meth)
    assert signature.construct_arguments((), {}, {"self": 1, "x": 2}, bound=True) == ([], {"x": 2})
    with pytest.raises(MissingConfigError, match=r"^meth is missing value\(s\): \['x'\]$"):
        signature.construct_arguments((), {}, {}, bound=True)


@pytest.mark.parametrize(
    ("function", "args", "kwargs", "message"),
    [
        (f, (1, 2, 3, 4, 5, 6), {}, "f got unexpected argument(s): [5, 6]"),
        (f, (1, 2), {"zz": 1, "yy": 2}, "f got unexpected kwarg(s): ['yy', 'zz']"),
        (f, (1, 2), {"b": 2, "a": 1}, "f got multiple values for argument(s) ['a', 'b']"),
        (fk, (1, 2), {"k": 1}, "fk got unexpected argument(s): [2]"),
        (fp, (), {"p": 1}, "fp got unexpected kwarg(s): ['p']"),
    ],
)
def test_signature_errors(function, args, kwargs, message):
    with pytest.raises(SignatureError) as caught:
        Signature(function).construct_arguments(args, kwargs, {})
    assert str(caught.value) == message
    assert isinstance(caught.value, TypeError)


def test_missing_values():
    with pytest.raises(MissingConfigError) as caught:
        Signature(f).construct_arguments((), {}, {"d": 1})
    assert str(caught.value) == "f is missing value(s): ['a', 'b']"
    assert isinstance(caught.value, TypeError)


@pytest.mark.skipif(sys.version_info < (3, 14), reason="annotations are evaluated at once")
def test_annotations_are_not_evaluated():
    namespace = {}
    exec("def g(a: NotThere, b=1): pass", namespace)
    assert Signature(namespace["g"]).arguments == ["a", "b"]


FUNCTIONS = [f, fv, fk, fp]
names = st.sampled_from(["a", "b", "c", "d", "k", "m", "p", "q", "r", "s", "zz"])
some = st.dictionaries(names, st.integers(), max_size=5)


@given(st.sampled_from(FUNCTIONS), st.lists(st.integers(), max_size=5), some, some)
def test_law_python_takes_what_is_constructed(function, args, kwargs, options):
    """Explicit > option > default, and what Python would refuse is a TypeError here."""
    signature = Signature(function)
    try:
        made_args, made_kwargs = signature.construct_arguments(args, kwargs, options)
    except TypeError:
        if set(signature.arguments) <= options.keys():
            with pytest.raises(TypeError):
                inspect.signature(function).bind_partial(*args, **kwargs)
        return
    explicit = inspect.signature(function).bind_partial(*args, **kwargs).arguments
    bound = inspect.signature(function).bind(*made_args, **made_kwargs)
    bound.apply_defaults()
    for name in signature.arguments:
        default = signature.kwargs.get(name)
        assert bound.arguments[name] == explicit.get(name, options.get(name, default))


@pytest.mark.parametrize(
    "function",
    [
        lambda: 0,
        lambda a, /, b, c=1, *args, d, e=2, **kwargs: 0,
        lambda a=1, /, b=2: 0,
        lambda *, k=1, j: 0,
        lambda *args: 0,
        lambda a, **kw: 0,
    ],
)
def test_what_the_code_tells_is_what_inspect_tells(function):
    from sacred.config import signature

    assert list(signature.parameters_of_code(function)) == list(
        signature.inspected_parameters(function)
    )
