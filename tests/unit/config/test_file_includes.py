"""Config files that include others, and variables in them."""

from __future__ import annotations

import copy
import itertools
import json
import os
import pickle
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sacred import Experiment
from sacred._base.errors import MissingVariableError, UnreadableConfigFileError
from sacred._base.secret_text import SecretText, SecretValue, escape_variables
from sacred.config import load_config_file, save_config_file
from sacred.config.config_dict import ConfigDict, NoDictInFileError
from sacred.config.config_files import HANDLER_BY_EXT
from sacred.config.file_includes import read_composed, read_config_source
from sacred.utils import ConfigFileError, SacredError
from tests.crash_safety.effort import examples


@pytest.fixture(autouse=True)
def in_tmp_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write(name: str, text: str) -> str:
    Path(name).parent.mkdir(exist_ok=True, parents=True)
    Path(name).write_text(text)
    return name


# ---------------------------------------------------------------------- TOML

TOML = 'lr = 0.1\nwhen = 2024-01-02\n[opt]\nname = "sgd"\nsizes = [1, 2]\n'


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_toml_is_read(mark: str) -> None:
    write("x.toml", mark + TOML)
    config = load_config_file("x.toml")
    assert config["opt"] == {"name": "sgd", "sizes": [1, 2]}
    assert config["when"].isoformat() == "2024-01-02"


def test_a_malformed_toml_file_is_one_message() -> None:
    with pytest.raises(ConfigFileError, match=r"x\.toml.*line 1"):
        load_config_file(write("x.toml", "lr = = 1"))


def test_toml_is_not_written_and_the_file_stays() -> None:
    write("x.toml", TOML)
    assert HANDLER_BY_EXT[".toml"].dump is None
    with pytest.raises(ConfigFileError, match="only read"):
        save_config_file({"a": 1}, "x.toml")
    assert Path("x.toml").read_text() == TOML


# ------------------------------------------------------------------ includes


def test_includes_are_merged_deep_and_the_file_wins() -> None:
    write("common/site.toml", "[opt]\nlr = 1\nname = 'sgd'\nlist = [1]\n")
    write("common/model.json", '{"base": "site.toml", "opt": {"lr": 2, "list": [2, 3]}}')
    write("other.yml", "opt: {lr: 3, eps: 1}\nx: 1\n")
    write("exp/e.yaml", "base: [../common/model.json, ../other.yml]\nx: 5\n")
    assert read_composed("exp/e.yaml") == {
        "opt": {"lr": 3, "name": "sgd", "list": [2, 3], "eps": 1},
        "x": 5,
    }


def test_base_is_an_entry_in_files_that_are_named_without_an_at() -> None:
    write("site.yaml", "lr: 1")
    for suffix, text in ((".yaml", "base: site.yaml"), (".toml", "base = 'site.yaml'")):
        assert ConfigDict(write(f"x{suffix}", text))() == {"base": "site.yaml"}
        assert ConfigDict(f"@x{suffix}")() == {"lr": 1}


def test_a_file_whose_name_starts_with_an_at_is_one_like_others() -> None:
    write("@x.yaml", "base: site.yaml")
    write("x.yaml", "lr: 1")
    assert ConfigDict("@x.yaml")() == {"base": "site.yaml"}


def test_a_file_included_twice_is_no_circle_and_read_once() -> None:
    names = [f"l{n}.yaml" for n in range(30)]
    for name, below in itertools.pairwise(names):
        write(name, f"base: [{below}, {below}]\n")
    write(names[-1], "x: 1")
    assert read_composed(names[0]) == {"x": 1}


CHAINS = {
    "circle": (
        {"a.yaml": "base: d/b.yaml", "d/b.yaml": "base: ../a.yaml"},
        "a.yaml > d/b.yaml > d/../a.yaml",
    ),
    "itself": ({"a.yaml": "base: a.yaml"}, "a.yaml > a.yaml"),
    "missing": ({"a.yaml": "base: b.yaml", "b.yaml": "base: modl.yaml", "model.yaml": ""},
                "'modl.yaml': there is no such file. Did you mean \"model.yaml\""),
    "directory": ({"a.yaml": "base: d.yaml", "d.yaml/x": ""}, "'d.yaml': it is no regular file\n"),
    "malformed": ({"a.yaml": "base: b.yaml", "b.yaml": "x: [1"}, "included by a.yaml"),
    "no dict": ({"a.yaml": "base: b.json", "b.json": "[1]"}, "not list in b.json"),
    "no name": ({"a.yaml": "base: 3"}, "neither the name of a file"),
    "an empty name": ({"a.yaml": "base: ['']"}, "neither the name of a file"),
    "pickle": ({"a.yaml": "base: b.pickle", "b.pickle": ""}, "cannot include 'b.pickle'"),
    "deep": ({f"{n}.yaml".replace("0.", "a.", n == 0): f"base: {n + 1}.yaml" for n in range(60)},
             "more than 50 levels"),
}  # fmt: skip


