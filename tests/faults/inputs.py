"""What must not do harm: payloads, and the readers that are fed with anything at all."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sacred import Experiment
from sacred._base.errors import SacredError
from sacred.cli.parser import parse
from sacred.cli.updates import parse_updates
from sacred.config.config_files import load_config_file
from sacred.serializer import loads, restore
from sacred.stores.base import StoreError
from sacred.stores.metrics_file import read_metrics
from sacred.stores.spool import read_spool

__all__ = ["PAYLOADS", "TARGETS", "YAML_PAYLOADS", "check_plain"]

#: A command that leaves a trace if anybody executes it.
COMMAND = "touch hacked"

#: In the form of jsonpickle, which is that of stored values.
PAYLOADS: list[Any] = [
    {"py/reduce": [{"py/type": "os.system"}, {"py/tuple": [COMMAND]}]},
    {"py/reduce": [{"py/function": "os.system"}, {"py/tuple": [COMMAND]}, None, None, None]},
    {"py/object": "subprocess.Popen", "py/newargs": {"py/tuple": [COMMAND]}},
    {"py/object": "builtins.eval", "py/initargs": {"py/tuple": ["open('hacked', 'w')"]}},
    {"py/object": "os.system", "py/newargsex": {"py/tuple": [{"py/tuple": [COMMAND]}, {}]}},
    {"py/repr": "os/os.system('touch hacked')"},
    {"py/type": "os.system"},
    {"py/function": "os.system"},
    {"py/mod": "os/os"},
    {"py/ref": "os.system"},
    {"py/bytes": "x", "py/object": "os.system"},
    {'json://{"py/reduce": [{"py/type": "os.system"}, {"py/tuple": ["touch hacked"]}]}': 1},
    {"py/object": "numpy.core.multiarray._reconstruct", "py/newargs": [COMMAND]},
    {"py/object": "numpy.ndarray", "values": [COMMAND], "dtype": "object; import os"},
    {"py/object": "pandas.core.frame.DataFrame", "values": f"!{COMMAND}", "txt": True},
    {"py/state": {"__reduce__": COMMAND}, "py/object": "builtins.object"},
]  # fmt: skip

YAML_PAYLOADS = [
    '!!python/object/apply:os.system ["touch hacked"]',
    "!!python/object/new:os.system [touch hacked]",
    "!!python/name:os.system",
    "!!python/module:os",
    "!!python/object/apply:eval [\"open('hacked', 'w')\"]",
    "!!python/object:subprocess.Popen {args: touch hacked}",
]

_PLAIN = (str, int, float, bool, type(None), bytes, complex)


def check_plain(value: Any) -> None:
    """That a value is data: no function, no module, no object of a class of somebody's."""
    if isinstance(value, dict):
        for key, item in value.items():
            check_plain(key)
            check_plain(item)
    elif isinstance(value, list | tuple | set | frozenset):
        for item in value:
            check_plain(item)
    elif not isinstance(value, _PLAIN):
        package = type(value).__module__.partition(".")[0]
        assert package in ("numpy", "pandas", "datetime", "zoneinfo"), value


# ------------------------------------------------- each takes any bytes

_ex = Experiment("fuzz", interactive=True)
_USAGE = _ex.get_usage("prog")[2]


def command_line(data: bytes) -> None:
    """Words of a command line; nothing is run."""
    words = data.decode(errors="replace").split("\0")
    try:
        parsed = parse(words, _USAGE, _ex.all_cli_options)
        check_plain(parse_updates(parsed.updates)[0])
    except SacredError as error:
        _check_error(error, "")


def _check_error(error: SacredError, place: str) -> None:
    """That it says something, and where."""
    assert str(error)
    assert place in str(error)


def json_config(data: bytes) -> None:
    """A config file of JSON."""
    _config_file(data, ".json")


def yaml_config(data: bytes) -> None:
    """A config file of YAML."""
    _config_file(data, ".yaml")


def _config_file(data: bytes, suffix: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"config{suffix}")
        path.write_bytes(data)
        try:
            check_plain(load_config_file(path))
        except SacredError as error:
            _check_error(error, path.name)


def stored_value(data: bytes) -> None:
    """The text of a stored value."""
    try:
        check_plain(loads(data))
    except (ValueError, SacredError):  # no JSON, or `UnsafeDataError`
        return
    flat = json.loads(data)
    again = json.dumps(flat)
    restore(flat)
    assert json.dumps(flat) == again, "it has been changed"


def metrics(data: bytes) -> None:
    """Both files of the metrics of a run."""
    with tempfile.TemporaryDirectory() as folder:
        whole, _, journal = data.partition(b"\0")
        Path(folder, "metrics.json").write_bytes(whole)
        Path(folder, "metrics.jsonl").write_bytes(journal)
        try:
            check_plain(read_metrics(folder))
        except StoreError as error:
            _check_error(error, folder)


def spool(data: bytes) -> None:
    """The record of a spool."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "record.jsonl")
        Path(path).write_bytes(data)
        try:
            _, changes = read_spool(path)
            for change in changes:
                assert not hasattr(change, "path") or change.path
        except StoreError as error:
            _check_error(error, folder)


TARGETS: dict[str, Callable[[bytes], None]] = {
    "command_line": command_line,
    "json_config": json_config,
    "yaml_config": yaml_config,
    "stored_value": stored_value,
    "metrics": metrics,
    "spool": spool,
}
