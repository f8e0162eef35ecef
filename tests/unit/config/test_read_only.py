import copy
import json
import pickle
import subprocess
import sys
from collections import namedtuple

import pytest
import yaml
from hypothesis import given

from sacred._base.errors import SacredError
from sacred.config.custom_containers import ReadOnlyDict, ReadOnlyList, make_read_only
from sacred.config.normalize import normalize_or_die
from sacred.serializer import flatten
from tests.unit.config.test_normalize import values

VALUE = {"a": 1, "l": [1, {"x": 1}], "t": (1, [2]), "d": {"k": {"j": 1}}, "s": {1}}
Pair = namedtuple("Pair", "x y")


@pytest.fixture
def config():
    return make_read_only(VALUE)


def test_nested(config):
    assert config == VALUE
    assert type(config["l"][1]) is ReadOnlyDict
    assert type(config["t"]) is tuple
    assert type(config["t"][1]) is ReadOnlyList
    assert config["s"] is VALUE["s"]
    assert isinstance(config, dict)
    assert isinstance(config["l"], list)
    assert make_read_only(config) is config
    assert make_read_only(5) == 5


def test_named_tuples_stay():
    made = make_read_only(Pair([1], 2))
    assert type(made) is Pair
    assert type(made.x) is ReadOnlyList


DICT_CHANGES = [
    lambda d: d.__setitem__("a", 2),
    lambda d: d.__delitem__("a"),
    lambda d: d.__ior__({"a": 2}),
    lambda d: d.update(a=2),
    lambda d: d.clear(),
    lambda d: d.pop("a"),
    lambda d: d.popitem(),
    lambda d: d.setdefault("new", 2),
]
LIST_CHANGES = [
    lambda xs: xs.__setitem__(0, 1),
    lambda xs: xs.__delitem__(0),
    lambda xs: xs.__iadd__([1]),
    lambda xs: xs.__imul__(2),
    lambda xs: xs.append(1),
    lambda xs: xs.clear(),
    lambda xs: xs.extend([1]),
    lambda xs: xs.insert(0, 1),
    lambda xs: xs.pop(),
    lambda xs: xs.remove(1),
    lambda xs: xs.reverse(),
    lambda xs: xs.sort(),
]


@pytest.mark.parametrize("change", DICT_CHANGES)
def test_dicts_refuse_changes(config, change):
    with pytest.raises(SacredError, match="read-only in a captured function"):
        change(config)
    assert config == VALUE


@pytest.mark.parametrize("change", LIST_CHANGES)
def test_lists_refuse_changes(config, change):
    with pytest.raises(SacredError, match="read-only in a captured function"):
        change(config["l"])
    assert config == VALUE


def test_operators_give_plain_containers(config):
    assert type(config | {"b": 1}) is dict
    assert type(config["l"] + [1]) is list
    assert type(config["l"][:]) is list


def plain(value):
    if isinstance(value, dict):
        return type(value) is dict and all(map(plain, value.values()))
    if isinstance(value, list | tuple):
        return type(value) in (list, tuple) and all(map(plain, value))
    return True


def pickled(value):
    return pickle.loads(pickle.dumps(value))


@pytest.mark.parametrize("copier", [copy.copy, copy.deepcopy, pickled, lambda d: d.copy()])
def test_copies_are_plain_at_every_level(config, copier):
    made = copier(config)
    assert made == VALUE
    assert plain(made)
    made["l"][1]["x"] = 5
    assert config == VALUE


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_every_pickle_protocol(config, protocol):
    assert plain(pickle.loads(pickle.dumps(config, protocol)))


@pytest.mark.parametrize("dump", [yaml.dump, yaml.safe_dump])
def test_yaml(dump):
    value = {"a": [1, {"b": 2}]}
    assert dump(make_read_only(value)) == dump(value)


def test_json():
    assert json.dumps(make_read_only({"a": [1]})) == '{"a": [1]}'


@pytest.mark.parametrize("first", ["yaml", "sacred.config.read_only"])
def test_yaml_may_be_imported_before_or_after(first):
    script = (
        f"import {first}, sys\n"
        "from sacred.config.read_only import make_read_only\n"
        "config = make_read_only({'a': [1]})\n"
        f"assert ('yaml' in sys.modules) is ({first!r} == 'yaml')\n"
        "import yaml\n"
        "assert yaml.safe_dump(config) == yaml.safe_dump({'a': [1]})\n"
        "assert type(yaml.__loader__).__module__.startswith(('_frozen', 'importlib'))\n"
        "import importlib; importlib.reload(yaml)\n"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", script], check=True, timeout=60)


@given(values)
def test_law_read_only_is_equal_and_copies_are_plain(value):
    made = make_read_only(value)
    assert made == value
    assert plain(copy.deepcopy(made))
    assert copy.deepcopy(made) == value


def test_entries_are_attributes_and_methods_stay():
    config = make_read_only({"opt": {"lr": 0.1, "items": 3}, "not a name": 1, 5: 2})
    assert config.opt.lr == 0.1
    assert list(config.opt.items()) == [("lr", 0.1), ("items", 3)]
    assert {"opt", "keys", "items"} <= set(dir(config))
    assert not {"not a name", 5} & set(dir(config))
    assert not hasattr(config, "lr")
    with pytest.raises(AttributeError, match=r"no entry 'otp' here. Did you mean \"opt\""):
        _ = config.otp


def test_attributes_cannot_be_set():
    config = make_read_only({"lr": 0.1})
    for name in ("lr", "new"):
        with pytest.raises(SacredError, match="read-only"):
            setattr(config, name, 1)
    assert config == {"lr": 0.1}


def test_entries_do_not_stand_in_for_protocols():
    config = make_read_only({"__array__": 1, "__len__": 2, "_private": 3})
    assert not hasattr(config, "__array__")
    assert len(config) == 3
    assert getattr(config, "_private") == 3  # noqa: B009
    assert copy.copy(config) == pickle.loads(pickle.dumps(config)) == config


@pytest.mark.parametrize("name", ["dtype", "shape", "tolist", "_fields", "_make", "equals"])
@pytest.mark.parametrize("value", [1, [1, 2], None, {"a": 1}])
def test_an_entry_makes_no_array_or_tuple_of_a_configuration(name, value):
    """Whoever stores a value looks at its attributes to see what it is."""
    config = {name: value}
    assert flatten(make_read_only(config)) == flatten(config)
    assert normalize_or_die(make_read_only(config)) == config
