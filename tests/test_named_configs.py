"""What named configs read and set, and how often scopes are evaluated for that."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest

from sacred import Experiment, Ingredient
from sacred.utils import UnsafeDataError

PAPER = {"lr": 0.5, "layers": [1, 2], "opt": {"name": "sgd"}}


def experiment(*ingredients: Ingredient) -> Experiment:
    ex = Experiment("named", ingredients=ingredients, interactive=True)

    @ex.main
    def main(_config: Any) -> None:
        pass

    return ex


def config(ex: Experiment, *named_configs: str, **updates: Any) -> dict[str, Any]:
    return ex.get_config({"seed": 1, **updates}, named_configs)


# ------------------------------------------------------------- left to right


@pytest.fixture
def counted() -> tuple[Experiment, list[str]]:
    """Scopes that say when they are evaluated, and named configs that read their entries."""
    calls: list[str] = []
    numbers = itertools.count()
    ing = Ingredient("ing", interactive=True)

    @ing.config
    def ing_scope() -> None:
        token = (calls.append("ing"), next(numbers))[1]

    ex = experiment(ing)

    @ex.config
    def first(ing: Any) -> None:
        name = (calls.append("first"), next(numbers))[1]
        both = [ing["token"], name]

    @ex.config
    def second(name: int) -> None:
        free = (calls.append("second"), 0)[1]
        doubled = free * 2

    @ex.named_config
    def reads_name(name: int) -> None:
        other = [name]

    @ex.named_config
    def reads_free(free: int) -> None:
        free = free + 1

    @ex.named_config
    def reads_doubled(doubled: int) -> None:
        seen = doubled

    return ex, calls


def test_what_a_named_config_reads_is_that_of_the_run(
    counted: tuple[Experiment, list[str]],
) -> None:
    """A scope whose inputs are the same is evaluated once: random names, times, directories."""
    ex, calls = counted
    found = config(ex, "reads_name", unknown=1)
    assert found["other"] == [found["name"]]
    assert found["both"] == [found["ing"]["token"], found["name"]]
    assert sorted(calls) == ["first", "ing", "second"]


def test_a_scope_is_evaluated_again_if_its_inputs_change(
    counted: tuple[Experiment, list[str]],
) -> None:
    """At most once more for each named config; the others are not."""
    ex, calls = counted
    found = config(ex, "reads_free", "reads_doubled")
    assert (found["free"], found["doubled"], found["seen"]) == (1, 2, 2)
    assert calls.count("second") == 2
    assert calls.count("ing") == calls.count("first") == 1


def test_each_sees_the_named_configs_to_its_left(counted: tuple[Experiment, list[str]]) -> None:
    """And none to its right."""
    ex, _ = counted
    assert config(ex, "reads_doubled", "reads_free")["seen"] == 0
    assert config(ex, "reads_free", "reads_free", "reads_doubled")["seen"] == 4


def test_the_cost_is_linear() -> None:
    """16 named configs that each change what the next one reads: two evaluations each at most."""
    calls: list[int] = []
    ex = experiment()

    @ex.config
    def scope() -> None:
        n = 0
        m = (calls.append(1), n)[1]

    def chain(m: int) -> None:
        n = m + 1

    ex.named_config(chain)
    assert config(ex, *["chain"] * 16)["m"] == 16
    assert len(calls) <= 17


def test_what_is_set_by_hooks_can_be_read_too() -> None:
    """Where no source has the entry."""
    ex = experiment()
    ex.add_config(a=1)

    @ex.config_hook
    def hook(config: Any, command_name: str, logger: Any) -> dict[str, Any]:
        return {"from_hook": config["a"] + 1}

    @ex.named_config
    def reads(from_hook: int) -> None:
        b = from_hook

    assert config(ex, "reads", a=5)["b"] == 6


def test_the_seed_that_is_read_is_that_of_the_run() -> None:
    ex = experiment()

    @ex.named_config
    def reads(seed: int) -> None:
        twice = seed * 2

    found = ex.get_config(named_configs=["reads"])
    assert found["twice"] == found["seed"] * 2


def test_sources_of_third_parties_may_set_anything() -> None:
    """They are evaluated, since nobody knows what they set."""
    from sacred.config import ConfigDict

    ex = experiment()
    ex.add_config(a=1)
    other = ConfigDict({"b": 2})
    ex.configurations.append(lambda fixed=None, preset=None, fallback=None: other(fixed, preset))

    @ex.named_config
    def reads(b: int) -> None:
        c = b

    assert config(ex, "reads", b=7)["c"] == 7


# ----------------------------------------------------------- scopes that fail


@pytest.mark.parametrize("error", [ValueError("choose"), SystemExit("choose")], ids=type)
@pytest.mark.parametrize("place", ["own scope", "same scope", "between scopes"])
def test_a_scope_that_fails_unless_a_named_config_is_chosen(
    place: str, error: BaseException
) -> None:
    """What the named config reads is known without it."""
    ex = experiment()

    def base() -> None:
        n = 5
        dataset = None

    def check(dataset: Any) -> None:
        if dataset is None:
            raise error
        checked = True

    def base_and_check() -> None:
        n = 5
        dataset = None
        if dataset is None:
            raise error
        checked = True

    def later() -> None:
        n = 5

    scopes: Any = {
        "own scope": [base, check],
        "same scope": [base_and_check],
        "between scopes": [base, check, later],
    }
    for scope in scopes[place]:
        ex.config(scope)

    @ex.named_config
    def mnist(n: int) -> None:
        dataset = "mnist"
        size = n * 2

    @ex.named_config
    def reads_checked(checked: bool) -> None:
        dataset = "mnist"

    found = config(ex, "mnist")
    assert (found["size"], found["checked"]) == (10, True)
    with pytest.raises(type(error)):
        config(ex)
    with pytest.raises(KeyError, match=r"'checked' not in preset .* failed: \w+: choose") as info:
        config(ex, "reads_checked")
    assert info.value.__cause__ is error


# ------------------------------------------------------ what they take and set


@pytest.fixture
def train() -> Ingredient:
    train = Ingredient("train", interactive=True)

    @train.config
    def scope() -> None:
        embed = 1
        derived = embed * 2
        sub = {"a": {"b": embed}, "c": 1}

    return train


def test_a_named_config_sets_only_what_it_changes(train: Ingredient) -> None:
    """Of a copy of an ingredient, or of a dict of its own; what is derived follows."""
    ex = experiment(train)
    ex.add_config(opt={"lr": 1, "steps": 2})

    @ex.named_config
    def one(train: dict[str, Any]) -> None:
        train = dict(train)
        train["embed"] = 10

    @ex.named_config
    def below(train: dict[str, Any], opt: dict[str, Any]) -> None:
        train["sub"]["c"] = train["embed"] + 1
        opt["lr"] = 5

    found = config(ex, "one", "below", **{"opt.steps": 7})
    assert found["train"] == {"embed": 10, "derived": 20, "sub": {"a": {"b": 10}, "c": 11}}
    assert found["opt"] == {"lr": 5, "steps": 7}
    run = ex.run(named_configs=["below"], options={"--loglevel": "ERROR", "--unobserved": True})
    assert run.config_modifications.modified >= {"train.sub.c", "opt.lr"}
    assert "train.embed" not in run.config_modifications.modified


def test_a_scope_may_change_its_copy_of_an_ingredient(train: Ingredient) -> None:
    """At any depth, under any name; the ingredient's entries stay as they are."""
    ex = experiment(train)

    @ex.config
    def scope(train: Any) -> None:
        train = dict(train)
        train["sub"]["a"]["b"] = 5
        train["embed"] = 7
        x = [train["embed"], train["sub"]["a"]["b"]]
        other = {"copy": dict(train)}
        other["copy"]["sub"]["a"] = 9
        part = train["sub"]
        part["c"] = 3

    found = config(ex)
    assert found["train"] == config(experiment(train))["train"]
    assert found["x"] == [7, 5]
    assert found["other"]["copy"]["sub"]["a"] == 9
    assert found["part"]["c"] == 3


