"""Archives that anybody may have sent: tar with zstd or gzip, unpacked without trust."""

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
from sacred.restoring.errors import CannotRestoreError
from sacred.restoring.scratch_files import path_below, write_below

__all__ = ["has_zstd", "unpack", "write_archive"]

_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_MODULE = "compression.zstd" if sys.version_info >= (3, 14) else "zstandard"


def has_zstd() -> bool:
    """Whether archives can be compressed with zstd."""
    return is_installed(_MODULE)


def write_archive(target: Path, files: Iterable[tuple[str, Path]], mtime: float) -> None:
    """Write files into an archive, atomically.

    Args:
        target: its path; ``.zst`` at the end stands for zstd, ``.tar`` for no compression, else
            it is gzip.
        files: the names in the archive, with the files; in this order.
        mtime: of all of them: the same content is the same archive.

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
            for name, path in files:
                _add(archive, name, path, mtime)
        os.replace(part, target)
    finally:
        part.unlink(missing_ok=True)


def _add(archive: tarfile.TarFile, name: str, path: Path, mtime: float) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mtime, member.mode = path.stat().st_size, int(mtime), 0o644
    with open(path, "rb") as content:
        archive.addfile(member, content)


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
    return cast("IO[bytes]", gzip.GzipFile(fileobj=raw, mode="wb", filename="", mtime=int(mtime)))


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
    """Unpack an archive into an empty directory: regular files only, none outside of it.

    Args:
        source: the archive; its first bytes say how it is compressed.
        target: the directory.

    Raises:
        CannotRestoreError: it is damaged, or has a link, a device, or a name that leads outside.
        MissingExtraError: it needs zstd, which is not installed.
        OSError: it cannot be opened.
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
                for member in archive:
                    _unpack_member(archive, member, target)
        except damages as error:
            raise CannotRestoreError(f"{source} is no bundle, or it is damaged: {error}") from error


def _unpack_member(archive: tarfile.TarFile, member: tarfile.TarInfo, target: Path) -> None:
    if member.isdir():
        path_below(target, member.name).mkdir(parents=True, exist_ok=True)
        return
    content = archive.extractfile(member) if member.isreg() else None
    if content is None:
        raise CannotRestoreError(f"{member.name!r} in the bundle is no regular file")
    if path_below(target, member.name).exists():
        raise CannotRestoreError(f"{member.name!r} is in the bundle twice")
    write_below(target, member.name, content)
