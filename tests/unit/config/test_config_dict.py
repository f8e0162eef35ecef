import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sacred._base.errors import SacredError
from sacred.config import ConfigDict, chain_evaluate_config_scopes
from sacred.config.differences import is_different, type_changed
from sacred.config.typed_entries import CommandLineText
from sacred.provenance.origins import Origin
from tests.unit.config.test_normalize import keys, values

configs = st.dictionaries(keys, values, max_size=4)


def test_fixed_values_win_and_are_recorded():
    source = ConfigDict({"a": 1, "d": {"x": 1}, "same": 1})
    summary = source({"a": "s", "n": 2, "d": {"y": 1}, "same": 1}, {"p": 9, "a": 8}, {"fb": 1})
    assert summary == {"a": "s", "d": {"x": 1, "y": 1}, "same": 1, "p": 9, "n": 2}
    assert summary.added == {"n", "d.y"}
    assert summary.modified == {"d"}
    assert summary.typechanged == {"a": (int, str)}
    assert summary.docs == {}


def test_values_are_normalised_and_results_are_independent():
    source = ConfigDict({"a": (1, {"x": np.float32(0.5)})})
    first, second = source(), source()
    assert first == {"a": [1, {"x": 0.5}]}
    first["a"][1]["x"] = 9
    assert second == source() == {"a": [1, {"x": 0.5}]}


def test_fixed_values_are_normalised_and_not_modified():
    fixed = {"a": {"t": (1, 2)}, "new": {"k": [CommandLineText("yes")]}}
    summary = ConfigDict({"a": {}})(fixed)
    assert summary == {"a": {"t": [1, 2]}, "new": {"k": ["yes"]}}
    assert type(summary["new"]["k"][0]) is str
    summary["new"]["k"].append(1)
    assert fixed["new"]["k"] == ["yes"]


@pytest.mark.parametrize("value", [lambda: 0, json, (i for i in [])])
def test_what_cannot_be_restored_is_refused(value):
    with pytest.raises(ValueError, match="Invalid value"):
        ConfigDict({"a": value})


def test_wrong_types(tmp_path):
    with pytest.raises(TypeError, match="dict, not int"):
        ConfigDict(5)
    (tmp_path / "list.json").write_text("[1]")
    with pytest.raises(TypeError, match=r"dict, not list in .*list\.json") as caught:
        ConfigDict(tmp_path / "list.json")
    # On the command line it is one message.
    assert isinstance(caught.value, SacredError)
    assert caught.value.print_traceback is False
    (tmp_path / "key.json").write_text('{"a": {"json://\\"py/type\\"": 1}}')
    with pytest.raises(
        SacredError, match=r"In the config file .*key\.json': Invalid key"
    ) as caught:
        ConfigDict(tmp_path / "key.json")
    assert caught.value.print_traceback is False
    with pytest.raises(OSError, match=r"^File not found nofile\.json\n"):
        ConfigDict("nofile.json")


def test_files_and_origins(tmp_path):
    name = tmp_path / "config.json"
    name.write_text('{"a": 1, "b": {"c": 1}}')
    summary = ConfigDict(str(name))(fixed={"a": 2, "b": {"c": 2}})
    assert summary == {"a": 2, "b": {"c": 2}}
    assert summary.origins == {"b": Origin("file", str(name))}
    assert "config.json" in repr(ConfigDict(name))
    assert ConfigDict({"a": 1})().origins == {"a": Origin("dict")}


def test_clearing_and_elements():
    source = ConfigDict({"d": {"x": 1}, "xs": [1, 2], "flag": True})
    fixed = {"d": {}, "xs": {"1": 5}, "flag": CommandLineText("OFF")}
    summary = source(fixed, preset={"d": {"y": 1}})
    assert summary == {"d": {}, "xs": [1, 5], "flag": False}
    assert summary.modified == {"d", "xs", "xs.1", "flag"}
    assert summary.typechanged == {}


# ---------------------------------------------------------------------- chain


def test_chain():
    sources = [ConfigDict({"d": {"a": 1, "b": 2}, "x": 1}), ConfigDict({"d": {"a": 5}, "x": "s"})]
    config, summaries = chain_evaluate_config_scopes(
        sources, fixed={"d": {"b": 7, "new": 1}}, preset={"p": 1}
    )
    assert config == {"d": {"a": 5, "b": 7, "new": 1}, "x": "s", "p": 1}
    assert summaries[0].added == {"d.new"}
    assert "d.new" in summaries[1].added
    assert summaries[0].modified == {"d", "d.b"}


def test_chain_without_sources():
    fixed = {"b": {"x": CommandLineText("no")}}
    config, summaries = chain_evaluate_config_scopes([], fixed, {"p": 1, "b": {"x": True, "y": 1}})
    assert config == {"b": {"x": False, "y": 1}, "p": 1}
    assert summaries == []


def test_later_sources_know_what_earlier_ones_set():
    sources = [ConfigDict({"xs": [1, 2], "flag": True, "d": {"k": 1}}), ConfigDict({"b": 1})]
    fixed = {"xs": {"0": 9}, "flag": CommandLineText("no"), "d": {}}
    config, _ = chain_evaluate_config_scopes(sources, fixed)
    assert config == {"xs": [9, 2], "flag": False, "d": {}, "b": 1}


def test_later_bools_are_known_by_earlier_values():
    sources = [ConfigDict({"flag": True}), ConfigDict({"flag": None})]
    assert chain_evaluate_config_scopes(sources, {"flag": CommandLineText("no")})[0] == {
        "flag": False
    }


def _sets_an_empty_list(own, fixed):
    """Whether the fixed value is, or holds, an empty list: that counts as modified."""
    if isinstance(fixed, dict):
        known = own if isinstance(own, dict) else {}
        return any(_sets_an_empty_list(known[key], fixed[key]) for key in fixed if key in known)
    items = fixed if isinstance(fixed, list | tuple) else None
    return items is not None and (not items or any(_sets_an_empty_list(None, i) for i in items))


@given(configs, configs)
def test_law_summary_is_the_difference(own, fixed):
    summary = ConfigDict(own)(fixed)
    for key in fixed:
        if key not in own:
            assert key in summary.added
        elif type_changed(own[key], summary[key]):
            assert key in summary.typechanged
        else:
            different = is_different(own[key], summary[key])
            anew = _sets_an_empty_list(own[key], fixed[key])
            assert (key in summary.modified) == (different or anew)
    untouched = own.keys() - fixed.keys()
    assert {key: summary[key] for key in untouched} == {key: own[key] for key in untouched}
    changed = summary.added | summary.modified | summary.typechanged.keys()
    assert untouched.isdisjoint(changed)


@given(configs, configs, configs)
def test_law_all_of_fixed_and_preset_is_in_the_result(own, fixed, preset):
    summary = ConfigDict(own)(fixed, preset)
    assert summary.keys() == own.keys() | fixed.keys() | preset.keys()
