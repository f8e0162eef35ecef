"""What Windows and macOS do not have is switched off here: runs are recorded all the same."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.conftest import ROOT

WITHOUT = """
import os, signal, sys, types, warnings

def lose(module, *names):
    for name in names:
        if hasattr(module, name):
            delattr(module, name)
"""
#: Each as a text that takes it away.
FEATURES = {
    "descriptors": (
        "sys.modules['fcntl'] = sys.modules['termios'] = None\nlose(os, 'pread', 'pwrite')"
    ),
    "signals": "lose(signal, 'SIGHUP', 'SIGALRM', 'SIGUSR1', 'SIGQUIT')",
    "forks": "lose(os, 'fork', 'register_at_fork')",
    "calls of Linux": "lose(os, 'memfd_create', 'O_TMPFILE')",
    "links": "lose(os, 'link', 'symlink')",
}
RUN = """
from sacred import Experiment, open_store
from sacred.observers import FileStorageObserver

ex = Experiment("ex", interactive=True, save_git_info=False)
ex.observers.append(FileStorageObserver("runs"))
ex.add_config(a=1)

@ex.main
def main(a, _run):
    print("hello")
    _run.log_scalar("loss", 0.5)
    _run.add_artifact(__file__, "sub/script.py")
    return a

warnings.simplefilter("ignore")
run = ex.run(options={"--loglevel": "ERROR", "--capture": sys.argv[1]})
record = open_store("runs")[1]
import json
print(json.dumps([run.status, run.capture_mode, record.output, record.metrics["loss"].last,
                  list(record.artifacts)]))
"""


def run(code: str, directory: Path, *words: str) -> list[str]:
    """The lines that a script prints."""
    (directory / "script.py").write_text(textwrap.dedent(code))
    done = subprocess.run(
        [sys.executable, "script.py", *words],
        cwd=directory,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.parametrize("mode", ["fd", "sys"])
@pytest.mark.parametrize("feature", [*FEATURES, "all"])
def test_a_run_is_recorded_without_what_other_systems_lack(
    feature: str, mode: str, tmp_path: Path
) -> None:
    lost = "\n".join(FEATURES.values()) if feature == "all" else FEATURES[feature]
    *_, last = run(f"{WITHOUT}\n{lost}\n{RUN}", tmp_path, mode)
    expected = "sys" if feature in ("descriptors", "all") else mode
    assert json.loads(last) == ["COMPLETED", expected, "hello\n", 0.5, ["sub/script.py"]]


def test_the_mode_that_is_missing_is_a_warning(tmp_path: Path) -> None:
    code = """
    import sys, warnings
    sys.modules["fcntl"] = None
    from sacred.stdout_capturing import get_stdcapturer
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        print(get_stdcapturer("fd")[0], *[warning.message for warning in caught])
    """
    assert run(code, tmp_path) == [
        'sys capture mode "fd" does not work on this system; "sys" captures what Python prints'
    ]


def test_files_are_locked_in_the_way_of_windows_where_that_is_the_only_one(tmp_path: Path) -> None:
    code = """
    import subprocess, sys, types
    calls = []
    sys.modules["fcntl"] = None
    sys.modules["msvcrt"] = types.SimpleNamespace(LK_NBLCK=2, locking=lambda *a: calls.append(a))
    from sacred import Experiment, open_store
    from sacred.observers import TinyDbObserver
    ex = Experiment("ex", interactive=True, save_git_info=False)
    ex.observers.append(TinyDbObserver("db"))
    ex.add_config(a=1)
    @ex.main
    def main(a):
        return a
    ex.run(options={"--loglevel": "ERROR", "--capture": "no"})
    print(len(open_store("tinydb:db").runs("result = 1")), {call[1:] for call in calls})
    """
    assert run(code, tmp_path) == ["1 {(2, 1)}"]
