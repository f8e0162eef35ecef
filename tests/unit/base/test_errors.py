"""The tree of errors."""

from __future__ import annotations

import pickle

import pytest

from sacred._base.errors import (
    CircularDependencyError,
    ConfigAddedError,
    ConfigError,
    InvalidConfigError,
    MissingConfigError,
    NamedConfigNotFoundError,
    ObserverError,
    SacredError,
    SacredInterrupt,
    SettingError,
    SignatureError,
    TimeoutInterrupt,
    UnsafeDataError,
)


def test_a_wrong_filter_is_refused():
    """The constructor checks `filter_traceback`."""
    with pytest.raises(ValueError, match=r"always.*default.*never.*not x"):
        SacredError("m", filter_traceback="x")


def test_config_error_shows_values():
    """Each conflicting entry is printed with its value."""
    error = ConfigError("m", ("a", "b.a"), config={"a": 1, "b": {"a": [1, "x"]}})
    assert str(error) == "m\nConflicting configuration values:\n  a=1\n  b.a=[1, 'x']"


def test_config_error_can_hide_values():
    """`print_conflicting_configs=False` leaves the message alone."""
    error = ConfigError("m", ("a",), print_conflicting_configs=False, config={"a": 1})
    assert str(error) == "m"
    assert str(ConfigError("m")) == "m"


def test_one_conflicting_entry_may_be_a_string():
    """A string is one path, not a sequence of letters."""
    assert ConfigError("m", "abc").conflicting_configs == ("abc",)


@pytest.mark.parametrize("path", ["b.a", "p.q.b.a"])
def test_values_under_a_prefix(path):
    """Relative or in full, the entry is found and printed in full."""
    with pytest.raises(InvalidConfigError) as caught, ConfigError.track({"b": {"a": 2}}, "p.q"):
        raise InvalidConfigError("bad", (path,))
    assert str(caught.value) == "bad\nConflicting configuration values:\n  p.q.b.a=2"


def test_the_innermost_function_says_the_config():
    """Outer captured functions do not overwrite what the inner one saw."""
    error = InvalidConfigError("bad", ("a",))
    error.add_config({"a": 1}, "inner")
    error.add_config({"a": 2})
    assert "inner.a=1" in str(error)


def test_a_prefix_that_the_inner_code_does_not_know_comes_from_outside():
    """A config scope has its values, and the ingredient knows where they stand."""
    error = InvalidConfigError("bad", ("n", "m.deep"))
    error.add_config({"n": 11, "m": {"deep": 5}})
    error.add_config({}, "ing")
    error.add_config({"n": 0}, "outer")
    assert str(error).splitlines()[2:] == ["  ing.n=11", "  ing.m.deep=5"]


def test_entries_that_the_function_did_not_see_come_from_the_whole_configuration():
    """A function of an ingredient may complain about an entry of the experiment."""
    error = InvalidConfigError("bad", ("n", "a", "none"))
    error.add_config({"n": 11}, "ing", {"a": 1, "ing": {"n": 11}})
    assert str(error).splitlines()[2:] == ["  ing.n=11", "  a=1", "  ing.none=None"]


def test_entries_may_be_given_one_by_one():
    """Further texts behind the first entry are entries, what is no text is a flag as before."""
    error = InvalidConfigError("bad", "a", "b", "c", False)
    assert error.conflicting_configs == ("a", "b", "c")
    assert not error.print_conflicting_configs
    assert not InvalidConfigError("bad", ("a",), True, False).print_traceback


def test_tracking_leaves_other_errors_alone():
    """Only errors of the class learn of the config."""
    with pytest.raises(KeyError), ConfigError.track({}):
        raise KeyError("x")


def test_missing_config_error():
    """It lists the names, is a TypeError, and asks for the usage."""
    error = MissingConfigError("f is missing value(s):", ["a", "b"])
    assert str(error) == "f is missing value(s): ['a', 'b']"
    assert isinstance(error, TypeError)
    assert (error.print_traceback, error.print_usage) == (False, True)
    assert str(MissingConfigError("alone")) == "alone"


def test_config_added_error():
    """Values, the possible keys, and the nearest one."""
    error = ConfigAddedError(["lrr"], captured_args=["lr", "_log", "n"], config={"lrr": 1, "n": 2})
    assert str(error).splitlines() == [
        "Added new config entry that is not used anywhere",
        "Conflicting configuration values:",
        "  lrr=1",
        "Possible config keys are: {'lr', 'n'}",
        'Did you mean "lr"?',
    ]


def test_config_added_error_below_a_dict():
    """Near names are whole paths; other new entries are not offered."""
    config = {"opt": {"momentum": 1, "momentun": 2, "momentux": 3}}
    error = ConfigAddedError(["opt.momentun", "opt.momentux"], config=config)
    assert 'opt.momentun: Did you mean "opt.momentum"?' in str(error)
    assert 'or "opt' not in str(error)


def test_config_added_error_with_nothing_to_suggest():
    """No suggestions, no empty lines."""
    error = ConfigAddedError(["zzz"], config={"zzz": 1})
    assert str(error).endswith("  zzz=1")
    assert error.print_traceback is False


def test_named_config_not_found():
    """The message names what there is."""
    error = NamedConfigNotFoundError("x", available_named_configs=["a", "b"])
    expected = """Named config not found: "x". Available config values are: ('a', 'b')"""
    assert str(error) == expected


def test_circular_dependency():
    """The way round is made of paths."""

    class Ingredient:
        def __init__(self, path):
            self.path = path

    way = [Ingredient("exp"), Ingredient("ing"), Ingredient("exp")]
    error = CircularDependencyError(ingredients=way)
    assert str(error) == "Circular dependency detected:exp->ing->exp"
    assert str(CircularDependencyError()) == "Circular dependency detected:"


def test_the_tree():
    """Who is a kind of whom."""
    assert issubclass(SignatureError, TypeError)
    assert issubclass(TimeoutInterrupt, SacredInterrupt)
    assert SacredInterrupt.STATUS == "INTERRUPTED"
    assert TimeoutInterrupt.STATUS == "TIMEOUT"
    for plain in (ObserverError, SacredInterrupt):
        assert not issubclass(plain, SacredError)
    for own in (SettingError, UnsafeDataError, InvalidConfigError):
        assert issubclass(own, SacredError)


@pytest.mark.parametrize(
    "error",
    [
        SacredError("m", print_usage=True),
        NamedConfigNotFoundError("x", available_named_configs=["a"]),
        ConfigAddedError(["a"], captured_args=["b"], config={"a": 1}),
        MissingConfigError("f", ["a"]),
        CircularDependencyError(ingredients=["a", "b"]),
        UnsafeDataError("py/reduce", "a.b"),
        TimeoutInterrupt("late"),
    ],
)
def test_errors_can_be_pickled(error):
    """Worker processes send their errors home."""
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert str(again) == str(error)
    assert vars(again) == vars(error)


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (MissingConfigError("msg", "key"), "msg ['key']"),
        (
            NamedConfigNotFoundError("tiny", available_named_configs="big"),
            """Named config not found: "tiny". Available config values are: ('big',)""",
        ),
        (ConfigError("msg", "key", config={"key": 1}), "  key=1"),
        (ConfigAddedError("key", captured_args="other"), "{'other'}"),
        (CircularDependencyError("cycle:", "exp"), "cycle:exp"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_single_text_is_one_name(error, text):
    """Not its letters."""
    assert text in str(error)
