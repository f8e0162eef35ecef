"""Traced programs: the cases that tracers of files have met, each with the real strace."""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from sacred.exec.tracing import strace
from tests.crash_safety.effort import LONG
from tests.exec.conftest import Call, compiled, last_run, leave_out, need_strace

PYTHON = sys.executable


@pytest.fixture(autouse=True)
def needs_strace() -> None:
    need_strace()


@pytest.fixture
def traced(work: Path, sacred: Call) -> Any:
    """Run a shell script traced; return the trace."""

    def call(text: str, *words: str) -> dict[str, Any]:
        (work / "run.sh").write_text(text)
        done = sacred("exec", "--trace", *words, "--", "sh", "run.sh")
        assert done.returncode == 0, done.stderr
        return trace()

    return call


def trace(store: str = "runs") -> dict[str, Any]:
    found: dict[str, Any] = dict(last_run(store).environment["trace"])
    return found


def names(rows: Any, work: Path) -> list[str]:
    """The paths of files in a list of a trace, relative to the working directory."""
    return [os.path.relpath(row["path"], work) for row in rows or ()]


def read(found: dict[str, Any], work: Path) -> list[str]:
    return [name for name in names(found.get("read"), work) if name != "run.sh"]


def written(found: dict[str, Any], work: Path) -> list[str]:
    return names(found.get("written"), work)


# ------------------------------------------------------------------------ the record


def test_inputs_are_resources_and_outputs_are_artifacts(work: Path, traced: Any) -> None:
    (work / "in.txt").write_text("data")
    found = traced("cat in.txt > out.txt")
    run = last_run()
    assert read(found, work) == ["in.txt"]
    assert found["read"][0]["sha256"] == hashlib.sha256(b"data").hexdigest()
    assert found["read"][0]["md5"] == hashlib.md5(b"data").hexdigest()
    assert written(found, work) == ["out.txt"]
    assert run.artifacts["out.txt"].text() == "data"
    stored = {os.path.basename(name): file.text() for name, file in run.resources.items()}
    assert stored["in.txt"] == "data"
    assert run.sources["run.sh"].text() == "cat in.txt > out.txt"
    assert "cat" in [os.path.basename(row["path"]) for row in found["programs"]]
    assert any(row["arguments"] == ["cat", "in.txt"] for row in found["programs"])
    assert found["directories"] == [str(work)]
    assert any("libc.so" in name for name in found["system_files"])


def test_what_was_traced_is_printed_and_the_status_is_that_of_the_program(sacred: Call) -> None:
    done = sacred("exec", "--", "sh", "-c", "exit 5")
    assert done.returncode == 5
    assert "traced files: " in done.stderr
    assert sacred("exec", "--", "sh", "-c", "kill -9 $$").returncode == 137
    assert sacred("exec", "--quiet", "--", "true").stderr == ""


def test_untraced_runs_have_no_trace(sacred: Call) -> None:
    assert sacred("exec", "--no-trace", "--", "true").returncode == 0
    assert "trace" not in last_run().environment


def test_a_file_that_cannot_be_executed_fails_with_126(work: Path, sacred: Call) -> None:
    (work / "prog").write_bytes(b"\x7fELF nothing of the kind")
    (work / "prog").chmod(0o755)
    assert sacred("exec", "--trace", "--", "./prog").returncode == 126
    run = last_run()
    assert run.status == "FAILED"
    assert "ENOEXEC" in (run.fail_trace or "")


# ------------------------------------------------------------------------ what becomes of files