@pytest.mark.parametrize("case", CHAINS)
def test_what_is_wrong_with_includes_is_one_message_with_the_chain(case: str) -> None:
    files, part = CHAINS[case]
    for name, text in files.items():
        write(name, text)
    with pytest.raises(SacredError) as caught:
        read_composed("a.yaml")
    assert part in str(caught.value)
    assert "a.yaml" in str(caught.value)
    assert len(str(caught.value)) < 500


def test_the_chain_is_named_the_nearest_first() -> None:
    write("a.yaml", "base: b.yaml")
    write("b.yaml", "base: gone.yaml")
    with pytest.raises(UnreadableConfigFileError) as caught:
        read_composed("a.yaml")
    assert str(caught.value).endswith("\n  included by b.yaml\n  included by a.yaml")


def test_a_named_file_without_a_dict_is_the_error_of_always() -> None:
    with pytest.raises(NoDictInFileError):
        ConfigDict("@" + write("x.json", "[1]"))


def merged(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    """The law that includes follow, written down once more."""
    both = [k for k in first if isinstance(first[k], dict) and isinstance(second.get(k), dict)]
    return {**first, **second, **{k: merged(first[k], second[k]) for k in both}}


VALUES = st.recursive(
    st.integers() | st.text("ab$", max_size=3) | st.lists(st.integers(), max_size=2),
    lambda below: st.dictionaries(st.sampled_from("abc"), below, max_size=3),
    max_leaves=6,
)
CONTENT = st.dictionaries(st.sampled_from("abc"), VALUES, max_size=3)
TREES = st.recursive(
    st.tuples(CONTENT, st.just([])),
    lambda below: st.tuples(CONTENT, st.lists(below, max_size=3)),
    max_leaves=6,
)


def put_down(tree: Any, name: str) -> dict[str, Any]:
    """Write a tree of includes as files; return what they mean."""
    content, includes = tree
    meaning: dict[str, Any] = {}
    names = [f"{name}_{number}.json" for number in range(len(includes))]
    for below, file in zip(includes, names, strict=True):
        meaning = merged(meaning, put_down(below, file.removesuffix(".json")))
    Path(f"{name}.json").write_text(json.dumps({**content, "base": names}))
    return merged(meaning, content)


@settings(max_examples=examples(60), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(TREES)
def test_nested_includes_merge_like_dicts(tree: Any) -> None:
    meaning = put_down(tree, "root")
    assert read_composed("root.json") == meaning
    assert ConfigDict("@root.json")() == meaning


# ----------------------------------------------------------------- variables


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("${env:LR}", 0.25),
        ("${env:N}", 3),
        ("${env:WORD}", "fast"),
        ("${env:FLAG}", True),
        ("${env:XS}", [1, 2]),
        ("lr-${env:LR}-${env:WORD}", "lr-0.25-fast"),
        ("${env:NONE,0.5}", 0.5),
        ("${env:NONE,}", ""),
        ("${env:NONE,null}", None),
        ("${env:NONE,a,b}", "a,b"),
        ("${env:LR,7}", 0.25),
        ("$${env:LR}", "${env:LR}"),
        ("$$${env:LR}", "$${env:LR}"),
        ("$${secret:LR}", "${secret:LR}"),
        ("${LR} ${envLR} $LR ${env:LR", "${LR} ${envLR} $LR ${env:LR"),
        ("${env:HUGE}", "0x" + "f" * 5000),
        ("${env:CODE}", "__import__('os')"),
        ("${env:NESTED}", "${env:LR}"),
    ],
)
@pytest.mark.parametrize("suffix", [".json", ".yaml", ".toml"])
def test_variables(monkeypatch: Any, text: str, value: Any, suffix: str) -> None:
    for name, content in {
        "LR": "0.25", "N": "3", "WORD": "fast", "FLAG": "true", "XS": "[1, 2]",
        "HUGE": "0x" + "f" * 5000, "CODE": "__import__('os')", "NESTED": "${env:LR}",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, content)
    monkeypatch.delenv("NONE", raising=False)
    assign = "=" if suffix == ".toml" else ":"
    line = f'"a" {assign} ["x", "{text}"]'
    write(f"x{suffix}", f"{{{line}}}" if suffix == ".json" else line)
    for filename in (f"x{suffix}", f"@x{suffix}"):
        config = ConfigDict(filename)()
        assert config == {"a": ["x", value]}
        assert type(config["a"][1]) is type(value)


