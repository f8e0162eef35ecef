"""Bundles of traced programs: every file that they used, repeated in an empty root."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sacred.exec.bundling.executables import interpreter_of
from sacred.exec.bundling.path_links import follow_links
from sacred.exec.bundling.root_manifest import read_manifest
from sacred.exec.bundling.root_script import script_files
from sacred.restoring.errors import CannotRestoreError
from tests.exec.conftest import Call, compiled, leave_out, need, need_strace
from tests.exec.test_tracing import C_PROGRAM as THREADS_AND_FORKS
from tests.services import scratch

NOBODY = 65534
needs_roots = pytest.mark.usefixtures("roots")
needs_strace = pytest.mark.usefixtures("tracing")

Bundle = Callable[..., Path]
Unpack = Callable[[Path], Path]


@pytest.fixture
def roots() -> None:
    words = [need("unshare"), "-rmpf", "true"]
    if subprocess.run(words, capture_output=True, check=False).returncode != 0:
        leave_out("this system makes no roots for its users")


@pytest.fixture
def tracing() -> None:
    need_strace()


@pytest.fixture
def unpacked() -> Iterator[Unpack]:
    """Unpack a bundle where another user may read it; return the directory.

    Not in pytest's own directories: each session that begins closes them to others.
    """
    with tempfile.TemporaryDirectory(
        prefix="sacred-elsewhere-", dir=scratch.directory(), ignore_cleanup_errors=True
    ) as name:
        place = Path(name)
        place.chmod(0o755)

        def unpack(file: Path) -> Path:
            if file.suffix == ".zst":
                subprocess.run(["tar", "--zstd", "-xf", file, "-C", place], check=True)
            else:
                with tarfile.open(file) as archive:
                    archive.extractall(place, filter="fully_trusted")
            return place

        yield unpack


@pytest.fixture
def bundle(work: Path, sacred: Call, unpacked: Unpack) -> Bundle:
    """Run a program with ``--bundle``; return the directory where its bundle was unpacked."""

    def call(*words: str, status: int = 0) -> Path:
        done = sacred("exec", "--bundle", *words)
        assert done.returncode == status, done.stderr
        return unpacked(next(work.glob("run-*.tar.*")))

    return call


def manifest(place: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((place / "manifest.json").read_text())
    return found


def repeated(place: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Call ``run.sh`` as another user, if we may."""
    words = ["sh", str(place / "run.sh"), *options]
    if os.geteuid() == 0:
        user = [f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
        words = ["setpriv", *user, *words]
    return subprocess.run(
        words, capture_output=True, text=True, cwd="/", env={"PATH": os.environ["PATH"]}
    )


def verdict(place: Path, *options: str) -> tuple[str, int]:
    done = repeated(place, *options)
    name, _, reason = done.stdout.splitlines()[-1].partition("  ")
    # What is printed if the test fails: IMPOSSIBLE alone would say nothing.
    print(*options, name, reason, done.stderr)
    return name, done.returncode


# ------------------------------------------------------------------------ whole bundles

C_PROGRAM = r"""
#include <stdio.h>
int main() {
    char text[99];
    FILE *in = fopen("link.txt", "r"), *out = fopen("out.txt", "w");
    fgets(text, 99, in);
    fprintf(out, "got %s", text);
    printf("without an end of line");
    return 0;
}
"""


@needs_strace
@needs_roots
class TestWholeBundles:
    def test_a_c_program(self, work: Path, bundle: Bundle, sacred: Call) -> None:
        program = compiled(C_PROGRAM, work)
        (work / "data.txt").write_text("data\n")
        (work / "link.txt").symlink_to("data.txt")
        place = bundle("--", program)
        found = manifest(place)
        whys = {row["path"]: row["why"] for row in found["files"]}
        assert whys[str(work / "prog")] == "program"
        assert whys[str(work / "data.txt")] == "data"
        assert any(why.startswith("interpreter of") for why in whys.values())
        assert any("libc.so" in path for path, why in whys.items() if why == "library")
        assert found["links"][str(work / "link.txt")] == "data.txt"
        assert str(work / "out.txt") not in whys
        digest = hashlib.sha256(b"got data\n").hexdigest()
        assert found["results"] == {str(work / "out.txt"): digest}
        (work / "data.txt").write_text("something else")
        assert verdict(place, "-n") == ("EXACT", 0)
        again = sacred("rerun", str(next(work.glob("run-*.tar.*"))))
        assert (again.stdout, again.returncode) == ("EXACT\n", 0)

    def test_a_pipeline_in_shell(self, work: Path, bundle: Bundle) -> None:
        (work / "in").write_text("b\na\nc\na\n")
        (work / "pipe.sh").write_text(
            "#!/bin/sh\nmkdir d; cd d; sort ../in | uniq -c > counts; ln -s counts l\n"
            "cat l > copy; test -d /usr && echo usr; grep -c a ../in > $SACRED_RUN_DIR/n\n"
        )
        (work / "pipe.sh").chmod(0o755)
        place = bundle("--", "./pipe.sh")
        assert len(manifest(place)["results"]) == 3
        assert verdict(place) == ("EXACT", 0)

    def test_a_python_script_and_its_modules(self, work: Path, bundle: Bundle) -> None:
        (work / "helper.py").write_text("def double(x): return 2 * x\n")
        (work / "main.py").write_text(
            "import json, sys, helper, packaging.version\n"
            "json.dump(helper.double(float(sys.argv[1])), open('o.json', 'w'))\n"
        )
        # Its modules are compiled already: Python opens the sources no more.
        subprocess.run([sys.executable, "main.py", "1"], check=True, cwd=work)
        (work / "o.json").unlink()
        place = bundle("with", "x=0.5", "--", sys.executable, "main.py", "{x}")
        assert any(row["path"].endswith("helper.py") for row in manifest(place)["files"])
        assert verdict(place, "-n") == ("EXACT", 0)

    def test_parameter_file_and_stdin(self, work: Path, bundle: Bundle) -> None:
        (work / "p.json").write_text('{"lr": 1}')
        words = ("--config-file", "p.json", "with", "lr=2", "--", "cat", "p.json")
        place = bundle(*words)
        (work / "p.json").unlink()
        done = repeated(place)
        assert '"lr": 2' in done.stdout
        assert done.stdout.endswith("EXACT\n")

    def test_another_result_is_told(self, work: Path, bundle: Bundle, sacred: Call) -> None:
        place = bundle("--", "sh", "-c", "head -c 8 /dev/urandom > noise")
        assert verdict(place) == ("DIFFERS", 1)
        file = next(work.glob("run-*.tar.*"))
        done = sacred("rerun", "-n", str(file))
        assert done.stdout == f"DIFFERS  .{work}/noise: FAILED\n"
        assert done.returncode == 1

    def test_other_output_is_equal_and_a_failure_failed(self, work: Path, bundle: Bundle) -> None:
        place = bundle("--", "sh", "-c", "echo $$; date +%N")
        assert verdict(place) == ("EQUAL", 0)
        found = manifest(place)
        found["words"] = [*found["words"][:1], "-c", "exit 3"]
        (place / "manifest.json").write_text(json.dumps(found))
        script = script_files(read_manifest(place))["run.sh"]
        (place / "run.sh").write_text(script)
        assert verdict(place) == ("FAILED", 1)

    def test_the_status_of_a_run_that_failed_is_expected(self, bundle: Bundle) -> None:
        assert verdict(bundle("--", "sh", "-c", "exit 7", status=7)) == ("EXACT", 0)

    def test_the_root_is_empty_but_for_what_was_used(self, work: Path, bundle: Bundle) -> None:
        place = bundle("--", "ls", "/", "/tmp")
        found = manifest(place)
        found["words"] = [found["words"][0], "/etc", "/dev"]
        (place / "manifest.json").write_text(json.dumps(found))
        (place / "run.sh").write_text(script_files(read_manifest(place))["run.sh"])
        printed = repeated(place).stdout
        assert "passwd" not in printed
        assert "null" in printed

    def test_no_network_with_n(self, work: Path, bundle: Bundle) -> None:
        place = bundle("--", "cat", "/proc/net/dev")
        assert len(repeated(place, "-n").stdout.split(":")) == 2  # lo

    def test_damage_is_impossible(self, work: Path, bundle: Bundle) -> None:
        (work / "in").write_text("x")
        place = bundle("--", "cat", "in")
        (place / "root" / str(work / "in").lstrip("/")).write_text("y")
        assert verdict(place) == ("IMPOSSIBLE", 2)

    def test_environment_by_allow_list(
        self, bundle: Bundle, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("MY_TOKEN", "hush")
        monkeypatch.setenv("LC_ALL", "C")
        place = bundle("--", "env")
        assert manifest(place)["variables"]["LC_ALL"] == "C"
        assert "PATH" in manifest(place)["variables"]
        assert "hush" not in (place / "manifest.json").read_text()
        assert "MY_TOKEN" not in repeated(place).stdout


SHELL_PIPELINE = """#!/bin/sh
mkdir d; cd d; sort ../in | uniq -c > counts; ln -s counts l
cat l > copy; test -d /usr && echo usr; cat < /dev/null; cat /proc/self/comm
"""
PYTHON_SCRIPT = """
import hashlib, json, pathlib, tempfile
with tempfile.TemporaryFile() as file:
    file.write(pathlib.Path("in").read_bytes())
    file.seek(0)
    digest = hashlib.sha256(file.read()).hexdigest()
json.dump(digest, open("out.json", "w"))
print(digest)
"""


def program_of_kind(kind: str, work: Path) -> list[str]:
    """The words of a program in C, shell or Python, which reads and writes files."""
    if kind == "c":
        (work / "data.txt").write_text("data\n")
        (work / "link.txt").symlink_to("data.txt")
        return [compiled(C_PROGRAM, work)]
    (work / "in").write_text("b\na\nc\na\n")
    if kind == "shell":
        (work / "pipe.sh").write_text(SHELL_PIPELINE)
        (work / "pipe.sh").chmod(0o755)
        return ["./pipe.sh"]
    (work / "main.py").write_text(PYTHON_SCRIPT)
    return [sys.executable, "main.py"]


def ways_into_a_root() -> list[tuple[str, ...]]:
    """The options of ``run.sh`` that work here, for another user than root."""
    probes = {
        ("-b", "bwrap"): "bwrap --ro-bind / / --dev /dev true",
        ("-n", "-b", "bwrap"): "bwrap --unshare-net --ro-bind / / --dev /dev true",
        ("-b", "unshare"): "unshare -rmpf true",
        ("-n", "-b", "unshare"): "unshare -rmpfn true",
        ("-b", "proot"): "proot true",
    }
    user = [f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    before = ["setpriv", *user] if os.geteuid() == 0 else []

    def works(words: str) -> bool:
        if shutil.which(words.split()[0]) is None:
            return False
        done = subprocess.run([*before, *words.split()], capture_output=True, check=False, cwd="/")
        return done.returncode == 0

    return [options for options, words in probes.items() if works(words)]


@needs_strace
@pytest.mark.parametrize("kind", ["c", "shell", "python"])
def test_digests_are_equal_for_another_user_in_each_kind_of_root(
    work: Path, bundle: Bundle, kind: str
) -> None:
    ways = ways_into_a_root()
    if not ways:
        leave_out("this system makes no roots for its users")
    place = bundle("--", *program_of_kind(kind, work))
    assert manifest(place)["results"]
    shutil.rmtree(work)  # nothing is left of what it has used
    assert {options: verdict(place, *options) for options in ways} == dict.fromkeys(
        ways, ("EXACT", 0)
    )


#: What has made tracers and packers of files stumble, each as a script.
DIFFICULT = {
    "relative programs": "cd bin; ./tool > ../o; exec ../bin/tool > ../o2",
    "chains of links": "cat chain/deep/file > o; readlink l1 > o2; ./l2 > o3",
    "pipes and fifos": "mkfifo p; cat data > p & sort < p | tee o | wc -l > o2; wait",
    "removed files": "exec 3< copy; cat data > t; rm t; cat <&3 > o; test -e t || echo no > o2",
    "itself": "sh -c 'test $(readlink /proc/self/exe) && cat /proc/self/comm' > o",
    "large trees": "find tree -type f | sort > o; cat $(cat o) | wc -c > o2; cp -r tree copied",
    "shared memory and temporary files": "t=$(mktemp); cat data > $t; cp $t o; rm $t",
    "a directory that is not there": "test -d nowhere || echo no > o; ls nowhere 2> o2; true",
}


def make_difficult_files(work: Path) -> None:
    for name in ("data", "copy"):
        (work / name).write_text("b\na\n")
    (work / "bin").mkdir()
    (work / "bin" / "tool").write_text("#!/bin/sh\ncat ../data; pwd > /dev/null\n")
    (work / "bin" / "tool").chmod(0o755)
    (work / "real" / "deep").mkdir(parents=True)
    (work / "real" / "deep" / "file").write_text("far away")
    links = {"chain": "l3", "l3": "real", "l1": "bin/tool", "l2": "l1", "bin/data": "../data"}
    for name, target in links.items():
        (work / name).symlink_to(target)
    (work / "data.d").symlink_to("data")
    for number in range(300):
        place = work / "tree" / str(number % 7) / str(number)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(str(number))


@needs_strace
@needs_roots
@pytest.mark.parametrize("case", DIFFICULT)
def test_difficult_programs_are_repeated(work: Path, bundle: Bundle, case: str) -> None:
    make_difficult_files(work)
    (work / "run.sh").write_text(DIFFICULT[case])
    place = bundle("--", "sh", "run.sh")
    assert manifest(place)["results"]
    shutil.rmtree(work)
    assert verdict(place, "-n") == ("EXACT", 0), repeated(place).stdout


@needs_strace
@needs_roots
@pytest.mark.parametrize("options", [["-pthread"], ["-pthread", "-static"]])
def test_threads_forks_and_static_programs_are_repeated(
    work: Path, bundle: Bundle, options: list[str]
) -> None:
    program = compiled(THREADS_AND_FORKS, work, *options)
    (work / "sub").mkdir()
    place = bundle("--", program)
    assert len(manifest(place)["results"]) == 5
    assert verdict(place, "-n") == ("EXACT", 0)


@needs_strace
class TestWhatIsPacked:
    def test_a_traced_run_is_packed_later(self, work: Path, sacred: Call, unpacked: Unpack) -> None:
        (work / "in").write_text("x")
        assert sacred("exec", "--trace", "--", "cat", "in").returncode == 0
        (work / "in").write_text("changed since, but the store has it")
        done = sacred("bundle", "1", "-o", "b.tar.gz")
        assert "root/: " in done.stderr
        assert "MB before compression" in done.stderr
        place = unpacked(work / "b.tar.gz")
        assert (place / "root" / str(work / "in").lstrip("/")).read_text() == "x"

    def test_estimate_include_exclude(self, work: Path, sacred: Call, unpacked: Unpack) -> None:
        for name in ("in", "big", "more", ".hidden", "server.key"):
            (work / name).write_text(name)
        sacred("exec", "--trace", "--", "cat", "in", "big", ".hidden", "server.key")
        done = sacred("bundle", "1", "--estimate")
        assert done.stdout.startswith("root/: ")
        assert not list(work.glob("*.tar.*"))
        sacred("bundle", "1", "-o", "b.tar.gz", "--exclude", "*/big", "--include", "more")
        found = manifest(unpacked(work / "b.tar.gz"))
        names = {os.path.relpath(row["path"], work) for row in found["files"]}
        assert {"in", "more"} <= names
        assert not names & {"big", ".hidden", "server.key"}
        assert found["left_out"][str(work / "big")] == "excluded"
        assert "hidden" in found["left_out"][str(work / ".hidden")]

    def test_what_was_overwritten_is_left_out_unless_it_is_an_input(
        self, work: Path, sacred: Call, unpacked: Unpack
    ) -> None:
        (work / "a").write_text("before")
        (work / "b").write_text("before")
        text = "cat a b > c; echo after > a; echo after > b"
        sacred("exec", "--trace", "--input", "a", "--", "sh", "-c", text)
        sacred("bundle", "1", "-o", "b.tar.gz")
        place = unpacked(work / "b.tar.gz")
        assert (place / "root" / str(work / "a").lstrip("/")).read_text() == "before"
        assert "not stored" in manifest(place)["left_out"][str(work / "b")]

    def test_runs_without_a_trace_have_no_root(
        self, work: Path, sacred: Call, unpacked: Unpack
    ) -> None:
        sacred("exec", "--no-trace", "--", "true")
        assert sacred("bundle", "1", "--estimate").returncode == 2
        assert sacred("bundle", "1", "-o", "b.tar.gz").returncode == 0
        assert not (unpacked(work / "b.tar.gz") / "root").exists()
        assert sacred("rerun", "-n", "b.tar.gz").returncode == 2

    def test_with_changes_a_bundle_is_repeated_as_others(self, work: Path, sacred: Call) -> None:
        sacred("exec", "--bundle", "with", "x=1", "--", "echo", "{x}")
        file = str(next(work.glob("run-*.tar.*")))
        done = sacred("rerun", file, "with", "x=2")
        assert "not in the root of the bundle" in done.stderr
        assert done.stdout.startswith("EQUAL")


def test_a_bundle_needs_a_trace(sacred: Call) -> None:
    assert sacred("exec", "--bundle", "--no-trace", "--", "true").returncode == 2


# ------------------------------------------------------------------------ parts


def test_links_are_followed_in_all_parts_of_a_path(tmp_path: Path) -> None:
    root = Path(os.path.realpath(tmp_path))
    (root / "real").mkdir()
    (root / "real" / "file").write_text("x")
    (root / "a").symlink_to("b")
    (root / "b").symlink_to(root / "real")
    (root / "circle").symlink_to("circle")

    assert follow_links(f"{root}/a/file") == (
        f"{root}/real/file",
        {f"{root}/a": "b", f"{root}/b": f"{root}/real"},
    )
    assert follow_links(f"{root}/circle") == (f"{root}/circle", {})


def test_interpreters(tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text("#! /bin/sh -e\n")
    assert interpreter_of(str(script)) == "/bin/sh"
    found = interpreter_of(os.path.realpath(shutil.which("ls") or ""))
    assert found is None or os.path.isfile(found)
    for text in (b"\x7fELF", b"\x7fELF" + bytes(60), b"#!", b""):
        script.write_bytes(text)
        assert interpreter_of(str(script)) is None
    compiled("int main() { return 0; }", tmp_path, "-static")
    assert interpreter_of(str(tmp_path / "prog")) is None


GOOD: dict[str, Any] = {
    "format": 1,
    "run": "1 of x",
    "machine": "x86_64",
    "words": ["/bin/true"],
    "directory": "/w",
    "scratch": "/tmp/s",
    "variables": {"A": "1"},
    "stdin": None,
    "exit_status": 0,
    "results": {},
    "output": None,
    "files": [],
    "links": {},
    "directories": [],
    "left_out": {},
}


@pytest.mark.parametrize(
    "change",
    [
        {"directory": "../w"},
        {"scratch": "/tmp/../../s"},
        {"stdin": "/a/../../b"},
        {"words": []},
        {"words": [1]},
        {"exit_status": "0; rm -rf /"},
        {"results": {"x": "y"}},
        {"variables": {"A=B": "x"}},
        {"files": [{"path": "relative", "sha256": "0" * 64}]},
        {"format": 2},
    ],
)
def test_malformed_manifests_are_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    (tmp_path / "root").mkdir()
    (tmp_path / "manifest.json").write_text(json.dumps({**GOOD}))
    assert read_manifest(tmp_path).words == ("/bin/true",)
    (tmp_path / "manifest.json").write_text(json.dumps({**GOOD, **change}))
    with pytest.raises(CannotRestoreError):
        read_manifest(tmp_path)


@pytest.mark.parametrize("name", ["tmp", "dev", "dev/shm", "tmp/s"])
def test_a_root_whose_links_would_lead_out_is_refused(tmp_path: Path, name: str) -> None:
    place = tmp_path / "root" / name
    place.parent.mkdir(parents=True)
    place.symlink_to("/etc")
    (tmp_path / "manifest.json").write_text(json.dumps(GOOD))
    with pytest.raises(CannotRestoreError, match="through a link"):
        read_manifest(tmp_path)


def test_values_of_a_manifest_are_words_of_the_script(tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    evil = "'; touch /tmp/broken; '@WORDS@ $(x)"
    change = {"words": ["/bin/echo", evil], "run": "1\n touch x", "variables": {"A": evil}}
    (tmp_path / "manifest.json").write_text(json.dumps({**GOOD, **change}))
    script = script_files(read_manifest(tmp_path))["run.sh"]
    assert "'\"'\"'; touch /tmp/broken; '\"'\"'@WORDS@ $(x)'" in script
    assert "Repeats run 1 touch x in" in script


def test_links_in_archives_are_made_last_and_only_below_root(tmp_path: Path) -> None:
    from sacred.reruns.archives import unpack

    def archive(*members: tuple[str, str | None]) -> Path:
        path = tmp_path / "a.tar"
        with tarfile.open(path, "w") as file:
            for name, target in members:
                entry = tarfile.TarInfo(name)
                if target is not None:
                    entry.type, entry.linkname = tarfile.SYMTYPE, target
                file.addfile(entry, io.BytesIO())
        return path

    outside = tmp_path / "outside"
    outside.mkdir()
    for number, members in enumerate(
        [
            [("link", "/etc")],
            [("root/../link", "/etc")],
            [("root/a", str(outside)), ("root/a/b", "x")],
            [("root/a", str(outside)), ("root/a", "x")],
        ]
    ):
        place = tmp_path / str(number)
        place.mkdir()
        if number != 3:
            with pytest.raises(CannotRestoreError):
                unpack(archive(*members), place)
        else:
            unpack(archive(*members), place)
            assert os.readlink(place / "root" / "a") == "x"
    place = tmp_path / "files"
    place.mkdir()
    unpack(archive(("root/a", str(outside)), ("root/b", None)), place)
    assert (place / "root" / "b").is_file()
    assert list(outside.iterdir()) == []
