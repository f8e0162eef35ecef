"""The steps of README and of the quick start work literally, in the order in which they stand.

Nothing is fetched: ``python3 -m venv`` makes an environment whose ``python`` and ``sacred`` are
those of this checkout, and whose ``pip`` only looks whether what it is asked for exists.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.conftest import ROOT

if TYPE_CHECKING:
    from tests.services.mongo import MongoServer, RemoteServer

_COMMAND = re.compile(r"\s+\$ (.+)")

PIP = f"""#!{sys.executable}
import re, sys, tomllib
project = tomllib.load(open({str(ROOT / "pyproject.toml")!r}, "rb"))["project"]
command, *wanted = sys.argv[1:]
assert command == "install" and wanted
for name in wanted:
    base, _, extras = name.rstrip("]").partition("[")
    assert base in (".", "sacred", "tox"), name
    for extra in filter(None, extras.split(",")):
        assert extra in project["optional-dependencies"], name
"""


def steps_of(page: str) -> Iterator[str]:
    """The commands of a page, from its blocks for bash and its sessions."""
    in_block = False
    for line in page.splitlines():
        if line.startswith(".. code-block:: bash"):
            in_block = True
        elif in_block and line.strip():
            in_block = line.startswith(" ")
            if in_block:
                yield line.split("#")[0].strip()
        if not in_block and (found := _COMMAND.fullmatch(line)):
            yield found[1]


def write_program(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)


@pytest.fixture
def machine(tmp_path: Path) -> dict[str, str]:
    """The environment variables of somebody who has nothing but Python."""
    programs = tmp_path / "programs"
    programs.mkdir()
    python, sacred = f'exec {sys.executable} "$@"\n', f'exec {sys.executable} -m sacred "$@"\n'
    for name, text in (("python", python), ("sacred", sacred), ("tox", "exit 0\n")):
        write_program(programs / f"environment-{name}", f"#!/bin/sh\n{text}")
    write_program(programs / "environment-pip", PIP)
    write_program(
        programs / "python3",
        "#!/bin/sh\n"
        'if [ "$1 $2" != "-m venv" ]; then echo "python3 $*?" >&2; exit 1; fi\n'
        'mkdir -p "$3/bin"\n'
        f'for p in python sacred pip tox; do cp {programs}/environment-$p "$3/bin/$p"; done\n',
    )
    return {
        "PATH": f"{programs}:/usr/bin:/bin",
        "HOME": str(tmp_path),
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(ROOT),
    }


def follow(page: str, directory: Path, environment: dict[str, str]) -> dict[str, str]:
    """Do the steps of a page; each must work. Returns what they have printed."""
    printed = {}
    for step in steps_of(page):
        done = subprocess.run(
            ["bash", "-c", step],
            cwd=directory,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=600,
        )
        is_typo = "recipeint" in step  # which the page shows on purpose
        assert (done.returncode != 0) is is_typo, (step, done.stdout, done.stderr)
        assert "Traceback" not in done.stderr, (step, done.stderr)
        printed[step] = done.stdout + done.stderr
    return printed


@pytest.mark.timeout(1800)
def test_the_steps_of_the_readme(
    tmp_path: Path, machine: dict[str, str], mongo_server: MongoServer | RemoteServer
) -> None:
    pytest.importorskip("sklearn")
    pymongo = pytest.importorskip("pymongo")
    clone = tmp_path / "clone"
    clone.mkdir()
    shutil.copytree(
        ROOT / "examples", clone / "examples", ignore=shutil.ignore_patterns("__pycache__", "runs")
    )
    name = f"sacred_test_{uuid.uuid4().hex[:12]}"
    page = (ROOT / "README.rst").read_text(encoding="utf-8")
    page = page.replace("localhost:27017", f"{mongo_server.host}:{mongo_server.port}")
    page = page.replace(":iris ", f":{name} ").replace("/iris ", f"/{name} ")
    with pymongo.MongoClient(mongo_server.url) as client:
        try:
            steps = follow(page, clone, machine)
            assert client[name].runs.count_documents({"status": "COMPLETED"}) == 1
        finally:
            client.drop_database(name)
    assert (clone / "report.html").is_file()
    # The first comparison is one of two runs.
    (difference,) = (text for step, text in steps.items() if "sacred diff" in step)
    assert re.search(r"^config +", difference, re.MULTILINE)
    assert "the same run" not in difference
    words = {step.split()[0] for step in steps}
    assert words == {
        "python3",
        ".venv/bin/python",
        ".venv/bin/sacred",
        ".venv/bin/pip",
    }


@pytest.mark.timeout(1800)
def test_the_steps_of_the_quick_start(
    tmp_path: Path, machine: dict[str, str], mongo_url: str
) -> None:
    pytest.importorskip("sklearn")
    examples = tmp_path / "examples"
    shutil.copytree(
        ROOT / "examples", examples, ignore=shutil.ignore_patterns("__pycache__", "runs")
    )
    subprocess.run(["python3", "-m", "venv", "here"], cwd=tmp_path, env=machine, check=True)
    machine["PATH"] = f"{tmp_path}/here/bin:{machine['PATH']}"
    page = (ROOT / "docs" / "quickstart.rst").read_text(encoding="utf-8")
    steps = follow(page, examples, machine)
    assert next(iter(steps)) == "pip install sacred"
    assert "python iris.py with C=2.0 seed=42" in steps
    # What stands in a sentence: the same with MongoDB.
    (words,) = re.findall(r"``(-m localhost:27017:mydb)``", page)
    step = f"python 12_metrics_and_artifacts.py {words} with steps=4"
    host, port, database = mongo_url.split(":")
    done = follow(f"    $ {step}\n".replace("localhost:27017:mydb", mongo_url), examples, machine)
    assert 'Started run with ID "1"' in "".join(done.values())
    listed = follow(f"    $ sacred -s mongodb://{host}:{port}/{database} ls\n", examples, machine)
    assert "COMPLETED" in "".join(listed.values())


def test_extras_that_pages_name_are_those_of_the_package() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = set()
    for page in (ROOT / "README.rst", *(ROOT / "docs").glob("*.rst")):
        named |= set(
            re.findall(r'pip install "(?:\.|sacred)\[([\w,]+)\]"', page.read_text("utf-8"))
        )
    assert {"examples", "mongo"} <= named
    assert {extra for names in named for extra in names.split(",")} <= set(
        project["optional-dependencies"]
    )
