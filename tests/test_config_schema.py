"""The configuration as JSON Schema."""

from __future__ import annotations

import enum
import json
import math
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, Optional

import pytest

from sacred import Experiment, Ingredient

jsonschema = pytest.importorskip("jsonschema")
annotated_types = pytest.importorskip("annotated_types")
Gt, Len, Unit = annotated_types.Gt, annotated_types.Len, annotated_types.Unit


class Colour(enum.Enum):
    RED = 1
    BLUE = 2


@dataclass
class Node:
    weight: float
    next: Optional[Node] = None  # noqa: UP045 - as old scripts write it


def schema_of(*sources, **how):
    """The schema of an experiment with these sources; it is valid, and its defaults are."""
    ex = Experiment("schema", interactive=True, save_git_info=False)
    for source in sources:
        ex.config(source)
    schema = json.loads(json.dumps(ex.get_config_schema(**how)))
    jsonschema.Draft202012Validator.check_schema(schema)
    entries = schema["properties"].items()
    defaults = {name: entry["default"] for name, entry in entries if "default" in entry}
    jsonschema.validate(defaults, {**schema, "required": []})
    return schema


def scope():
    lr: float = 0.1  # learning rate
    kind: Literal["adam", "sgd"] = "adam"
    colour: Colour = Colour.RED
    maybe: int = None
    xs: list[int] = [1]
    pair: tuple[int, str] = (1, "a")
    unique: set[int] = {1}
    table: dict[str, float] = {"a": 1.0}
    either: int | str = 3
    rate: Annotated[float, Gt(0), Unit("ms")] = 0.5
    sizes: Annotated[list[int], Len(1, 3)] = [1]
    node: Node = {"weight": 1.0}
    auto: int = "auto"
    untyped = "x"
    huge: float = math.inf
    anything: Any = 5


def test_each_kind_of_type_has_its_schema():
    entries = schema_of(scope)["properties"]
    assert entries == {
        "lr": {"type": "number", "description": "learning rate", "default": 0.1},
        "kind": {"enum": ["adam", "sgd"], "default": "adam"},
        "colour": {"enum": ["RED", "BLUE"], "default": "RED"},
        "maybe": {"anyOf": [{"type": "integer"}, {"type": "null"}], "default": None},
        "xs": {"type": "array", "items": {"type": "integer"}, "default": [1]},
        "pair": {
            "type": "array",
            "prefixItems": [{"type": "integer"}, {"type": "string"}],
            "minItems": 2,
            "maxItems": 2,
            "default": [1, "a"],
        },
        "unique": {
            "type": "array",
            "items": {"type": "integer"},
            "uniqueItems": True,
            "default": [1],
        },
        "table": {
            "type": "object",
            "additionalProperties": {"type": "number"},
            "default": {"a": 1.0},
        },
        "either": {"anyOf": [{"type": "integer"}, {"type": "string"}], "default": 3},
        "rate": {"type": "number", "exclusiveMinimum": 0, "unit": "ms", "default": 0.5},
        "sizes": {
            "type": "array",
            "items": {"type": "integer"},
            "minItems": 1,
            "maxItems": 3,
            "default": [1],
        },
        "node": {"$ref": "#/$defs/Node", "default": {"weight": 1.0}},
        "auto": {"default": "auto"},
        "untyped": {"default": "x"},
        "huge": {"type": "number"},
        "anything": {"default": 5},
        "seed": {"type": "integer", "description": "the random seed for this experiment"},
    }


def test_classes_are_referred_to_by_name_also_by_themselves():
    schema = schema_of(scope)
    [node] = schema["$defs"].values()
    assert node["properties"] == {
        "weight": {"type": "number"},
        "next": {"anyOf": [{"$ref": "#/$defs/Node"}, {"type": "null"}]},
    }
    assert node["required"] == ["weight"]
    assert node["additionalProperties"] is False
    validator = jsonschema.Draft202012Validator(schema)
    assert validator.is_valid({"node": {"weight": 1, "next": {"weight": 2}}})
    assert not validator.is_valid({"node": {"weight": 1, "next": {"wieght": 2}}})


def test_two_classes_of_one_name_are_two():
    @dataclass
    class First:
        a: int = 1

    @dataclass
    class Second:
        b: int = 1

    Second.__name__ = "First"

    def two():
        first: First = First()
        second: Second = Second()

    schema = schema_of(two)
    assert [sorted(one["properties"]) for one in schema["$defs"].values()] == [["a"], ["b"]]


def test_fields_without_default_are_required():
    @dataclass
    class Config:
        steps: int
        inner: Node = field(default_factory=lambda: Node(1.0))

    schema = schema_of(Config)
    assert schema["required"] == ["steps"]
    assert schema["properties"]["inner"]["default"] == {"weight": 1.0, "next": None}
    assert "required" not in schema_of(Config, config_updates={"steps": 5})


def test_updates_and_named_configs_are_the_defaults():
    assert schema_of(scope, config_updates={"lr": 1})["properties"]["lr"]["default"] == 1.0


def test_entries_of_ingredients_are_objects():
    data = Ingredient("data.paths", interactive=True, save_git_info=False)

    @data.config
    def cfg():
        root: str = "/"  # where

    ex = Experiment("user", ingredients=[data], interactive=True, save_git_info=False)
    paths = ex.get_config_schema()["properties"]["data"]["properties"]["paths"]
    assert paths["type"] == "object"
    assert paths["properties"]["root"] == {
        "type": "string",
        "description": "where",
        "default": "/",
    }


def test_the_command_line_prints_it(capsys):
    @dataclass
    class Config:
        steps: int
        lr: float = 0.1

    ex = Experiment("printed", interactive=True, save_git_info=False)
    ex.config(Config)
    ex.main(lambda lr: lr)
    ex.run_commandline(["x", "print_config", "--schema", "-l", "ERROR", "with", "lr=1"])
    printed = json.loads(capsys.readouterr().out)
    assert printed == json.loads(json.dumps(ex.get_config_schema({"lr": 1})))
    assert printed["required"] == ["steps"]
    assert printed["properties"]["lr"] == {"type": "number", "default": 1.0}