@pytest.mark.parametrize(
    ("text", "inputs", "outputs"),
    [
        ("cat a > new; mv new b", ["a"], ["b"]),
        ("cat a > new; mv new a", ["a"], ["a"]),
        ("cat a > tmp; rm tmp", ["a"], []),
        ("echo x > c; cat c > d", [], ["c", "d"]),
        ("ln -s a l1; ln -s l1 l2; cat l2 > b", ["a"], ["b"]),
        ("mkdir d; ln -s d e; cat a > e/x; mv d f", ["a"], ["f/x"]),
        ("cat a >> log", ["a"], ["log"]),
        ("cat a | tee b | cat > c", ["a"], ["b", "c"]),
        ("mkfifo p; cat a > p & cat p > b; wait", ["a"], ["b"]),
        ("mkdir d; cd d; cat ../a > x; cd ..; cat a > y", ["a"], ["d/x", "y"]),
        ("ln a hard; cat hard > b", ["a"], ["b", "hard"]),
        ("cat < a > b", ["a"], ["b"]),
        ("for i in 1 2 3; do (cat a > o$i) & done; wait", ["a"], ["o1", "o2", "o3"]),
        ("cp a 'b <c> \"d\" é'", ["a"], ['b <c> "d" é']),
        ("cp a 'x) = 3'", ["a"], ["x) = 3"]),
        ("sh -c 'exec sh -c \"cat a > b\"'", ["a"], ["b"]),
    ],
)
def test_files_are_followed(
    work: Path, traced: Any, text: str, inputs: list[str], outputs: list[str]
) -> None:
    (work / "a").write_text("data")
    found = traced(text)
    assert read(found, work) == inputs
    assert written(found, work) == sorted(outputs)


@pytest.mark.parametrize("text", ["cat a > b; echo x > a", "cat a > b; rm a", "cat a > b; mv a c"])
def test_what_was_read_and_then_changed_has_no_known_content(
    work: Path, traced: Any, text: str
) -> None:
    (work / "a").write_text("data")
    [entry] = [row for row in traced(text)["read"] if row["path"] == str(work / "a")]
    assert "sha256" not in entry
    assert "has changed it after reading it" in entry["unknown"]
    assert "--input" in trace()["notes"][0]


def test_unless_it_is_named_as_an_input(work: Path, traced: Any) -> None:
    (work / "a").write_text("data")
    found = traced("cat a > b; echo x > a", "--input", "a")
    assert "notes" not in found
    assert last_run().resources[str(work / "a")].text() == "data"
    assert last_run().artifacts["a"].text() == "x\n"


def test_removed_files_and_links_are_listed(work: Path, traced: Any) -> None:
    (work / "old").write_text("x")
    found = traced("rm old; ln -s run.sh link")
    assert list(found["removed"]) == [str(work / "old")]
    assert [list(link) for link in found["links"]] == [[str(work / "link"), "run.sh"]]


def test_secrets_and_hidden_files_are_names_only(work: Path, traced: Any) -> None:
    for name in (".env", "server.key", "secret.txt", "plain.txt"):
        (work / name).write_text("a=1")
    found = traced("cat .env server.key secret.txt plain.txt > out")
    assert read(found, work) == ["plain.txt"]
    assert {str(work / ".env"), str(work / "server.key")} <= set(found["system_files"])
    assert [os.path.basename(name) for name in last_run().resources] == ["plain.txt", "run.sh"]


def test_what_stands_in_the_run_directory_is_an_artifact_once(work: Path, traced: Any) -> None:
    found = traced("echo x > $SACRED_RUN_DIR/a.txt")
    assert written(found, work) == []
    assert list(last_run().artifacts) == ["a.txt"]
    [entry] = last_run().environment["program"]["artifacts"]
    assert entry["sha256"] == hashlib.sha256(b"x\n").hexdigest()


# ------------------------------------------------------------------------ programs


def test_programs_by_relative_paths_from_other_directories(work: Path, traced: Any) -> None:
    (work / "bin").mkdir()
    (work / "bin" / "tool").write_text("#!/bin/sh\ncat ../a > x\n")
    (work / "bin" / "tool").chmod(0o755)
    (work / "a").write_text("data")
    found = traced("cd bin; ./tool; exec ../bin/tool")
    assert read(found, work) == ["a", "bin/tool"]
    assert written(found, work) == ["bin/x"]
    assert str(work / "bin" / "tool") in [row["path"] for row in found["programs"]]
    assert list(found["directories"]) == [str(work), str(work / "bin")]


