"""From declarations and updates to a configuration, at the level of experiments."""

from __future__ import annotations

import json
import logging
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from sacred import Experiment, Ingredient
from sacred.utils import ConfigAddedError, NamedConfigNotFoundError

QUIET = {"--loglevel": "CRITICAL"}


@pytest.fixture
def data() -> Ingredient:
    """An ingredient with two entries and a named config."""
    data = Ingredient("data", interactive=True)

    @data.config
    def cfg() -> None:
        filename = "iris.csv"
        size = 10
        half = size // 2

    @data.named_config
    def big() -> None:
        size = 1000

    return data


@pytest.fixture
def ex(data: Ingredient) -> Experiment:
    """An experiment that uses it."""
    ex = Experiment("test", ingredients=[data], interactive=True)

    @ex.config
    def cfg(data: dict[str, Any]) -> None:
        a = 10
        b = a * 2
        nested = {"x": 1, "y": {"z": 2}}
        batches = data["size"] / 5

    @ex.named_config
    def small() -> None:
        a = 1

    @ex.named_config
    def tiny() -> None:
        a = 0
        nested = {"x": 0}

    @ex.main
    def main(a: int, b: int) -> tuple[int, int]:
        return a, b

    return ex


def config(ex: Experiment, *named: str, **updates: Any) -> dict[str, Any]:
    """The configuration with seed 1."""
    return ex.get_config({"seed": 1, **updates}, named)


def test_defaults(ex: Experiment) -> None:
    """Entries of the experiment at the top, each ingredient's under its path."""
    assert config(ex) == {
        "a": 10,
        "b": 20,
        "nested": {"x": 1, "y": {"z": 2}},
        "batches": 2.0,
        "data": {"filename": "iris.csv", "size": 10, "half": 5},
        "seed": 1,
    }


def test_get_config_is_what_a_run_has_and_runs_nothing(ex: Experiment) -> None:
    """Configure without running is public: no hook, no observer."""
    from tests.recorder import Recorder

    ex.observers.append(Recorder())
    ex.pre_run_hook(lambda: pytest.fail("a hook ran"))
    found = ex.get_config({"a": 3, "seed": 5, "data.size": 8}, ["tiny"])
    assert ex.observers[0].calls == []
    ex.pre_run_hooks.clear()
    run = ex.run(
        config_updates={"a": 3, "seed": 5, "data.size": 8}, named_configs=["tiny"], options=QUIET
    )
    assert found == run.config


def test_what_get_config_gives_is_the_callers(ex: Experiment) -> None:
    """Changing it changes nothing else."""
    config(ex)["nested"]["y"]["z"] = 99
    assert config(ex)["nested"]["y"]["z"] == 2


def test_updates_reach_dependent_values(ex: Experiment) -> None:
    """Values are computed from the final values, across ingredients too."""
    found = config(ex, a=7, data={"size": 50})
    assert (found["b"], found["data"]["half"], found["batches"]) == (14, 25, 10.0)


def test_precedence(ex: Experiment) -> None:
    """update > later named config > earlier named config > sources."""
    assert config(ex, "small")["b"] == 2
    assert config(ex, "small", "tiny")["a"] == 0
    assert config(ex, "tiny", "small")["a"] == 1
    assert config(ex, "tiny", "small")["nested"] == {"x": 0, "y": {"z": 2}}
    assert config(ex, "tiny", a=5)["a"] == 5
    assert config(ex, "tiny", nested={"x": 9})["nested"]["x"] == 9


def test_named_config_of_an_ingredient(ex: Experiment) -> None:
    """``data.big``; an update of the ingredient still wins."""
    assert config(ex, "data.big")["batches"] == 200
    assert config(ex, "data.big", **{"data.size": 3})["data"]["size"] == 3


def test_named_config_of_the_experiment_sets_entries_of_ingredients(ex: Experiment) -> None:
    """A dict under the ingredient's name."""

    @ex.named_config
    def other() -> None:
        data = {"size": 40}

    found = config(ex, "other")
    assert found["data"] == {"filename": "iris.csv", "size": 40, "half": 20}
    assert found["batches"] == 8


def test_named_config_may_ask_for_any_entry(ex: Experiment) -> None:
    """It gets the value that it would have without that named config, updates applied."""

    @ex.named_config
    def scaled(b: int, data: dict[str, Any]) -> None:
        a = b + data["size"]

    assert config(ex, "scaled")["a"] == 30
    assert config(ex, "scaled", a=1)["a"] == 1
    assert config(ex, "scaled", **{"data.size": 100})["a"] == 120
    assert config(ex, "scaled", "small")["a"] == 1
    assert config(ex, "small", "scaled")["a"] == 2 + 10
    assert config(ex, "scaled")["data"] == config(ex)["data"]


