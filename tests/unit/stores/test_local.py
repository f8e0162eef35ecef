"""Reading files that others may be writing."""

import hashlib

from sacred.stores.local_files import content_of, md5_of_file


def test_a_file_that_grows_while_it_is_read_has_an_end(tmp_path):
    path = tmp_path / "log"
    path.write_bytes(b"x" * 3_000_000)
    length = 0
    with path.open("rb") as file, path.open("ab", 0) as writer:
        for piece in content_of(file):
            length += len(piece)
            writer.write(b"y" * 2_000_000)
    assert length == 3_000_000


def test_a_file_that_shrinks_while_it_is_read(tmp_path):
    path = tmp_path / "log"
    path.write_bytes(b"x" * 3_000_000)
    with path.open("rb") as file:
        pieces = content_of(file)
        length = len(next(pieces))
        path.write_bytes(b"")
        assert length + sum(map(len, pieces)) < 3_000_000


def test_digests(tmp_path):
    for content in (b"", b"abc", b"x" * 2_500_000):
        (tmp_path / "a").write_bytes(content)
        assert md5_of_file(str(tmp_path / "a")) == hashlib.md5(content).hexdigest()
