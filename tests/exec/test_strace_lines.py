"""The lines that strace writes, put together; without strace."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sacred.dependencies.loaded_packages import packages_of_files
from sacred.exec.tracing.accesses import Accesses
from sacred.exec.tracing.file_digests import digests_of
from sacred.exec.tracing.strace_lines import calls_in
from sacred.exec.tracing.system_files import SystemFiles, is_outside


def accesses(text: str) -> Accesses:
    found = Accesses("/w")
    found.add(text.strip().splitlines())
    return found


def used(found: Accesses) -> dict[str, str]:
    return {path: "r" * use.was_read + "w" * use.is_written for path, use in found.files.items()}


def test_a_fork_whose_child_is_faster_than_its_parent_keeps_the_directory() -> None:
    found = accesses("""
1 execve("/bin/sh", ["sh", "-c", "a b"], 0x7ffe /* 3 vars */) = 0
1 chdir("sub") = 0
1 vfork( <unfinished ...>
2 execve("./tool", ["tool"], 0x7ffe /* 3 vars */ <unfinished ...>
1 <... vfork resumed>)              = 2
2 <... execve resumed>)             = 0
2 unlink("x") = 0
2 +++ exited with 0 +++
1 +++ killed by SIGKILL +++
""")
    assert [words[1:] for words in found.programs] == [("sh", "-c", "a b"), ("tool",)]
    assert used(found)["/w/sub/tool"] == "r"
    assert found.removed == {"/w/sub/x"}
    assert found.running == set()
    assert found.calls == 5


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ('1 openat(AT_FDCWD</w>, "a", O_RDONLY) = 3</w/a>', {"/w/a": "r"}),
        ('1 open("a", O_WRONLY|O_CREAT|O_TRUNC, 0666) = 3</w/a>', {"/w/a": "w"}),
        ('1 creat("a", 0666) = 3</w/a>', {"/w/a": "w"}),
        ('1 openat2(AT_FDCWD</w>, "a", {flags=O_RDWR, mode=0}, 24) = 3</w/a>', {"/w/a": "rw"}),
        ('1 openat(AT_FDCWD</w>, "a", O_RDONLY) = -1 ENOENT (No such file or directory)', {}),
        ('1 openat(AT_FDCWD</w>, ".", O_RDONLY|O_DIRECTORY) = 3</w>', {}),
        ('1 openat(AT_FDCWD</w>, "a", O_RDONLY) = ? ERESTARTSYS (To be restarted)', {}),
        ('1 openat(AT_FDCWD</w>, "p", O_RDONLY) = 3<pipe:[12]>', {}),
        ('1 openat(AT_FDCWD</w>, "a", O_RDWR|O_CREAT|O_EXCL) = 3</w/a>(deleted)', {"/w/a": "w"}),
        (
            '1 rename("a", "b") = 0\n1 openat(AT_FDCWD</w>, "b", O_RDONLY) = 3</w/b>',
            {"/w/b": "w"},
        ),
        (
            '1 renameat2(AT_FDCWD</w>, "a", AT_FDCWD</w>, "b", RENAME_EXCHANGE) = 0',
            {"/w/a": "w", "/w/b": "w"},
        ),
        ("what is no line", {}),
        ('1 openat(AT_FDCWD</w>, "cut', {}),
    ],
)
def test_uses_of_files(lines: str, expected: dict[str, str]) -> None:
    assert used(accesses(lines)) == expected


def test_threads_share_their_directory_and_processes_do_not() -> None:
    found = accesses("""
1 clone3({flags=CLONE_VM|CLONE_FS|CLONE_FILES}, 88) = 2
1 clone(child_stack=NULL, flags=SIGCHLD) = 3
2 chdir("/t") = 0
1 symlink("x", "link") = 0
3 symlink("x", "link") = 0
""")
    assert found.links == {"/t/link": "x", "/w/link": "x"}
    assert found.running == {1, 2, 3}


def test_peers() -> None:
    socket = "connect(3<socket:[1]>, "
    found = accesses(f"""
1 {socket}{{sa_family=AF_INET, sin_port=htons(9), sin_addr=inet_addr("1.2.3.4")}}, 16) = -1 EINPROGRESS (Operation now in progress)
1 {socket}{{sa_family=AF_INET6, sin6_port=htons(53), inet_pton(AF_INET6, "::1", &sin6_addr)}}, 28) = 0
1 {socket}{{sa_family=AF_UNIX, sun_path="/run/x"}}, 110) = -1 ENOENT (No such file or directory)
1 {socket}{{sa_family=AF_UNIX, sun_path="/run/y"}}, 110) = 0
""")  # noqa: E501
    assert list(found.peers) == ["1.2.3.4:9", "[::1]:53", "unix:/run/y"]


def test_secrets_among_arguments_are_masked() -> None:
    found = accesses('1 execve("/x", ["x", "http://me:pw123@h/", "api_key=abcdefgh"], 0x1) = 0')
    assert next(iter(found.programs))[1:] == ("x", "http://me:***@h/", "api_key=***")


def test_names_are_bytes_that_strace_has_escaped() -> None:
    [call] = calls_in(
        [r'1 openat(AT_FDCWD</w>, "a\"\n\303\251", O_RDONLY) = 3</w/a\"\n\303\251\74>']
    )
    assert call.path == '/w/a"\né<'


@pytest.mark.parametrize(
    "path", ["/proc/1/maps", "/dev/null", "/w/__pycache__/a.pyc.123", "/w/a.pyc"]
)
def test_files_that_do_not_last(path: str) -> None:
    assert is_outside(path)


@pytest.mark.parametrize(
    ("path", "is_system"),
    [
        ("/usr/lib/x.so", True),
        ("/home/me/env/lib/x", True),
        ("/w/venv/lib/python3.12/os.py", True),
        ("/w/data/site-packages/a/b.py", True),
        ("/w/lib/libmine.so", False),
        ("/w/a", False),
        ("/usr/local/share/data.csv", False),
    ],
)
def test_files_of_the_system(path: str, is_system: bool) -> None:
    assert (path in SystemFiles("/w", ["/home/me/env/bin/python3", "/w/bin/python"])) is is_system


def test_packages_are_found_by_their_modules(tmp_path: Path) -> None:
    site = tmp_path / "site-packages"
    for name, record in (("scikit_learn-1.5.0", "sklearn/__init__.py,,"), ("other-1.0", "o.py,,")):
        (site / f"{name}.dist-info").mkdir(parents=True)
        (site / f"{name}.dist-info" / "RECORD").write_text(record)
    library = tmp_path / "library" / "dplyr"
    library.mkdir(parents=True)
    (library / "DESCRIPTION").write_text("Package: dplyr\nVersion: 1.1.4\n")
    paths = [f"{site}/sklearn/svm.py", f"{library}/R/dplyr.rdb"]
    assert packages_of_files(paths) == ["dplyr==1.1.4", "scikit_learn==1.5.0"]


def test_the_digests_of_a_huge_file_are_computed_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SACRED_INDEX", str(tmp_path / "cache"))
    monkeypatch.setattr("sacred.exec.tracing.file_digests.MIN_CACHED_BYTES", 4)
    path = tmp_path / "huge"
    path.write_text("first")
    os.utime(path, (1, 1))
    first = digests_of(str(path))
    with open(path, "r+") as file:  # the same inode, size and time
        file.write("other")
    os.utime(path, (1, 1))
    assert digests_of(str(path)) == first
    os.utime(path, (2, 2))
    assert digests_of(str(path)) != first