def test_config_file_as_named_config(ex: Experiment, tmp_path: Path) -> None:
    """A path to an existing file works in the same place, ingredients included."""
    path = tmp_path / "settings.json"
    path.write_text(json.dumps({"a": 4, "data": {"size": 20}}))
    found = config(ex, str(path))
    assert (found["a"], found["b"], found["data"]["half"]) == (4, 8, 10)


def test_unknown_named_configs(ex: Experiment) -> None:
    """One clear message each, with the names that there are."""
    with pytest.raises(NamedConfigNotFoundError) as info:
        config(ex, "smal")
    assert 'Named config not found: "smal". Available config values are: (' in str(info.value)
    assert 'Did you mean "small"?' in str(info.value)
    with pytest.raises(KeyError, match=r'Ingredient for named config "dat\.big" not found'):
        config(ex, "dat.big")


def test_named_config_used_twice(ex: Experiment) -> None:
    """The second definition is refused (outside of notebooks)."""
    ex.interactive = False
    with pytest.raises(KeyError, match='Configuration name "small" already in use!'):
        ex.add_named_config("small", a=1)


def test_redefinition_in_a_notebook_replaces(ex: Experiment) -> None:
    """Running a cell again neither duplicates nor fails."""

    def cell(value: int) -> None:
        @ex.config
        def again() -> None:
            z = value

        @ex.named_config
        def variant() -> None:
            z = value + 1

        @ex.capture
        def get(z: int) -> int:
            return z

        ex.command(get)

    cell(1)
    counts = len(ex.configurations), len(ex.captured_functions), list(ex.commands)
    cell(2)
    assert (len(ex.configurations), len(ex.captured_functions), list(ex.commands)) == counts
    assert config(ex)["z"] == 2
    assert config(ex, "variant")["z"] == 3


def test_config_hooks(ex: Experiment) -> None:
    """They see a copy of everything so far; updates from outside win over them."""

    @ex.config_hook
    def hook(config: dict[str, Any], command_name: str, logger: Any) -> dict[str, Any]:
        config["data"]["size"] = "changed in the copy"
        return {"a": 100, "command": command_name, "new": {"x": config["b"]}}

    found = config(ex)
    assert (found["a"], found["command"], found["new"]) == (100, "main", {"x": 20})
    assert found["data"]["size"] == 10
    assert config(ex, a=1)["a"] == 1


def _hooked(ex: Ingredient, *changes: Any) -> list[dict[str, Any]]:
    """Hooks that return what each function makes of what it is given; what they are given."""
    seen: list[dict[str, Any]] = []

    def hook_of(change: Any) -> Any:
        def hook(config: dict[str, Any], command_name: str, logger: Any) -> Any:
            seen.append(deepcopy(config))
            return change(config)

        hook.__qualname__ += str(changes.index(change))  # no cell that runs again
        return hook

    for change in changes:
        ex.config_hook(hook_of(change))
    return seen


def test_config_hooks_do_not_see_the_changes_of_those_beside_them(ex: Experiment) -> None:
    """Each gets what the sources gave; all changes are united, and the last one counts."""
    seen = _hooked(
        ex,
        lambda config: {"a": 5, "n": {"x": 5}, "gone": None},
        lambda config: {"n": {"y": config["a"]}, "data": {"size": 6}},
        lambda config: config | {"gone": 1},
    )
    found = ex.get_config({"n": {"z": 1}, "seed": 1})
    assert len(seen) == 3
    assert seen[0] == seen[1] == seen[2]
    # The last hook has returned everything: entries of the experiment are as it was given them,
    # entries of ingredients that it did not change are not its changes.
    assert (found["a"], found["gone"], found["data"]["size"]) == (10, 1, 6)
    assert found["n"] == {"x": 5, "y": 10, "z": 1}


def test_config_hooks_see_the_changes_of_hooks_of_ingredients() -> None:
    """Ingredients are done before."""
    data = Ingredient("data", interactive=True)
    data.add_config(size=1)
    _hooked(data, lambda config: {"size": 7}, lambda config: {"twice": config["data"]["size"] * 2})
    ex = Experiment("hooks", ingredients=[data], interactive=True)
    seen = _hooked(ex, lambda config: {"a": config["data"]["size"]})
    assert ex.get_config()["a"] == 7
    assert seen == [{"data": {"size": 7, "twice": 2}}]


@pytest.mark.parametrize(
    "hook",
    [
        lambda config: None,
        lambda config, command_name, logger, more: None,
        lambda config, command_name, logger=None: None,
        lambda command_name, config, logger: None,
    ],
)
def test_config_hook_with_another_signature(ex: Experiment, hook: Any) -> None:
    """Refused when decorating."""
    with pytest.raises(ValueError, match="Wrong signature for config_hook"):
        ex.config_hook(hook)


