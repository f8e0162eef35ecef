"""Repeating the run of an unpacked bundle in its root."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from sacred.exec.bundling.root_manifest import MANIFEST_NAME, read_manifest
from sacred.exec.bundling.root_script import SCRIPT_NAME, script_files
from sacred.restoring.errors import CannotRestoreError
from sacred.verdicts.verdict import EXIT_CODES, Verdict, impossible

__all__ = ["bundle_has_root", "repeat_in_root"]


def bundle_has_root(directory: Path) -> bool:
    """Whether a bundle has the files of a traced program, and this system can run it.

    Args:
        directory: where it was unpacked.
    """
    return (directory / MANIFEST_NAME).is_file() and sys.platform == "linux"


def repeat_in_root(directory: Path, *, has_network: bool = True) -> tuple[Verdict, str]:
    """Repeat a run in its root.

    The script is written afresh: nothing from the bundle itself is executed outside the root.

    Args:
        directory: where the bundle was unpacked.
        has_network: whether the run may use the network of this machine.

    Returns:
        the verdict, and what the program printed.
    """
    try:
        manifest = read_manifest(directory)
        for name, text in script_files(manifest).items():
            path = directory / name
            path.unlink(missing_ok=True)
            path.write_text(text, encoding="utf-8", errors="surrogateescape")
    except CannotRestoreError as error:
        return impossible(str(error)), ""
    done = subprocess.run(
        ["/bin/sh", SCRIPT_NAME, *(() if has_network else ("-n",))],
        cwd=directory,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    printed = done.stdout.decode("utf-8", "replace")
    *output, last = printed.splitlines() or [""]
    name, _, reason = last.partition("  ")
    if EXIT_CODES.get(name) != done.returncode:
        return impossible(f"{SCRIPT_NAME} has ended with {done.returncode}: {last}"), printed
    return Verdict(name=name, reason=reason), "".join(f"{line}\n" for line in output)
