"""``sacred rerun`` with the recorded versions of packages, in environments that uv makes."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from sacred import open_store
from tests.conftest import ROOT

SCRIPT = """
import demo_package
from sacred import Experiment

ex = Experiment("demo", save_git_info=False)

@ex.automain
def main():
    return demo_package.VALUE
"""


def wheel(directory: Path, version: str) -> Path:
    """A package with a value that is another in each version."""
    directory.mkdir(exist_ok=True)
    info = f"demo_package-{version}.dist-info"
    files = {
        "demo_package/__init__.py": f"VALUE = {version}\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: demo-package\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    files[f"{info}/RECORD"] = "".join(f"{name},,\n" for name in [*files, f"{info}/RECORD"])
    path = directory / f"demo_package-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return path


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with version 1.0; now, there is 2.0."""
    place = tmp_path_factory.mktemp("packages")
    for version in ("1.0", "2.0"):
        with zipfile.ZipFile(wheel(place / "wheels", version)) as archive:
            archive.extractall(place / version)
    (place / "train.py").write_text(SCRIPT)
    call(place, "1.0", "train.py", "-F", "runs")
    return place


def call(place: Path, version: str, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "PYTHONPATH": f"{ROOT}{os.pathsep}{place / version}",
        "XDG_CACHE_HOME": str(place / "cache"),
        # Where a cache of uv's is, it is used: this is no test of the network.
        "UV_CACHE_DIR": os.environ.get("UV_CACHE_DIR", str(Path.home() / ".cache" / "uv")),
        "UV_FIND_LINKS": str(place / "wheels"),
        "PIP_FIND_LINKS": str(place / "wheels"),
    }
    return subprocess.run(
        [sys.executable, *words], cwd=place, env=environment, capture_output=True, text=True
    )


def rerun(place: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return call(
        place, "2.0", "-m", "sacred", "-s", "runs", "rerun", "1", "--into", "checks", *words
    )


def test_a_changed_package_is_named(directory):
    done = rerun(directory, "--env", "current")
    assert done.returncode == 1
    assert done.stdout == (
        "DIFFERS  result: 1.0, then 2.0\n  before the run  package demo-package: 1.0, then 2.0\n"
    )


@pytest.mark.slow
def test_the_recorded_version_is_exact_and_the_environment_is_kept(directory):
    for _ in range(2):
        done = rerun(directory)
        assert (done.returncode, done.stdout) == (0, "EXACT\n"), done.stderr
        assert "with an environment of Python" in done.stderr
    [environment] = (directory / "cache" / "sacred" / "environments").iterdir()
    assert (environment / "bin" / "python").exists()


@pytest.mark.slow
def test_a_version_that_cannot_be_had_is_a_verdict(directory):
    store = open_store(directory / "runs")
    path = directory / "runs" / "1" / "run.json"
    text = path.read_text()
    try:
        path.write_text(
            text.replace("demo_package==1.0", "demo_package==1.5").replace(
                "demo-package==1.0", "demo-package==1.5"
            )
        )
        assert store[1].dependencies != ()
        done = rerun(directory)
    finally:
        path.write_text(text)
    assert done.returncode == 2
    assert done.stdout.startswith("IMPOSSIBLE  the environment cannot be made: ")
    assert "1.5" in done.stdout
    assert list((directory / "cache" / "sacred" / "environments").glob(".making-*")) == []
