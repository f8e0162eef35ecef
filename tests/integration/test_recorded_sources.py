"""Which sources a run records: those that its result depends on, also if they are used late."""

import hashlib
import json
import subprocess
import sys
import zipapp

import pytest

from tests.conftest import ROOT

FILES = {
    "train.py": """
from sacred import Experiment
from settings import RATE
from pkg import *
ex = Experiment(save_git_info=False)
@ex.automain
def main():
    import late
    return RATE + helper() + late.VALUE
""",
    "settings.py": "RATE = 1\n",
    "pkg/__init__.py": "from .inner import helper\n__all__ = ['helper']\n",
    "pkg/inner.py": "from .constants import ONE\ndef helper(): return ONE\n",
    "pkg/constants.py": "ONE = 1\n",
    "pkg/unused.py": "",
    "late.py": "from settings import RATE\nVALUE = 1\n",
    "other.py": "",
}


@pytest.fixture
def project(tmp_path):
    """The files of a project, and a directory beside it."""
    for name, text in FILES.items():
        (tmp_path / "project" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "project" / name).write_text(text)
    (tmp_path / "elsewhere").mkdir()
    return tmp_path / "project"


def recorded(directory, *command):
    """Run a command in a directory; the experiment that it has recorded in runs/1."""
    subprocess.run(
        [sys.executable, *map(str, command), "-F", "runs", "-l", "ERROR"],
        cwd=directory,
        env={"PYTHONPATH": str(ROOT), "PATH": "", "HOME": str(directory)},
        check=True,
        timeout=100,
    )
    return json.loads((directory / "runs/1/run.json").read_text())


def test_constants_star_imports_and_late_imports_count(project):
    """From another working directory as well; what nothing imports does not."""
    run = recorded(project.parent / "elsewhere", project / "train.py")
    assert run["result"] == 3
    names = {name for name, _ in run["experiment"]["sources"]}
    assert names == FILES.keys() - {"pkg/unused.py", "other.py"}
    stored = project.parent / "elsewhere/runs/_sources"
    assert {path.name.rpartition("_")[0] for path in stored.rglob("*.py")} == {
        name.rpartition("/")[2].removesuffix(".py") for name in names
    }


def test_the_sources_of_a_zip_application_are_the_archive(project):
    """It has all of them."""
    archive = project.parent / "app.pyz"
    (project / "__main__.py").write_text(FILES["train.py"])
    zipapp.create_archive(project, archive)
    run = recorded(project.parent / "elsewhere", archive)
    digest = hashlib.md5(archive.read_bytes(), usedforsecurity=False).hexdigest()
    experiment = run["experiment"]
    assert (experiment["name"], experiment["mainfile"]) == ("app", "app.pyz")
    assert [source[0] for source in experiment["sources"]] == ["app.pyz"]
    stored = project.parent / "elsewhere/runs" / experiment["sources"][0][1]
    assert digest in stored.name
    assert stored.read_bytes() == archive.read_bytes()