C_PROGRAM = r"""
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
static void put(const char *name) { FILE *file = fopen(name, "w"); fputs("x", file); fclose(file); }
static void *thread(void *unused) { put("thread"); return chdir("sub") ? unused : NULL; }
int main(int count, char **words) {
    if (count > 1) { put(words[1]); return 0; }
    pthread_t other;
    pthread_create(&other, NULL, thread, NULL);
    pthread_join(other, NULL);
    put("in_sub");
    if (fork() == 0) { put("child"); rename("child", "renamed"); _exit(0); }
    wait(NULL);
    int above = open("..", O_RDONLY | O_DIRECTORY);
    int file = openat(above, "at", O_WRONLY | O_CREAT, 0644);
    renameat(above, "at", above, "moved");
    close(file);
    if (fork() == 0) execl("/proc/self/exe", "again", "by_itself", NULL);
    wait(NULL);
    file = open("gone", O_RDWR | O_CREAT, 0644);
    unlink("gone");
    return 0;
}
"""


@pytest.mark.parametrize("options", [["-pthread"], ["-pthread", "-static"]])
def test_threads_forks_and_static_programs(work: Path, sacred: Call, options: list[str]) -> None:
    program = compiled(C_PROGRAM, work, *options)
    (work / "sub").mkdir()
    assert sacred("exec", "--trace", "--", program).returncode == 0
    found = trace()
    made = ["moved", "sub/by_itself", "sub/in_sub", "sub/renamed", "thread"]
    assert written(found, work) == made
    assert read(found, work) == ["prog"]


def test_files_of_python_are_of_the_system_and_packages_are_dependencies(
    work: Path, sacred: Call
) -> None:
    (work / "helper.py").write_text("x = 1\n")
    (work / "main.py").write_text("import helper, packaging.version\nopen('o', 'w').write('x')\n")
    assert sacred("exec", "--trace", "--", PYTHON, "main.py").returncode == 0
    found = trace()
    assert read(found, work) == ["helper.py", "main.py"]
    assert written(found, work) == ["o"]
    assert any(name.startswith("packaging==") for name in last_run().dependencies)


def test_peers_are_recorded(work: Path, sacred: Call) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        (work / "main.py").write_text(
            f"import socket; socket.create_connection(('127.0.0.1', {port}))"
        )
        assert sacred("exec", "--trace", "--", PYTHON, "main.py").returncode == 0
    assert f"127.0.0.1:{port}" in trace()["peers"]


def test_a_process_that_outlives_the_program_holds_nobody(work: Path, sacred: Call) -> None:
    text = "(sleep 30 & echo $! > pid) > /dev/null 2>&1"
    done = sacred("exec", "--trace", "--", "sh", "-c", text)
    os.kill(int((work / "pid").read_text()), 9)
    assert done.returncode == 0
    assert "1 processes outlive the program" in done.stderr


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("cat a > b; kill -9 $$", 128 + 9),
        ("cat a > b; kill -SEGV $$", 128 + 11),
        ("sleep 600 & kill -9 $!; wait; cat a > b; exit 5", 5),
    ],
)
def test_who_is_killed_does_not_outlive_the_program(
    work: Path, sacred: Call, text: str, status: int
) -> None:
    (work / "a").write_text("data")
    done = sacred("exec", "--trace", "--", "sh", "-c", text)
    assert done.returncode == status
    found = trace()
    assert (read(found, work), written(found, work)) == (["a"], ["b"])
    assert "notes" not in found
    assert "outlive" not in done.stderr


def test_the_file_that_a_shell_has_opened_as_input_is_one(work: Path) -> None:
    (work / "in.txt").write_text("data")
    command = [PYTHON, "-m", "sacred", "exec", "--quiet", "--trace", "--", "cat"]
    with open("in.txt") as file:
        done = subprocess.run(command, stdin=file, capture_output=True, text=True)
    assert done.stdout == "data"
    assert read(trace(), work) == ["in.txt"]


# ------------------------------------------------------------------------ where it cannot be


