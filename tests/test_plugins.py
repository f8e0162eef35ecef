"""Plug-ins: the example package, installed, and ones that are broken or clash."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.conftest import ROOT

PLUGIN = ROOT / "examples" / "sacred-jsonl"

USES_ALL = """
import sys
from sacred import Experiment
ex = Experiment("plugged", interactive=True, save_git_info=False)

@ex.main
def main(model, _run):
    _run.log_scalar("loss", 0.5)
    print("units", model["units"])
    return model["units"]

run = ex.run_commandline([sys.argv[0], "--jsonl=runs", "with", "my.ini"])
assert run.result == 64, run.result

from sacred.observers import JsonLinesObserver
assert type(run.observers[0]) is JsonLinesObserver
from sacred.stores.schemes import store_from_url
record = store_from_url("jsonl:runs").read("1")
assert record["status"] == "COMPLETED"
assert record["output"].count("units 64") == 1
assert record["metrics"]["loss"][0][1] == 0.5
assert record["host"]["user"]
from sacred.app import main as program
assert program(["-s", "jsonl:runs", "users", "status = COMPLETED"]) == 0
print("all six")
"""


def write_distribution(target: Path, name: str, entry_points: str, code: str = "") -> None:
    """What an installer would leave in `target`."""
    info = target / f"{name}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(entry_points)
    (target / f"{name}.py").write_text(code)


def python(code: str, target: Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    (cwd / "script.py").write_text(code, encoding="utf-8")
    return subprocess.run(
        [sys.executable, "script.py"],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": f"{target}{os.pathsep}{ROOT}", "HOME": str(cwd)},
        capture_output=True,
        text=True,
        timeout=100,
    )


def install(source: Path, target: Path) -> None:
    """With pip where that works offline; else as pip would leave it."""
    command = [sys.executable, "-m", "pip", "install", "--no-deps", "--no-build-isolation"]
    command += ["--no-index", "--disable-pip-version-check", "--target", str(target), str(source)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100)
    missing = ("No module named pip", "bdist_wheel", "setuptools.build_meta")
    if done.returncode == 0:
        return
    assert any(reason in done.stdout + done.stderr for reason in missing), done.stdout + done.stderr
    project = tomllib.loads((source / "pyproject.toml").read_text())["project"]
    lines = []
    for group, points in project["entry-points"].items():
        lines += [f"[{group}]", *(f"{name} = {value}" for name, value in points.items())]
    write_distribution(target, "sacred_jsonl", "\n".join(lines))
    (target / "sacred_jsonl.py").unlink()
    shutil.copytree(source / "src" / "sacred_jsonl", target / "sacred_jsonl")


@pytest.mark.slow
def test_the_example_plugin_is_used_through_entry_points_alone(tmp_path):
    source, target, work = (tmp_path / name for name in ("source", "target", "work"))
    work.mkdir()
    shutil.copytree(PLUGIN, source)  # a build leaves files beside its sources
    install(source, target)
    (work / "my.ini").write_text("[model]\nunits = 64\n")
    done = python(USES_ALL, target, work)
    assert done.returncode == 0, done.stderr
    assert re.search(r"^    1  \w+$", done.stdout, re.MULTILINE), done.stdout
    assert "all six" in done.stdout
    assert "Warning" not in done.stderr


@pytest.mark.slow
def test_the_suites_pass_over_the_example_plugin(tmp_path):
    shutil.copytree(PLUGIN / "tests", tmp_path / "tests")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": f"{PLUGIN / 'src'}{os.pathsep}{ROOT}"},
        capture_output=True,
        text=True,
        timeout=110,
    )
    assert done.returncode == 0, done.stdout


def test_the_store_of_the_example_is_short():
    text = (PLUGIN / "src" / "sacred_jsonl" / "store.py").read_text(encoding="utf-8")
    assert len(text.splitlines()) < 150


BROKEN = """
[sacred.stores]
bad = broken:nothing
[sacred.observers]
BadObserver = broken:nothing
[sacred.cli_options]
bad = broken:nothing
[sacred.commands]
bad = broken:nothing
[sacred.config_formats]
bad = broken:nothing
[sacred.host_info]
bad = broken:nothing
"""

WITH_BROKEN = """
import warnings
import sacred
from sacred import Experiment
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    ex = Experiment("e", interactive=True, save_git_info=False)
    ex.main(lambda: 1)
    for _ in range(2):
        run = ex.run()
        assert run.result == 1
        assert run.host_info["hostname"]
    assert ex.run_commandline(["e"]).result == 1
print(sorted(str(w.message).partition(" of ")[0] for w in caught if "broken" in str(w.message)))
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    assert not hasattr(sacred.observers, "BadObserver")
    assert "'broken' cannot be loaded" in str(caught[0].message), caught
from sacred.stores.schemes import store_from_url
from sacred.config.config_files import load_config_file
for function, argument in ((store_from_url, "bad:x"), (load_config_file, "x.bad")):
    try:
        function(argument)
    except Exception as error:
        print(type(error).__name__, "'broken' cannot be loaded" in str(error))
"""


def test_a_broken_plugin_is_one_warning_and_no_failed_run(tmp_path):
    write_distribution(tmp_path / "target", "broken", BROKEN, "raise RuntimeError('I am broken')")
    done = python(WITH_BROKEN, tmp_path / "target", tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "[\"'bad' (sacred.cli_options)\", \"'bad' (sacred.host_info)\"]",
        "SacredError True",
        "ConfigFileError True",
    ]


LOAD_CONFIG_FILE = """
from sacred.config.config_files import load_config_file
open("a.x", "w").close()
assert load_config_file("a.x") == {}
"""


@pytest.mark.parametrize(
    ("group", "use"),
    [
        ("stores", "from sacred.stores.schemes import store_from_url; store_from_url('x:')"),
        ("observers", "import sacred.observers; sacred.observers.x"),
        ("config_formats", LOAD_CONFIG_FILE),
        ("commands", "from sacred.app.command_registry import all_commands; all_commands()"),
        ("host_info", "from sacred.host_info import get_host_info; get_host_info()"),
    ],
)
def test_a_clash_names_both_distributions(tmp_path, group, use):
    code = {
        "config_formats": "from sacred.config.config_files import Handler\n"
        "x = Handler(lambda file: {}, None, '')\n",
        "commands": "from sacred.app import Command\n"
        "x = Command(module='x', group='', summary='')\n",
    }.get(group, "from sacred.stores import MemoryStore\ndef x(url=None): return MemoryStore()\n")
    for name in ("one", "two"):
        write_distribution(tmp_path / "target", name, f"[sacred.{group}]\nx = {name}:x\n", code)
    done = python(use, tmp_path / "target", tmp_path)
    assert done.returncode == 0, done.stderr
    assert f"both 'one' (one:x) and 'two' (two:x) provide 'x' in sacred.{group}" in done.stderr


def test_entry_points_are_read_only_when_an_unknown_name_is_asked_for(tmp_path):
    code = "import sys, sacred.observers as o; o.FileStorageObserver\n"
    code += "from sacred._base import lazy; assert not lazy.plugin_registry.cache_info().currsize\n"
    code += (
        "assert not hasattr(o, 'Unknown'); assert lazy.plugin_registry.cache_info().currsize == 1"
    )
    done = python(code, tmp_path, tmp_path)
    assert done.returncode == 0, done.stderr
