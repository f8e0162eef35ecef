"""The two files of a TinyDB store, the lock, and the files stored by their content."""

import copy
import errno
import io
import json
import os
import threading
from pathlib import Path

import pytest

from sacred.stores.store import StoreError, StoreUnavailableError
from sacred.stores.tinydb import database_file
from sacred.stores.tinydb.database_file import TablesFile, locked
from sacred.stores.tinydb.hash_files import HashFiles, StoredFile

MD5_OF_A = "0cc175b9c0f1b6a831c399e269772661"


@pytest.fixture
def files(tmp_path):
    return HashFiles(tmp_path / "hashfs")


def test_the_layout_of_hashfs(files, tmp_path):
    (tmp_path / "f").write_bytes(b"a")
    first = files.put(tmp_path / "f")
    assert (first.id, first.is_duplicate) == (MD5_OF_A, False)
    assert first.relpath == os.path.join("0c", "c1", "75", MD5_OF_A[6:])
    assert Path(first.abspath).read_bytes() == b"a"
    assert files.put(str(tmp_path / "f")) == first._replace(is_duplicate=True)
    assert MD5_OF_A in files
    assert [p.name for p in Path(files.root).rglob("*") if p.is_file()] == [MD5_OF_A[6:]]


def test_open_files_can_be_put(files):
    content = io.BytesIO(b"a")
    content.seek(1)
    assert files.put(content).id == MD5_OF_A
    assert content.tell() == 1
    with files.open(MD5_OF_A) as file:
        assert file.read() == b"a"


def test_files_that_hashfs_stored_with_an_extension(files):
    path = Path(files.idpath(MD5_OF_A) + ".txt")
    path.parent.mkdir(parents=True)
    path.write_bytes(b"a")
    assert files.get(MD5_OF_A).abspath == str(path)


def test_files_that_are_not_there(files, tmp_path):
    assert files.get(MD5_OF_A) is None
    with pytest.raises(FileNotFoundError, match=f"Could not locate file: {MD5_OF_A}"):
        files.open(MD5_OF_A)
    with pytest.raises(FileNotFoundError):
        files.put(tmp_path / "nothing")


def test_a_file_that_changes_while_it_is_copied(files, tmp_path, monkeypatch):
    (tmp_path / "f").write_bytes(b"a")
    monkeypatch.setattr("sacred.stores.tinydb.hash_files.md5_of_file", lambda path: "0" * 32)
    assert files.put(tmp_path / "f").id == MD5_OF_A
    assert "0" * 32 not in files


def test_stored_files_are_opened_by_the_first_read(tmp_path):
    handle = StoredFile(str(tmp_path / "later"))
    with pytest.raises(FileNotFoundError):
        handle.read()
    (tmp_path / "later").write_bytes(b"content")
    with handle, copy.copy(handle) as other, copy.deepcopy(handle) as third:
        assert handle.read(3) == b"con"
        assert handle.seek(0) == 0
        assert handle.read() == other.read() == third.read() == b"content"
        assert handle.name == str(tmp_path / "later")
        assert os.fstat(handle.fileno()).st_size == 7
    with pytest.raises(ValueError, match="closed file"):
        handle.read()


def test_tables_are_replaced_as_a_whole(tmp_path):
    file = TablesFile(tmp_path / "metadata.json")
    assert file.read() is None
    file.write({"runs": {"1": {"x": float("nan")}}})
    assert json.loads((tmp_path / "metadata.json").read_text()) == {
        "runs": {"1": {"x": {"py/float": "NaN"}}}
    }
    os.chmod(tmp_path / "metadata.json", 0o664)
    file.write({"runs": {}})
    assert (tmp_path / "metadata.json").stat().st_mode & 0o777 == 0o664
    assert os.listdir(tmp_path) == ["metadata.json"]


@pytest.mark.parametrize("text", ["{", "[]"])
def test_files_that_are_no_database(tmp_path, text):
    (tmp_path / "metadata.json").write_text(text)
    with pytest.raises(StoreError, match=r"is damaged|is no database of TinyDB"):
        TablesFile(tmp_path / "metadata.json").read()


def test_the_lock_excludes_threads(tmp_path):
    inside, most = 0, 0

    def work():
        nonlocal inside, most
        for _ in range(20):
            with locked(str(tmp_path / "lock")):
                inside += 1
                most = max(most, inside)
                inside -= 1

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1


def test_a_lock_that_others_keep(tmp_path, monkeypatch):
    monkeypatch.setattr(database_file, "LOCK_TIMEOUT", 0.05)
    with (
        locked(str(tmp_path / "lock")),
        pytest.raises(StoreUnavailableError, match="Others have been holding the lock"),
        locked(str(tmp_path / "lock")),
    ):
        pass


def test_a_file_system_without_locks(tmp_path, monkeypatch, caplog):
    def refuse(handle):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(database_file, "lock_now", refuse)
    with locked(str(tmp_path / "lock")):
        pass
    assert "No locks on the file system" in caplog.text


def test_a_directory_that_is_gone(tmp_path):
    with (
        pytest.raises(StoreUnavailableError, match="Cannot write to"),
        TablesFile(tmp_path / "gone" / "metadata.json").exclusive(),
    ):
        pass
    assert not (tmp_path / "gone").exists()
