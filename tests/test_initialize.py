"""The single steps of configuring, as cluster tools call them one by one."""

from __future__ import annotations

from typing import Any

import pytest

from sacred import Experiment, Ingredient
from sacred.definition import RunRequest
from sacred.initialize import (
    create_run,
    create_scaffolding,
    distribute_config_updates,
    distribute_named_configs,
    distribute_presets,
    find_best_match,
    gather_ingredients_topological,
    get_command,
    get_config_modifications,
    get_configuration,
    get_scaffolding_and_config_name,
    initialize_logging,
)
from sacred.utils import convert_to_nested_dict, join_paths, recursive_update, set_by_dotted_path

QUIET = "CRITICAL"


@pytest.fixture
def ex() -> Experiment:
    """An experiment with a nested ingredient, a named config and a hook."""
    paths = Ingredient("data.paths", interactive=True)
    paths.add_config(root="/tmp")
    data = Ingredient("data", ingredients=[paths], interactive=True)
    data.add_config(size=10)
    ex = Experiment("test", ingredients=[data], interactive=True)

    @ex.config
    def config(data: dict[str, Any]) -> None:
        a = 1
        b = data["size"] + a

    @ex.named_config
    def big() -> None:
        a = 100

    @ex.config_hook
    def hook(config: Any, command_name: Any, logger: Any) -> dict[str, Any]:
        return {"hooked": command_name}

    @ex.main
    def main(a: int, b: int, hooked: str, data: dict[str, Any]) -> Any:
        return a, b, hooked, dict(data["paths"])

    return ex


def configure_by_hand(
    ex: Experiment, updates: dict[str, Any], named_configs: list[str]
) -> tuple[dict[str, Any], Any]:
    """All phases through the public functions."""
    ingredients = gather_ingredients_topological(ex)
    scaffolding = create_scaffolding(ex, ingredients)
    prefixes = sorted((s.split(".") for s in scaffolding if s), reverse=True, key=len)
    updates = convert_to_nested_dict(updates)
    _, run_logger = initialize_logging(ex, scaffolding, QUIET)
    distribute_config_updates(prefixes, scaffolding, updates)
    for name in named_configs:
        scaffold, config_name = get_scaffolding_and_config_name(name, scaffolding)
        scaffold.gather_fallbacks()
        found = scaffold.run_named_config(config_name)
        distribute_presets(scaffold.path, prefixes, scaffolding, found)
        for key, value in found.items():
            set_by_dotted_path(updates, join_paths(scaffold.path, key), value)
    distribute_config_updates(prefixes, scaffolding, updates)
    for scaffold in scaffolding.values():
        scaffold.gather_fallbacks()
        scaffold.set_up_config()
        changes = scaffold.run_config_hooks(get_configuration(scaffolding), "main", run_logger)
        recursive_update(scaffold.config, changes)
    for scaffold in reversed(list(scaffolding.values())):
        scaffold.set_up_seed()
    return get_configuration(scaffolding), get_config_modifications(scaffolding)


@pytest.mark.parametrize(
    ("updates", "named"),
    [
        ({"seed": 1}, []),
        ({"seed": 1, "data.size": 3, "data": {"paths": {"root": "/x"}}}, []),
        ({"seed": 1, "b": 0}, ["big"]),
    ],
)
def test_steps_by_hand_give_what_a_run_has(
    ex: Experiment, updates: dict[str, Any], named: list[str]
) -> None:
    """The public steps are those that a run itself takes."""
    config, modifications = configure_by_hand(ex, updates, named)
    run = create_run(ex, "main", updates, named, log_level=QUIET)
    assert config == run.config
    assert modifications.modified == run.config_modifications.modified
    assert config["hooked"] == "main"


def test_topological_order(ex: Experiment) -> None:
    """An ingredient comes before those that use it, the experiment last."""
    assert [i.path for i in gather_ingredients_topological(ex)] == ["data.paths", "data", "test"]


def test_find_best_match() -> None:
    """The longest prefix wins."""
    prefixes = [["data", "paths"], ["data"]]
    assert find_best_match("data.paths.root", prefixes) == ("data.paths", "root")
    assert find_best_match("data.size", prefixes) == ("data", "size")
    assert find_best_match("database", prefixes) == ("", "database")


def test_get_command(ex: Experiment) -> None:
    """Commands of ingredients are found by full path; errors name the nearest."""
    scaffolding = create_scaffolding(ex, gather_ingredients_topological(ex))
    assert get_command(scaffolding, "main").__name__ == "main"
    with pytest.raises(KeyError, match='Command "mian" not found'):
        get_command(scaffolding, "mian")
    with pytest.raises(KeyError, match=r'Ingredient for command "date\.load" not found'):
        get_command(scaffolding, "date.load")


def test_distribute_named_configs(ex: Experiment) -> None:
    """Each scaffold notes which of its named configs are asked for."""
    scaffolding = create_scaffolding(ex, gather_ingredients_topological(ex))
    distribute_named_configs(scaffolding, ["big"])
    assert scaffolding[""].named_configs_to_use == ["big"]


def test_a_run_made_by_hand_can_be_started(ex: Experiment) -> None:
    """create_run configures and binds; calling the run starts it."""
    run = create_run(ex, "main", {"seed": 1}, log_level=QUIET)
    assert run.status is None
    assert run() == (1, 11, "main", {"root": "/tmp"})
    assert run.status == "COMPLETED"


def test_hooks_declared_after_the_request_do_not_run(ex: Experiment) -> None:
    """A run never sees half of a later declaration: its hooks are those of the definition."""
    ran: list[str] = []

    @ex.pre_run_hook
    def early() -> None:
        ran.append("early")

    @ex.config_hook
    def declares(config: Any, command_name: Any, logger: Any) -> dict[str, Any]:
        ex.pre_run_hook(lambda: ran.append("late"))
        return {}

    create_run(ex, "main", {"seed": 1}, log_level=QUIET)()
    assert ran == ["early"]


@pytest.mark.parametrize(("options", "level"), [({}, None), ({"--loglevel": "warning"}, 30)])
def test_a_request_interprets_its_options(options: dict[str, Any], level: int | None) -> None:
    request = RunRequest.of_call("main", named_configs="fast", options=options)
    assert (request.log_level, request.force, request.named_configs) == (level, False, ["fast"])


@pytest.mark.parametrize("use", [lambda ex: ex.run(options={"--loglevel": "loud"}),
                                 lambda ex: create_run(ex, "main", log_level="loud")])  # fmt: skip
def test_an_unknown_log_level(ex: Experiment, use: Any) -> None:
    with pytest.raises(ValueError, match="Unknown log level 'loud'"):
        use(ex)
