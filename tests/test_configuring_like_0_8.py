"""Rules of configuring that scripts of Sacred 0.8 rely on, tried with that library."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any

import pytest

from sacred import Experiment, Ingredient
from sacred.utils import ConfigAddedError

QUIET = {"--loglevel": "CRITICAL"}


def entries_of(config: Any) -> Any:
    return {name: value for name, value in config.items() if name != "seed"}


@pytest.mark.parametrize("with_entries", [True, False])
def test_an_ingredient_behind_the_one_above_it_becomes_a_part_of_that(with_entries: bool) -> None:
    data, paths = Ingredient("data"), Ingredient("data.paths")
    if with_entries:
        paths.add_config(root="/data")
    data.add_config(size=1)
    ex = Experiment("exp", ingredients=[data, paths], interactive=True, save_git_info=False)

    @data.capture
    def look(_config: Any) -> Any:
        return dict(_config)

    @ex.main
    def main() -> Any:
        return look()

    run = ex.run(options=QUIET)
    expected = {"size": 1, "paths": {"root": "/data"} if with_entries else {}}
    assert run.result == expected
    assert entries_of(run.config) == {"data": expected}


def test_an_ingredient_without_entries_is_none_of_the_configuration() -> None:
    ex = Experiment("exp", ingredients=[Ingredient("data")], interactive=True, save_git_info=False)
    ex.main(lambda: None)
    assert entries_of(ex.run(options=QUIET).config) == {}


def test_a_name_of_an_ingredient_that_lies_elsewhere_is_free_for_an_entry() -> None:
    data = Ingredient("data")
    data.add_config(n=1, m={"q": 2})
    model = Ingredient("model", ingredients=[data])

    @model.config
    def cfg(data: Any) -> None:
        data = dict(data)
        data["n"] = 7

    ex = Experiment("exp", ingredients=[model], interactive=True, save_git_info=False)
    ex.main(lambda: None)
    config = ex.run(options=QUIET).config
    assert config["model"] == {"data": {"n": 7, "m": {"q": 2}}}
    assert config["data"] == {"n": 1, "m": {"q": 2}}


def test_entries_beside_an_ingredient_that_lies_further_below() -> None:
    sub = Ingredient("data.sub")
    sub.add_config(n=1)
    ex = Experiment("exp", ingredients=[sub], interactive=True, save_git_info=False)

    @ex.config
    def cfg(data: Any) -> None:
        data = {"z": data["sub"]["n"] + 1}

    ex.main(lambda: None)
    assert entries_of(ex.run(options=QUIET).config) == {"data": {"z": 2, "sub": {"n": 1}}}


def _scopes() -> list[Callable[[Experiment], Any]]:
    def assigned_twice(ex: Experiment) -> None:
        @ex.config
        def cfg() -> None:
            d = {"a": 1}
            d = {"k": 3}

    def assigned_twice_deeper(ex: Experiment) -> None:
        @ex.config
        def cfg() -> None:
            d = {"a": {"b": 1}}
            d = {"k": 3}

    def taken_and_assigned(ex: Experiment) -> None:
        @ex.config
        def first() -> None:
            d = 1

        @ex.config
        def second(d: Any) -> None:
            d = 2

    return [assigned_twice, assigned_twice_deeper, taken_and_assigned]


@pytest.mark.parametrize("declare", _scopes(), ids=lambda declare: declare.__name__)
@pytest.mark.parametrize("path", ["d.a", "d.a.b"])
def test_an_entry_that_a_scope_has_assigned_once_is_not_added(
    declare: Callable[[Experiment], Any], path: str
) -> None:
    ex = Experiment("exp", interactive=True, save_git_info=False)
    declare(ex)
    ex.main(lambda: None)
    if declare.__name__ == "assigned_twice" and path == "d.a.b":
        with pytest.raises(ConfigAddedError):
            ex.run(config_updates={path: 5}, options=QUIET)
        return
    run = ex.run(config_updates={path: 5}, options=QUIET)
    assert run.config_modifications is not None
    assert run.config_modifications.added == set()


def with_readers(prefix: str | None = None) -> Experiment:
    """An experiment with a function that takes ``_config``, and with a named config."""
    ex = Experiment("exp", interactive=True, save_git_info=False)

    @ex.config
    def cfg() -> None:
        model = {"kwargs": {"filters": 16}}

    @ex.named_config
    def wavenet() -> None:
        model = {"kwargs": {"tanh": 8}}
        nothing = {"k": {}}

    @ex.capture(prefix=prefix)
    def read(_config: Any) -> Any:
        return entries_of(_config)

    @ex.main
    def main() -> Any:
        return read()

    return ex


def test_readers_of_the_config_get_what_named_configs_add(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    run = with_readers().run(named_configs=["wavenet"], options={"--loglevel": "WARNING"})
    assert run.result == {"model": {"kwargs": {"filters": 16, "tanh": 8}}, "nothing": {"k": {}}}
    assert "Added new config entry" not in caplog.text


def test_readers_of_the_config_get_what_config_files_add(tmp_path: Any) -> None:
    file = tmp_path / "more.json"
    file.write_text(json.dumps({"batch_size": 2}))
    assert with_readers().run(named_configs=[str(file)], options=QUIET).result["batch_size"] == 2


def test_what_is_typed_is_refused_though_somebody_reads_the_config() -> None:
    for updates in ({"modle": 1}, {"model.kwargs.tanh": 1}, {"nothing": {"k": {}}}):
        with pytest.raises(ConfigAddedError):
            with_readers().run(
                named_configs=["wavenet"], config_updates={**updates, "typo": 1}, options=QUIET
            )
        with pytest.raises(ConfigAddedError):
            with_readers().run(config_updates=updates, options=QUIET)


def test_named_configs_cannot_add_what_lies_outside_of_what_is_read() -> None:
    with pytest.raises(ConfigAddedError, match="nothing"):
        with_readers(prefix="model").run(named_configs=["wavenet"], options=QUIET)
