"""Scopes that set variables by name: `locals()`, `vars()`, `exec`."""

from __future__ import annotations

import pytest

from sacred.config import ConfigScope

VALUES = {"lr": 0.5, "layers": [1, 2]}


@ConfigScope
def updates():
    lr = 0.1
    locals().update(VALUES, extra=3)
    doubled = lr * 2
    listed = [extra * i for i in range(2)]  # noqa: F821
    by_lambda = (lambda: extra + lr)()  # noqa: F821


@ConfigScope
def assigns():
    for key in ("a", "b"):
        vars()[key] = key * 2
        if key == "b":
            a = 5
            locals()["a"] = 6
    names = locals()
    names["c"] = names.setdefault("d", a) + 1  # set through a name of its own
    names |= {"e": c}  # noqa: F821


@ConfigScope
def executes():
    y = 1
    exec("x = y + 1\ny = 5\nimport math")
    z = x + y  # noqa: F821


@ConfigScope
def removes():
    a = 1
    locals()["b"] = 2
    del locals()["b"]
    locals().pop("nothing", None)


@pytest.mark.parametrize(
    ("scope", "fixed", "entries"),
    [
        (
            updates,
            {},
            {"lr": 0.5, "layers": [1, 2], "extra": 3, "doubled": 1.0, "listed": [0, 3]}
            | {"by_lambda": 3.5},
        ),
        (
            updates,
            {"lr": 2, "extra": 10},
            {"lr": 2, "layers": [1, 2], "extra": 10, "doubled": 4, "listed": [0, 10]}
            | {"by_lambda": 12},
        ),
        (assigns, {}, {"key": "b", "a": 6, "b": "bb", "d": 6, "c": 7, "e": 7}),
        (assigns, {"d": 1, "a": 0}, {"key": "b", "a": 0, "b": "bb", "d": 1, "c": 2, "e": 2}),
        (executes, {}, {"y": 5, "x": 2, "z": 7}),
        (executes, {"y": 3}, {"y": 3, "x": 4, "z": 7}),
        (removes, {}, {"a": 1}),
        (removes, {"b": 3}, {"a": 1, "b": 3}),
    ],
)
def test_variables_set_by_name(scope, fixed, entries):
    """They are entries, fixed values win, and the statements below see them."""
    assert scope(fixed) == entries


def test_what_the_scope_only_reads():
    """`locals()` is a look at the variables."""

    @ConfigScope
    def scope():
        a = 1
        names = sorted(locals())

    assert scope() == {"a": 1, "names": ["a"]}


def test_which_names_a_scope_may_set():
    """None: any; that decides whether an evaluation can be used again."""
    assert updates.sets is None
    assert removes.sets is None

    @ConfigScope
    def plain(a):
        b = a

    assert plain.sets == {"a", "b", "__doc__"}


def test_lines_of_what_is_set_by_name():
    origin = updates().origins["extra"]
    assert origin.where.endswith(":15")
