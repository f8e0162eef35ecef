"""What a user gets who installs the package: light, silent, typed, with what it declares."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import subprocess
import sys
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

from tests.conftest import ROOT

# Heavy, or optional, or both: loaded when first needed.
HEAVY = {"numpy", "pandas", "git", "pymongo", "jsonpickle", "yaml"}
# Each takes as long as all of the library's own modules: an import that captures no function
# and asks for no option does without.
SLOW = {"wrapt", "munch", "asyncio", "inspect", "importlib.metadata"}


def python(code: str, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *options, "-c", code],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_import_is_silent_even_when_warnings_are_errors() -> None:
    done = python("import sacred", "-W", "error")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize(
    "statement",
    [
        "import sacred",
        "from sacred import Experiment",
        "from sacred.observers import FileStorageObserver, MongoObserver",
    ],
)
def test_import_is_light(statement: str) -> None:
    done = python(f"{statement}; import sys; print(*sys.modules)")
    assert done.returncode == 0, done.stderr
    loaded = set(done.stdout.split())
    assert "sacred" in loaded
    # `import sacred` itself promises none of them; a bare definition needs none either.
    assert not (HEAVY | SLOW) & loaded


def test_version_and_author_are_told() -> None:
    done = python(
        "import sacred as s; print(s.__version__, s.__author__, s.__author_email__, s.__url__)"
    )
    assert done.returncode == 0, done.stderr
    assert "The Sacred developers" in done.stdout


def test_metadata_and_package_agree_on_the_version() -> None:
    try:
        installed = importlib.metadata.version("sacred")
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("sacred is not installed here, only on the path")
    assert python("import sacred; print(sacred.__version__)").stdout.strip() == installed


def test_ci_runs_the_command_of_the_readme() -> None:
    command = "python3 -m venv .venv && .venv/bin/pip install tox && .venv/bin/tox"
    for file in (ROOT / "README.rst", ROOT / ".ci" / "run"):
        lines = [line.strip() for line in file.read_text(encoding="utf-8").splitlines()]
        assert command in lines, f"{file.name} does not have the line {command!r}"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout, built from a copy: a build writes into its source."""
    scratch = tmp_path_factory.mktemp("wheel")
    source = scratch / "source"
    shutil.copytree(
        ROOT / "sacred", source / "sacred", ignore=shutil.ignore_patterns("__pycache__")
    )
    for name in ("pyproject.toml", "setup.py", "README.rst", "LICENSE"):
        shutil.copy(ROOT / name, source)
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(scratch), "."]
    done = subprocess.run(command, cwd=source, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (built,) = scratch.glob("*.whl")
    return built


@pytest.mark.slow
def test_the_wheel_has_every_module_the_type_marker_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        shipped = {name for name in archive.namelist() if ".dist-info/" not in name}
    modules = {
        str(path.relative_to(ROOT))
        for pattern in ("*.py", "*.pyi")
        for path in (ROOT / "sacred").rglob(pattern)
    }
    assert "sacred/py.typed" in shipped
    assert modules <= shipped
    assert all(name.startswith("sacred/") for name in shipped)


@pytest.mark.slow
def test_the_wheel_works_with_nothing_but_the_declared_dependencies(
    wheel: Path, tmp_path: Path
) -> None:
    # Without pip and setuptools: running must not need them.
    venv.create(tmp_path / "venv", with_pip=False)
    executable = tmp_path / "venv" / "bin" / "python"
    environment = {name: os.environ[name] for name in os.environ if name != "PYTHONPATH"}

    def run(*arguments: str) -> str:
        done = subprocess.run(
            [str(executable), *arguments],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    pip = [sys.executable, "-m", "pip", "--python", str(executable), "install", "-q", str(wheel)]
    done = subprocess.run(pip, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    script = tmp_path / "hello.py"
    script.write_text(
        "from sacred import Experiment\n"
        "ex = Experiment('hello', save_git_info=False)\n"
        "ex.add_config(name='world')\n"
        "@ex.automain\n"
        "def main(name):\n"
        "    print(f'hello {name}')\n"
    )
    assert "hello wheel" in run("-W", "error", "hello.py", "with", "name=wheel")
    where = run("-c", "import sacred; print(sacred.__file__)")
    assert Path(where.strip()).is_relative_to(tmp_path)


def test_each_optional_part_has_an_extra() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = {"mongo", "numpy", "yaml", "template", "test", "dev", "docs", "examples", "regex"}
    assert extras <= set(project["optional-dependencies"])


def test_the_citation_names_this_version() -> None:
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8").splitlines()
    assert f"version: {importlib.metadata.version('sacred')}" in citation
