"""Dataclasses, typed dicts, attrs classes and pydantic models as declarations of entries."""

from __future__ import annotations

import dataclasses
import pickle
import sys
from dataclasses import dataclass, field
from typing import Annotated, Optional, TypedDict

import attrs
import pytest
from annotated_types import Gt, Len, Unit

from sacred import SETTINGS, Experiment, Ingredient
from sacred.config.config_dict import ConfigModel
from sacred.utils import ConfigTypeError, MissingExtraError

pydantic = pytest.importorskip("pydantic")


@dataclass
class Opt:
    lr: float = 0.1
    name: str = "adam"
    betas: tuple[float, float] = (0.9, 0.99)
    inner: Optional[Opt] = None  # noqa: UP045 - as old scripts write it

    def __post_init__(self):
        if self.lr > 10:
            raise ValueError("lr is too large")


@dataclass
class Config:
    steps: int
    opt: Opt = field(default_factory=Opt)
    layers: list[int] = field(default_factory=lambda: [64])
    ready: bool = field(default=False, init=False)


class Typed(TypedDict, total=False):
    a: int
    b: list[str]


@attrs.define
class Attrs:
    x: int = attrs.field(default=1, validator=attrs.validators.gt(0))
    _y: str = "s"
    zs: list[int] = attrs.field(factory=list)


class Inner(pydantic.BaseModel):
    deep: float = 0.5


class Model(pydantic.BaseModel):
    x: int = pydantic.Field(1, gt=0)
    y: str = "s"
    inner: Inner = Inner()


def made(*sources, main=lambda _config: dict(_config), updates=None, hooks=()):
    """The result of a run with these sources."""
    ex = Experiment("classes", interactive=True, save_git_info=False)
    for source in sources:
        if callable(source) and not isinstance(source, type):
            ex.config(source)
        else:
            ex.add_config(source)
    for hook in hooks:
        ex.config_hook(hook)
    ex.main(main)
    return ex.run(config_updates=updates or {}).result


def lines(*sources, **how):
    with pytest.raises(ConfigTypeError) as caught:
        made(*sources, **how)
    return [str(one) for one in caught.value.problems]


# ------------------------------------------------------------- as a source


def test_fields_are_entries():
    config = made(Config, updates={"steps": "3", "opt": {"lr": 1, "betas": {"0": "0.5"}}})
    del config["seed"]
    assert config == {
        "steps": 3,
        "opt": {"lr": 1.0, "name": "adam", "betas": [0.5, 0.99], "inner": None},
        "layers": [64],
    }
    assert type(config["opt"]["lr"]) is float


def test_the_decorator_leaves_the_class_as_it_is():
    ex = Experiment("decorated", interactive=True, save_git_info=False)

    @ex.config
    @dataclass
    class Here:
        n: int = 1

    assert Here(2).n == 2
    ex.main(lambda n: n)
    assert ex.run(config_updates={"n": 3.0}).result == 3


def test_a_class_that_is_defined_again_in_a_notebook_replaces_the_earlier_one():
    ex = Experiment("again", interactive=True, save_git_info=False)
    for name in ("a", "b"):
        again = dataclasses.make_dataclass("Again", [(name, int)])
        again.__module__ = __name__
        ex.config(again)
    assert [sorted(source.names) for source in ex.configurations] == [["b"]]


def test_an_instance_gives_other_defaults():
    assert made(Config(steps=7, layers=[1]))["steps"] == 7
    assert made(Attrs(x=5))["x"] == 5


@pytest.mark.parametrize(
    ("cls", "updates", "right"),
    [
        (Typed, {"a": "1", "b": ("x", "y")}, {"a": 1, "b": ["x", "y"]}),
        (Attrs, {"x": 2.0, "zs": ["1"]}, {"x": 2, "y": "s", "zs": [1]}),
        (Model, {"x": "2", "inner": {"deep": 1}}, {"x": 2, "y": "s", "inner": {"deep": 1.0}}),
    ],
)
def test_other_kinds_of_classes(cls, updates, right):
    config = made(cls, updates=updates)
    del config["seed"]
    assert config == right


def test_other_classes_are_refused():
    with pytest.raises(TypeError, match="dataclass, TypedDict, attrs class or pydantic model"):
        ConfigModel(int)
    with pytest.raises(TypeError):
        Experiment("wrong", interactive=True).config(object)


def test_a_field_without_default_has_to_be_set():
    assert lines(Config) == ["steps is not set: expected int."]
    assert made(Config, {"steps": 5})["steps"] == 5


