"""Annotations of config scopes: what comes from outside is converted, or refused before the run."""

from __future__ import annotations

import logging
import subprocess
import sys
from typing import TYPE_CHECKING, Literal

import pytest

from sacred import SETTINGS, Experiment, Ingredient
from sacred.utils import ConfigTypeError

if TYPE_CHECKING:
    from decimal import Decimal


@pytest.fixture
def ex():
    made = Experiment("typed", interactive=True, save_git_info=False)

    @made.config
    def cfg():
        lr: float = 0.1
        n: int = 5
        kind: Literal["adam", "sgd"] = "adam"
        maybe: int = None
        either: int | None = 3
        name: str = "x"
        xs: list[int] = [1, 2]
        table: dict[str, float] = {"a": 1.0, "b": 2.0}
        auto: int = "auto"
        decimal: Decimal = 1
        half = lr / 2

    @made.main
    def main(_config):
        return dict(_config)

    return made


def run(ex, *named, **updates):
    return ex.run(config_updates=updates, named_configs=named).result


def test_updates_become_what_their_entries_are_declared_to_be(ex):
    config = run(ex, lr=1, n=10.0, kind="sgd", maybe="4", xs={"0": "7"}, table={"a": 2})
    assert config["xs"] == [7, 2]
    assert config["table"] == {"a": 2.0, "b": 2.0}
    assert type(config["lr"]) is type(config["table"]["a"]) is float
    assert (config["n"], config["kind"], config["maybe"]) == (10, "sgd", 4)
    assert type(config["n"]) is int


def test_what_is_worked_out_from_an_entry_sees_the_converted_value(ex):
    assert run(ex, lr="1/2")["half"] == 0.25


def test_all_that_is_wrong_is_said_at_once(ex):
    with pytest.raises(ConfigTypeError) as caught:
        run(ex, lr="fast", n=2.5, xs=[1, "a"], table={"a": [1]}, name=None)
    assert str(caught.value).splitlines() == [
        "5 values do not fit their entries:",
        "  lr = 'fast'   (ex.run(config_updates=...)): expected float.",
        "  n = 2.5   (ex.run(config_updates=...)): expected int. The nearest: 2",
        "  name = None   (ex.run(config_updates=...)): expected str. As a text: name=\"'None'\"",
        "  xs.1 = 'a'   (ex.run(config_updates=...)): expected int.",
        "  table.a = [1]   (ex.run(config_updates=...)): expected float.",
    ]
    assert [one.path for one in caught.value.problems] == ["lr", "n", "name", "xs.1", "table.a"]


def test_defaults_that_do_not_fit_and_annotations_without_meaning_leave_their_entry_as_it_is(ex):
    config = run(ex, auto=2.5, decimal="x")
    assert (config["auto"], config["decimal"]) == (2.5, "x")


def test_the_log_says_which_entries_are_not_typed(ex, caplog):
    with caplog.at_level(logging.DEBUG):
        run(ex, auto=2.5, decimal="x", n=3)
    notes = [record.message for record in caplog.records if "not typed" in record.message]
    assert notes == [
        'Config entry "decimal" is not typed: its annotation: '
        "NameError: name 'Decimal' is not defined",
        "Config entry \"auto\" is not typed: its default 'auto' is not int",
    ]


def test_none_as_default_is_one_of_the_values(ex):
    assert run(ex, maybe=None)["maybe"] is None
    with pytest.raises(ConfigTypeError, match=r"maybe = 'x'.*expected int or None"):
        run(ex, maybe="x")


def test_a_default_is_stored_as_it_is_written():
    ex = Experiment("written", interactive=True, save_git_info=False)

    @ex.config
    def cfg():
        lr: float = 1

    ex.main(lambda lr: lr)
    assert type(ex.run().result) is int


def test_later_sources_have_the_converted_value(ex):
    @ex.config
    def later(lr):
        double = lr * 2

    ex.add_config(lr=0.3)
    config = run(ex, lr=1)
    assert type(config["lr"]) is type(config["double"]) is float


def test_later_sources_give_another_default(ex):
    ex.add_config(n="many")
    assert run(ex)["n"] == "many"


def test_named_configs_come_from_outside(ex):
    @ex.named_config
    def good():
        lr = 1

    ex.add_named_config("bad", n=2.5)
    assert type(run(ex, "good")["lr"]) is float
    with pytest.raises(
        ConfigTypeError,
        match=r"n = 2\.5   \(named config bad, .*test_declared_types\.py:\d+\): expected int",
    ):
        run(ex, "good", "bad")


def test_a_named_config_reads_the_converted_value_of_an_update(ex):
    @ex.named_config
    def reading(lr, xs):
        name = f"{lr!r} {xs!r}"

    assert run(ex, "reading", lr=1, xs=["3"])["name"] == "1.0 [3]"
    assert run(ex, "reading")["name"] == "0.1 [1, 2]"
    with pytest.raises(ConfigTypeError, match="lr"):
        run(ex, "reading", lr="abc")


