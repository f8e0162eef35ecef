"""What must not do harm: payloads, and the readers that are fed with anything at all."""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sacred import Experiment
from sacred._base.errors import SacredError
from sacred.app import main
from sacred.cli.parsing import parse
from sacred.cli.updates import parse_updates
from sacred.config.config_files import load_config_file
from sacred.query import QueryError
from sacred.records import RunRecord
from sacred.runs import RunStore, open_store
from sacred.serializer import loads, restore
from sacred.stores.files.metrics_json import read_metrics
from sacred.stores.memory.store import MemoryStore
from sacred.stores.spool import read_spool
from sacred.stores.store import StoreError

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


def command_line(data: bytes) -> None:
    """Words of a command line; nothing is run."""
    words = data.decode(errors="replace").split("\0")
    try:
        parsed = parse(words, _ex.all_cli_options)
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


#: Files of a run in the order in which `record` takes them.
RECORD = ("run.json", "config.json", "info.json", "_annotations.json", "metrics.json", "cout.txt")


@contextlib.contextmanager
def _strange_run(data: bytes) -> Iterator[str]:
    """A directory with two runs: 1 has these files, 2 is as it should be."""
    with tempfile.TemporaryDirectory() as folder:
        for run_id in ("1", "2"):
            Path(folder, run_id).mkdir()
        for name, content in zip(RECORD, data.split(b"\0"), strict=False):
            Path(folder, "1", name).write_bytes(content)
        Path(folder, "2", "run.json").write_text('{"status": "COMPLETED", "result": 3}')
        yield folder


def record(data: bytes) -> None:
    """All files of a run; what cannot be read is reported, and does not hide another run."""
    with _strange_run(data) as folder:
        store = open_store(folder)
        table = store.runs()
        for run in table:
            _look_at(run, folder)
        assert 2 in [run.id for run in table]
        assert all(folder in problem for problem in table.problems)
        for query in _QUERIES:
            assert 2 in store.runs(query, sort=_ORDER).ids


_CALLS = (
    "ls", "ls --json --columns id,result,config.a,metrics.loss.last", "show 1", "config 1",
    "logs 1", "metrics 1", "diff 1 2", "files 1", "fields", "doctor 1", "export -o -",
)  # fmt: skip


def program(data: bytes) -> None:
    """A run that the console program shows in all ways."""
    with _strange_run(data) as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("SACRED_DEBUG", "1")  # what nobody has thought of is raised
        for call in _CALLS:
            patch.setattr("sys.stdout", io.TextIOWrapper(io.BytesIO(), encoding="utf-8"))
            patch.setattr("sys.stderr", io.TextIOWrapper(io.BytesIO(), encoding="utf-8"))
            assert main(["-s", folder, *call.split()]) in (0, 1), call
            if call.startswith("ls"):
                assert _printed_ids(call) >= {2}, call


def _printed_ids(call: str) -> set[Any]:
    """Of the runs in a list that has just been printed."""
    sys.stdout.flush()
    text = sys.stdout.buffer.getvalue().decode()  # type: ignore[attr-defined]
    if "--json" in call:
        return {row["id"] for row in json.loads(text)}
    firsts = [(line.split() or [""])[0] for line in text.splitlines()]
    return {int(first) for first in firsts if first.isdecimal()}


_QUERIES = ("", "result = 3 or metrics.loss.min < 1", "not (config.a > 1 and tags ~ /x/)")
_ORDER = "-result, start_time, config.a, metrics.loss.last"


def _look_at(run: RunRecord, folder: str) -> None:
    try:
        check_plain(run.to_dict())
        for files in (run.artifacts, run.sources, run.resources):
            assert all(file.name == name for name, file in files.items())
        for metric in run.metrics.values():
            assert len(metric.points) == metric.count
        assert run._repr_html_()
    except StoreError as error:
        _check_error(error, folder)


def query(data: bytes) -> None:
    """A query; what a store with one run answers is nobody's concern."""
    text = data.decode(errors="replace")
    try:
        assert len(_STORE.runs(text)) in (0, 1)
    except QueryError as error:
        _check_error(error, "")


_STORE = RunStore(MemoryStore())
_STORE.backend.create(
    1, {"config": {"a": 1, "b": "x"}, "result": 0.5, "status": "COMPLETED", "experiment": {}}, []
)

TARGETS: dict[str, Callable[[bytes], None]] = {
    "command_line": command_line,
    "json_config": json_config,
    "yaml_config": yaml_config,
    "stored_value": stored_value,
    "metrics": metrics,
    "spool": spool,
    "record": record,
    "program": program,
    "query": query,
}