@pytest.mark.parametrize(
    ("paths", "scope_of", "expected"),
    [
        # An entry of an ingredient that is called as another one lies under the first.
        (
            ("venv", "il"),
            "il",
            {"il": {"lr": 0, "venv": {"n": 7, "own": 3}}, "venv": {"n": 1, "m": 2}},
        ),
        # The path of an ingredient of an ingredient.
        (("venv", "il"), "ex", {"il": {"lr": 0}, "venv": {"n": 1, "m": 2, "own": 3}}),
        (("il.venv", "il"), "il", {"il": {"lr": 0, "venv": {"n": 1, "m": 2, "own": 3}}}),
        # Nobody is called `a`.
        (("a.venv", "il"), "ex", {"il": {"lr": 0}, "a": {"venv": {"n": 1, "m": 2}, "more": 1}}),
    ],
)
def test_entries_with_the_name_of_an_ingredient_are_not_lost(
    paths: tuple[str, str], scope_of: str, expected: dict[str, Any]
) -> None:
    """They stand beside the ingredient's own, which stay as they are, for all who look."""
    venv = Ingredient(paths[0], interactive=True)
    venv.add_config(n=1, m=2)
    il = Ingredient(paths[1], ingredients=[venv], interactive=True)
    il.add_config(lr=0)
    ex = experiment(il, venv)

    def scope() -> None:
        venv = {"n": 7, "own": 3}

    def scope_of_group() -> None:
        a = {"more": 1}

    user = il if scope_of == "il" else ex
    user.config(scope_of_group if paths[0] == "a.venv" else scope)
    found = config(ex)
    assert {key: value for key, value in found.items() if key != "seed"} == expected
    run = ex.run(options={"--loglevel": "ERROR", "--unobserved": True})
    seen = ex.commands["main"].config
    assert {key: seen[key] for key in expected} == expected == {k: run.config[k] for k in expected}