@pytest.mark.parametrize(
    ("update", "line"),
    [
        ({"new": {1: 2}}, "new.1=2"),
        ({"new": {1: {2.5: {None: 3}}}}, "new.1.2.5.None=3"),
        ({"new.x": {(1, 2): [4]}}, "new.x.(1, 2)=[4]"),
        ({"new": {"1": 5, 2: 6}}, "new.2=6"),
    ],
)
def test_unused_entries_with_keys_that_are_no_text(
    ex: Experiment, update: dict[str, Any], line: str
) -> None:
    """Their values are shown like all others."""
    with pytest.raises(ConfigAddedError) as info:
        ex.run(config_updates=update, options=QUIET)
    assert f"  {line}\n" in str(info.value)


@pytest.mark.parametrize(
    ("value", "modified"),
    [
        ([], {"a"}),
        ([[1], []], {"a"}),
        ({"k": []}, {"a", "a.k"}),
        ({"k": {"l": []}, "m": 1}, {"a", "a.k", "a.k.l"}),
        ([1], set()),
        ([{}], set()),
        ({}, set()),
        ({"k": {}}, {"a"}),
    ],
)
def test_updates_that_are_empty_lists_count_as_modified(value: Any, modified: set[str]) -> None:
    """Even where they equal what is there; other equal values do not."""
    ex = Experiment("empty", interactive=True)
    ex.add_config(a=value)
    ex.main(lambda: None)
    run = ex.run(config_updates={"a": deepcopy(value)}, options=QUIET)
    assert run.config_modifications.modified - {"seed"} == modified
    assert run.config["a"] == value


def test_unused_entry_is_an_error_with_the_nearest_name(ex: Experiment) -> None:
    """All of them are listed, with their values."""
    with pytest.raises(ConfigAddedError) as info:
        ex.run(config_updates={"aa": 3, "data.sise": 4}, options=QUIET)
    message = str(info.value)
    assert "Added new config entry that is not used anywhere" in message
    assert "  aa=3" in message
    assert "  data.sise=4" in message
    assert '"data.size"' in message


def test_added_entry_that_is_used_is_a_warning(
    ex: Experiment, caplog: pytest.LogCaptureFixture
) -> None:
    """Added and taken by a captured function; ``-f`` silences."""

    @ex.command
    def use(extra: int) -> int:
        return extra

    with caplog.at_level(logging.WARNING):
        assert ex.run("use", config_updates={"extra": 1}).result == 1
    assert 'Added new config entry: "extra"' in caplog.text
    caplog.clear()
    ex.run("use", config_updates={"extra": 1, "unused": 2}, options={"--force": True})
    assert "Added" not in caplog.text


def test_type_changes_are_warned_of(ex: Experiment, caplog: pytest.LogCaptureFixture) -> None:
    """int and float are one kind of thing."""
    with caplog.at_level(logging.WARNING):
        ex.run(config_updates={"a": 1.5, "nested.x": "text"})
    assert 'Changed type of config entry "nested.x" from int to str' in caplog.text
    assert '"a"' not in caplog.text


def test_warnings_come_from_the_logger_of_the_ingredient(
    ex: Experiment, caplog: pytest.LogCaptureFixture
) -> None:
    """... which is the root logger for the experiment itself; paths are its own."""
    with caplog.at_level(logging.WARNING):
        ex.run(config_updates={"nested.x": "text", "data.filename": 7})
    warned = [(one.name, one.getMessage()) for one in caplog.records if "type of" in one.msg]
    assert warned == [
        ("data", 'Changed type of config entry "filename" from str to int'),
        ("root", 'Changed type of config entry "nested.x" from int to str'),
    ]


def test_the_docstring_of_the_last_scope_counts_and_the_first_comment_of_an_entry() -> None:
    """... without the indentation of the function."""
    ex = Experiment("documented")

    @ex.config
    def first() -> None:
        """Of the first."""
        a = 1  # about a

    @ex.config
    def second() -> None:
        """Of the second.

        More.
        """
        a = 2  # more about a

    @ex.main
    def main() -> None:
        pass

    run = ex.run(options=QUIET)
    assert run.config["__doc__"] == "Of the second.\n\nMore.\n"
    assert run.config_modifications.docs["a"] == "about a"


def test_what_the_seed_is_for_is_said_once(ex: Experiment) -> None:
    """Not for each ingredient again."""
    docs = ex.run(options=QUIET).config_modifications.docs
    assert [path for path in docs if path.endswith("seed")] == ["seed"]


