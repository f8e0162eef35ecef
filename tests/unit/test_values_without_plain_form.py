"""Values that are no plain data: tensors, standard types, objects of any library."""

from __future__ import annotations

import argparse
import collections
import dataclasses
import datetime
import decimal
import enum
import fractions
import ipaddress
import json
import math
import pathlib
import pickle
import re
import sys
import types
import uuid
from typing import Any

import jsonpickle
import numpy as np
import pytest

from sacred import Experiment
from sacred.config.config_files import load_config_file
from sacred.config.normalize import normalize_or_die
from sacred.observers import FileStorageObserver, SqlObserver, StoreObserver, TinyDbObserver
from sacred.reruns.recorded_config import config_file_text
from sacred.runs import open_store
from sacred.serializer import UnsafeDataError, dumps, flatten, is_plain, loads, restore
from sacred.serializer.object_text import ObjectText
from sacred.utils import ConfigError


class Tensor:
    """Behaves like one of torch: knows numpy only once it is detached."""

    def __init__(self, values: Any, needs_detach: bool = False) -> None:
        self._array = np.asarray(values)
        self.shape = self._array.shape
        self._needs_detach = needs_detach

    def item(self) -> Any:
        return self._array.item()

    def detach(self) -> Tensor:
        return Tensor(self._array)

    def cpu(self) -> Tensor:
        return self

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        if self._needs_detach:
            raise RuntimeError("Can't call numpy() on Tensor that requires grad")
        return self._array


class Device:
    """As ``torch.device``: pickled by a call of its class."""

    def __init__(self, name: str) -> None:
        self.type = name

    def __repr__(self) -> str:
        return f"Device({self.type!r})"

    def __reduce__(self) -> Any:
        return Device, (self.type,)


class Color(enum.Enum):
    RED = "r"
    BLUE = (1, 2)


DATA = pathlib.PurePosixPath("/data")


@dataclasses.dataclass(frozen=True)
class Options:
    lr: float
    path: pathlib.PurePath = DATA
    color: Color = Color.RED


@dataclasses.dataclass
class Loud:
    """One that would run code when a field is set."""

    name: str

    def __setattr__(self, name: str, value: Any) -> None:
        if getattr(Loud, "is_armed", False):
            raise AssertionError("code ran")
        object.__setattr__(self, name, value)


STANDARD = [
    pathlib.Path("/a/b.txt"),
    pathlib.PureWindowsPath("c:/x/y"),
    pathlib.PurePosixPath("rel/ative"),
    Color.RED,
    Color.BLUE,
    decimal.Decimal("1.10"),
    fractions.Fraction(1, 3),
    uuid.UUID(int=2**127 + 5),
    range(3, 10, 2),
    slice(1, None),
    ipaddress.ip_address("10.0.0.1"),
    ipaddress.ip_address("2001:db8::1"),
    ipaddress.ip_network("10.0.0.0/8"),
    ipaddress.ip_network("2001:db8::/32"),
    ipaddress.ip_interface("10.0.0.1/8"),
    datetime.date(2026, 1, 2),
    Options(0.1),
    argparse.Namespace(lr=0.1, names=["a"]),
    types.SimpleNamespace(a=(1, 2)),
]


@pytest.mark.parametrize("value", STANDARD, ids=lambda value: type(value).__name__)
def test_standard_types_come_back(value):
    """Also from within other values, and through strict JSON text."""
    again = loads(dumps(flatten({"a": [value]})))["a"][0]
    assert again == value
    assert type(again) is type(value)


@pytest.mark.parametrize(
    "value",
    [v for v in STANDARD if not isinstance(v, enum.Enum | types.SimpleNamespace | Options)],
    ids=lambda value: type(value).__name__,
)
def test_what_jsonpickle_wrote_is_read(value):
    """Stores of 0.8 have it; and jsonpickle reads what is written now."""
    assert restore(json.loads(jsonpickle.encode(value, keys=True))) == value
    assert jsonpickle.decode(dumps(flatten(value)), keys=True) == value


def test_mongodb_takes_the_forms():
    """No number has more than 64 bits, and what BSON makes of them is read."""
    bson = pytest.importorskip("bson")
    for value in STANDARD:
        assert restore(bson.decode(bson.encode({"v": flatten(value)}))["v"]) == value


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (Tensor(2.5), 2.5),
        (Tensor(3), 3),
        (Tensor(True), True),
        (Tensor(0.5, needs_detach=True), 0.5),
        (np.array(7), 7),
        (np.array(None), None),
        (collections.deque([1, Tensor(2)]), [1, 2]),
    ],
)
def test_tensors_without_dimensions_are_numbers(value, plain):
    """In results and info as in a configuration."""
    flat = flatten({"a": value})["a"]
    assert flat == plain
    assert type(flat) is type(plain)
    if not isinstance(plain, list | None):
        assert type(normalize_or_die({"a": value})["a"]) is type(plain)


