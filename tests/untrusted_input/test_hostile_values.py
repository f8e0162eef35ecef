"""Strange output, keys, values, names and files: a faithful record or a clear error, no more."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sacred import open_store
from sacred.serializer import UnsafeDataError, restore
from tests.conftest import ROOT
from tests.crash_safety.effort import pick
from tests.crash_safety.places import FilePlace, Place, Stored
from tests.untrusted_input.inputs import PAYLOADS, YAML_PAYLOADS
from tests.untrusted_input.scripts.hostile import KEYS, NAMES

pytestmark = pytest.mark.slow

SCRIPT = Path(__file__).parent / "scripts" / "hostile.py"
STORES = pick(["file", "mongo"], ["file", "sqlite", "mongo", "postgres", "tinydb"])


def run(directory: Path, place: Place, *words: str) -> subprocess.CompletedProcess[bytes]:
    """Run the script in a directory."""
    environment = {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(directory)}
    # Warnings about values that a store cannot keep would be output, too, some time or other.
    environment |= {"LANG": "C.UTF-8", "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"}
    environment |= place.environment
    options = ["-f", "-l", "CRITICAL", *place.arguments]
    return subprocess.run(
        [sys.executable, str(SCRIPT), *words, *options],
        cwd=directory,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
    )


@pytest.mark.parametrize("place", STORES, indirect=True)
def test_a_strange_run(place: Place, tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    size = pick(1_000_000, 100_000_000)
    done = run(work, place, "with", f"size={size}")
    assert done.returncode == 0, done.stderr.decode()
    [run_id] = place.ids()
    stored = place.read(run_id)
    assert stored.status == "COMPLETED"
    assert not list(work.glob(".local/share/sacred/spool/*")), done.stderr.decode()
    _check_output(stored, done.stdout)
    _check_values(stored)
    told = json.loads((work / "told.json").read_text())
    _check_names(stored, told, isinstance(place, FilePlace))
    # Nothing else has come into being anywhere around.
    assert {path.name for path in work.iterdir()} == {"content", "told.json"}
    assert not {"escaped", "hacked"} & {path.name for path in tmp_path.rglob("*")}
    assert not Path("/tmp/escaped").exists()


def _check_output(stored: Stored, shown: bytes) -> None:
    text = shown.decode(errors="replace")
    # Databases may not be able to keep a NUL, and show head and tail of what is long.
    forms = [text, text.replace("\0", "\ufffd"), text.replace("\0", "␀")]
    if len(stored.output) == len(text):
        assert stored.output in forms
    else:
        assert "this is not all" in stored.output
        assert any(form.startswith(stored.output[:400_000]) for form in forms)
        assert text.endswith(stored.output[-400_000:])


def _check_values(stored: Stored) -> None:
    plain = {key for key in KEYS if not key.startswith(("py/", "json://"))}
    for keys in (stored.info["keys"], stored.result["keys"]):
        # MongoDB does not take all keys as they are; then they say so in their own way.
        found = {key.replace(",", ".") if "," in key else key.replace("@", "$") for key in keys}
        assert plain <= found
        assert sorted(keys.values()) == list(range(len(KEYS)))
    assert "circular reference" in stored.info["circle"]["again"][0]
    assert "no repr" in stored.info["raises"]
    numbers = restore(stored.info["numbers"])
    assert math.isnan(numbers[0])
    assert numbers[1:3] == [math.inf, -math.inf]
    assert str(10**400) in (str(numbers[3]), numbers[3])
    assert stored.points.keys() == {"m.n", "$m", "", "é‒😀", "__proto__"}
    assert {len(points) for points in stored.points.values()} == {4}


def _check_names(stored: Stored, told: dict[str, str], is_file: bool) -> None:
    assert told.keys() == set(NAMES)
    for name, outcome in told.items():
        assert outcome == "stored" or "artifact" in outcome.lower(), (name, outcome)
    assert {"stored"} >= {told[name] for name in ("-rf", "é‒😀.txt", "$(touch hacked)")}
    for name in ("../escaped", "/tmp/escaped", "a/../../escaped", "..", "nul\0"):
        assert told[name].startswith(("ValueError", "InvalidArtifactError")), name
    if is_file:
        for name in ("run.json", "RUN.JSON", "./run.json", "metrics.jsonl"):
            assert "FileExists" in told[name] or "Reserved" in told[name], told[name]
    assert set(stored.artifacts.values()) == {b"content"}


def test_code_in_values_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of a config file and of a stored record are read by the same function."""
    monkeypatch.chdir(tmp_path)
    for payload in PAYLOADS:
        for value in (payload, {"a": [payload]}):
            with pytest.raises(UnsafeDataError):
                restore(value)
    assert not list(tmp_path.iterdir())


