"""What a program does with the exception of a failed run, as Python would: hooks and pdb."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

SCRIPT = """\
import sys
sys.path.insert(0, {root!r})
{head}
from sacred import Experiment

ex = Experiment("fails", save_git_info=False)

@ex.config
def cfg():
    kind = "ValueError"

@ex.automain
def main(kind):
    where = "in main"
    raise {{"ValueError": ValueError, "KeyboardInterrupt": KeyboardInterrupt}}[kind]("diverged")
"""

HOOK = """
def hook(kind, value, traceback):
    while traceback.tb_next:
        traceback = traceback.tb_next
    print("hook:", kind.__name__, value, traceback.tb_frame.f_locals["where"], file=sys.stderr)
sys.excepthook = hook
"""

BROKEN_HOOK = """
def hook(kind, value, traceback):
    raise OSError("no such service")
sys.excepthook = hook
"""


def run_script(
    directory: Path, *words: str, head: str = "", python: tuple[str, ...] = (), typed: str = ""
) -> subprocess.CompletedProcess[str]:
    script = directory / "fails.py"
    script.write_text(SCRIPT.format(root=str(ROOT), head=head))
    return subprocess.run(
        [sys.executable, *python, str(script), "-u", *words],
        input=typed,
        capture_output=True,
        text=True,
        cwd=directory,
    )


@pytest.mark.parametrize("kind", ["ValueError", "KeyboardInterrupt"])
def test_a_hook_of_the_program_shows_the_exception(tmp_path: Path, kind: str) -> None:
    done = run_script(tmp_path, "with", f"kind={kind}", head=HOOK)
    assert f"hook: {kind} diverged in main\n" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.returncode in (1, 130, -2)


def test_hooks_see_no_mistakes_in_the_command_line(tmp_path: Path) -> None:
    done = run_script(tmp_path, "with", "kinds=5", head=HOOK)
    assert "ConfigAddedError" in done.stderr
    assert "hook:" not in done.stderr
    assert done.returncode == 1


def test_a_hook_that_fails_hides_nothing(tmp_path: Path) -> None:
    done = run_script(tmp_path, head=BROKEN_HOOK)
    assert "Error in sys.excepthook: OSError('no such service')" in done.stderr
    assert "WITHOUT Sacred internals" in done.stderr
    assert done.stderr.endswith("ValueError: diverged\n")
    assert done.returncode == 1


def test_without_a_hook_the_traceback_is_that_of_the_user(tmp_path: Path) -> None:
    done = run_script(tmp_path)
    assert done.stderr.count("Traceback") == 1
    assert "WITHOUT Sacred internals" in done.stderr


def test_pdb_looks_at_a_failed_run(tmp_path: Path) -> None:
    """``python -m pdb -c continue exp.py`` stops where it failed."""
    done = run_script(tmp_path, python=("-m", "pdb", "-c", "continue"), typed="p where\nquit\n")
    assert "Entering post mortem debugging" in done.stdout
    assert "'in main'" in done.stdout


def test_pdb_leaves_mistakes_in_the_command_line_alone(tmp_path: Path) -> None:
    done = run_script(tmp_path, "--nope", python=("-m", "pdb", "-c", "continue"), typed="quit\n")
    assert "Unknown option --nope." in done.stderr
    assert "post mortem" not in done.stdout


def test_rich_shows_the_exception(tmp_path: Path) -> None:
    pytest.importorskip("rich")
    done = run_script(tmp_path, head="import rich.traceback; rich.traceback.install()")
    assert "╭" in done.stderr
    assert "ValueError: diverged" in done.stderr
    assert "WITHOUT Sacred internals" not in done.stderr