@pytest.mark.parametrize("needs_detach", [False, True])
def test_larger_tensors_are_arrays(needs_detach):
    """Also with gradients, or on another device."""
    again = restore(flatten(Tensor([[1.0, 2.0]], needs_detach)))
    np.testing.assert_array_equal(again, np.array([[1.0, 2.0]]))


def test_other_objects_are_short_texts():
    """Their text is on one line, without addresses, and goes round."""
    flat = flatten({"device": Device("cpu"), "thing": object(), "p": re.compile("x" * 1000)})
    assert flat["device"]["py/text"].endswith("Device('cpu')")
    assert flat["device"]["type"].endswith("Device")
    assert flat["thing"]["py/text"] == "<object object>"
    assert len(flat["p"]["py/text"]) == 200
    read = restore(flat)
    assert isinstance(read["device"], ObjectText)
    assert flatten(read) == flat
    assert pickle.loads(pickle.dumps(read["device"])).form == flat["device"]


def test_data_that_have_such_keys_are_no_texts():
    """A user's dict with the new tags comes back as a dict."""
    for value in ({"py/text": "a", "type": "b"}, {"py/enum": "os.path"}):
        assert restore(flatten(value)) == value


@pytest.mark.parametrize(
    "flat",
    [
        {"py/text": 3},
        {"py/enum": 3},
        {"py/object": "uuid.UUID", "hex": ["x"]},
        {"py/reduce": [{"py/type": "pathlib.Path.home"}, {"py/tuple": []}]},
        {"py/reduce": [{"py/type": "decimal.getcontext"}, {"py/tuple": []}]},
        {"py/reduce": [{"py/type": "pathlib.PosixPath"}, {"py/tuple": [3]}]},
        {"py/object": f"{__name__}.Options", "lr": 1},
        {"py/object": f"{__name__}.Tensor", "shape": []},
        {"py/object": "sacred.records.RunRecord"},
    ],
)
def test_malformed_or_foreign_data_are_refused(flat):
    """With the one error of all that is refused."""
    with pytest.raises(UnsafeDataError):
        restore({"a": flat})


def test_no_module_is_imported_and_no_code_of_a_class_runs(monkeypatch):
    """A member or an object of what is not loaded stays what it is."""
    member = restore({"py/enum": "this.Color.RED", "value": 1})
    assert member == "Color.RED"
    assert isinstance(member, ObjectText)
    with pytest.raises(UnsafeDataError):
        restore({"py/object": "this.Options", "a": 1})
    assert "this" not in sys.modules
    monkeypatch.setattr(Loud, "is_armed", True, raising=False)
    assert restore({"py/object": f"{__name__}.Loud", "name": "x"}).name == "x"


@pytest.fixture
def store(tmp_path):
    """A store of each searchable kind with a run of such values."""
    ex = Experiment("values", save_git_info=False)
    places = {
        "file": tmp_path / "runs",
        "sql": f"sqlite:///{tmp_path / 'runs.db'}",
        "tinydb": f"tinydb:{tmp_path / 'tiny'}",
    }
    ex.observers.append(FileStorageObserver(places["file"]))
    ex.observers.append(SqlObserver(places["sql"]))
    ex.observers.append(TinyDbObserver(tmp_path / "tiny"))

    @ex.config
    def cfg():
        device = Device("cpu")
        path = pathlib.PurePosixPath("/data/x")
        exact = decimal.Decimal("0.5")
        color = Color.RED
        options = Options(0.1)
        loss = Tensor(1.5)
        optimizer = decimal.Decimal
        activation = {"hidden": math.sqrt}

    @ex.main
    def main(device, loss, _run):
        assert isinstance(device, Device)
        assert loss == 1.5
        _run.info["dtype"] = Device("gpu")
        return Tensor(2.5)

    ex.run(options={"--loglevel": "ERROR"})
    return places, ex


@pytest.mark.parametrize(
    "query",
    [
        "result = 2.5",
        "config.loss > 1",
        "config.device ~ /cpu/",
        "'Device(' and config.device ~ /Device/",
        "config.path = '/data/x'",
        "config.path ~ /data/",
        "config.exact < 1",
        "config.color = 'Color.RED'",
        "config.options.lr = 0.1",
        "info.dtype ~ /gpu/",
        "config.optimizer = 'decimal.Decimal'",
        "config.optimizer ~ /Decimal/ and config.activation.hidden = 'math.sqrt'",
        "'sqrt'",
        "not missing(config.device) and config.device != 3",
    ],
)
@pytest.mark.parametrize("kind", ["file", "sql", "tinydb"])
def test_queries_find_them(store, query, kind):
    """In every store, as they are shown."""
    runs = open_store(store[0][kind])
    for _ in range(2):  # the index of files is there the second time
        assert [run.id for run in runs.runs(query)] == [1], query


