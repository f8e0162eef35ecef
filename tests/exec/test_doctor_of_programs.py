"""``sacred doctor`` of runs of programs: what counts is what they ran with, not this Python."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path

import pytest

from tests.exec.conftest import Call, last_run, need, need_strace

R_SCRIPT = """\
library(stats4)
cars <- read.csv("cars.csv")
cat(sprintf('{"sum": %.1f}\\n', sum(cars$x)), file = Sys.getenv("SACRED_METRICS"), append = TRUE)
write.csv(cars, "out.csv")
"""


@pytest.fixture
def needs_strace() -> None:
    need_strace()


@pytest.mark.usefixtures("needs_strace")
def test_a_script_in_r_is_traced_and_repeated(work: Path, sacred: Call) -> None:
    need("Rscript")
    (work / "fit.R").write_text(R_SCRIPT)
    (work / "cars.csv").write_text("x\n1\n2\n")
    assert sacred("exec", "--trace", "--", "Rscript", "fit.R").returncode == 0
    run = last_run()
    assert run.metrics["sum"].values[-1] == 3.0
    assert list(run.sources) == ["fit.R"]
    assert str(work / "cars.csv") in run.resources
    assert list(run.artifacts) == ["out.csv"]
    assert {entry.partition("==")[0] for entry in run.dependencies} >= {"stats4", "utils"}
    assert "R" in run.environment.program["version"]
    (work / "out.csv").unlink()
    doctor = sacred("doctor", "1")
    assert "reasons why" not in doctor.stdout
    assert "✗" not in doctor.stdout
    assert "PYTHONHASHSEED" not in doctor.stdout
    assert sacred("rerun", "1").stdout == "EXACT\n"


@pytest.mark.usefixtures("needs_strace")
def test_packages_are_compared_where_the_program_has_loaded_them(work: Path, sacred: Call) -> None:
    description = work / "site-library" / "lme4" / "DESCRIPTION"
    description.parent.mkdir(parents=True)
    description.write_text("Package: lme4\nVersion: 1.1\n")
    words = ["--trace", "--quiet", "--", "cat", "site-library/lme4/DESCRIPTION"]
    assert sacred("exec", *words).returncode == 0
    assert last_run().dependencies == ("lme4==1.1",)
    assert "1 of 1 have the same version here" in sacred("doctor", "1").stdout
    description.write_text("Package: lme4\nVersion: 1.2\n")
    assert "lme4 was 1.1, here it is 1.2" in sacred("doctor", "1").stdout
    shutil.rmtree(work / "site-library")
    assert "lme4 1.1 is not installed here" in sacred("doctor", "1").stdout


def test_a_program_that_is_another_one_now_is_named(
    work: Path, sacred: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "bin"
    place.mkdir()
    program = Path(shutil.copy(shutil.which("true") or "", place / "simulate"))
    monkeypatch.setenv("PATH", f"{place}{os.pathsep}{os.environ['PATH']}")
    assert sacred("exec", "--no-trace", "--", "simulate").returncode == 0
    found = sacred("doctor", "1").stdout
    assert f"{program} is the same file" in found
    assert "python" not in found.partition("run 1:")[0]  # which has executed it, and no more
    program.chmod(program.stat().st_mode | stat.S_IWUSR)
    program.write_bytes(program.read_bytes() + b"\0")
    assert f"{program} has changed since" in sacred("doctor", "1").stdout
    program.unlink()
    assert f"{program} was another one, here it cannot be read" in sacred("doctor", "1").stdout


def test_a_program_of_its_own_is_one_of_the_inputs(work: Path, sacred: Call) -> None:
    (work / "run.sh").write_text("#!/bin/sh\necho x\n")
    (work / "run.sh").chmod(0o755)
    assert sacred("exec", "--no-trace", "--", "./run.sh").returncode == 0
    (work / "run.sh").write_text("#!/bin/sh\necho y\n")
    found = sacred("doctor", "1").stdout
    assert [line.split()[1] for line in found.splitlines() if line.startswith("✗")] == ["resources"]
    assert "run.sh has changed since; the store has a copy" in found


@pytest.mark.parametrize(("program", "is_said"), [("python3", True), ("sh", False)])
def test_the_order_of_sets_is_a_doubt_of_python_only(
    work: Path, sacred: Call, program: str, is_said: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYTHONHASHSEED", raising=False)  # tox sets it
    assert sacred("exec", "--no-trace", "--quiet", "--", program, "-c", "").returncode == 0
    assert ("PYTHONHASHSEED" in sacred("doctor", "1").stdout) is is_said
