"""Config scopes: what they set, and what wins."""

import decimal
import logging
import math
import pickle
from collections import OrderedDict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sacred._base.errors import ConfigError, InvalidConfigError
from sacred.config import ConfigScope, chain_evaluate_config_scopes
from sacred.config.typed_entries import CommandLineText
from sacred.provenance.origins import Origin

GLOBAL = 5


@ConfigScope
def module_scope():
    """Of a module."""
    a = GLOBAL
    b = a * 2


@ConfigScope
def plain():
    a = 1
    b = a * 2
    d = {"foo": 1, "bar": 2}
    xs = [1, 2]
    e = {"x": {"y": 1}}
    none = None


def test_calling_gives_the_entries():
    assert dict(plain()) == {
        "a": 1,
        "b": 2,
        "d": {"foo": 1, "bar": 2},
        "xs": [1, 2],
        "e": {"x": {"y": 1}},
        "none": None,
    }


def test_values_are_computed_from_final_values():
    summary = plain(fixed={"a": 23})
    assert summary["b"] == 46
    assert summary.modified == {"a"}
    assert not summary.added


@pytest.mark.parametrize(
    ("fixed", "added", "modified", "typechanged"),
    [
        ({"d": {"foo": 100}}, set(), {"d", "d.foo"}, {}),
        ({"d": {"new": 5}}, {"d.new"}, {"d"}, {}),
        ({"e": {"x": {"y": 2, "w": 3}}}, {"e.x.w"}, {"e", "e.x", "e.x.y"}, {}),
        ({"a": "s"}, set(), set(), {"a": (int, str)}),
        ({"e": {"x": 3}}, set(), {"e"}, {"e.x": (dict, int)}),
        ({"xs": {"k": 1}}, {"xs.k"}, set(), {"xs": (list, dict)}),
        ({"d": 7}, set(), set(), {"d": (dict, int)}),
        ({"a": 1.5}, set(), set(), {"a": (int, float)}),
        ({"xs": (3,), "none": 5}, set(), {"xs", "none"}, {}),
        ({"a": 1, "d": {"foo": 1}, "xs": (1, 2)}, set(), set(), {}),
        ({"nd": {"k": {"j": 1}}}, {"nd", "nd.k", "nd.k.j"}, set(), {}),
        ({"d": {}}, set(), {"d"}, {}),
        ({"xs": {"0": 5}}, set(), {"xs", "xs.0"}, {}),
    ],
)
def test_changes(fixed, added, modified, typechanged):
    summary = plain(fixed=fixed)
    assert summary.added == added
    assert summary.modified == modified
    assert summary.typechanged == typechanged


def test_dicts_are_cleared_and_elements_set():
    summary = plain(fixed={"d": {}, "xs": {"1": 7}})
    assert summary["d"] == {}
    assert summary["xs"] == [1, 7]


def test_the_element_must_exist():
    with pytest.raises(ConfigError, match="element 3"):
        plain(fixed={"xs": {"3": 7}})


def test_the_element_behind_the_last_one_is_appended():
    """The list has changed; nothing has been added to the configuration."""
    summary = plain(fixed={"xs": {"2": 7}})
    assert summary["xs"] == [1, 2, 7]
    assert "xs.2" in summary.modified
    assert not summary.added


def test_changes_in_the_body_do_not_touch_fixed_values():
    @ConfigScope
    def scope():
        d = {"foo": 1}
        d["foo"] = 3
        d["bar"] = 4
        del d["foo"]
        xs = [3, 4]
        xs.append(5)
        xs.sort(reverse=True)
        xs += [6]
        del xs[0]
        a = 1
        a += 1
        del a
        n = 0

    summary = scope(fixed={"d": {"foo": 9}, "xs": [1, 2], "a": 5, "n": 1})
    assert summary == {"d": {"foo": 9, "bar": 4}, "xs": [1, 2], "a": 5, "n": 1}
    assert not summary.added
    assert scope() == {"d": {"bar": 4}, "xs": [4, 3, 6], "n": 0}


def test_nothing_pops_from_a_fixed_list():
    @ConfigScope
    def scope():
        xs = [1]
        xs.pop()

    assert scope() == {"xs": []}
    with pytest.raises(TypeError):
        scope(fixed={"xs": [1]})


