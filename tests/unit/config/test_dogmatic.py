import copy
import json
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sacred._base.errors import ConfigError
from sacred.config.custom_containers import DogmaticDict, DogmaticList, fallback_dict
from sacred.config.typed_entries import CommandLineText
from sacred.config.utils import dogmatize, undogmatize
from tests.unit.config.test_normalize import keys, values


def assigned(fixed, **values):
    d = DogmaticDict(fixed)
    d.update(values)
    return d


def test_fixed_values_win():
    d = assigned({"a": 1}, a=0, b=2)
    assert d == {"a": 1, "b": 2}
    assert d.modified == {"a"}


def test_type_changes_are_recorded():
    d = assigned({"a": 1}, a="text")
    assert d.typechanges == {"a": (str, int)}


def test_nested_fixed_values_win_over_later_changes():
    d = assigned({"n": {"x": 1, "new": 5}}, n={"x": 2, "y": 3})
    assert d["n"] == {"x": 1, "y": 3, "new": 5}
    d["n"]["x"] = 9
    d["n"].pop("x")
    d["n"].setdefault("x", 8)
    del d["n"]["x"]
    d["n"] |= {"x": 7, "z": 1}
    assert d["n"] == {"x": 1, "y": 3, "new": 5, "z": 1}
    assert d.revelation() == {"n.new"}
    assert d.modified == {"n", "n.x"}
    assert d.revelation() == set()


def test_removing_spares_fixed_entries():
    d = assigned({"a": 1}, a=0, b=2, c=3)
    assert d.pop("a") == 1
    assert d.popitem() == ("c", 3)
    d.clear()
    assert d == {"a": 1}
    with pytest.raises(KeyError):
        d.popitem()
    with pytest.raises(KeyError):
        del d["zz"]
    assert d.pop("zz", 5) == 5


def test_unassigned_entries_are_revealed():
    d = DogmaticDict({"a": 1, "n": {"k": {"j": 1}}})
    assert "a" not in d
    assert d.revelation() == {"a", "n", "n.k", "n.k.j"}
    assert d == {"a": 1, "n": {"k": {"j": 1}}}


def test_fallbacks_can_be_read():
    d = DogmaticDict({"a": 1}, fallback={"a": 5, "ing": {"k": 1}})
    assert d["ing"] == {"k": 1}
    assert "ing" in d
    assert d.has_key("ing")
    assert d.get("none", 3) == 3
    assert d["a"] == 1
    d["ing"] = 5
    assert d.fallback_writes == ["ing"]
    d.fallback = {}
    assert d.fallback == {}


def test_an_empty_fixed_dict_clears():
    d = assigned({"d": {}}, d={"x": 1})
    d["d"]["y"] = 2
    assert d["d"] == {}
    assert d.modified == {"d"}
    assert d.revelation() == set()


def test_elements_of_lists():
    d = assigned({"xs": {"0": 5, "2": 7}}, xs=[1])
    d["xs"].extend([2, "3"])
    d["xs"][0] = 9
    assert d.revelation() == set()
    assert undogmatize(d) == {"xs": [5, 2, 7]}
    assert d.modified == {"xs", "xs.0"}
    assert d.typechanges == {"xs.2": (str, int)}


def test_elements_of_lists_of_dicts():
    d = assigned({"xs": {"1": {"lr": 2, "new": 3}}}, xs=[{"lr": 1}, {"lr": 1, "b": 0}])
    assert d.revelation() == {"xs.1.new"}
    assert undogmatize(d) == {"xs": [{"lr": 1}, {"lr": 2, "b": 0, "new": 3}]}


def test_elements_of_presets():
    d = assigned({"n": {"xs": {"0": 5}}}, n={})
    d.revelation({"n": {"xs": [1, 2]}})
    assert undogmatize(d) == {"n": {"xs": [5, 2]}}


def test_no_such_element():
    d = assigned({"xs": {"3": 5}}, xs=[1])
    with pytest.raises(ConfigError, match=r"element 3.*1 element"):
        d.revelation()


def test_negative_indices_count_from_the_end_of_what_is_assigned():
    d = DogmaticDict({"xs": {"-1": 7}})
    d["xs"] = [1, 2]
    assert d["xs"][-1] == 7
    d["xs"] += [3]
    d.revelation()
    assert undogmatize(d) == {"xs": [1, 7, 3]}
    assert assigned({"xs": {"-2": {"n": 9}}}, xs=[{"n": 1}, {"n": 2}]) == {
        "xs": [{"n": 9}, {"n": 2}]
    }
    with pytest.raises(ConfigError, match=r"element -3: the list has only 2 element\(s\)"):
        assigned({"xs": {"-3": 7}}, xs=[1, 2])


@pytest.mark.parametrize("key", [1, -1, 2.5, None, True])
def test_paths_reach_keys_that_are_no_text(key):
    fixed = {"d": {str(key): "new"}}
    assert assigned(fixed, d={key: "old", "x": 2}) == {"d": {key: "new", "x": 2}}
    preset = DogmaticDict(fixed)
    preset.revelation({"d": {key: "old"}})
    assert undogmatize(preset) == {"d": {key: "new"}}


