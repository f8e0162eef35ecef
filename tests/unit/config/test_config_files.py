import json
import os
import pickle
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sacred._base.errors import SacredError
from sacred.config import load_config_file, save_config_file
from sacred.config.config_files import HANDLER_BY_EXT
from sacred.config.read_only import make_read_only
from tests.unit.config.test_normalize import keys, values

CONFIG = {"a": 1, "b": {"c": [1, 2.5, None, True, "ü"]}, "t": (1, 2), "n": np.array([1, 2])}


@pytest.mark.parametrize("suffix", [".json", ".yaml", ".yml", ".pickle", ".JSON"])
def test_round_trip(tmp_path, suffix):
    name = tmp_path / f"config{suffix}"
    save_config_file(make_read_only(CONFIG), name)
    made = load_config_file(str(name))
    assert made.pop("n").tolist() == [1, 2]
    assert made == {key: value for key, value in CONFIG.items() if key != "n"}
    assert type(made) is dict


@given(config=st.dictionaries(keys, values))
@pytest.mark.parametrize("suffix", [".json", ".yaml", ".pickle"])
def test_law_round_trip(tmp_path_factory, suffix, config):
    name = tmp_path_factory.mktemp("files") / f"config{suffix}"
    save_config_file(config, name)
    assert load_config_file(name) == config


def test_unknown_suffix(tmp_path):
    with pytest.raises(ValueError, match=r'unsupported extension "\.foo"'):
        load_config_file(tmp_path / "x.foo")
    with pytest.raises(ValueError, match=r'unsupported extension ""'):
        save_config_file({}, tmp_path / "x")


def test_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        load_config_file(tmp_path / "x.json")


def test_yaml_without_pyyaml(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "yaml", None)
    with pytest.raises(KeyError, match="yaml"):
        save_config_file({}, tmp_path / "x.yaml")


def test_handlers(tmp_path):
    assert {ext: handler.mode for ext, handler in HANDLER_BY_EXT.items()} == {
        ".json": "",
        ".yaml": "",
        ".yml": "",
        ".toml": "",
        ".pickle": "b",
    }
    with open(tmp_path / "x", "w") as fp:
        HANDLER_BY_EXT[".json"].dump({"b": 1, "a": 2}, fp)
    with open(tmp_path / "x") as fp:
        assert HANDLER_BY_EXT[".json"].load(fp) == {"a": 2, "b": 1}


@pytest.mark.parametrize("suffix", [".json", ".yaml"])
def test_nothing_in_a_file_is_executed(tmp_path, suffix):
    flag = tmp_path / "executed"
    name = tmp_path / f"x{suffix}"
    reduce = [{"py/type": "os.system"}, {"py/tuple": [f"touch {flag}"]}]
    name.write_text(json.dumps({"x": {"py/reduce": reduce}}))
    with pytest.raises(SacredError, match="is not allowed"):
        load_config_file(name)
    assert not flag.exists()


def test_yaml_tags_are_refused(tmp_path):
    flag = tmp_path / "executed"
    (tmp_path / "x.yaml").write_text(f"x: !!python/object/apply:os.system ['touch {flag}']")
    with pytest.raises(ValueError, match="python/object"):
        load_config_file(tmp_path / "x.yaml")
    assert not flag.exists()


def test_pickles_hold_plain_containers(tmp_path):
    save_config_file(make_read_only({"a": [1]}), tmp_path / "x.pickle")
    with open(tmp_path / "x.pickle", "rb") as fp:
        assert type(pickle.load(fp)["a"]) is list
    assert os.path.getsize(tmp_path / "x.pickle") < 100


@pytest.mark.parametrize("text", ["1e-3", "5E+10", "-1e3", ".5e2", "1.e3", "+2.5e-1", "1.5"])
def test_yaml_floats_are_those_of_yaml_1_2(tmp_path, text):
    name = tmp_path / "x.yaml"
    name.write_text(f"x: {text}\nlist: [{text}]\ntext: '{text}'\n")
    assert load_config_file(name) == {"x": float(text), "list": [float(text)], "text": text}
    save_config_file({"x": float(text), "text": text}, name)
    assert load_config_file(name) == {"x": float(text), "text": text}


@pytest.mark.parametrize("text", ["1e", "e5", "1e5x", "0x1e", "1-3", "a1e3", "."])
def test_other_yaml_texts_are_no_floats(tmp_path, text):
    (tmp_path / "x.yaml").write_text(f"x: {text}\n")
    assert not isinstance(load_config_file(tmp_path / "x.yaml")["x"], float)


@pytest.mark.parametrize("text", ["", "\n", "# nothing\n", "---\n# nothing\n..."])
def test_an_empty_yaml_file_changes_nothing(tmp_path, text):
    (tmp_path / "x.yaml").write_text(text)
    assert not load_config_file(tmp_path / "x.yaml")


@pytest.mark.parametrize(("suffix", "text"), [(".json", '{"a": "ü"}'), (".yaml", "a: ü")])
def test_byte_order_marks_are_no_content(tmp_path, suffix, text):
    name = tmp_path / f"x{suffix}"
    name.write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert load_config_file(name) == {"a": "ü"}
    save_config_file({"a": "ü"}, name)
    assert not name.read_bytes().startswith(b"\xef\xbb\xbf")


def _levels(one, line, depth=12):
    """A YAML file of a few lines each of which names the one before nine times."""
    return "\n".join([f"l0: &l0 {one}", *(line.format(n, n - 1) for n in range(1, depth))])


@pytest.mark.parametrize(
    ("text", "match"),
    [
        (_levels("[x]", "l{0}: &l{0} [" + ", ".join(["*l{1}"] * 9) + "]"), "aliases stand for"),
        (
            _levels("{x: 1}", "l{0}: &l{0} {{<<: [" + ", ".join(["*l{1}"] * 9) + "]}}"),
            "aliases stand for",
        ),
        ("a: &a [1, *a]", "contains itself"),
        ("a: &a {b: *a}", "contains itself"),
        ("a: " + "[" * 5000, "Error"),
        ("a: " + "9" * 5000, "4300 digits"),
    ],
    ids=["lists", "merges", "list in itself", "dict in itself", "deep", "digits"],
)
def test_yaml_bombs_are_one_message(tmp_path, text, match):
    name = tmp_path / "bomb.yaml"
    name.write_text(text)
    with pytest.raises(SacredError, match=match) as caught:
        load_config_file(name)
    assert "bomb.yaml" in str(caught.value)
    assert len(str(caught.value)) < 1000


def test_aliases_are_allowed(tmp_path):
    text = "a: &a {x: 1, y: [1, 2]}\nb: [*a, *a]\nc: {<<: *a, x: 2}\n"
    (tmp_path / "x.yaml").write_text(text)
    a = {"x": 1, "y": [1, 2]}
    assert load_config_file(tmp_path / "x.yaml") == {"a": a, "b": [a, a], "c": {**a, "x": 2}}
