"""Keys, comparison, normal form: small functions on values."""

import datetime
import enum
import io
import logging
import math
import re
import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sacred.config.differences import entry_type, is_different, type_changed
from sacred.config.normalize import (
    assert_is_valid_key,
    is_code,
    normalize_numpy,
    normalize_or_die,
    recursive_fill_in,
)
from sacred.config.typed_entries import CommandLineText, as_entry, declares_bool
from sacred.settings import SETTINGS

leaves = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5)
)
keys = st.text("abcdef", min_size=1, max_size=2)
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=8,
)


class Instance:
    pass


class Colour(enum.Enum):
    RED = 1


# ---------------------------------------------------------------------- keys


@pytest.mark.parametrize("key", ["a", "1a", "class", "", 1, None, (1, 2), "a b"])
def test_allowed_keys(key):
    assert_is_valid_key(key)


@pytest.mark.parametrize("key", ["a.b", "$a", "a=b", "py/object", "py/id", "json://a"])
def test_refused_keys_are_quoted(key):
    with pytest.raises(KeyError, match=re.escape(key)):
        assert_is_valid_key(key)


@pytest.mark.parametrize(
    ("setting", "key"),
    [
        ("ENFORCE_KEYS_MONGO_COMPATIBLE", "a.b"),
        ("ENFORCE_KEYS_MONGO_COMPATIBLE", "$a"),
        ("ENFORCE_KEYS_JSONPICKLE_COMPATIBLE", "py/object"),
        ("ENFORCE_KEYS_JSONPICKLE_COMPATIBLE", "json://a"),
        ("ENFORCE_KEYS_NO_EQUALS", "a=b"),
        ("ENFORCE_STRING_KEYS", 1),
        ("ENFORCE_VALID_PYTHON_IDENTIFIER_KEYS", "a b"),
        ("ENFORCE_VALID_PYTHON_IDENTIFIER_KEYS", 1),
    ],
)
def test_each_check_has_a_switch(monkeypatch, setting, key):
    monkeypatch.setitem(SETTINGS.CONFIG, setting, False)
    assert_is_valid_key(key)
    monkeypatch.setitem(SETTINGS.CONFIG, setting, True)
    with pytest.raises(KeyError):
        assert_is_valid_key(key)


# ---------------------------------------------------------------- comparison


@pytest.mark.parametrize(
    ("old", "new", "changed"),
    [
        (1, 1.5, True),
        (1, True, True),
        (1, "a", True),
        (1, None, True),
        (None, 1, False),
        ([1], (1,), False),
        ({}, [], True),
        ("a", b"a", True),
        ("a", CommandLineText("b"), False),
        (np.float64(1), 1.0, False),
        (1.0, np.int64(1), True),
        (True, np.False_, False),
        (np.array([1]), [1], True),
        (np.array(1), 1, True),
        (np.str_("a"), "a", False),
    ],
)
def test_type_changed(old, new, changed):
    assert type_changed(old, new) is changed


@pytest.mark.parametrize(
    ("old", "new", "different"),
    [
        (1, 1.0, False),
        ([1], (1,), False),
        ([1, 2], [1, 2, 3], True),
        ([1, 2, 3], [1, 2, 4], True),
        ({"a": 1}, {"b": 1}, True),
        ({"a": np.array([1, 2])}, {"a": np.array([1, 2])}, False),
        (np.array([1, 2]), np.array([1, 3]), True),
        (np.array([1, 2]), np.array([1, 2, 3]), True),
        (np.array([1, 1]), np.array([[1, 1]]), True),
        ([1, 2], np.array([1, 2]), False),
        (math.nan, math.nan, True),
    ],
)
def test_is_different(old, new, different):
    assert is_different(old, new) is different


def test_values_that_do_not_compare_are_different():
    class Picky:
        def __eq__(self, other):
            raise RuntimeError

        __hash__ = None

    assert is_different(Picky(), 1)


def test_frames_are_compared_by_content():
    pd = pytest.importorskip("pandas")
    assert not is_different(pd.DataFrame({"a": [1]}), pd.DataFrame({"a": [1]}))
    assert is_different(pd.DataFrame({"a": [1]}), pd.DataFrame({"b": [1]}))


@given(values)
def test_nothing_differs_from_itself(value):
    assert not is_different(value, normalize_or_die(value))


