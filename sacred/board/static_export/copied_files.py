"""The contents of files of runs, each stored once, up to a maximum size."""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Mapping
from typing import Any

from sacred.board.static_export.copied_secrets import Secrets
from sacred.records import RunRecord, StoredFile
from sacred.stores.store import MALFORMED_DATA_ERRORS, StoreError

__all__ = ["CopiedFiles"]

_KINDS = ("artifacts", "resources", "sources")
_MAX_FILE_BYTES, _MAX_ALL_BYTES = 1 << 20, 48 << 20


class CopiedFiles:
    """Contents in base64, by digest.

    Attributes:
        contents: the contents.
        left_out: the number of files that were left out, by reason.
    """

    def __init__(self) -> None:
        self.contents: dict[str, str] = {}
        self.left_out: Counter[str] = Counter()
        self._room = _MAX_ALL_BYTES

    def of(self, run: RunRecord, secrets: Secrets) -> dict[str, dict[str, Any]]:
        """Add the files of a run.

        Args:
            run: the run.
            secrets: secrets that no file may contain.

        Returns:
            the type and digest of each file, by kind and name.
        """
        found: dict[str, dict[str, Any]] = {}
        for kind in _KINDS:
            try:
                files: Mapping[str, StoredFile] = getattr(run, kind)
            except (StoreError, *MALFORMED_DATA_ERRORS):
                continue  # which the page of the run says
            found[kind] = {
                name: {"type": file.content_type.partition(";")[0].strip().lower(), "content": key}
                for name, file in files.items()
                if (key := self._add(file, secrets)) is not None
            }
        return found

    def _add(self, file: StoredFile, secrets: Secrets) -> str | None:
        try:
            with file.open() as opened:
                content = opened.read(_MAX_FILE_BYTES + 1)
        except (OSError, StoreError, *MALFORMED_DATA_ERRORS):
            self.left_out["cannot be read"] += 1
            return None
        if len(content) > _MAX_FILE_BYTES:
            self.left_out["larger than 1 MB"] += 1
            return None
        try:
            content = secrets.masked_text(content.decode("utf-8")).encode("utf-8")
        except UnicodeDecodeError:
            if secrets.are_in(content):
                self.left_out["has a secret"] += 1
                return None
        key = hashlib.sha256(content).hexdigest()[:32]
        if key not in self.contents:
            if len(content) > self._room:
                self.left_out["no room: copies have 48 MB of files"] += 1
                return None
            self._room -= len(content)
            self.contents[key] = base64.b64encode(content).decode("ascii")
        return key