def test_a_key_that_is_text_is_nearer_than_one_that_is_not():
    fixed = {"d": {"1": "new"}}
    assert assigned(fixed, d={1: "int", "1": "text"}) == {"d": {1: "int", "1": "new"}}


@pytest.mark.parametrize("text", ["inf", "-inf", "NaN", "+Infinity"])
def test_floats_without_a_literal(text):
    value = assigned({"x": CommandLineText(text)}, x=0.5)["x"]
    assert type(value) is float
    assert repr(value) == repr(float(text))
    other = assigned({"x": CommandLineText(text)}, x="name")["x"]
    assert type(other) is str
    assert other == text


def test_changes_inside_of_fixed_lists_do_not_count():
    d = assigned({"l": [{"x": [1]}]}, l=[])
    d["l"][0]["x"].append(2)
    d["l"][0]["y"] = 3
    d.revelation()
    assert d == {"l": [{"x": [1]}]}


@pytest.mark.parametrize("copier", [copy.copy, copy.deepcopy, dict, lambda d: d.copy()])
def test_copies_are_plain(copier):
    made = copier(assigned({"a": 1}, a=0))
    assert type(made) is dict
    made["a"] = 5
    assert made == {"a": 5}


def test_pickles_are_plain():
    value = assigned({"d": {"a": 1}, "l": [1], "e": {"0": 2}}, d={}, l=[], e=[1])
    made = pickle.loads(pickle.dumps(value))
    assert made == {"d": {"a": 1}, "l": [1], "e": [2]}
    assert [type(v) for v in made.values()] == [dict, list, list]
    assert json.loads(json.dumps(value)) == made


@pytest.mark.parametrize(
    "change",
    [
        lambda xs: xs.append(9),
        lambda xs: xs.extend([9]),
        lambda xs: xs.insert(0, 9),
        lambda xs: xs.remove(1),
        lambda xs: xs.clear(),
        lambda xs: xs.sort(reverse=True),
        lambda xs: xs.reverse(),
        lambda xs: xs.__setitem__(0, 9),
        lambda xs: xs.__setitem__(slice(0, 1), [9, 9]),
        lambda xs: xs.__delitem__(0),
        lambda xs: xs.__iadd__([9]),
        lambda xs: xs.__imul__(2),
    ],
)
def test_dogmatic_lists_ignore_changes(change):
    made = DogmaticList([1, 2])
    change(made)
    assert made == [1, 2]
    assert made.revelation() == set()


def test_nothing_pops_from_a_dogmatic_list():
    with pytest.raises(TypeError, match="Cannot pop from DogmaticList"):
        DogmaticList([1]).pop()
    assert type(DogmaticList([1]).copy()) is list


def test_dogmatize():
    made = dogmatize({"a": [1, {"b": 2}], "t": (1, [2])})
    assert isinstance(made, DogmaticDict)
    assert isinstance(made.fixed["a"], DogmaticList)
    assert isinstance(made.fixed["t"][1], DogmaticList)
    made.revelation()
    plain = undogmatize(made)
    assert plain == {"a": [1, {"b": 2}], "t": (1, [2])}
    assert type(plain["a"]) is list
    assert type(plain["a"][1]) is dict


def test_fallback_dict():
    assert fallback_dict({"a": 1}, a=2, b=3) == {"a": 2, "b": 3}


def wins(fixed, result):
    """Whether all fixed values are in the result."""
    if isinstance(fixed, dict) and fixed and isinstance(result, dict):
        return all(key in result and wins(value, result[key]) for key, value in fixed.items())
    return fixed == result


@given(st.dictionaries(keys, values, max_size=4), st.dictionaries(keys, values, max_size=4))
def test_law_fixed_values_win(fixed, own):
    d = DogmaticDict(fixed)
    d.update(own)
    missing = d.revelation()
    result = undogmatize(d)
    assert all(wins(value, result[key]) for key, value in fixed.items())
    for key, value in own.items():
        if key not in fixed:
            assert result[key] == value
    assert {path for path in missing if "." not in path} == fixed.keys() - own.keys()


@given(values)
def test_law_undogmatize_is_the_inverse(value):
    made = dogmatize(value)
    if isinstance(made, DogmaticDict):
        made.revelation()
        assert undogmatize(made) == value


def test_fallbacks_below_a_fixed_entry():
    """They can be read, before and after a dict is assigned, and are no entries."""
    d = DogmaticDict(fixed={"foo": {"bar": 20}}, fallback={"foo": {"bar": 10, "c": 5}})
    assert (d["foo"]["c"], d["foo"]["bar"]) == (5, 20)
    d["foo"] = {"bar": 30, "a": 1}
    assert (d["foo"]["c"], d["foo"]["bar"], d["foo"]["a"]) == (5, 20, 1)
    assert d.revelation() == set()
    assert d == {"foo": {"bar": 20, "a": 1}}


def test_dicts_in_a_dogmatic_list_are_revealed():
    nested = DogmaticList([DogmaticDict({"a": 7}), 2, DogmaticList([DogmaticDict({"b": 1})])])
    assert nested.revelation() == set()
    assert nested == [{"a": 7}, 2, [{"b": 1}]]
