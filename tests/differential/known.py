"""Differences that are meant: rows of the documents that describe what this project does better.

A row applies to a whole case (what follows differs with it) or to single places of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from tests.differential.likeness import (
    EMPTY_BELOW,
    PICKLED,
    STORED,
    Normalised,
    added_error,
    assigned_tuple,
    crash_within,
    entry_types,
    error,
    named,
    normal_form,
    not_added,
    not_bound,
    uncoloured,
    updated,
    without_guess,
    without_log,
    without_tags,
)
from tests.differential.model import Case
from tests.differential.outcome import Difference

__all__ = ["CASES", "PLACES", "Known", "unexplained"]


@dataclass(frozen=True, slots=True)
class Known:
    """A row: the page and its words, and what shows that it is about this case.

    `shown_by` gets the case and what both libraries made of it.
    """

    row: str
    shown_by: Callable[[Case, Normalised, Normalised], bool]


@dataclass(frozen=True, slots=True)
class KnownPlace:
    """A row that is about single differences."""

    row: str
    shown_by: Callable[[Case, Difference], bool]


CASES: tuple[Known, ...] = (
    Known(
        "configuration.md: `added` = set from outside, not set by any source (an `add_config`"
        " behind another source hid that)",
        lambda case, old, new: (
            "add_config(" in case.text and added_error(new) and not added_error(old)
        ),
    ),
    Known(
        "deliberate: no script relies on a crash in code of the old library: it fails there"
        " where a scope or a prefix goes through a value that an update or a hook has made another"
        " type; here that is the user's value, or an error of the user's line",
        crash_within("KeyError", "IndexError", "TypeError", "AttributeError"),
    ),
    Known(
        "differences.rst: functions that take `_config` get what named configs and files add",
        lambda case, old, new: (
            added_error(old)
            and not added_error(new)
            and "_config" in case.text
            and any(word in ("fast", "slow") or "." in word for word in named(case))
        ),
    ),
    Known(
        "differences.rst: of two updates that contradict each other (`c=1 c.k=2`), the later one"
        " counts",
        lambda case, old, new: (
            error(old).startswith("TypeError")
            and any(
                other.startswith(f"{path}.") for path in updated(case) for other in updated(case)
            )
        ),
    ),
    Known(
        "beyond.md: `d={}` clears the dict",
        lambda case, old, new: any(one.endswith("={}") for one in case.arguments),
    ),
    Known(
        "beyond.md: int keys come back as text: int keys round-trip",
        lambda case, old, new: any("{1: 2}" in one for one in case.arguments),
    ),
    Known(
        "none: usage and errors about a command are written to stderr, not to stdout; `diff` is a"
        " new command; what may have been meant is said",
        lambda case, old, new: (
            case.arguments[:1] in (("mian",), ("help",), ("nothing",))
            and old["exit"] == new["exit"] == 1
            and "not found. Available commands are: " in str(new["stderr"])
        ),
    ),
    Known(
        "beyond.md: the user's mistake (a file that is not there) is the user's exception",
        lambda case, old, new: "absent.txt" in case.text and "does not exist" in str(new["stderr"]),
    ),
    Known(
        "beyond.md: `-q` crashes (SqlObserver: queued)",
        lambda case, old, new: "-q" in case.arguments and "LookupError" in error(old),
    ),
    Known(
        "beyond.md: SQL: any non-number result leaves the run RUNNING",
        lambda case, old, new: (
            "SqlObserver" in case.text
            and "sqlalchemy" in str(old["stderr"])
            and "sqlalchemy" not in str(new["stderr"])
        ),
    ),
    Known(
        "beyond.md: a clear error: containers of an ingredient in a scope have another name, and"
        " `pop` from a list says what to do",
        lambda case, old, new: (
            ("pop from a list of an ingredient" in error(new) and "pop from Dogm" in error(old))
            or ("'Given" in error(new) and "'Dogmatic" in error(old))
        ),
    ),
    Known(
        "command_line.md: a clear error for what is set in the place of an ingredient",
        lambda case, old, new: (
            "is an ingredient: set its entries" in str(new["stderr"]) and old["exit"] == 1
        ),
    ),
)

PLACES: tuple[KnownPlace, ...] = (
    KnownPlace(
        "configuration.md: `seed` counts as modified (an `add_config` hid that)",
        lambda case, found: (
            "add_config(" in case.text
            and found[0] == "/run/modifications/modified"
            and set(found[2]) - set(found[1]) <= {"seed"}
            and all(
                path == "__doc__" or path in updated(case) for path in set(found[1]) - set(found[2])
            )
        ),
    ),
    KnownPlace(
        "compatibility.md: entries and chains of ingredients, nothing is lost",
        lambda case, found: (
            found[0].startswith("/notes/")
            and found[0].endswith("/data/ReadOnlyDict/paths")
            and found[1] == "<missing>"
        ),
    ),
    KnownPlace(
        "configuration.md: tuples become lists, numpy scalars become Python scalars (what config"
        " hooks returned was left as it was)",
        lambda case, found: (
            "config_hook" in case.text and normal_form(found[1]) == normal_form(found[2])
        ),
    ),
    KnownPlace(
        "configuration.md: `added` = set from outside, not set by any source (an `add_config`"
        " behind another source hid that)",
        lambda case, found: (
            "add_config(" in case.text
            and found[0] in ("/run/modifications/added", "/stderr")
            and isinstance(found[1], list)
            and isinstance(found[2], list)
            and (found[0] == "/stderr" or {*found[1]} <= {*found[2]})
            and (
                found[0] != "/stderr"
                or list(map(entry_types, not_added(found[1]))) == not_added(found[2])
            )
        ),
    ),
    KnownPlace(
        "beyond.md: `d={}` clears the dict (from config hooks as well)",
        lambda case, found: (
            "config_hook" in case.text
            and (
                found[2] in ({}, {"dict": {}})
                or (found[2] == "<missing>" and re.search(r"= \{\}$|: \{\}", case.text, re.M))
            )
        ),
    ),
    KnownPlace(
        "beyond.md: scopes are compiled from the syntax tree: variables are local ones",
        lambda case, found: not_bound(found),
    ),
    KnownPlace(
        "configuration.md: values are computed from the final values: a dict with updates is whole"
        " at once",
        lambda case, found: (
            isinstance(found[1], str)
            and isinstance(found[2], str)
            and found[1] != found[2]
            and re.sub(r"\{.*\}", "{}", found[2]) == found[1]
        ),
    ),
    KnownPlace(
        "beyond.md: `flag=false` on the command line is a bool where the entry is one",
        lambda case, found: (
            (str(found[1]).lower(), found[2])
            in (("true", True), ("yes", True), ("on", True), ("no", False), ("false", False))
            and re.search(rf"={found[1]}\b", " ".join(case.arguments)) is not None
        ),
    ),
    KnownPlace(
        "configuration.md: `del` of what an ingredient gives is ignored, as that of fixed values",
        lambda case, found: (
            (name := re.fullmatch(r"NameError: name '(\w+)' is not defined", str(found[1])))
            is not None
            and f"del {name[1]}\n" in case.text
        ),
    ),
    KnownPlace(
        "deliberate: the docstring of a named config describes the named config and not the run"
        " (`print_named_configs` shows it): it is no entry, and hides none of a scope",
        lambda case, found: (
            "named_config\n" in case.text
            and (
                found[0].endswith("__doc__")
                or (
                    any(quoted in str(found[1]) for quoted in ("'__doc__'", '"__doc__"'))
                    and "__doc__" not in str(found[2])
                )
            )
        ),
    ),
    KnownPlace(
        "none: ingredients without entries in the configuration that hooks get: {} or left out, and"
        " no entry to read in either",
        lambda case, found: (
            "config_hook" in case.text
            and found[0].startswith("/notes/")
            and {str(found[1]), str(found[2])} <= {"<missing>", "{'dict': {}}", EMPTY_BELOW}
        ),
    ),
    KnownPlace(
        "configuration.md: a change of type names the types that entries have (list, not tuple or"
        " DogmaticList)",
        lambda case, found: (
            entry_types(found[1]) == str(found[2])
            and ("typechanged" in found[0] or "Changed type of config entry" in str(found[2]))
        ),
    ),
    KnownPlace(
        "command_line.md: flags are promised, the words of the help are not",
        lambda case, found: case.arguments[:1] == ("help",) and found[0].startswith("/stdout"),
    ),
    KnownPlace(
        "configuration.md: `seed` counts as modified, added entries as added (an `add_config` hid"
        " that): colours",
        lambda case, found: (
            "add_config(" in case.text
            and found[0].startswith("/stdout")
            and uncoloured(found[1]) == uncoloured(found[2])
        ),
    ),
    KnownPlace(
        "stores.md: new fields may be added",
        lambda case, found: found[1] == "<missing>" and found[0].startswith(STORED),
    ),
    KnownPlace(
        "beyond.md: failed and interrupted runs lost what came after the last heartbeat",
        lambda case, found: (
            found[0].endswith(("/captured_out", "/cout.txt"))
            and found[1] in ("", None)
            and isinstance(found[2], str)
        ),
    ),
    KnownPlace(
        "beyond.md: `fd` capture loses the end of the output",
        lambda case, found: (
            found[0].endswith(("/captured_out", "/cout.txt"))
            and "CAPTURE_MODE" not in case.text
            and str(found[2]).startswith(str(found[1]))
        ),
    ),
    KnownPlace(
        "beyond.md: one observer's change of `ex_info` reached the next (and the run)",
        lambda case, found: (
            "/sources" in found[0]
            and not found[0].startswith(STORED)
            and "_sources/" in str(found[1])
            and "_sources/" not in str(found[2])
        ),
    ),
    KnownPlace(
        "beyond.md: `np.float64` stored as a pickle tag; NaN breaks JSON readers",
        lambda case, found: (
            found[0].startswith(STORED)
            and (any(tag in str(found[1]) for tag in PICKLED) or "py/float" in str(found[2]))
        ),
    ),
    KnownPlace(
        "none: ids of shared rows are an order",
        lambda case, found: found[0].startswith("/files/runs.db/experiments_"),
    ),
    KnownPlace(
        "none (stores.md is silent): SQL: the first run has id 1, as in all stores, for a run with"
        " several stores has one id (it was 0)",
        lambda case, found: (
            "SqlObserver" in case.text
            and (str(found[1]), str(found[2])) in (("0", "1"), ("'0'", "'1'"))
        ),
    ),
    KnownPlace(
        "none: TinyDbObserver creates nothing before a run starts",
        lambda case, found: found == ("/files/tiny/metadata.json", "", "<missing>"),
    ),
    KnownPlace(
        "none: files of a queued run: sources are where those of other runs are",
        lambda case, found: (
            "-q" in case.arguments
            and (
                "/run.json/value/experiment/sources/" in found[0] or found[0].endswith("/script.py")
            )
        ),
    ),
    KnownPlace(
        "none: a traceback of KeyboardInterrupt leaves out the library's frames as well",
        lambda case, found: (
            str(found[1]) == "Traceback (most recent call last):"
            and str(found[2]) == "Traceback (most recent calls WITHOUT Sacred internals):"
        ),
    ),
    KnownPlace(
        "none: MongoObserver does not print the content type that it has guessed",
        lambda case, found: (
            "MongoObserver" in case.text
            and ("/stdout" in found[0] or found[0].endswith(("/captured_out", "/cout.txt")))
            and without_guess(found[1]) == without_guess(found[2])
        ),
    ),
    KnownPlace(
        "beyond.md: heartbeat of the last drain (there was none, or no record at all)",
        lambda case, found: found[0].endswith("/heartbeat") and found[1] in (None, "<missing>"),
    ),
    KnownPlace(
        "compatibility.md: two stores that give out ids on their own: free in all",
        lambda case, found: (
            "SqlObserver" in case.text
            and "-F" in case.arguments
            and found[0].startswith("/files/others/")
        ),
    ),
    KnownPlace(
        "beyond.md: Mongo: sources were stored again every run",
        lambda case, found: (
            case.kind == "mongo_reader"
            and found[0] in ("/documents/fs.chunks", "/documents/fs.files")
            and len(found[2]) < len(found[1])
        ),
    ),
    KnownPlace(
        "beyond.md: read-only copies: what a run returns of its config is stored as plain data",
        lambda case, found: (
            "sacred.config.custom_containers" in str(found[1])
            and "custom_containers" not in str(found[2])
        ),
    ),
    KnownPlace(
        "beyond.md: a changed list whose first elements agree is modified",
        lambda case, found: (
            case.kind == "results_reader"
            and found[0] == "/run/modifications/modified"
            and found[2] == ["layers", *found[1]]
        ),
    ),
    KnownPlace(
        "none: packages that a script imports as whole modules are listed (pymongo was not)",
        lambda case, found: (
            found[0].endswith("/dependencies/list")
            and [one for one in found[2] if not one.startswith("pymongo==")] == found[1]
        ),
    ),
    KnownPlace(
        "beyond.md: Mongo: resources never stored",
        lambda case, found: (
            found[0] in ("/documents/fs.chunks", "/documents/fs.files")
            and len(found[2]) > len(found[1])
            and re.search(r"resource\(", case.text) is not None
        ),
    ),
    KnownPlace(
        "stores.md: content type guessed from the name (the old library looked at the file's)",
        lambda case, found: found[0].endswith("/contentType") and "other.bin" in case.text,
    ),
    KnownPlace(
        "beyond.md: int keys come back as text: int keys round-trip (TinyDB: keys of info)",
        lambda case, found: (
            found[0].startswith("/files/tiny/")
            and str(found[2]).replace("json://", "") == str(found[1])
        ),
    ),
    KnownPlace(
        "none: `sys` captures what loggers write to the stderr that they found before",
        lambda case, found: (
            isinstance(found[1], str)
            and isinstance(found[2], str)
            and without_log(found[1]) == without_log(found[2])
        ),
    ),
    KnownPlace(
        "none: what SETTINGS.HOST_INFO switches off is left out (it was None)",
        lambda case, found: (
            isinstance(found[1], list)
            and isinstance(found[2], list)
            and [one for one in found[1] if one not in ("cpu", "gpus")] == found[2]
        ),
    ),
    KnownPlace(
        "compatibility.md: `metrics.json` is there from the start",
        lambda case, found: (
            found[0].endswith("/metrics.json")
            and found[1] == "<missing>"
            and found[2]["value"] == {}
        ),
    ),
    KnownPlace(
        "none: observers are joined behind `queued_event`, too",
        lambda case, found: (
            found[0].startswith("/notes/")
            and "-q" in case.arguments
            and len(found[2]) > len(found[1])
            and all(note == ["join"] for note in found[2][len(found[1]) :])
        ),
    ),
    KnownPlace(
        "beyond.md: plain data in JSON that all readers restore: arrays keep their type",
        lambda case, found: (
            found[0] == "/files/config.json" and without_tags(found[1]) == without_tags(found[2])
        ),
    ),
    KnownPlace(
        "beyond.md: `modified` shows a difference: a list of dicts that equals the one there is"
        " none (the old library compared such lists before their dicts were filled)",
        lambda case, found: (
            found[0] == "/run/modifications/modified"
            and re.search(r"\[.*\{", case.text + str(case.arguments)) is not None
            and set(found[2]) < set(found[1])
            and all("." in path for path in set(found[1]) - set(found[2]))
        ),
    ),
    KnownPlace(
        "captured functions log below the root logger (compatibility.md; `running` mends it)",
        lambda case, found: str(found[2]).replace("exp.", "", 1) == str(found[1]),
    ),
)


def unexplained(
    case: Case, old: Normalised, new: Normalised, found: Iterable[Difference]
) -> tuple[list[Difference], set[str]]:
    """The differences that no row is about, and the rows that the others are about."""
    found = list(found)
    rows = {known.row for known in CASES if found and known.shown_by(case, old, new)}
    if rows:
        return [], rows
    left = []
    for one in found:
        known = [place.row for place in PLACES if place.shown_by(case, one)]
        rows.update(known[:1])
        if not known:
            left.append(one)
    return left, rows
