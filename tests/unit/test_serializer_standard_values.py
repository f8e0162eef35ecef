"""Values of the standard library come back from a record, and nothing else does."""

from __future__ import annotations

import json
from decimal import Decimal
from fractions import Fraction
from ipaddress import ip_address, ip_interface, ip_network
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any
from uuid import UUID

import pytest

from sacred.config import load_config_file, save_config_file
from sacred.serializer import UnsafeDataError, flatten, restore

VALUES: list[Any] = [
    Decimal("0.1"),
    Decimal("NaN"),
    Decimal("-1E+400"),
    Fraction(-1, 3),
    UUID(int=5),
    Path("/data/x"),
    Path("data"),
    PurePosixPath("a/b"),
    PureWindowsPath("C:/a/b"),
    ip_address("10.0.0.1"),
    ip_address("::1"),
    ip_network("10.0.0.0/8"),
    ip_interface("fe80::1/64"),
    range(0, 10, 3),
    slice(1, None, 2),
]


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_what_is_recorded_comes_back(value: Any) -> None:
    restored = restore(json.loads(json.dumps(flatten({"x": [value]}))))["x"][0]
    assert type(restored) is type(value)
    assert repr(restored) == repr(value)


@pytest.mark.parametrize("suffix", [".json", ".yaml"])
def test_config_files_hold_them(tmp_path: Path, suffix: str) -> None:
    config = {f"entry{n:02}": value for n, value in enumerate(VALUES)}
    save_config_file(config, tmp_path / f"x{suffix}")
    assert repr(load_config_file(tmp_path / f"x{suffix}")) == repr(config)


@pytest.mark.parametrize("name", ["pathlib.PurePosixPath", "pathlib._local.PurePosixPath"])
def test_paths_of_every_python(name: str) -> None:
    call = {"py/reduce": [{"py/type": name}, {"py/tuple": ["/", "data"]}]}
    assert restore(call) == PurePosixPath("/data")


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("fractions.Fraction", ["1e999999999"]),  # it would be computed
        ("decimal.Decimal", [{"py/tuple": [0, [1], 2]}]),
        ("builtins.range", ["1"]),
        ("builtins.slice", [[1]]),
        ("pathlib.PurePosixPath", [{"a": 1}]),
        ("ipaddress.IPv4Address", ["nonsense"]),
        ("pathlib.Path.unlink", ["x"]),
        ("builtins.eval", ["1"]),
        ("uuid.uuid1", []),
        ("uuid.UUID", ["x"]),
    ],
)
def test_all_else_is_refused(name: str, arguments: list[Any]) -> None:
    with pytest.raises(UnsafeDataError):
        restore({"py/reduce": [{"py/type": name}, {"py/tuple": arguments}]})


@pytest.mark.parametrize("hexadecimal", [5, None, "nonsense", ["0"]])
def test_malformed_ids_are_refused(hexadecimal: Any) -> None:
    with pytest.raises(UnsafeDataError, match="malformed"):
        restore({"py/object": "uuid.UUID", "hex": hexadecimal})
