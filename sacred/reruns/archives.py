"""Archives from untrusted sources: tar with zstd or gzip, unpacked safely."""

from __future__ import annotations

import gzip
import os
import sys
import tarfile
import zlib
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import IO, Any, cast

from sacred._base.extras import is_installed, require
from sacred._base.frozen import Frozen
from sacred.restoring.errors import CannotRestoreError
from sacred.restoring.scratch_files import path_below, write_below

__all__ = ["ROOT", "Member", "has_zstd", "unpack", "write_archive"]

#: Names below it are those of the files of a traced program; only there are links unpacked.
ROOT = "root"
#: Beyond it, files of programs get hardly smaller, and take thrice the time.
_GZIP_LEVEL = 6
_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_MODULE = "compression.zstd" if sys.version_info >= (3, 14) else "zstandard"


class Member(Frozen):
    """An entry of an archive: a file, a symbolic link or a directory.

    Args:
        name: its name in the archive.
        path: the file with its content; None for a link or a directory.
        target: the target of a link.
        is_executable: whether a file may be executed.
        mtime: the time of the file; None for that of the archive.
    """

    name: str
    path: Path | None = None
    target: str | None = None
    is_executable: bool = False
    mtime: float | None = None


def has_zstd() -> bool:
    """Whether archives can be compressed with zstd."""
    return is_installed(_MODULE)


def write_archive(target: Path, members: Iterable[Member], mtime: float) -> None:
    """Write files into an archive, atomically.

    Args:
        target: the path of the archive; the suffix ``.zst`` means zstd, ``.tar`` no compression,
            and any other gzip.
        members: the entries, in this order.
        mtime: the time of entries without one, so that the same content gives the same archive.

    Raises:
        MissingExtraError: zstd is not installed.
    """
    part = target.with_name(f"{target.name}.part")
    try:
        with (
            open(part, "wb") as raw,
            _compressor(raw, target.suffix, mtime) as stream,
            tarfile.open(fileobj=stream, mode="w|", format=tarfile.PAX_FORMAT) as archive,
        ):
            for member in members:
                _add(archive, member, mtime)
        os.replace(part, target)
    finally:
        part.unlink(missing_ok=True)


def _add(archive: tarfile.TarFile, member: Member, mtime: float) -> None:
    entry = tarfile.TarInfo(member.name)
    entry.mtime = int(mtime if member.mtime is None else member.mtime)
    if member.path is None:
        entry.type = tarfile.DIRTYPE if member.target is None else tarfile.SYMTYPE
        entry.mode, entry.linkname = 0o755, member.target or ""
        archive.addfile(entry)
        return
    entry.mode = 0o755 if member.is_executable else 0o644
    with open(member.path, "rb") as content:
        entry.size = os.fstat(content.fileno()).st_size
        archive.addfile(entry, content)


def _compressor(raw: IO[bytes], suffix: str, mtime: float) -> IO[bytes]:
    if suffix == ".tar":
        return cast("IO[bytes]", _Open(raw))
    if suffix == ".zst":
        zstd = _zstd()
        if _MODULE == "zstandard":
            compressor = zstd.ZstdCompressor(write_checksum=True)
            return cast("IO[bytes]", compressor.stream_writer(raw, closefd=False))
        options = {zstd.CompressionParameter.checksum_flag: 1}
        return cast("IO[bytes]", zstd.ZstdFile(raw, "w", options=options))
    return cast("IO[bytes]", gzip.GzipFile("", "wb", _GZIP_LEVEL, fileobj=raw, mtime=int(mtime)))


class _Open:
    """A file that somebody else closes."""

    def __init__(self, raw: IO[bytes]) -> None:
        self.write = raw.write

    def __enter__(self) -> _Open:
        return self

    def __exit__(self, *error: object) -> None:
        pass


def _zstd() -> ModuleType:
    return require(_MODULE, extra="bundle", purpose="A bundle compressed with zstd")


def unpack(source: Path, target: Path) -> None:
    """Unpack an archive into an empty directory: only regular files, and none outside of it.

    Below `ROOT`, symbolic links are allowed as well; they are created last, so that nothing is
    written through them.

    Args:
        source: the archive, whose first bytes tell how it is compressed.
        target: the directory.

    Raises:
        CannotRestoreError: the archive is damaged, or has a device, a link elsewhere, or a name
            that leads outside.
        MissingExtraError: the archive needs zstd, which is not installed.
        OSError: the archive cannot be opened.
    """
    with open(source, "rb") as raw:
        magic = raw.read(4)
        raw.seek(0)
        stream: Any = raw
        damages: tuple[type[Exception], ...] = (tarfile.TarError, EOFError, zlib.error, OSError)
        if magic.startswith(_GZIP):
            stream = gzip.GzipFile(fileobj=raw)
        elif magic == _ZSTD:
            zstd = _zstd()
            damages += (zstd.ZstdError,)
            is_package = _MODULE == "zstandard"
            stream = (
                zstd.ZstdDecompressor().stream_reader(raw) if is_package else zstd.ZstdFile(raw)
            )
        try:
            with tarfile.open(fileobj=stream, mode="r|") as archive:
                links = {
                    member.name: member.linkname
                    for member in archive
                    if not _is_unpacked(archive, member, target)
                }
            for name, linked in links.items():
                _make_link(target, name, linked)
        except damages as error:
            raise CannotRestoreError(f"{source} is no bundle, or it is damaged: {error}") from error


def _is_unpacked(archive: tarfile.TarFile, member: tarfile.TarInfo, target: Path) -> bool:
    """Unpack what is no link."""
    is_of_program = os.path.normpath(member.name).startswith(f"{ROOT}/")
    if member.isdir():
        path_below(target, member.name).mkdir(parents=True, exist_ok=True)
        return True
    if member.issym() and is_of_program:
        return False
    content = archive.extractfile(member) if member.isreg() else None
    if content is None:
        raise CannotRestoreError(f"{member.name!r} in the bundle is no regular file")
    if path_below(target, member.name).exists():
        raise CannotRestoreError(f"{member.name!r} is in the bundle twice")
    path = write_below(target, member.name, content)
    if is_of_program:
        # Python compares the times of its modules.
        os.utime(path, (member.mtime, member.mtime))
        os.chmod(path, 0o755 if member.mode & 0o100 else 0o644)
    return True


def _make_link(target: Path, name: str, linked: str) -> None:
    path = path_below(target, name)
    if os.path.lexists(path):
        raise CannotRestoreError(f"{name!r} is in the bundle twice")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(linked)
