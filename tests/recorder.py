"""An observer that remembers what it was told, for tests."""

from __future__ import annotations

from typing import Any

EVENTS = (
    "queued_event",
    "started_event",
    "heartbeat_event",
    "log_metrics",
    "resource_event",
    "artifact_event",
    "completed_event",
    "interrupted_event",
    "failed_event",
    "experiment_info_event",
    "meta_info_event",
)


class Recorder:
    """Remembers ``(method, keyword arguments)``; raises in the methods named in `failing`."""

    def __init__(self, run_id: Any = 1, priority: int = 0, failing: tuple[str, ...] = ()) -> None:
        self.run_id = run_id
        self.priority = priority
        self.failing = failing
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def __getattr__(self, name: str) -> Any:
        if name not in EVENTS and name != "join":
            raise AttributeError(name)

        def told(**arguments: Any) -> Any:
            self.calls.append((name, arguments))
            if name in self.failing:
                raise RuntimeError(f"{name} fails")
            if name in ("queued_event", "started_event"):
                given = arguments["_id"]
                return self.run_id if given is None else given
            return None

        return told

    @property
    def names(self) -> list[str]:
        """The methods in the order of the calls."""
        return [name for name, _ in self.calls]

    def last(self, name: str) -> dict[str, Any]:
        """The arguments of the last call of a method."""
        return next(arguments for called, arguments in reversed(self.calls) if called == name)
