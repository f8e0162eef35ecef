"""Renew what others have written in the page: ``python tests/board/renew_vendored.py``.

It needs ``npm``, fetches the versions that ``vendored.json`` names, and writes there the digests of
the files. To renew a library, change its version there, run this, and look at the page.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import tarfile
import tempfile
from pathlib import Path

VENDOR = Path(__file__).parents[2] / "sacred/board/page/vendor"


def digest(path: Path) -> str:
    """The SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def renew(name: str, library: dict[str, object], directory: Path) -> None:
    """Fetch one library, and put its files where the page has them."""
    package = f"{name}@{library['version']}"
    command = ["npm", "pack", "--silent", package]
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=True)
    files = library["files"]
    assert isinstance(files, dict)
    with tarfile.open(directory / done.stdout.strip()) as archive:
        for path in files:
            within = "" if path == "LICENSE" else f"{library['within']}/"
            member = archive.extractfile(f"package/{within}{path}")
            assert member is not None
            (VENDOR / name / path).write_bytes(member.read())
            files[path] = digest(VENDOR / name / path)


def main() -> None:
    """Renew all libraries."""
    table = VENDOR / "vendored.json"
    libraries = json.loads(table.read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as directory:
        for name, library in libraries.items():
            renew(name, library, Path(directory))
    table.write_text(json.dumps(libraries, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