def test_new_fixed_entries_of_a_dict_can_be_read():
    @ConfigScope
    def scope():
        d = {"foo": 1}
        both = d["foo"] + d.get("new", 0)

    summary = scope(fixed={"d": {"new": 5}})
    assert summary["both"] == 6
    assert summary.added == {"d.new"}


def test_fixed_values_are_not_changed():
    fixed = {"xs": [1], "d": {"x": [1]}, "new": {"k": [1]}}

    @ConfigScope
    def scope():
        xs = []
        xs.append(2)
        d = {}
        d["x"].append(2)

    summary = scope(fixed=fixed)
    summary["new"]["k"].append(2)
    summary["d"]["x"].append(2)
    assert fixed == {"xs": [1], "d": {"x": [1]}, "new": {"k": [1]}}


# ---------------------------------------------------------------- parameters


def reads_presets():
    @ConfigScope
    def scope(a, other, d):
        a = a + 1
        d["foo"] = 5
        d["add"] = 1
        mine = other * 2

    return scope


def test_presets():
    preset = {"a": 9, "other": 3, "d": {"foo": 1}, "rest": 0}
    summary = reads_presets()(preset=preset)
    assert summary == {"a": 10, "other": 3, "d": {"foo": 5, "add": 1}, "mine": 6, "rest": 0}
    assert not summary.modified
    assert preset["d"] == {"foo": 1}


def test_presets_and_fixed_values():
    summary = reads_presets()({"a": 100, "d": {"foo": 0}}, {"a": 9, "other": 3, "d": {"foo": 1}})
    assert summary == {"a": 100, "other": 3, "d": {"foo": 0, "add": 1}, "mine": 6}
    assert summary.modified == {"a", "d", "d.foo"}


def test_presets_fill_nested_dicts():
    @ConfigScope
    def scope():
        d = {"z": 1}

    assert scope(preset={"d": {"x": 1}}) == {"d": {"z": 1, "x": 1}}
    assert scope({"d": {}}, {"d": {"x": 1}}) == {"d": {}}


def test_fallbacks_are_read_only_and_no_entries():
    @ConfigScope
    def scope(ing, _log):
        v = ing["k"]
        nested = ing["n"]
        logged = _log.name

    fallback = {"ing": {"k": 1, "n": {"x": 1}}, "_log": logging.getLogger("a.b")}
    summary = scope(fallback=fallback)
    assert summary == {"v": 1, "nested": {"x": 1}, "logged": "a.b"}
    assert type(summary["nested"]) is dict

    @ConfigScope
    def writes(ing):
        ing["k"] = 3
        v = ing["k"]

    assert writes(fallback=fallback) == {"v": 1}


def test_changes_of_a_fallback_are_ignored():
    """In place, at any depth; what the scope adds or takes out is its own business."""

    @ConfigScope
    def scope(ing):
        ing["k"] = 3
        ing["n"]["x"] += 1
        del ing["n"]["x"]
        ing["n"].update(x=3, new=4)
        ing["l"] += [3]
        ing["l"] *= 2
        ing["l"].append(3)
        ing["l"].sort(reverse=True)
        ing["l"][0] = ing["t"][0][0] = 9
        k, n = ing["k"], ing["n"]
        added = ing.setdefault("new", 5) + ing["new"]
        alias = ing["l"]
        alias.append(3)
        own = list(ing["l"])
        own.append(3)
        popped, rest = ing.pop("k"), sorted(ing)
        default = ing.pop("k", "none")

    fallback = {"ing": {"k": 1, "n": {"x": 1}, "l": [1, 2], "t": ([1],)}}
    assert scope(fallback=fallback) == {
        "k": 1,
        "n": {"x": 1, "new": 4},
        "added": 10,
        "alias": [1, 2],
        "own": [1, 2, 3],
        "popped": 1,
        "rest": ["l", "n", "new", "t"],
        "default": "none",
    }
    assert fallback == {"ing": {"k": 1, "n": {"x": 1}, "l": [1, 2], "t": ([1],)}}


def test_what_a_fallback_does_not_have_is_an_error():
    """A value cannot be taken out of a list; an entry that is not there cannot be removed."""

    @ConfigScope
    def pops(ing):
        ing["l"].pop()

    @ConfigScope
    def deletes(ing):
        del ing["none"]

    with pytest.raises(TypeError, match="Cannot pop from a list of an ingredient"):
        pops(fallback={"ing": {"l": [1]}})
    with pytest.raises(KeyError, match="none"):
        deletes(fallback={"ing": {"l": [1]}})


