"""The fields that every run has, and the kinds of their values."""

from __future__ import annotations

from typing import Literal

__all__ = ["ALIASES", "FIELDS", "Sort"]

Sort = Literal["id", "text", "tree", "time", "seconds", "texts", "flag", "metrics", "files"]

#: The first steps of paths. Any other path is one of the configuration.
FIELDS: dict[str, Sort] = {
    "id": "id",
    "status": "text",
    "name": "text",
    "command": "text",
    "config": "tree",
    "info": "tree",
    "result": "tree",
    "meta": "tree",
    "host": "tree",
    "experiment": "tree",
    "start_time": "time",
    "stop_time": "time",
    "heartbeat": "time",
    "queue_time": "time",
    "duration": "seconds",
    "fail_trace": "text",
    "tags": "texts",
    "group": "text",
    "notes": "text",
    "starred": "flag",
    "comment": "text",
    "metrics": "metrics",
    "output": "text",
    "artifacts": "files",
    "resources": "files",
    "sources": "files",
}

#: Names of the fields in the stores' own documents.
ALIASES = {"_id": "id", "captured_out": "output"}