def test_names_that_are_no_fields_are_refused_with_the_nearest_one():
    assert lines(Config, updates={"steps": 1, "opt.nmae": "x", "opt.lr": "x"}) == [
        "opt.nmae = 'x'   (ex.run(config_updates=...))"
        ': expected a field of Opt. Did you mean "name"?',
        "opt.lr = 'x'   (ex.run(config_updates=...)): expected float.",
    ]


def test_entries_beside_the_class_are_as_always():
    config = made(Config, {"extra": 1}, updates={"steps": 1, "extra": "x"})
    assert config["extra"] == "x"


@pytest.mark.parametrize(
    ("cls", "updates", "right"),
    [
        (Opt, {"lr": 11}, ["Opt: lr is too large"]),
        (
            Config,
            {"steps": 1, "opt.lr": 11},
            ["opt   (ex.run(config_updates=...)): Opt: lr is too large"],
        ),
        (Attrs, {"x": -1}, ["Attrs: 'x' must be > 0: -1"]),
        (
            Model,
            {"x": -1},
            ["x = -1   (ex.run(config_updates=...)): Input should be greater than 0"],
        ),
    ],
)
def test_the_class_itself_is_asked(cls, updates, right):
    assert lines(cls, updates=updates) == right


def test_later_sources_are_checked(tmp_path):
    def scope():
        steps = "many"

    [line] = lines(Config, scope)
    assert line.startswith(f"steps = 'many'   (scope {__file__}:")
    path = tmp_path / "steps.json"
    path.write_text('{"steps": "x"}')
    assert lines(Config, str(path)) == [f"steps = 'x'   (file {path}): expected int."]
    path.write_text('{"steps": 2.0}')
    assert type(made(Config, str(path))["steps"]) is int


def test_hooks_are_checked():
    def hook(config, command_name, logger):
        return {"steps": "x"}

    assert lines(Config, {"steps": 1}, hooks=[hook]) == [
        "steps = 'x'   (config hook): expected int."
    ]


def test_a_default_that_does_not_fit_leaves_its_field_untyped():
    untyped = dataclasses.make_dataclass("Untyped", [("n", int, "auto"), ("m", int, None)])
    assert made(untyped)["n"] == "auto"
    config = made(untyped, updates={"n": 2.5, "m": "3"})
    assert (config["n"], config["m"]) == (2.5, 3)


def test_the_setting_turns_it_off(monkeypatch):
    monkeypatch.setattr(SETTINGS.CONFIG, "CHECK_TYPES", False)
    assert made(Config, updates={"steps": "x"})["steps"] == "x"


def test_a_class_may_declare_the_entries_of_an_ingredient():
    data = Ingredient("data", interactive=True, save_git_info=False)
    data.config(Config)
    ex = Experiment("user", ingredients=[data], interactive=True, save_git_info=False)
    ex.main(lambda data: data["opt"]["lr"])
    assert ex.run(config_updates={"data": {"steps": 1, "opt": {"lr": 2}}}).result == 2.0
    with pytest.raises(ConfigTypeError, match=r"data\.steps is not set"):
        ex.run()


# --------------------------------------------------------- as an annotation


def scope():
    opt: Opt = Opt()
    table: Opt = {"lr": 0.5}
    typed: Typed = {"a": 1}
    model: Model = {"x": 2}
    none: Opt = None
    many: list[Opt] = [{"lr": 1}]


def test_the_form_of_the_default_stays():
    updates = {"opt": {"lr": 1, "betas": {"0": "0.5"}}, "table.name": "sgd", "typed.b": ["x"]}
    config = made(scope, updates={**updates, "none.lr": 3, "model.x": 5, "many.0.lr": 7})
    assert config["opt"] == Opt(lr=1.0, betas=(0.5, 0.99))
    assert type(config["opt"].betas) is tuple
    assert config["table"] == {"lr": 0.5, "name": "sgd"}
    assert config["typed"] == {"a": 1, "b": ["x"]}
    assert config["none"] == {"lr": 3.0, "name": "adam", "betas": [0.9, 0.99], "inner": None}
    assert config["model"] == {"x": 5}
    assert config["many"] == [{"lr": 7.0}]


def test_an_instance_can_be_given():
    assert made(scope, updates={"opt": Opt(lr=3)})["opt"] == Opt(lr=3)


def test_wrong_parts_have_their_paths():
    updates = {"opt.lr": "x", "table": 5, "model.x": -1, "many": [{"lr": "x"}], "typed": {"c": 1}}
    assert lines(scope, updates=updates) == [
        "opt.lr = 'x'   (ex.run(config_updates=...)): expected float.",
        "table = 5   (ex.run(config_updates=...))"
        ": expected Opt. As an entry of it: table.NAME=VALUE",
        "typed.c = 1   (ex.run(config_updates=...)): expected a field of Typed. It has a, b",
        "model.x = -1   (ex.run(config_updates=...)): Input should be greater than 0",
        "many.0.lr = 'x'   (ex.run(config_updates=...)): expected float.",
    ]