def test_assigning_to_a_fallback_is_ignored():
    @ConfigScope
    def scope(ing):
        ing = 5
        del ing
        v = ing["k"]  # noqa: F821

    summary = scope(fallback={"ing": {"k": 1}, "other": {}})
    assert summary == {"v": 1}
    assert summary.ignored_fallbacks == {"ing"}


def test_a_preset_wins_over_a_fallback():
    @ConfigScope
    def scope(ing):
        v = ing["k"]

    assert scope(None, {"ing": {"k": "P"}}, {"ing": {"k": "F"}})["v"] == "P"


def test_unknown_parameters():
    with pytest.raises(KeyError) as caught:
        reads_presets()(preset={"a": 1, "othr": 1}, fallback={"zz": 1})
    message = caught.value.args[0]
    assert message.startswith("'other' not in preset for ConfigScope. Available options are:")
    assert "'zz'" in message
    assert 'Did you mean "othr"?' in message


def test_keyword_only_and_positional_only_parameters():
    @ConfigScope
    def scope(a, /, *, b):
        c = a + b

    assert scope.parameters == ("a", "b")
    assert scope(preset={"a": 1, "b": 2})["c"] == 3


# ------------------------------------------------------------ what is an entry


def test_what_is_no_entry():
    @ConfigScope
    def scope():
        import math

        def func():
            return 1

        class Cls:
            pass

        lam = lambda: 0  # noqa: E731
        gen = (i for i in [1])
        fh = open(__file__)  # noqa: SIM115
        fh.close()
        bound = [].append
        ann_only: int  # noqa: F842
        for x_in in [1]:  # noqa: B007
            pass
        try:
            1 / 0  # noqa: B018
        except ZeroDivisionError as exc:
            caught = str(exc)
        deleted = 1
        del deleted
        nested = {"f": lambda: 0}
        inst = Cls()
        root = math.sqrt(4)

    assert set(scope()) == {"x_in", "caught", "inst", "root"}


def test_what_is_an_entry():
    @ConfigScope
    def scope():
        _under = 1
        __dunder = 2
        t = (1, (2,))
        np32 = np.float32(0.5)
        array = np.array([1])
        s = {1}
        by = b"x"
        if walrus := 7:
            pass

    summary = scope()
    assert summary.pop("array").tolist() == [1]
    assert summary == {
        "_under": 1,
        "__dunder": 2,
        "t": [1, [2]],
        "np32": 0.5,
        "s": {1},
        "by": b"x",
        "walrus": 7,
    }


def test_bad_keys():
    @ConfigScope
    def scope():
        a = {"x": {"y.z": 1}}

    with pytest.raises(KeyError, match=r"y\.z"):
        scope()


def test_errors_of_the_body_have_the_right_line():
    @ConfigScope
    def scope():
        a = [
            1,
        ]
        text = """
        of several lines"""
        raise ValueError("inside")

    with pytest.raises(ValueError, match="inside") as caught:
        scope()
    entry = caught.traceback[-1]
    assert str(entry.path) == __file__
    assert entry.statement.lines[0].strip() == 'raise ValueError("inside")'
    assert entry.name == "scope"


# --------------------------------------------------------------- bool entries


def test_text_of_the_command_line():
    @ConfigScope
    def scope():
        flag = True
        declared: bool = None
        optional: bool | None = None
        text = "yes"
        seen = not flag

    fixed = {n: CommandLineText("No") for n in ("flag", "declared", "optional", "text", "new")}
    summary = scope(fixed=fixed)
    assert summary == {
        "flag": False,
        "declared": False,
        "optional": False,
        "text": "No",
        "seen": True,
        "new": "No",
    }
    assert not any(isinstance(value, CommandLineText) for value in summary.values())
    assert summary.typechanged == {}
    assert scope.declared_types == {"declared": "bool", "optional": "bool | None"}


def test_text_for_an_entry_of_an_earlier_source():
    @ConfigScope
    def first():
        flag = True
        opts = {"deep": True}

    @ConfigScope
    def second(flag):
        seen = flag

    fixed = {"flag": CommandLineText("off"), "opts": {"deep": CommandLineText("off")}}
    config, _ = chain_evaluate_config_scopes([first, second], fixed)
    assert config == {"flag": False, "opts": {"deep": False}, "seen": False}


# ------------------------------------------------------------- what is around