def test_a_traced_sacred_says_that_it_cannot_trace(work: Path) -> None:
    command = ["strace", "-f", "-o", "/dev/null", "-e", "trace=execve"]
    call = [PYTHON, "-m", "sacred", "exec", "--", "sh", "-c", "exit 4"]
    done = subprocess.run([*command, *call], capture_output=True, text=True, timeout=100)
    assert done.returncode == 4
    assert "files are not traced: this process is traced itself" in done.stderr


@pytest.mark.parametrize("kind", ["address", "leak"])
def test_programs_that_look_for_leaks_are_not_traced(work: Path, sacred: Call, kind: str) -> None:
    compiled("int main() { return 0; }", work)
    made = subprocess.run(
        ["gcc", f"-fsanitize={kind}", "-o", "prog", "prog.c"], capture_output=True, check=False
    )
    if made.returncode:
        leave_out("there are no sanitizers")
    plain = subprocess.run(["./prog"], capture_output=True).returncode
    done = sacred("exec", "--", "./prog")
    assert done.returncode == plain
    assert "which fails if it is traced" in done.stderr


def test_debuggers_are_not_traced() -> None:
    found = strace.tracer_for(shutil.which("strace") or "")
    assert isinstance(found, str)
    assert "traces programs itself" in found


def set_user_id_copy(work: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program that runs as its owner; whoever calls it takes themselves for no administrator."""
    program = Path(shutil.copy(shutil.which("true") or "", work / "prog"))
    program.chmod(0o4755)
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    return program


def test_programs_that_run_as_another_user_are_not_traced(
    work: Path, sacred: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_user_id_copy(work, monkeypatch)
    done = sacred("exec", "--", "./prog")
    assert done.returncode == 0
    assert "prog runs as another user, which it could not if it were traced" in done.stderr
    assert "trace" not in last_run().environment
    assert sacred("exec", "--trace", "--", "./prog").returncode == 1


def test_children_that_would_run_as_another_user_are_said(
    work: Path, sacred: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = set_user_id_copy(work, monkeypatch)
    assert sacred("exec", "--trace", "--", "sh", "-c", "./prog; exit 3").returncode == 3
    [note] = trace()["notes"]
    assert note == f"{program} could not become another user, as it was traced: --no-trace"


def test_elsewhere_only_declared_files_are_recorded(
    work: Path, sacred: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    (work / "a").write_text("data")
    monkeypatch.setattr(strace.sys, "platform", "darwin")
    words = ["--input", "a", "--output", "b", "--", "sh", "-c", "cat a > b; cat a > c"]
    done = sacred("exec", *words)
    assert "files are not traced: files are traced on Linux only" in done.stderr
    assert [Path(path).name for path in last_run().resources] == ["a"]
    assert list(last_run().artifacts) == ["b"]


def test_without_strace_programs_run_untraced(
    sacred: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "sacred.app.commands.exec.tracer_for",
        lambda program, for_bundle=False: "strace is not installed",
    )
    done = sacred("exec", "--", "sh", "-c", "exit 4")
    assert done.returncode == 4
    assert "files are not traced: strace is not installed" in done.stderr
    assert sacred("exec", "--quiet", "--", "true").stderr == ""
    assert sacred("exec", "--trace", "--", "true").returncode == 1


# ------------------------------------------------------------------------ at once


def test_runs_at_once_never_mix(work: Path) -> None:
    runs = 30 if LONG else 5

    def one(number: int) -> int:
        (work / f"in{number}").write_text(str(number))
        text = f"for i in 1 2 3; do cat in{number} > out{number}.$i; done"
        words = ["exec", "--quiet", "-s", f"runs{number}", "--trace", "--", "sh", "-c", text]
        return subprocess.run([PYTHON, "-m", "sacred", *words], timeout=600).returncode

    with ThreadPoolExecutor(runs) as pool:
        assert list(pool.map(one, range(runs))) == [0] * runs
    for number in range(runs):
        found = trace(f"runs{number}")
        assert read(found, work) == [f"in{number}"]
        assert written(found, work) == [f"out{number}.{i}" for i in (1, 2, 3)]
    assert threading.active_count() < runs + 10
