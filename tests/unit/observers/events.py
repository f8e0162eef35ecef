"""Events for observers that are told by hand."""

from __future__ import annotations

import datetime
from typing import Any

from sacred.observers.base import RunObserver

START = datetime.datetime(2026, 1, 31, 12, 0, 0)
END = START + datetime.timedelta(minutes=1, seconds=5)
TRACE = ["Traceback (most recent call last):\n", "  File x\n", "ValueError: no\n"]


def start(observer: RunObserver, _id: Any = 7, name: str = "fit") -> Any:
    return observer.started_event(
        {"name": name, "base_dir": "/b"},
        "main",
        {"hostname": "box"},
        START,
        {"lr": 0.1, "opt": {"name": "sgd"}},
        {"options": {}},
        _id,
    )