def test_docs_and_docstring():
    summary = module_scope()
    assert summary == {"__doc__": "Of a module.", "a": 5, "b": 10}
    assert summary.docs["seed"] == "the random seed for this experiment"

    @ConfigScope
    def own():
        __doc__ = "My own."

    assert own() == {"__doc__": "My own."}


def test_origins():
    summary = plain(fixed={"a": 5, "d": {"foo": 3}})
    line = plain.source.node.lineno
    assert summary.origins["b"] == Origin("scope", f"{__file__}:{line + 2}")
    assert summary.origins["d"] == Origin("scope", f"{__file__}:{line + 3}")
    assert "a" not in summary.origins


def test_it_looks_like_the_function():
    assert module_scope.__name__ == "module_scope"
    assert module_scope.__doc__ == "Of a module."
    assert module_scope.__wrapped__.__code__.co_name == "module_scope"
    assert module_scope.__module__ == __name__
    assert repr(module_scope) == "<ConfigScope module_scope>"
    assert reads_presets().args == ["a", "other", "d"]


def test_pickling_by_name():
    assert pickle.loads(pickle.dumps(module_scope)) is module_scope


def test_a_scope_of_a_scope():
    assert ConfigScope(plain)() == plain()


numbers = st.integers(-5, 5) | st.text("xy", max_size=2) | st.lists(st.integers(), max_size=2)


@given(st.dictionaries(st.sampled_from(["a", "b", "d", "xs", "e", "none"]), numbers))
def test_law_fixed_values_win(fixed):
    summary = plain(fixed=fixed)
    assert {name: summary[name] for name in fixed} == fixed
    assert set(summary) == {"a", "b", "d", "xs", "e", "none"}
    if "b" not in fixed:
        assert summary["b"] == summary["a"] * 2


def test_a_scope_of_a_function_that_lost_its_file_goes_on_from_its_text():
    def scope():
        a = 1  # the basis
        b = a + 1

    make, (function, *text) = ConfigScope(scope).__reduce_ex__(5)
    # What libraries that send functions by value do to their code.
    function.__code__ = function.__code__.replace(co_filename="<somewhere>")
    copy = make(function, *text)
    assert copy(fixed={"a": 2}) == {"a": 2, "b": 3}
    assert copy().docs["a"] == "the basis"


@pytest.mark.parametrize("block", [False, True])
def test_entries_stand_in_the_order_of_their_assignments(block):
    """Whatever order the names have in sets, and whether the body is a plain one or not."""

    @ConfigScope
    def plain():
        zeta = 2
        alpha = [zeta for _ in range(zeta)]  # a cell on some versions of Python
        middle = 3
        beta = (alpha, 1)
        seed = 1
        gamma = 5

    @ConfigScope
    def with_block():
        zeta = 2
        alpha = [zeta for _ in range(zeta)]
        if zeta:
            middle = 3
        beta = (alpha, 1)
        seed = 1
        gamma = 5

    order = ["zeta", "alpha", "middle", "beta", "seed", "gamma"]
    assert list(with_block() if block else plain()) == order


def test_classes_and_functions_are_entries_unless_they_are_defined_here():
    """What is assigned counts, not what it is; also inside of containers."""

    @ConfigScope
    def scope():
        from collections import OrderedDict

        number_cls = decimal.Decimal
        nested = {"classes": [decimal.Decimal], "f": len}
        root = math.sqrt
        ordered = OrderedDict

        class Local:
            pass

        local = Local
        try:
            import nonsense_that_is_not_there as fast
        except ImportError:
            fast = None

    assert scope() == {
        "number_cls": decimal.Decimal,
        "nested": {"classes": [decimal.Decimal], "f": len},
        "root": math.sqrt,
        "ordered": OrderedDict,
        "fast": None,
    }
    assert scope({"OrderedDict": 3})["ordered"] == 3


def test_errors_of_a_scope_show_the_values_that_it_has_seen():
    @ConfigScope
    def scope(other):
        a = 1
        d = {"deep": a + other}
        if a < 0:
            raise InvalidConfigError("no", ("a", "d.deep", "other", "late"))
        late = 2

    with pytest.raises(InvalidConfigError) as caught:
        scope(fixed={"a": -3}, preset={"other": 5})
    assert str(caught.value).splitlines()[2:] == [
        "  a=-3",
        "  d.deep=2",
        "  other=5",
        "  late=None",
    ]
