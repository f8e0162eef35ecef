"""What a worker does, in lines for people or for programs."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from typing import Any

from sacred._base.clock import utcnow
from sacred.display.console import GREEN, RED, YELLOW, Console
from sacred.display.value_text import one_line
from sacred.runs.run_store import RunStore
from sacred.status import COMPLETED, DEAD, FAILED
from sacred.stores.claims import Claims
from sacred.stores.store import RunNotFoundError

__all__ = ["EventLines"]

#: How many waiting runs are looked at to say whose they are.
_SAMPLE = 50
_COLOURS = {COMPLETED: GREEN, FAILED: RED, DEAD: RED}


class EventLines:
    """Prints the events of a worker.

    Args:
        console: to print to.
        as_json: whether each event is a line of JSON.
    """

    def __init__(self, console: Console, *, as_json: bool) -> None:
        self._console = console
        self._as_json = as_json
        self._running = 0
        self._ends: Counter[str] = Counter()

    def introduce(self, store: RunStore, claims: Claims) -> None:
        """Say whose runs the worker takes, and so whose code it executes.

        Args:
            store: that it takes them from.
            claims: its queue.
        """
        hosts: Counter[str] = Counter()
        for entry in itertools.islice(claims.waiting(), _SAMPLE):
            try:
                hosts[str(store[entry.run_id].host.get("hostname") or "?")] += 1
            except RunNotFoundError:
                continue
        named = ", ".join(f"{host} ({count})" for host, count in hosts.most_common())
        whose = f"queued on {named}" if named else "none is waiting"
        more = " among the first" if sum(hosts.values()) == _SAMPLE else ""
        self._console.note(
            one_line(f"this worker executes the code of runs in {store.url}: {whose}{more}")
        )

    def tell(self, event: str, **details: Any) -> None:
        """Print an event.

        Args:
            event: its name.
            **details: its details, by name.
        """
        self._count(event, details)
        if self._as_json:
            line = {"time": utcnow().isoformat(), "event": event, **details}
            self._console.write(json.dumps(line) + "\n")
            self._console.out.flush()
            return
        if text := self._text(event, details):
            self._console.print(text)
            self._console.out.flush()
        if self._running:
            text = f"{self._running} running, {sum(self._ends.values())} ended"
            self._console.progress(text, "")

    def summarize(self) -> None:
        """Say how many runs have ended, and how."""
        counts = ", ".join(f"{count} {status}" for status, count in self._ends.most_common())
        if not self._as_json:
            self._console.note(counts or "no run was taken")

    def _count(self, event: str, details: dict[str, Any]) -> None:
        self._running += {"started": 1, "ended": -1, "lost": -1}.get(event, 0)
        if event == "ended":
            self._running = max(0, self._running)
            self._ends[str(details["status"])] += 1

    def _text(self, event: str, details: dict[str, Any]) -> str:
        run = f"run {details.get('run')}"
        match event:
            case "started":
                again = f", attempt {details['attempt']}" if details["attempt"] > 1 else ""
                return one_line(f"{run} started: {details.get('name') or '?'}{again}")
            case "ended":
                status = str(details["status"])
                shown = self._console.style(status, _COLOURS.get(status, YELLOW))
                after = f" after {details['seconds']:.1f} s" if "seconds" in details else ""
                reason = str(details.get("reason", "")).strip().splitlines()
                why = f": {one_line(reason[0])}" if reason else ""
                return f"{run} {shown}{after}{why}"
            case "lost":
                return f"{run}: its lease was lost, and somebody else has it"
            case "expired":
                return f"{run}: its worker gave no sign of life; it is {details['now']}"
            case _:
                return one_line(f"{event}: {details.get('error', '')}")
