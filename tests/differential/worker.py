"""Execute scripts with the library of this interpreter; needs nothing but the standard library.

One request (JSON) per line of the standard input, one answer per line of the standard output.
Each script runs as ``__main__`` in a forked process, so nothing is left of it but its answer.
"""

from __future__ import annotations

import builtins
import contextlib
import datetime
import gc
import json
import os
import re
import select
import shutil
import signal
import sqlite3
import sys
import tempfile
import time
import traceback
import types
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

SECONDS = 40.0

_ADDRESS = re.compile(r" at 0x[0-9a-f]+")


class Probe:
    """What scripts write down (``PROBE`` is a builtin of theirs): described at once."""

    def __init__(self) -> None:
        self.notes: list[Any] = []

    def __call__(self, label: str, *values: Any, **named: Any) -> None:
        self.notes.append([label, *map(describe, values), *map(describe, [named] if named else [])])


def describe(value: Any) -> Any:
    """A value as JSON that shows its types as well."""
    kind = type(value)
    if value is None or kind in (bool, int, str):
        return value
    if isinstance(value, dict):
        items = [[describe(key), describe(entry)] for key, entry in value.items()]
        return {_name(kind): items}
    if isinstance(value, (list, tuple)):
        return {_name(kind): [describe(entry) for entry in value]}
    if isinstance(value, (set, frozenset)):
        return {_name(kind): sorted(map(repr, value))}
    if isinstance(value, bytes):
        return {"bytes": len(value), "crc32": zlib.crc32(value)}
    if isinstance(value, type):
        return {"type": _name(value)}
    if isinstance(value, datetime.datetime):
        return {"datetime": "naive" if value.tzinfo is None else "aware"}
    return {_name(kind): _ADDRESS.sub("", repr(value))}


def _name(kind: type) -> str:
    if kind.__module__.startswith("sacred"):
        return kind.__name__
    return kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"