@pytest.mark.parametrize("kind", ["env", "secret"])
def test_a_missing_variable_is_named_with_its_entry_and_file(monkeypatch: Any, kind: str) -> None:
    monkeypatch.delenv("GONE", raising=False)
    write("site.yaml", f"opt: {{keys: [a, '${{{kind}:GONE}}']}}")
    write("x.yaml", "base: site.yaml")
    with pytest.raises(MissingVariableError) as caught:
        ConfigDict("@x.yaml")
    for part in ('"GONE"', '"opt.keys.1"', "'site.yaml'"):
        assert part in str(caught.value)


@pytest.mark.parametrize("text", ["${env:}", "${env:a b}", "${secret:A,x}", "${secret:1}"])
def test_malformed_names_of_variables(text: str) -> None:
    with pytest.raises(ConfigFileError, match=r'entry "a" of the config file \'x\.yaml\''):
        ConfigDict(write("x.yaml", f"a: '{text}'"))


def test_what_is_overridden_is_not_looked_up(monkeypatch: Any) -> None:
    monkeypatch.delenv("GONE", raising=False)
    write("site.yaml", "token: ${env:GONE}")
    write("x.yaml", "base: site.yaml\ntoken: mine")
    assert ConfigDict("@x.yaml")() == {"token": "mine"}


def test_variables_do_not_name_includes(monkeypatch: Any) -> None:
    monkeypatch.setenv("SITE", "site")
    write("site.yaml", "a: 1")
    write("x.yaml", "base: '${env:SITE}.yaml'")
    with pytest.raises(UnreadableConfigFileError, match="SITE"):
        ConfigDict("@x.yaml")


def test_a_script_with_a_file_that_lacks_a_variable_starts(monkeypatch: Any) -> None:
    monkeypatch.delenv("GONE", raising=False)
    write("x.yaml", "a: ${env:GONE}")
    ex = Experiment("lacking", interactive=True)
    ex.add_named_config("cloud", "x.yaml")
    assert "a" not in ex.get_config()
    with pytest.raises(MissingVariableError, match="GONE"):
        ex.get_config(named_configs=["cloud"])
    ex.add_config("x.yaml")
    with pytest.raises(MissingVariableError, match="GONE"):
        ex.get_config()


def test_scripts_name_files_with_includes(monkeypatch: Any) -> None:
    write("site.yaml", "a: 1")
    write("x.yaml", "base: site.yaml\nb: 2")
    ex = Experiment("composed", interactive=True)
    ex.add_config("@x.yaml")
    ex.add_named_config("again", "@x.yaml")
    ex.add_config(seed=1, b=3)
    assert ex.get_config() == {"a": 1, "b": 3, "seed": 1}
    assert ex.get_config(named_configs=["again"])["b"] == 2
    assert ex.get_config(named_configs=["@x.yaml"])["b"] == 2


# ------------------------------------------------------------------- secrets


@pytest.fixture
def secret(monkeypatch: Any) -> str:
    monkeypatch.setenv("PW", "MARKED-s3cr3t")
    return "MARKED-s3cr3t"


def test_a_secret_is_its_name_until_a_function_gets_it(secret: str) -> None:
    write("x.yaml", "url: 'pg://me:${secret:PW}@h/$${env:X}'\nxs: ['${secret:PW}']")
    text = ConfigDict("x.yaml")()["url"]
    assert type(text) is SecretText
    assert text == "pg://me:${secret:PW}@h/$${env:X}"
    value = text.reveal()
    assert value == f"pg://me:{secret}@h/${{env:X}}"
    assert secret not in repr([value])


def test_copies_and_pickles_of_a_secret(secret: str) -> None:
    value = SecretText("${secret:PW}").reveal()
    for same in (copy.deepcopy([value])[0], pickle.loads(pickle.dumps(value))):
        assert same == secret
        assert type(same) is SecretValue
    assert secret.encode() not in pickle.dumps(value)
    del os.environ["PW"]
    with pytest.raises(MissingVariableError, match="PW"):
        SecretText("${secret:PW}").reveal()


def test_a_variable_beside_a_secret_is_no_template(secret: str, monkeypatch: Any) -> None:
    monkeypatch.setenv("A", "${secret:PW}")
    monkeypatch.setenv("B", "x$")
    text = read_config_source(write("x.yaml", "u: '${env:A}:${secret:PW}'"))["u"]
    assert text.reveal() == f"${{secret:PW}}:{secret}"
    with pytest.raises(ConfigFileError, match="between them"):
        read_config_source(write("y.yaml", "u: '${env:B}${secret:PW}'"))


@given(st.lists(st.sampled_from(["$", "${env:X}", "${secret:X}", "a", "}", "{"]), max_size=6))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_escaped_texts_mean_themselves(parts: list[str]) -> None:
    config = {"a": ["".join(parts)]}
    save_config_file(escape_variables(config), "x.json")
    assert read_config_source("x.json") == config
