"""What is compared of an outcome, without what must differ."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from sacred.cli.option_table import TABLE
from tests.differential.sides import Outcome

__all__ = ["Difference", "differences", "normalised"]

#: Where it is, and the two values: text for people and for the table of known differences.
Difference = tuple[str, Any, Any]

_MISSING = "<missing>"
_PATTERNS = [
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?"), "<time>"),
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?"), "<time>"),
    (re.compile(r"after \d+:\d\d:\d\d"), "after <duration>"),
    (re.compile(r"0x[0-9a-f]{6,}"), "0x"),
    (re.compile(r"(\w[\w.-]*)==[\w.+]+"), r"\1==<version>"),
    (re.compile(r"sacred +== [\w.+]+"), "sacred == <version>"),
    (re.compile(r"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])"), "<digest>"),
    (re.compile(r"TinyDbObserver-[\d.]+"), "TinyDbObserver-<version>"),
    (re.compile(r"\b[0-9a-f]{24}\b"), "<object id>"),
]


def normalised(outcome: Outcome) -> dict[str, Any]:
    """The outcome without directories, times, addresses, versions, frames of the libraries."""
    home = outcome["home"]
    text = json.dumps({key: value for key, value in outcome.items() if key != "home"})
    text = text.replace(home, "<home>")
    found: dict[str, Any] = _scrubbed(json.loads(text))
    found["notes"] = _by_observer(found.get("notes", ()))
    found["files"] = {name: _parsed(name, one) for name, one in found["files"].items()}
    found["stderr"] = _lines(found["stderr"])
    found["stdout"] = _lines(found["stdout"])
    return found


def _by_observer(notes: list[Any]) -> dict[str, list[Any]]:
    """The notes of each observer (``@PRIORITY``): who of two is told first does not matter."""
    found: dict[str, list[Any]] = {}
    for note in notes:
        label, _, observer = str(note[0]).partition(" @")
        found.setdefault(observer, []).append([label, *note[1:]])
    return found


_LAYOUTS: dict[str, Any] = {
    "sorted": {"sort_keys": True, "indent": 2}, "indented": {"indent": 2}, "plain": {},
}  # fmt: skip
_HOSTS = ("host", "host_info")


def _parsed(name: str, text: Any) -> Any:
    """A JSON file: its value, and in which layout it is written."""
    if isinstance(text, dict):
        return _without_host(text)
    if not name.endswith(".json"):
        return text
    try:
        value = json.loads(text)
    except ValueError:
        return text
    plain = text.rstrip("\n")
    fitting = [name for name, how in _LAYOUTS.items() if json.dumps(value, **how) == plain]
    if name.endswith("metrics.json"):
        fitting = []  # points are appended
    return {"layout": fitting, "value": _without_host(value)}


def _without_host(value: Any) -> Any:
    if isinstance(value, dict) and _is_process(value.get("process")):
        value = {key: one for key, one in value.items() if key != "process"}
    if isinstance(value, dict) and isinstance(value.get("queue_time"), dict):
        value = {**value, "queue_time": "<time>"}  # pickled
    if isinstance(value, dict) and "--beat-interval" in value:
        return {key: one for key, one in value.items() if key not in _NEW_OPTIONS or one}
    if isinstance(value, dict) and isinstance(value.get("fail_trace"), list | str):
        value = {**value, "fail_trace": _frames(value["fail_trace"])}
    if isinstance(value, dict):
        return {
            key: sorted(one)
            if key in ("host", "host_info") and isinstance(one, dict)
            else _without_host(one)
            for key, one in value.items()
        }
    return [_without_host(one) for one in value] if isinstance(value, list) else value


def _scrubbed(value: Any) -> Any:
    if isinstance(value, str):
        for pattern, by in _PATTERNS:
            value = pattern.sub(by, value)
        return value
    if isinstance(value, list):
        return [_scrubbed(entry) for entry in value]
    if isinstance(value, dict):
        found = {_scrubbed(key): _scrubbed(entry) for key, entry in value.items()}
        if found.keys() >= {"name", "version"} and found["name"] == "sacred":
            found["version"] = "<version>"
        if "fail_trace" in found:
            found["fail_trace"] = _described_frames(found["fail_trace"])
        # Described dicts: lists of pairs. Without their order, and options that are new.
        return {
            key: _pairs(entry) if _is_dict(key, entry) else entry for key, entry in found.items()
        }
    return value


def _is_dict(kind: str, value: Any) -> bool:
    return kind.endswith(("dict", "Dict")) and isinstance(value, list)


def _pairs(items: list[Any]) -> dict[str, Any]:
    found = {key if isinstance(key, str) else f"<{json.dumps(key)}>": entry for key, entry in items}
    if _is_process(found.get("process")):
        del found["process"]
    if "fail_trace" in found:
        found["fail_trace"] = _described_frames(found["fail_trace"])
    if isinstance(found.get("host"), dict):
        found["host"] = sorted(found["host"].get("dict", {}))
    if "--beat-interval" in found:
        found = {key: entry for key, entry in found.items() if key not in _NEW_OPTIONS or entry}
    return found


def _is_process(value: Any) -> bool:
    """Whether it is the entry of ``meta`` that the old library has not."""
    return isinstance(value, str) and bool(re.fullmatch(r"[0-9a-f-]{36}( [0-9]+){3}", value))


#: Options that the old library has not, in the `options` of the meta information of a run.
_NEW_OPTIONS = {row.long for row in TABLE if row.is_new}


def _lines(text: str) -> list[str]:
    """The lines without the frames of tracebacks, as the lines of scopes were numbered wrongly.

    The old library ends a traceback with an empty line, and says of added entries only which is
    the first one, and never what was meant.
    """
    kept, inside = list[str](), False
    for line in text.splitlines():
        if line.startswith("Traceback (most recent call"):
            inside = True
            kept.append(line)
        elif inside and (line.startswith(" ") or not line.strip("^~")):
            continue
        elif line.startswith("sacred.utils.ConfigAddedError: "):
            kept = [line]
            break
        else:
            inside = False
            kept.append(line.rstrip())
    while kept and not kept[-1]:
        kept.pop()
    return kept


def _described_frames(trace: Any) -> Any:
    return (
        {"list": _frames(trace["list"])} if isinstance(trace, dict) and "list" in trace else trace
    )


def _frames(lines: Any) -> Any:
    """A stored traceback: the frames of scripts, and the exception."""
    if isinstance(lines, str):
        # One text: the lines below a frame belong to it.
        frames = re.split(r"(?m)^(?=  File |\S)", lines)
        return [one.strip() for one in frames if not one.startswith("  File ") or "<home>" in one]
    if not isinstance(lines, list):
        return lines
    return [line for line in lines if not line.startswith("  File ") or "<home>" in line]


#: Lists that stand for sets.
_SETS = ("/run/modifications/added", "/run/modifications/modified")


def differences(old: Any, new: Any, where: str = "") -> Iterator[Difference]:
    """All places where two normalised outcomes differ."""
    other_kind = isinstance(old, dict) and isinstance(new, dict) and old.keys() != new.keys()
    if where in _SETS:
        if old != new:
            yield where, old, new
    elif other_kind and len(old) == len(new) == 1:
        yield where, old, new  # described values of two types
    elif isinstance(old, dict) and isinstance(new, dict):
        for key in sorted({*old, *new}):
            pair = old.get(key, _MISSING), new.get(key, _MISSING)
            yield from differences(*pair, f"{where}/{key}")
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for number, pair in enumerate(zip(old, new, strict=True)):
            yield from differences(*pair, f"{where}/{number}")
    elif old != new or type(old) is not type(new):
        yield where, old, new
