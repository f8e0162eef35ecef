"""Source files and what counts as one."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from sacred.dependencies import Source, get_digest, get_py_file_if_possible, is_local_source


def test_digest(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"content" * 100_000)
    assert get_digest(path) == get_digest(str(path)) == hashlib.md5(path.read_bytes()).hexdigest()
    with pytest.raises(FileNotFoundError):
        get_digest(tmp_path / "missing")


def test_create(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.py").write_text("x = 1\n")
    source = Source.create("a.py", save_git_info=False)
    assert source.filename == os.path.realpath("a.py")
    assert source.digest == get_digest("a.py")
    assert (source.repo, source.commit, source.is_dirty) == (None, None, None)
    assert repr(source) == f"<Source: {source.filename}>"


@pytest.mark.parametrize("name", ["missing.py", "", "directory"])
def test_create_of_what_is_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("directory").mkdir()
    with pytest.raises(ValueError, match=f'invalid filename or file not found "{name}"'):
        Source.create(name)


def test_compiled_file_counts_as_its_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("__pycache__").mkdir()
    for name in ("a.py", "a.pyc", "__pycache__/a.cpython-311.opt-1.pyc", "only.pyc"):
        Path(name).write_text(name)
    assert get_py_file_if_possible("a.pyc") == "a.py"
    assert get_py_file_if_possible(Path("a.pyc")) == "a.py"
    assert get_py_file_if_possible(os.path.join("__pycache__", "a.cpython-311.opt-1.pyc")) == "a.py"
    assert get_py_file_if_possible("only.pyc") == "only.pyc"
    assert get_py_file_if_possible("a.py") == "a.py"
    assert get_py_file_if_possible("lib.so") == "lib.so"
    assert Source.create("a.pyc").filename.endswith("a.py")


def test_equality_and_order() -> None:
    first, same, other = (
        Source("a.py", "1", None, None, None),
        Source("a.py", "2", "r", "c", True),
        Source("b.py", "1", None, None, None),
    )
    assert first == same
    assert first != other
    assert first != first.filename
    assert len({first, same, other}) == 2
    assert sorted([other, first]) == [first, other]
    assert first <= same
    with pytest.raises(TypeError):
        assert first < "a.py"


def test_to_json(tmp_path: Path) -> None:
    source = Source(tmp_path / "sub" / "a.py", "77", None, None, None)
    assert source.to_json() == (source.filename, "77")
    assert source.to_json(tmp_path) == (os.path.join("sub", "a.py"), "77")
    assert source.to_json(str(tmp_path / "other")) == (os.path.join("..", "sub", "a.py"), "77")


def test_links_are_followed(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a.py").write_text("")
    (tmp_path / "link").symlink_to(tmp_path / "real", target_is_directory=True)
    source = Source.create(tmp_path / "link" / "a.py", False)
    assert source.to_json(tmp_path / "link") == source.to_json(tmp_path / "real") == (
        "a.py", source.digest
    )  # fmt: skip
    assert is_local_source(tmp_path / "real" / "a.py", "a", tmp_path / "link")
    assert is_local_source(tmp_path / "link" / "a.py", "a", tmp_path / "real")


@pytest.mark.skipif(os.name != "posix", reason="POSIX paths")
@pytest.mark.parametrize(
    ("filename", "modname", "path", "expected"),
    [
        ("/a/b/c.py", "c", "/a", False),
        ("/a/b/c.py", "b.c", "/a", True),
        ("/a/b/c.py", "b.c", "/a/", True),
        ("/a/b/c.py", "b.c", "/a/b", True),
        ("/a/b/c.py", "c", "/a/b", True),
        ("/a/b/c.py", "a.b.c", "/a/b", True),
        ("/a/b/c.py", "x.b.c", "/a/b", False),
        ("/a/b/c.py", "x", "/a", False),
        ("/a/b/c.py", "__main__", "/a/b", False),
        ("/a/b/C.py", "c", "/a/b", False),
        ("/a/b/c.pyc", "b.c", "/a", True),
        ("/a/__pycache__/c.cpython-311.pyc", "c", "/a", True),
        ("/a/b/c.cpython-311-x86_64-linux-gnu.so", "c", "/a/b", True),
        ("/a/b/c/__init__.py", "b.c", "/a", True),
        ("/a/b/c/__init__.py", "c", "/a/b", True),
        ("/z/c.py", "c", "/a", False),
        ("/ab/c.py", "c", "/a", False),
        ("/a/venv/lib/site-packages/c.py", "c", "/a", False),
        ("rel/c.py", "rel.c", ".", True),
        ("/c.py", "c", "/", True),
    ],
)
def test_is_local_source(filename: str, modname: str, path: str, expected: bool) -> None:
    assert is_local_source(filename, modname, path) is expected