@pytest.mark.parametrize("kind", ["file", "sql", "tinydb"])
def test_classes_and_functions_are_read_as_their_names(store, kind):
    run = open_store(store[0][kind])[1]
    assert run.config["optimizer"] == "decimal.Decimal"
    assert run.config["activation"] == {"hidden": "math.sqrt"}
    assert not [text for text in run.problems if "optimizer" in text or "activation" in text]


def test_a_repeated_run_gets_them_from_its_sources(store):
    text, left_out = config_file_text(open_store(store[0]["file"])[1])
    assert {"optimizer", "activation.hidden", "device"} <= set(left_out)
    given = json.loads(text)
    assert given["loss"] == 1.5
    assert given.keys().isdisjoint({"optimizer", "device"})
    assert given["activation"] == {}


def test_a_stored_configuration_is_refused_by_the_names_of_such_entries(store):
    """Unless they are set; all else of it comes back."""
    place, ex = store
    config = str(place["file"] / "1" / "config.json")
    with pytest.raises(ConfigError, match=r"Device\('cpu'\)\), .*Set them, as in device=VALUE"):
        ex.run(named_configs=[config], options={"--loglevel": "ERROR"})
    loaded = load_config_file(config)
    assert loaded["options"] == Options(0.1)
    assert loaded["path"] == pathlib.PurePosixPath("/data/x")
    run = ex.run(
        named_configs=[config],
        config_updates={
            "device": Device("tpu"),
            "optimizer": decimal.Decimal,
            "activation": {"hidden": math.sqrt},
        },
        options={"--loglevel": "ERROR"},
    )
    assert run.config["color"] is Color.RED
    assert run.config["exact"] == decimal.Decimal("0.5")


TEXTS = ["caf\udce9", "\ud83d\ude00 \U0001f600", "\\ud83d \\\udcff", "\ud800"]


@pytest.mark.parametrize("text", TEXTS, ids=ascii)
def test_texts_with_lone_surrogates_come_back(text):
    """As values, as keys, in sub-classes, through strict JSON and through BSON."""
    value = {"a": [text, {text: (text, {text})}], "s": type("MyStr", (str,), {})(text)}
    assert not is_plain(value)
    stored = dumps(flatten(value))
    assert loads(stored) == value
    for flat in (json.loads(stored), flatten(value)):
        assert json.dumps(flat, ensure_ascii=False).encode()  # no text is left that is no UTF-8
    assert restore(flatten(text)) == text
    bson = pytest.importorskip("bson")
    assert restore(bson.decode(bson.encode({"v": flatten(value)}))["v"]) == value


@pytest.mark.parametrize("kind", ["file", "sql", "tinydb", "memory"])
def test_runs_with_such_texts_are_read_back_equal(tmp_path, kind):
    """Configuration, info and result, from every store; and they are found."""
    from sacred.stores.memory.store import MemoryStore

    ex = Experiment("surrogates", save_git_info=False)
    memory = MemoryStore()
    observer: Any = {
        "file": lambda: FileStorageObserver(tmp_path / "runs"),
        "sql": lambda: SqlObserver(f"sqlite:///{tmp_path / 'runs.db'}"),
        "tinydb": lambda: TinyDbObserver(tmp_path / "tiny"),
        "memory": lambda: StoreObserver(memory),
    }[kind]()
    ex.observers.append(observer)
    ex.add_config(texts=TEXTS, by_name={TEXTS[0]: 1})

    @ex.main
    def main(_run):
        _run.info["texts"] = TEXTS
        return TEXTS[1]

    ex.run(options={"--loglevel": "ERROR"})
    urls = {
        "file": tmp_path / "runs",
        "sql": f"sqlite:///{tmp_path / 'runs.db'}",
        "tinydb": f"tinydb:{tmp_path / 'tiny'}",
        "memory": memory,
    }
    runs = open_store(urls[kind])
    run = runs.runs().first()
    assert run.config["texts"] == TEXTS
    assert run.config["by_name"] == {TEXTS[0]: 1}
    assert run.info["texts"] == TEXTS
    assert run.result == TEXTS[1]
    assert [found.id for found in runs.runs(f"result = '{TEXTS[1]}'")] == [run.id]