def test_entry_type_of_a_subclass_is_the_plain_type():
    class MyDict(dict):
        pass

    assert entry_type(MyDict()) is dict


# ------------------------------------------------------------- normal form


@pytest.mark.parametrize(
    ("value", "normal"),
    [
        ((1, (2,)), [1, [2]]),
        ({"a": (1, {"b": np.float64(2)})}, {"a": [1, {"b": 2.0}]}),
        (np.int8(3), 3),
        (np.True_, True),
        (np.str_("x"), "x"),
        (CommandLineText("x"), "x"),
        ({1: 2}, {1: 2}),
        (10**40, 10**40),
    ],
)
def test_normal_form(value, normal):
    made = normalize_or_die(value)
    assert made == normal
    assert type(made) is type(normal)


def test_containers_are_copied_and_arrays_shared():
    value = {"a": [1], "b": np.array([1])}
    made = normalize_or_die(value)
    assert made["a"] is not value["a"]
    assert made["b"] is value["b"]
    assert normalize_numpy(value["b"]) is value["b"]


@pytest.mark.parametrize(
    "value",
    [
        Instance(),
        {1, 2},
        b"x",
        1j,
        range(3),
        datetime.date(2020, 1, 1),
        re.compile("a"),
        np.dtype("float32"),
        Colour.RED,
        math.sqrt,
        Instance,
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_can_be_restored_stays(value):
    assert normalize_or_die(value) is value


def _unrestorable():
    holder = Instance()
    holder.lock = threading.Lock()
    return [
        math,
        lambda: 0,
        (i for i in [1]),
        io.TextIOWrapper(io.BytesIO()),
        threading.Lock(),
        holder,
    ]


@pytest.mark.parametrize("value", _unrestorable(), ids=lambda v: type(v).__name__)
def test_what_cannot_be_restored_is_refused_and_located(value):
    with pytest.raises(ValueError, match=r"\(a\.0\)"):
        normalize_or_die({"a": [value]})


def test_a_value_that_contains_itself_is_refused():
    value = {"a": []}
    value["a"].append(value)
    with pytest.raises(ValueError, match="contains itself"):
        normalize_or_die(value)


def test_keys_are_checked_at_every_level():
    with pytest.raises(KeyError, match="x=y"):
        normalize_or_die({"a": [{"b": {"x=y": 1}}]})


def test_code():
    """Modules, methods and functions without a name: nothing that a configuration can hold."""
    local = type("Local", (), {})
    assert all(map(is_code, [math, lambda: 0, [].append, Instance().__init__, list[int], local]))
    values = [1, "a", Instance(), logging.getLogger("x"), None, len, int, math.sqrt, Instance]
    assert not any(map(is_code, values))


@given(st.dictionaries(keys, values, max_size=3), st.dictionaries(keys, values, max_size=3))
def test_filling_in_changes_no_entry_and_misses_none(config, preset):
    filled = normalize_or_die(config)
    recursive_fill_in(filled, preset)
    assert filled.keys() == config.keys() | preset.keys()
    for key, value in config.items():
        if not isinstance(value, dict):
            assert filled[key] == value


def test_a_dict_that_an_update_cleared_is_not_filled():
    config = {"d": {}, "e": {}}
    recursive_fill_in(config, {"d": {"x": 1}, "e": {"x": 1}}, {"d": {}})
    assert config == {"d": {}, "e": {"x": 1}}


# -------------------------------------------------------------- typed entries


@pytest.mark.parametrize("text", ["false", "No", "OFF"])
def test_text_for_false(text):
    assert as_entry(CommandLineText(text), True) is False
    assert as_entry(CommandLineText(text), None, is_bool=True) is False


@pytest.mark.parametrize("text", ["true", "Yes", "ON"])
def test_text_for_true(text):
    assert as_entry(CommandLineText(text), np.False_) is True


def test_text_stays_text_elsewhere():
    made = as_entry(CommandLineText("no"), "Norwegian")
    assert made == "no"
    assert type(made) is str
    assert as_entry("no", True) == "no"  # not from the command line
    assert as_entry(CommandLineText("maybe"), True) == "maybe"


def test_annotations():
    yes = [
        "bool",
        "bool | None",
        "None | bool",
        "Optional[bool]",
        "typing.Optional[bool]",
        "'bool'",
    ]
    assert all(map(declares_bool, yes))
    assert not any(map(declares_bool, ["int", "list[bool]", "bool | int", "boolean"]))
