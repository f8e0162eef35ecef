"""`path=value` words: what they mean, and that nothing in them is executed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sacred.arg_parser import _convert_value, get_config_updates
from sacred.cli.errors import CommandLineError
from sacred.cli.updates import parse_updates
from sacred.config.typed_entries import CommandLineText
from sacred.settings import SETTINGS


@pytest.fixture
def strict() -> Iterator[None]:
    SETTINGS.COMMAND_LINE.STRICT_PARSING = True
    yield
    SETTINGS.COMMAND_LINE.STRICT_PARSING = False


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1),
        ("-1", -1),
        ("1.5", 1.5),
        (".5e-3", 0.0005),
        ("1_000", 1000),
        ("0x10", 16),
        ("True", True),
        ("None", None),
        ("[1, [2.0, None], 'x']", [1, [2.0, None], "x"]),
        ("(1, (2, 3))", [1, [2, 3]]),
        ("1,2", [1, 2]),
        ("{'a': {'b': (1,)}, 2: 3}", {"a": {"b": [1]}, 2: 3}),
        ("{1, 2}", {1, 2}),
        ("1+2j", 1 + 2j),
        ("b'x'", b"x"),
        ("'text'", "text"),
        ("'true'", "true"),
        (r"'\d'", r"\d"),
        ("{'py/tuple': [1, 2]}", (1, 2)),
    ],
)
def test_literals(text: str, value: Any) -> None:
    """They come with their type; quoted text is no text of the command line."""
    converted = _convert_value(text)
    assert converted == value
    assert type(converted) is type(value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "abc",
        "a b",
        "true",
        "nan",
        "007",
        "1+2",
        "--1",
        "[a, b]",
        "[1, 2",
        "...",
        "lambda: 1",
        "__import__('os').getpid()",
        "{[1]: 2}",
        '"unclosed',
        "\0",
        "\ud800",
        "(" * 500,
        "-" * 20_000 + "1",
    ],
)
def test_all_else_is_text(text: str) -> None:
    """It is marked, so that an entry that is a bool can take it for one."""
    converted = _convert_value(text)
    assert converted == text
    assert type(converted) is CommandLineText


@pytest.mark.parametrize(
    ("updates", "config_updates", "named_configs"),
    [
        (None, {}, []),
        ([], {}, []),
        (["", "  "], {}, []),
        (["a=1"], {"a": 1}, []),
        ([" a = 7 "], {"a": 7}, []),
        (["a="], {"a": ""}, []),
        (["a=b=c"], {"a": "b=c"}, []),
        (["a=' x '"], {"a": " x "}, []),
        (["a.b=1", "a.c.d=2"], {"a": {"b": 1, "c": {"d": 2}}}, []),
        (["xs.0=5"], {"xs": {"0": 5}}, []),
        (["fast", "a=1", " data.small ", "my/file.json"], {"a": 1},
         ["fast", "data.small", "my/file.json"]),
        (["a=1", "a=2"], {"a": 2}, []),
        (["a.b=2", "a=1"], {"a": 1}, []),
        (["a={}", "a.b=2"], {"a": {"b": 2}}, []),
        (["a.b=1", "a=2"], {"a": 2}, []),
        (["a.b=1", "a={'c': 2}"], {"a": {"b": 1, "c": 2}}, []),
        (["a={'c': 2}", "a.b=1"], {"a": {"b": 1, "c": 2}}, []),
        (["a.b=1", "a={}"], {"a": {}}, []),
    ],
)  # fmt: skip
def test_updates(
    updates: list[str] | None, config_updates: dict[str, Any], named_configs: list[str]
) -> None:
    """The last one wins; dicts for one entry are united."""
    assert get_config_updates(updates) == (config_updates, named_configs)


@pytest.mark.parametrize("update", ["=5", "=", ".a=1", "a.=1", "a..b=1", " =x"])
def test_empty_names_are_refused(update: str) -> None:
    """The message quotes the word and says how it should look."""
    with pytest.raises(CommandLineError, match="name of an entry is empty") as caught:
        parse_updates([update])
    assert repr(update.strip()) in str(caught.value)


@pytest.mark.parametrize("value", ["9" * 10_000, "0x" + "f" * 5000, f"[1, {{'a': -{'1' * 5000}}}]"])
def test_integers_that_cannot_become_text_are_refused(value: str) -> None:
    """The message says so and does not quote all of it; quoted they are text."""
    with pytest.raises(CommandLineError, match="more than 4300 digits") as caught:
        parse_updates([f"x={value}"])
    assert str(caught.value)[4:].startswith(f"x={value}"[:100])
    assert len(str(caught.value)) < 500
    assert parse_updates([f"x={value!r}"]) == ({"x": value}, [])


def test_strict_parsing(strict: None) -> None:
    """Then text must be quoted; the message shows how."""
    assert parse_updates(["a=1", "b='x'", "fast"]) == ({"a": 1, "b": "x"}, ["fast"])
    with pytest.raises(ValueError, match="STRICT_PARSING") as caught:
        parse_updates(["a=text"])
    assert "'a=text'" in str(caught.value)
    assert "\"'text'\"" in str(caught.value)
    with pytest.raises(CommandLineError):
        _convert_value("[1")


@pytest.mark.parametrize(
    "value",
    [
        "{'py/reduce': [{'py/type': 'os.system'}, {'py/tuple': ['touch harmed']}]}",
        "[{'a': {'py/object': 'subprocess.Popen', 'args': 'touch harmed'}}]",
        "{'py/repr': \"os/__import__('os').system('touch harmed')\"}",
        "{'py/function': 'os.system'}",
        "{'x': ({'py/type': 'os.system'},)}",
    ],
)
def test_tags_that_would_run_code_are_refused(
    value: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A clear error that names the tag and the word; nothing has been executed."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CommandLineError, match="py/") as caught:
        parse_updates([f"x={value}"])
    assert str(caught.value).startswith('In "x=' if "'" in value and '"' not in value else "In ")
    assert not caught.value.print_traceback
    assert not list(tmp_path.iterdir())


_words = st.text() | st.text(alphabet="ab.=[]{}()'\",:0-9 py/_\\\n")


@given(st.lists(_words))
def test_any_words_give_a_result_or_the_declared_error(words: list[str]) -> None:
    """Nothing else is raised, whatever is typed."""
    try:
        updates, named = parse_updates(words)
    except CommandLineError:
        return
    assert isinstance(updates, dict)
    assert all(name == name.strip() and "=" not in name for name in named)


_tags = st.sampled_from(
    ["py/object", "py/reduce", "py/type", "py/function", "py/repr", "py/id", "py/tuple", "py/set",
     "py/state", "py/newargs", "py/seq", "py/b64", "py/float", "json://1", "dtype", "a"]
)  # fmt: skip
_leaves = st.none() | st.integers() | st.sampled_from(["os.system", "numpy.ndarray", "os/system"])
_data = st.recursive(
    _leaves,
    lambda inner: st.lists(inner) | st.dictionaries(_tags, inner) | st.tuples(inner, inner),
)


@given(_data)
def test_no_data_execute_anything(data: Any) -> None:
    """Whatever tags are combined: a value, or the declared error, and no call."""
    called: list[str] = []
    patch = pytest.MonkeyPatch()
    patch.setattr(os, "system", called.append)
    try:
        parse_updates([f"x={data!r}"])
    except CommandLineError:
        pass
    finally:
        patch.undo()
    assert called == []


_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("abc"), inner),
)  # fmt: skip


@given(_values)
def test_the_repr_of_plain_data_comes_back(value: Any) -> None:
    """So values can be copied from the output of print_config."""
    assert parse_updates([f"x.y={value!r}"]) == ({"x": {"y": value}}, [])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["a=1", "a.b=2"], "In 'a.b=2': another update sets 'a' to 1, and this one an entry in it"),
        (["a.b=None", "a.b.c+=[2]"], "In 'a.b.c+=[2]': another update sets 'a.b' to None"),
        (["a=x", "~a.b"], "In '~a.b': another update sets 'a' to 'x'"),
        ([f"a={'x' * 999}", "a.b=2"], "..., and this one an entry in it"),
    ],
)
def test_updates_that_contradict_each_other(words, message):
    with pytest.raises(CommandLineError) as caught:
        parse_updates(words)
    assert message in str(caught.value)
    assert len(str(caught.value)) < 300


def test_words_with_an_at(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a=b.yaml").write_text("")
    words = ["@x.yaml", "@dir/x.toml", "@a=b.yaml", "@a=c"]
    assert parse_updates(words) == ({"@a": "c"}, ["@x.yaml", "@dir/x.toml", "@a=b.yaml"])