def test_code_in_a_stored_record_stays_text(tmp_path: Path, monkeypatch: Any) -> None:
    """Whoever reads the run gets it as plain data; its other parts are what they were."""
    place = FilePlace(tmp_path / "runs")
    assert run(tmp_path, place).returncode == 0
    monkeypatch.chdir(tmp_path)
    for payload in PAYLOADS:
        # Of a class or a function, its name alone is a string.
        is_name = isinstance(payload, dict) and payload.keys() <= {"py/type", "py/function"}
        other = next(iter(payload.values())) if is_name else payload
        config = {"size": (1000, 2), "other": other}
        text = json.dumps({"size": {"py/tuple": [1000, 2]}, "other": payload})
        (tmp_path / "runs" / "1" / "config.json").write_text(text)
        record = open_store(place.url)["1"]
        assert record.status == "COMPLETED"
        assert record.config == config
    assert not (tmp_path / "hacked").exists()


@pytest.mark.parametrize("claimed", ["../2", 2, None, {"a": 1}])
def test_a_record_cannot_say_that_it_is_another_run(tmp_path: Path, claimed: Any) -> None:
    for run_id, record in (("1", {"_id": claimed, "result": 1}), ("2", {"result": 2})):
        (tmp_path / run_id).mkdir()
        (tmp_path / run_id / "run.json").write_text(json.dumps(record))
        (tmp_path / run_id / "cout.txt").write_text(f"output of {run_id}")
    runs = open_store(tmp_path).runs("result > 0", sort="result")
    assert [(run.id, run.result, run.output) for run in runs] == [
        (1, 1, "output of 1"), (2, 2, "output of 2"),
    ]  # fmt: skip


def test_code_in_config_files_and_on_the_command_line(tmp_path: Path) -> None:
    place = FilePlace(tmp_path / "runs")
    words = [f"values={payload!r}" for payload in PAYLOADS[: pick(1, 99)]]
    for number, payload in enumerate(PAYLOADS[: pick(1, 99)]):
        (tmp_path / f"{number}.json").write_text(json.dumps({"values": payload}))
        words.append(f"{number}.json")
    for number, text in enumerate(YAML_PAYLOADS[: pick(1, 99)]):
        (tmp_path / f"{number}.yaml").write_text(f"values: {text}\n")
        words.append(f"{number}.yaml")
    for word in words:
        done = run(tmp_path, place, "with", word)
        assert done.returncode == 1, word
        assert b"Traceback" not in done.stderr, done.stderr.decode()
        assert done.stdout == b""
    assert place.ids() == []
    assert not (tmp_path / "hacked").exists()


@pytest.mark.parametrize("place", pick(["file"], ["file", "sqlite", "mongo"]), indirect=True)
def test_a_large_config(place: Place, tmp_path: Path) -> None:
    """All of it is stored; how long it takes is measured elsewhere."""
    entries = pick(9_000, 1_000_000)
    done = run(tmp_path, place, "with", f"entries={entries}")
    assert done.returncode == 0, done.stderr.decode()
    [run_id] = place.ids()
    assert place.read(run_id).status == "COMPLETED"
    if isinstance(place, FilePlace):
        config = json.loads(place.files(run_id)["config.json"])
        assert config["values"] == {f"k{n}": [n, n / 7] for n in range(entries // 3)}
