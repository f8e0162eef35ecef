"""`write_traced_bundle`: a run in one file, with a root if it was traced on this machine."""

from __future__ import annotations

import platform
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from sacred.display.value_text import one_line
from sacred.exec.bundling.packed_root import RootFiles, has_root, packed_root, root_files
from sacred.records import RunRecord
from sacred.reruns.bundles import write_bundle
from sacred.runs.run_store import RunStore

__all__ = ["estimate_lines", "files_to_pack", "write_traced_bundle"]

_MEGABYTE = 1_000_000


def files_to_pack(
    record: RunRecord,
    tell: Callable[[str], None],
    included: Sequence[str] = (),
    excluded: Sequence[str] = (),
) -> RootFiles | None:
    """Return the files of the root of a run; None if it cannot have a root.

    Args:
        record: the run.
        tell: if the run was traced, called with the reason why it cannot have one, in words.
        included: patterns of paths of further files.
        excluded: patterns of paths of files that are left out.
    """
    if not has_root(record):
        return None
    host = record.host.get("hostname")
    if host != platform.node():
        tell(f"without root/: the files that it has used are on {host}")
        return None
    return root_files(record, included, excluded)


def estimate_lines(found: RootFiles) -> list[str]:
    """Return lines that say how large a root will be.

    Args:
        found: its files.
    """
    number = len(found.used.files)
    lines = [f"root/: {number} files, {found.size / _MEGABYTE:.1f} MB before compression"]
    return lines + [
        f"  {size / _MEGABYTE:.1f} MB  {one_line(path)}" for size, path in found.largest
    ]


def write_traced_bundle(
    record: RunRecord,
    store: RunStore,
    target: Path,
    found: RootFiles | None,
    tell: Callable[[str], None],
) -> None:
    """Pack a run into a file.

    Args:
        record: the run.
        store: the store of the run.
        target: the file to write.
        found: the files of its root; None if it has no root.
        tell: called with what is not packed, in words.

    Raises:
        ProgramError: the program cannot be called, because a secret is masked.
        StoreError: the run cannot be read.
    """
    if found is None:
        write_bundle(record, store, target, tell=tell)
        return
    with tempfile.TemporaryDirectory(prefix="sacred-bundle-") as place:
        root = packed_root(record, found, Path(place))
        for note in root.notes:
            tell(note)
        write_bundle(record, store, target, root.additions, root.members, tell)