# ------------------------------------------------------------- as instances


def test_functions_that_ask_for_the_class_get_an_instance():
    def main(table: Opt, opt: Opt | None, many: list[Opt], model: Model, typed: Typed, none: Opt):
        return table, opt, many, model, typed, none

    table, opt, many, model, typed, none = made(scope, main=main)
    assert table == Opt(lr=0.5)
    assert opt == Opt()
    assert many == [Opt(lr=1)]
    assert model == Model(x=2)
    assert typed == {"a": 1}
    assert none is None


def test_the_whole_configuration_can_be_an_instance():
    def main(_config: Config):
        return _config

    assert made(Config, main=main, updates={"steps": 3}) == Config(steps=3)


def test_a_function_with_a_prefix_gets_the_part():
    ex = Experiment("prefix", interactive=True, save_git_info=False)
    ex.config(Config)

    @ex.capture(prefix="opt")
    def part(_config: Opt, lr):
        return _config, lr

    ex.main(lambda: part())
    assert ex.run(config_updates={"steps": 1, "opt.lr": 2}).result == (Opt(lr=2), 2)


def test_others_get_what_the_configuration_has():
    def main(table: dict, model, opt: Missing):  # noqa: F821
        return table, model, opt

    assert made(scope, main=main) == ({"lr": 0.5}, {"x": 2}, Opt())

    def undeclared(entry: Opt):
        return entry

    assert made({"entry": {"lr": 1}}, main=undeclared) == {"lr": 1}


def test_explicit_arguments_win():
    ex = Experiment("explicit", interactive=True, save_git_info=False)
    ex.config(Config)

    @ex.capture
    def f(opt: Opt):
        return opt

    ex.main(lambda: f(opt="given"))
    assert ex.run(config_updates={"steps": 1}).result == "given"


def test_each_function_has_an_instance_of_its_own():
    ex = Experiment("own", interactive=True, save_git_info=False)
    ex.config(Config)

    @ex.capture
    def change(opt: Opt):
        opt.lr = 99

    @ex.main
    def main(opt: Opt, _config):
        change()
        return opt.lr, _config["opt"]["lr"]

    assert ex.run(config_updates={"steps": 1}).result == (0.1, 0.1)


def test_a_class_that_refuses_its_default_says_so():
    def bad():
        table: Opt = {"lr": 11}

    def main(table: Opt):
        return table

    assert lines(bad, main=main) == ["table: Opt: lr is too large"]


pickled = Experiment("pickled", interactive=True, save_git_info=False)
pickled.config(Config)


@pickled.capture
def by_pickle(opt: Opt):
    return opt


def test_instances_travel_with_pickled_functions():
    state = {}

    @pickled.main
    def main():
        snapshot = by_pickle.__reduce_ex__(4)[2]["snapshot"]
        state["instances"] = pickle.loads(pickle.dumps(snapshot.instances))

    pickled.run(config_updates={"steps": 1, "opt.lr": 2})
    assert state["instances"] == {(__name__, "by_pickle"): {"opt": Opt(lr=2.0)}}


# -------------------------------------------------------------------- ranges


def ranged():
    rate: Annotated[float, Gt(0), Unit("ms")] = 0.5
    unit: Annotated[float, Unit("s")] = 1.0
    sizes: Annotated[list[int], Len(1, 2)] = [1]
    off: Annotated[int, Gt(0)] = -1
    note: Annotated[int, "a remark"] = 3


def test_ranges_are_checked():
    config = made(ranged, updates={"rate": 1, "unit": "2", "sizes": ["3"], "note": "4"})
    assert (config["rate"], config["unit"], config["sizes"], config["note"]) == (1.0, 2.0, [3], 4)
    assert lines(ranged, updates={"rate": -1, "unit": "x", "sizes": []}) == [
        "rate = -1.0   (ex.run(config_updates=...)): Input should be greater than 0",
        "unit = 'x'   (ex.run(config_updates=...)): expected float (s).",
        "sizes = []   (ex.run(config_updates=...))"
        ": List should have at least 1 item after validation, not 0",
    ]


def test_a_default_out_of_its_range_leaves_the_entry_untyped():
    assert made(ranged, updates={"off": "x"})["off"] == "x"


def test_without_pydantic_the_error_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "pydantic", None)
    with pytest.raises(MissingExtraError, match=r'pip install "sacred\[types\]"'):
        made(ranged, updates={"rate": 1})
    assert made(ranged, updates={"unit": "2"})["unit"] == 2.0
