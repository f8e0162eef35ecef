"""Named views of the table, in a file beside that of the project."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path

from sacred.board.problem_details import Problem

__all__ = ["ViewFile"]

_MAX_VIEWS = 200


class ViewFile:
    """The views that all pages of a project share.

    Args:
        path: the path of the file; None if views stay in browsers.
    """

    def __init__(self, path: str | os.PathLike[str] | None) -> None:
        self.path = None if path is None else Path(path)
        self._lock = threading.Lock()

    def read(self) -> list[dict[str, str]]:
        """Return the views: their names, and the part of the URL that restores them.

        Raises:
            Problem: the file is damaged.
        """
        if self.path is None or not self.path.exists():
            return []
        try:
            views = json.loads(self.path.read_text(encoding="utf-8"))["views"]
            return [{"name": str(v["name"]), "address": str(v["address"])} for v in views]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise Problem(500, f"the views in {self.path} cannot be read: {error}") from None

    def save(self, name: str, address: str | None) -> list[dict[str, str]]:
        """Save, replace or delete a view.

        Args:
            name: the name of the view.
            address: the part of the URL that restores it; None to delete it.

        Returns:
            all views.
        """
        if self.path is None:
            raise Problem(409, "this board has no file for views; they stay in the browser")
        with self._lock:
            views = [view for view in self.read() if view["name"] != name]
            if address is not None:
                views.append({"name": name, "address": address})
            if len(views) > _MAX_VIEWS:
                raise Problem(409, f"there are {_MAX_VIEWS} views already")
            temporary = self.path.with_name(f"{self.path.name}.part")
            text = json.dumps({"views": views}, indent=2, ensure_ascii=False)
            temporary.write_text(f"{text}\n", encoding="utf-8")
            os.replace(temporary, self.path)
        return views