def test_functions_see_an_ingredient_inside_the_one_that_holds_its_path() -> None:
    """... whichever of the two is named first."""
    paths, data = Ingredient("data.paths"), Ingredient("data")
    paths.add_config(a=1)
    data.add_config(b=2)
    ex = Experiment("holder", ingredients=[paths, data])

    @ex.main
    def main(data: Any) -> Any:
        return dict(data)

    assert ex.run(options=QUIET).result == {"b": 2, "paths": {"a": 1}}


def test_seed_is_modified_never_added(ex: Experiment) -> None:
    """Setting the seed is no addition."""
    run = ex.run(config_updates={"seed": 3}, options=QUIET)
    assert "seed" in run.config_modifications.modified
    assert "seed" not in run.config_modifications.added


def test_modifications_of_ingredients_are_known_by_full_path(ex: Experiment) -> None:
    """... and parents of a changed entry count as modified."""
    run = ex.run(config_updates={"data.size": 3}, options=QUIET)
    assert {"data", "data.size"} <= run.config_modifications.modified


def test_same_path_twice() -> None:
    """The paths of ingredients must be unique."""
    pair = [Ingredient("same", interactive=True), Ingredient("same", interactive=True)]
    ex = Experiment("test", ingredients=pair, interactive=True)
    ex.main(lambda: None)
    with pytest.raises(ValueError, match="not unique"):
        ex.run(options=QUIET)


def test_an_experiment_as_ingredient() -> None:
    """Its entries stand under its name, its commands are there."""
    inner = Experiment("inner", interactive=True)
    inner.add_config(a=1)

    @inner.command
    def show(a: int) -> int:
        return a

    outer = Experiment("outer", ingredients=[inner], interactive=True)
    outer.main(lambda: show())
    assert outer.get_config({"seed": 1}) == {"inner": {"a": 1}, "seed": 1}
    assert outer.run("inner.show", config_updates={"inner.a": 5}, options=QUIET).result == 5
    assert outer.run(options=QUIET).result == 1


def test_captured_function_of_an_ingredient_sees_its_part(ex: Experiment, data: Ingredient) -> None:
    """... and with a prefix the part below."""
    data.add_config(paths={"root": "/tmp"})

    @data.capture
    def load(filename: str, size: int) -> tuple[str, int]:
        return filename, size

    @data.capture(prefix="paths")
    def root(root: str, _config: Any) -> tuple[str, Any]:
        return root, dict(_config)

    ex.command(lambda: (load(), root()), unobserved=True)
    assert ex.run("<lambda>", config_updates={"data.size": 2}, options=QUIET).result == (
        ("iris.csv", 2),
        ("/tmp", {"root": "/tmp"}),
    )


def test_setting_a_whole_ingredient_to_a_value(ex: Experiment) -> None:
    """A clear error instead of a broken configuration."""
    from sacred.utils import ConfigError

    with pytest.raises(ConfigError, match=r'"data" is an ingredient: set its entries'):
        config(ex, data=5)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda ex: ex.add_config({"a": 1}, b=2), ValueError, "cannot combine"),
        (lambda ex: ex.add_config(), ValueError, "Empty configuration"),
        (lambda ex: ex.add_config("no_such.json"), OSError, "File not found"),
        (lambda ex: ex.add_config(5), TypeError, "Invalid argument type"),
        (lambda ex: ex.add_config({"a.b": 1}), KeyError, "a.b"),
    ],
)
def test_add_config_refuses(
    ex: Experiment, call: Any, error: type[Exception], message: str
) -> None:
    """Each wrong use has its own clear error."""
    with pytest.raises(error, match=message):
        call(ex)


def test_updates_of_single_list_elements_and_empty_dicts(ex: Experiment) -> None:
    """``xs.0=5`` sets the element; ``d={}`` clears the dict."""
    ex.add_config(xs=[1, 2, 3])
    assert config(ex, **{"xs.0": 5})["xs"] == [5, 2, 3]
    assert config(ex, nested={})["nested"] == {}


def test_assigning_to_an_ingredient_is_ignored_with_a_warning(
    ex: Experiment, caplog: pytest.LogCaptureFixture
) -> None:
    """Its entries are its own business."""

    @ex.config
    def wrong(data: Any) -> None:
        data = {"size": 0}

    with caplog.at_level(logging.WARNING):
        run = ex.run()
    assert run.config["data"]["size"] == 10
    assert 'Ignored attempt to set value of "data", because it is an ingredient.' in caplog.messages


def test_an_empty_dict_from_outside_wins_over_a_named_config(ex: Experiment) -> None:
    """``with tiny nested={}`` clears it."""
    assert config(ex, "tiny", nested={})["nested"] == {}