def test_files_come_from_outside(ex, tmp_path):
    path = tmp_path / "x.json"
    path.write_text('{"lr": 1, "table": {"a": 3}}')
    config = run(ex, str(path))
    assert (type(config["lr"]), type(config["table"]["a"])) == (float, float)
    path.write_text('{"lr": "fast"}')
    with pytest.raises(ConfigTypeError, match=f"named config {path}"):
        run(ex, str(path))


def test_hooks_come_from_outside(ex):
    @ex.config_hook
    def hook(config, command_name, logger):
        return {"lr": 2, "auto": 1.5, "new": 1}

    config = run(ex)
    assert type(config["lr"]) is float
    assert config["auto"] == 1.5
    assert config["new"] == 1

    @ex.config_hook
    def bad(config, command_name, logger):
        return {"n": "x"}

    with pytest.raises(ConfigTypeError, match=r"n = 'x'   \(config hook\): expected int"):
        run(ex)


def test_a_hook_that_returns_all_does_not_undo_a_conversion(ex):
    ex.config_hook(lambda config, command_name, logger: config)
    assert type(run(ex, lr=1)["lr"]) is float


def test_entries_of_ingredients_have_their_full_path():
    data = Ingredient("data", interactive=True, save_git_info=False)

    @data.config
    def cfg():
        size: int = 3

    ex = Experiment("user", ingredients=[data], interactive=True, save_git_info=False)
    ex.main(lambda data: data["size"])
    assert run(ex, data={"size": "4"}) == 4
    with pytest.raises(ConfigTypeError, match=r"data\.size = 'x'"):
        run(ex, data={"size": "x"})


def test_edits_fit_the_declared_type(ex):
    assert ex.run_commandline("x with xs+=[3.0] ~table.a").result["xs"] == [1, 2, 3]


def test_a_later_assignment_decides_again():
    ex = Experiment("twice", interactive=True, save_git_info=False)

    @ex.config
    def cfg():
        n: int = 5
        n = "many"

    ex.main(lambda n: n)
    assert run(ex, n=2.5) == 2.5


def test_variables_of_enclosing_functions_can_be_named():
    Local = Literal["a", "b"]
    ex = Experiment("closure", interactive=True, save_git_info=False)

    @ex.config
    def cfg():
        kind: Local = "a"
        _ = Local

    ex.main(lambda kind: kind)
    with pytest.raises(ConfigTypeError, match="expected one of 'a', 'b'"):
        run(ex, kind="c")


def test_the_setting_turns_it_off(ex, monkeypatch):
    monkeypatch.setattr(SETTINGS.CONFIG, "CHECK_TYPES", False)
    config = run(ex, lr=1, n="x")
    assert (type(config["lr"]), config["n"]) == (int, "x")


def test_on_the_command_line_it_is_one_message_without_traceback(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "from sacred import Experiment\n"
        "ex = Experiment('script', save_git_info=False)\n"
        "@ex.config\n"
        "def cfg():\n"
        "    n: int = 5\n"
        "    commit: str = 'abc'\n"
        "@ex.automain\n"
        "def main(n, commit): print([n, commit])\n"
    )

    def call(*words):
        command = [sys.executable, str(script), "-l", "ERROR", "with", *words]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    assert call("n=1e3", "commit=1e5").stdout == "[1000, '1e5']\n"
    failed = call("n=abc", "commit=[1]")
    assert failed.returncode == 1
    assert failed.stdout == ""
    assert failed.stderr.splitlines() == [
        "sacred.utils.ConfigTypeError: 2 values do not fit their entries:",
        "  n = 'abc'   (command line, argument 1): expected int.",
        "  commit = [1]   (command line, argument 2): expected str.",
    ]


def test_an_old_script_with_annotations_runs_as_in_0_8_7():
    """What 0.8.7 makes of it, but for its entry ``__annotations__``."""
    ex = Experiment("old", interactive=True, save_git_info=False)

    @ex.config
    def cfg():
        lr: float = 1
        n: int = 2.5
        size: "no such: text" = (1, 2)  # noqa: F722
        thing: Experiment = "x"
        pair: (1, 2) = 3
        unit: "float, in seconds" = 1.5  # noqa: F722
        if lr:
            deep: str = 5

    @ex.named_config
    def big():
        n: str = 7

    ex.main(lambda _config: dict(_config))
    default = {"lr": 1, "n": 2.5, "size": [1, 2], "thing": "x", "pair": 3, "unit": 1.5, "deep": 5}
    assert run(ex, seed=1) == {**default, "seed": 1}
    assert run(ex, "big", seed=1) == {**default, "n": 7, "seed": 1}
    updates = {"n": 3, "size": [3], "thing": 5, "pair": "x", "unit": 2, "deep": 6, "seed": 1}
    assert run(ex, **updates) == {"lr": 1, **updates}
