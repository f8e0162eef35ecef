"""Files on the local disk."""

import errno
import os

import pytest

from sacred.stores.files.blobs import LocalBlobs
from sacred.stores.store import (
    RunExistsError,
    StoreError,
    StorePermissionError,
    StoreUnavailableError,
)


@pytest.fixture
def blobs(tmp_path):
    return LocalBlobs(tmp_path)


def test_content_is_replaced_as_a_whole(tmp_path, blobs):
    def failing():
        yield b"half"
        raise RuntimeError("in the middle")

    blobs.write("d/a", b"old")
    with pytest.raises(RuntimeError):
        blobs.write("d/a", failing())
    assert blobs.read("d/a") == b"old"
    blobs.write("d/a", [b"n", b"ew"])
    assert blobs.read("d/a") == b"new"
    assert os.listdir(tmp_path / "d") == ["a"]


def test_append_cuts_off_what_a_failed_attempt_left(blobs):
    blobs.append("a", 0, b"abc")
    blobs.append("a", 2, b"X")
    blobs.append("a", 3, b"Y")
    assert blobs.read("a") == b"abXY"
    with pytest.raises(StoreError, match="shorter than 9 bytes"):
        blobs.append("a", 9, b"Z")


def test_files_keep_their_permissions(tmp_path, blobs):
    script = tmp_path / "script"
    script.write_bytes(b"#!")
    script.chmod(0o750)
    blobs.put_file("d/copy", str(script))
    assert (tmp_path / "d" / "copy").stat().st_mode & 0o777 == 0o750


def test_names_as_long_as_the_file_system_takes(blobs):
    blobs.write("x" * 255, b"")
    assert blobs.exists("x" * 255)


def test_ids_go_on_from_the_highest(tmp_path, blobs):
    assert blobs.claim(None) == "1"
    for name in ("7", "my run", "_sources", "12.5"):
        (tmp_path / name).mkdir()
    assert blobs.claim(None) == "8"
    assert blobs.claim("99") == "99"
    assert blobs.claim(None) == "100"
    with pytest.raises(RunExistsError, match="There is a run '7' already"):
        blobs.claim("7")


@pytest.mark.parametrize("run_id", ["", ".", "..", "a/b", "../x", "/tmp/x"])
def test_ids_that_name_other_places(blobs, run_id):
    with pytest.raises(StoreError):
        blobs.claim(run_id)


def test_the_directory_stays_the_same_when_the_script_moves(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    blobs = LocalBlobs("runs")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    blobs.claim(None)
    assert (tmp_path / "runs" / "1").is_dir()


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (errno.EACCES, StorePermissionError),
        (errno.EROFS, StorePermissionError),
        (errno.ENOSPC, StoreUnavailableError),
    ],
)
def test_errors_say_where(blobs, monkeypatch, code, kind):
    def refuse(*arguments, **keywords):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "mkdir", refuse)
    monkeypatch.setattr(os, "replace", refuse)
    for call in (lambda: blobs.claim(None), lambda: blobs.write("a", b"")):
        with pytest.raises(kind, match=f"Cannot write to .*{os.strerror(code)}") as caught:
            call()
        assert caught.value.errno == code
        assert isinstance(caught.value, PermissionError) == (kind is StorePermissionError)