def serve(warm_up: str) -> None:
    """Answer requests until the input ends."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    exec(compile(warm_up, "<warm up>", "exec"), {"__name__": "warm_up"})
    gc.collect()
    gc.freeze()
    for line in sys.stdin:
        answers.write(json.dumps(answer(json.loads(line))) + "\n")
        answers.flush()


def answer(request: Mapping[str, Any]) -> dict[str, Any]:
    """What came of one script: run it in a child and look at what it left."""
    directory = tempfile.mkdtemp(prefix="sacred-diff-")
    home = Path(directory, "home")
    try:
        home.mkdir()
        for name, text in request["files"].items():
            (home / name).parent.mkdir(parents=True, exist_ok=True)
            (home / name).write_text(text, encoding="utf-8")
        found, status = _in_child(lambda: _execute(request, home))
        found["exit"] = os.waitstatus_to_exitcode(status)
        for stream in ("stdout", "stderr"):
            written = (Path(directory) / stream).read_bytes()
            found[stream] = written.decode("utf-8", "replace")
        found["files"] = {**_files(home, request["files"]), **found.pop("objects", {})}
        found["home"] = str(home)
        return found
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _files(home: Path, given: Mapping[str, str]) -> dict[str, Any]:
    """What lies there and was not given."""
    names = {text: name for name, text in given.items()}
    found: dict[str, Any] = {}
    for path in sorted(home.rglob("*")):
        name = path.relative_to(home).as_posix()
        if not path.is_file() or "__pycache__" in name or name.startswith(".cache"):
            continue
        if path.suffix == ".db":
            found[name] = _tables(path)
            continue
        text = path.read_bytes().decode("utf-8", "backslashreplace")
        if given.get(name) != text:
            found[name] = f"<copy of {names[text]}>" if text in names else text
    return found


def _tables(path: Path) -> dict[str, Any]:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        tables = connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table'"
        ).fetchall()
        return {
            str(name): [
                {key: describe(row[key]) for key in row.keys()}  # noqa: SIM118
                for row in connection.execute(f'SELECT * FROM "{name}"')
            ]
            for (name,) in tables
        }


def _in_child(body: Callable[[], dict[str, Any]]) -> tuple[dict[str, Any], int]:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        status = 70
        try:
            os.setsid()
            result = body()
            status = result.pop("status")
            data = json.dumps(result).encode()
        except BaseException:
            data = json.dumps({"broken": traceback.format_exc()}).encode()
        with os.fdopen(writing, "wb") as stream:
            stream.write(data)
        os._exit(status)
    os.close(writing)
    data, end = b"", time.monotonic() + SECONDS
    while True:
        if not select.select([reading], [], [], max(0.0, end - time.monotonic()))[0]:
            os.killpg(child, signal.SIGKILL)
            break
        piece = os.read(reading, 1 << 20)
        if not piece:
            break
        data += piece
    os.close(reading)
    _, status = os.waitpid(child, 0)
    return (json.loads(data) if data else {"broken": "killed"}), status


def _execute(request: Mapping[str, Any], home: Path) -> dict[str, Any]:
    os.chdir(home)
    _redirect(home.parent)
    os.environ.clear()
    os.environ.update(PATH=os.defpath, HOME=str(home), LANG="C.UTF-8", FORCE_COLOR="1")
    os.environ.update(PATH=os.defpath, HOME=str(home), XDG_CACHE_HOME=str(home / ".cache"))
    os.environ.update(LANG="C.UTF-8", FORCE_COLOR="1", PYTHONHASHSEED="0", OPENBLAS_NUM_THREADS="1")
    os.environ.update(request["environment"])
    script = home / request["script"]
    sys.argv = [str(script.name), *request["arguments"]]
    sys.path.insert(0, str(home))
    probe = builtins.PROBE = Probe()  # type: ignore[attr-defined]
    module = types.ModuleType("__main__")
    module.__file__ = str(script)
    sys.modules["__main__"] = module
    status = _main(script, module)
    result = {
        "notes": probe.notes,
        "run": _run(module),
        "documents": _documents(request["databases"]),
        "objects": _objects(request["buckets"]),
        "status": status,
    }
    sys.stdout.flush()
    sys.stderr.flush()
    return result


def _redirect(directory: Path) -> None:
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    for number, name in ((1, "stdout"), (2, "stderr")):
        target = os.open(directory / name, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(target, number)
    for name, number in (("stdout", 1), ("stderr", 2)):
        stream = open(number, "w", encoding="utf-8", buffering=1, closefd=False)  # noqa: SIM115
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115


def _main(script: Path, module: types.ModuleType) -> int:
    """As the interpreter runs a script: the exit status."""
    try:
        code = compile(script.read_text(encoding="utf-8"), str(script), "exec")
        exec(code, module.__dict__)
    except SystemExit as error:
        if error.code is None:
            return 0
        if isinstance(error.code, int):
            return error.code & 0xFF
        print(error.code, file=sys.stderr)
        return 1
    except BaseException as error:
        sys.excepthook(type(error), error, error.__traceback__)
        return 1
    return 0


_ATTRIBUTES = ("status", "result", "info", "meta_info", "captured_out", "fail_trace")


def _run(module: types.ModuleType) -> dict[str, Any] | None:
    """The last run of the script's experiment (its global ``ex``), as its attributes tell."""
    experiment = getattr(module, "ex", None)
    run = getattr(experiment, "current_run", None)
    if run is None:
        return None
    found = {name: describe(getattr(run, name, None)) for name in _ATTRIBUTES}
    found["id"] = describe(run._id)
    found["config"] = describe(run.config)
    found["modifications"] = _modifications(run.config_modifications)
    found["experiment"] = describe(dict(run.experiment_info))
    found["times"] = [type(run.start_time).__name__, type(run.stop_time).__name__]
    return found


def _modifications(summary: Any) -> dict[str, Any]:
    if summary is None:
        return {}
    changed = {path: [t.__name__ for t in types] for path, types in summary.typechanged.items()}
    return {
        "added": sorted(summary.added),
        "modified": sorted(summary.modified),
        "typechanged": dict(sorted(changed.items())),
        "docs": dict(sorted((k, describe(v)) for k, v in summary.docs.items())),
    }


def _documents(databases: Any) -> dict[str, Any]:
    """All documents of MongoDB databases (``[url, name]``), which are dropped."""
    found: dict[str, Any] = {}
    for url, name in databases:
        import pymongo

        client: Any = pymongo.MongoClient(url)
        database = client[name]
        for collection in sorted(database.list_collection_names()):
            documents = list(database[collection].find({}).sort("_id", 1))
            found[collection] = [describe(document) for document in documents]
        client.drop_database(name)
        client.close()
    return found


def _objects(buckets: Any) -> dict[str, str]:
    """All objects of buckets of S3, which are emptied: text by ``s3/KEY``."""
    found: dict[str, str] = {}
    for name in buckets:
        import boto3

        client: Any = boto3.client("s3")
        with contextlib.suppress(client.exceptions.NoSuchBucket):
            for one in client.list_objects_v2(Bucket=name).get("Contents", ()):
                body = client.get_object(Bucket=name, Key=one["Key"])["Body"].read()
                found[f"s3/{one['Key']}"] = body.decode("utf-8", "backslashreplace")
                client.delete_object(Bucket=name, Key=one["Key"])
            client.delete_bucket(Bucket=name)
    return found


if __name__ == "__main__":
    serve(sys.argv[1] if len(sys.argv) > 1 else "")
