"""Differences that are meant and change what follows: they are about whole cases."""

from __future__ import annotations

import re

from tests.differential.known_rows import Known
from tests.differential.likeness import (
    added_error,
    crash_within,
    error,
    mixed_keys,
    named,
    updated,
)

__all__ = ["CASES"]

CASES: tuple[Known, ...] = (
    Known(
        "configuration.md: If an update sets an entry that no source sets, it counts as added",
        lambda case, old, new: (
            "add_config(" in case.text and added_error(new) and not added_error(old)
        ),
    ),
    Known(
        "deliberate: Dicts with keys of several types can be printed",
        mixed_keys,
    ),
    Known(
        "deliberate: An update may turn a dict into another value, or another value into a dict.",
        crash_within("KeyError", "IndexError", "TypeError", "AttributeError"),
    ),
    Known(
        "deliberate: Such functions get what named configs and files add",
        lambda case, old, new: (
            added_error(old)
            and not added_error(new)
            and "_config" in case.text
            and any(word in ("fast", "slow") or "." in word for word in named(case))
        ),
    ),
    Known(
        "deliberate: Two updates that contradict each other (``c=1 c.k=2``) are an error",
        lambda case, old, new: (
            error(old).startswith("TypeError")
            and any(
                other.startswith(f"{path}.") for path in updated(case) for other in updated(case)
            )
        ),
    ),
    Known(
        "configuration.md: Changing it in place, or deleting entries, is ignored",
        lambda case, old, new: (
            (name := re.fullmatch(r"NameError: name '(\w+)' is not defined", error(old)))
            is not None
            and f"del {name[1]}\n" in case.text
        ),
    ),
    Known(
        "deliberate: ``inf`` and ``nan`` inside lists and dicts are numbers",
        lambda case, old, new: any(
            re.search(r"=\s*[\[{(].*\b(inf|nan)\b", one) for one in case.arguments
        ),
    ),
    Known(
        "beyond.md: ``d={}`` clears the dict",
        lambda case, old, new: any(one.endswith("={}") for one in case.arguments),
    ),
    Known(
        "beyond.md: keys that are ints come back as ints",
        lambda case, old, new: any("{1: 2}" in one for one in case.arguments),
    ),
    Known(
        "beyond.md: Errors about a command go to stderr, and say what may have been meant",
        lambda case, old, new: (
            case.arguments[:1] in (("mian",), ("help",), ("nothing",))
            and old["exit"] == new["exit"] == 1
            and "not found. Available commands are: " in str(new["stderr"])
        ),
    ),
    Known(
        "beyond.md: raises an exception in your code, and does not stop the observer",
        lambda case, old, new: (
            "absent.txt" in case.text
            and any(
                text in str(new[place])
                for place, text in (("stderr", "does not exist"), ("notes", "FileNotFoundError"))
            )
        ),
    ),
    Known(
        "beyond.md: queued runs work",
        lambda case, old, new: "-q" in case.arguments and "LookupError" in error(old),
    ),
    Known(
        "beyond.md: SQL: any result is stored",
        lambda case, old, new: (
            "SqlObserver" in case.text
            and "sqlalchemy" in str(old["stderr"])
            and "sqlalchemy" not in str(new["stderr"])
        ),
    ),
    Known(
        "compatibility.md: If a scope asks for an ingredient, it gets a dict of another class",
        lambda case, old, new: (
            ("pop from a list of an ingredient" in error(new) and "pop from Dogm" in error(old))
            or ("'Given" in error(new) and "'Dogmatic" in error(old))
        ),
    ),
    Known(
        "command_line.md: Setting a value in the place of an ingredient (``data=5``) is an "
        "error that says so",
        lambda case, old, new: (
            "is an ingredient: set its entries" in str(new["stderr"]) and old["exit"] == 1
        ),
    ),
    Known(
        "deliberate: A run with a queue always ends; 0.8 might wait for ever for an event that the "
        "observer refused",
        lambda case, old, new: "QueueObserver" in case.text and old.get("broken") == "killed",
    ),
)
