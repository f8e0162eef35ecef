"""The fixture that runs scripts."""

import subprocess
from collections.abc import Callable
from pathlib import Path

RunScript = Callable[..., "subprocess.CompletedProcess[str]"]


def test_a_script_runs_with_arguments_in_a_clean_environment(
    run_script: RunScript, tmp_path: Path
) -> None:
    code = "import os, sys; print(sys.argv[1:], os.getcwd(), os.environ['X'], len(os.environ))"
    done = run_script(code, "a", 1, X=2)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().startswith(f"['a', '1'] {tmp_path} 2")


def test_a_script_file_fails_with_its_code(run_script: RunScript, tmp_path: Path) -> None:
    (tmp_path / "s.py").write_text("raise SystemExit(3)\n")
    assert run_script(tmp_path / "s.py").returncode == 3
    assert run_script("s.py").returncode == 3