# ------------------------------------------------------- set by name, by file


def test_locals_update_in_a_named_config() -> None:
    """Its entries are set, whatever Python makes of `locals()`; updates win."""
    ex = experiment()

    @ex.config
    def scope() -> None:
        lr = 0.1
        opt = {"name": "adam", "b": 1}
        doubled = lr * 2

    @ex.named_config
    def paper() -> None:
        locals().update(PAPER)

    found = config(ex, "paper", **{"opt.b": 5})
    assert (found["lr"], found["doubled"], found["layers"]) == (0.5, 1.0, [1, 2])
    assert found["opt"] == {"name": "sgd", "b": 5}
    assert config(ex, "paper", lr=9)["doubled"] == 18


def test_a_file_with_a_forbidden_tag(tmp_path: Path) -> None:
    """Refused when it is used, by file and tag; all else works."""
    path = tmp_path / "x.json"
    path.write_text(json.dumps({"a": {"py/object": "os.system"}}))
    ex = experiment()
    ex.add_config(a=1)
    ex.add_named_config("bad", str(path))
    ex.add_named_config("good", a=2)
    assert config(ex, "good")["a"] == 2
    with pytest.raises(UnsafeDataError, match=r"(?s)x\.json.*py/object"):
        config(ex, "bad")
    ex.run("print_named_configs", options={"--loglevel": "ERROR"})


def test_a_hook_changes_entries_of_ingredients(train: Ingredient) -> None:
    """What it returns, or changes in its copy and returns; the next hook keeps that."""
    ex = experiment(train)
    seen = []

    @ex.config_hook
    def first(config: Any, command_name: str, logger: Any) -> dict[str, Any]:
        return {"train": {"embed": 50}, "own": 1}

    @ex.config_hook
    def second(config: Any, command_name: str, logger: Any) -> Any:
        seen.append((config["train"]["embed"], "own" in config))
        config["train"]["sub"]["c"] = 99
        return config

    @train.capture
    def what(embed: int, sub: Any) -> tuple[int, int]:
        return embed, sub["c"]

    @ex.command
    def show() -> Any:
        return what()

    quiet = {"--loglevel": "ERROR"}
    run = ex.run("show", options=quiet)
    assert run.result == (50, 99)
    assert (run.config["train"]["embed"], run.config["own"], seen) == (50, 1, [(1, False)])
    run = ex.run("show", {"train.embed": 3}, options=quiet)
    assert run.result == (3, 99)
    assert seen[-1] == (3, False)
