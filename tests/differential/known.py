"""Differences that are meant.

Each row names the page that asks for it (``deliberate``: none does; a script that relies on the
old way is hard to think of), and says what ``docs/differences.rst`` says of it. A row applies to
a whole case (what follows differs with it) or to single places of it.
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
    above_added,
    added_error,
    assigned_tuple,
    crash_within,
    entry_types,
    error,
    mixed_keys,
    named,
    normal_form,
    normal_text,
    not_added,
    not_bound,
    number_as_text,
    one_more_below,
    only_empty_lists_less,
    other_guesses,
    uncoloured,
    updated,
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
        "configuration.md: An entry that no source sets is added, also with an ``add_config`` "
        "behind another source",
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
        "deliberate: Functions that take ``_config`` get what named configs and files add",
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
        "configuration.md: Changes of it in place are ignored, ``del`` of it, too",
        lambda case, old, new: (
            (name := re.fullmatch(r"NameError: name '(\w+)' is not defined", error(old)))
            is not None
            and f"del {name[1]}\n" in case.text
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
        "beyond.md: The user's mistakes are the user's exceptions",
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
        "compatibility.md: What a scope gets of an ingredient is a dict of another class",
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
)

PLACES: tuple[KnownPlace, ...] = (
    KnownPlace(
        "configuration.md: ``seed`` counts as modified wherever it is set",
        lambda case, found: (
            "add_config(" in case.text
            and found[0] == "/run/modifications/modified"
            and set(found[2]) - set(found[1]) <= {"seed"}
            and all(
                path.endswith("__doc__") or path in updated(case) or assigned_tuple(case, path)
                for path in set(found[1]) - set(found[2])
            )
        ),
    ),
    KnownPlace(
        "compatibility.md: nothing is lost where one ingredient lies below another",
        lambda case, found: (
            one_more_below(case, found)
            or (
                found[0].startswith("/notes/")
                and found[0].endswith("/data/ReadOnlyDict/paths")
                and found[1] == "<missing>"
            )
        ),
    ),
    KnownPlace(
        "configuration.md: Tuples become lists, numpy scalars become Python scalars",
        lambda case, found: (
            "config_hook" in case.text
            and (
                normal_form(found[1]) == normal_form(found[2])
                or (
                    found[0].startswith(("/stdout/", "/files/"))
                    and normal_text(found[1]) == normal_text(found[2])
                )
            )
        ),
    ),
    KnownPlace(
        "configuration.md: An entry that no source sets is added, also with an ``add_config`` "
        "behind another source",
        lambda case, found: (
            "add_config(" in case.text
            and isinstance(found[1], list)
            and isinstance(found[2], list)
            and (
                (found[0] == "/run/modifications/added" and {*found[1]} <= {*found[2]})
                or (
                    found[0] == "/run/modifications/modified" and only_empty_lists_less(case, found)
                )
                or (
                    found[0] == "/stderr"
                    and list(map(entry_types, not_added(found[1]))) == not_added(found[2])
                )
            )
        ),
    ),
    KnownPlace(
        "configuration.md: What lies above an added entry counts as modified",
        lambda case, found: (
            "add_config(" in case.text
            and found[0] == "/run/modifications/modified"
            and set(found[1]) < set(found[2])
            and set(found[2]) - set(found[1]) <= above_added(case)
        ),
    ),
    KnownPlace(
        "beyond.md: ``d={}`` clears the dict, also from named configs and hooks",
        lambda case, found: (
            "config_hook" in case.text
            and (
                found[2] in ({}, {"dict": {}})
                or (found[2] == "<missing>" and re.search(r"= \{\}$|: \{\}", case.text, re.M))
            )
        ),
    ),
    KnownPlace(
        "beyond.md: The variables of a scope are local ones",
        lambda case, found: not_bound(found),
    ),
    KnownPlace(
        "deliberate: A dict that is assigned twice is the second one",
        lambda case, found: (
            found[2] == "<missing>"
            and any(
                re.search(rf"^    {path}\b.*=", case.text, re.MULTILINE)
                for path in {one.split(".")[-2] for one in updated(case) if "." in one}
                if f"/{path}/" in found[0]
            )
        ),
    ),
    KnownPlace(
        "configuration.md: Values are computed from the final values: a dict with updates is "
        "whole at once",
        lambda case, found: (
            isinstance(found[1], str)
            and isinstance(found[2], str)
            and found[1] != found[2]
            and re.sub(r"\{.*\}", "{}", found[2]) == found[1]
        ),
    ),
    KnownPlace(
        "beyond.md: ``flag=false`` on the command line is a bool where the entry is one",
        lambda case, found: (
            (str(found[1]).lower(), found[2])
            in (("true", True), ("yes", True), ("on", True), ("no", False), ("false", False))
            and re.search(rf"={found[1]}\b", " ".join(case.arguments)) is not None
        ),
    ),
    KnownPlace(
        "deliberate: ``id=123`` on the command line is a text where the entry is one",
        lambda case, found: (
            number_as_text(case, found)
            or (
                isinstance(found[1], int | dict)
                and isinstance(found[2], str)
                and any(word.endswith(f"={found[2]}") for word in case.arguments)
            )
        ),
    ),
    KnownPlace(
        "configuration.md: Changes of it in place are ignored, ``del`` of it, too",
        lambda case, found: (
            (name := re.fullmatch(r"NameError: name '(\w+)' is not defined", str(found[1])))
            is not None
            and f"del {name[1]}\n" in case.text
        ),
    ),
    KnownPlace(
        "deliberate: The docstring of a named config describes that, and not the run",
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
        "deliberate: Config hooks get no empty dicts of ingredients without entries",
        lambda case, found: (
            "config_hook" in case.text
            and found[0].startswith("/notes/")
            and {str(found[1]), str(found[2])} <= {"<missing>", "{'dict': {}}", EMPTY_BELOW}
        ),
    ),
    KnownPlace(
        "configuration.md: A change of type names the types that entries have",
        lambda case, found: (
            entry_types(found[1]) == str(found[2])
            and ("typechanged" in found[0] or "Changed type of config entry" in str(found[2]))
        ),
    ),
    KnownPlace(
        "command_line.md: The words of ``help`` are others",
        lambda case, found: case.arguments[:1] == ("help",) and found[0].startswith("/stdout"),
    ),
    KnownPlace(
        "configuration.md: Entries that have been changed behind an ``add_config`` have their "
        "colour",
        lambda case, found: (
            "add_config(" in case.text
            and found[0].startswith("/stdout")
            and uncoloured(found[1]) == uncoloured(found[2])
        ),
    ),
    KnownPlace(
        "stores.md: keys with dots or a leading dollar are stored with commas and ``@``",
        lambda case, found: (
            found[0].startswith("/documents/")
            and (
                str(found[1]).replace("a.b", "a,b").replace("$c", "@c") == str(found[2])
                # Beside other keys; the new one is an additional field.
                or (found[0].endswith(("/a.b", "/$c")) and found[2] == "<missing>")
            )
        ),
    ),
    KnownPlace(
        "beyond.md: files of the same content are stored once",
        lambda case, found: (
            found[0] in ("/documents/fs.chunks", "/documents/fs.files")
            and len(found[2]) < len(found[1])
            and case.text.count("artifact(") + case.text.count("range(") > 1
        ),
    ),
    KnownPlace(
        "deliberate: Changes of ``_run.meta_info`` during a run are stored",
        lambda case, found: (
            "meta_info['mine']" in case.text
            and found[0].startswith("/notes/")
            and isinstance(found[1], list)
            and [one for one in found[2] if one != ["save_json", "run.json"]]
            == [one for one in found[1] if one != ["save_json", "run.json"]]
        ),
    ),
    KnownPlace(
        "stores.md: queued runs work, and have their ``queue_time``",
        lambda case, found: (
            "-q" in case.arguments
            and found[0].startswith("/files/runs.db/run/")
            and found[0].endswith("/queue_time")
            and found[1] is None
        ),
    ),
    KnownPlace(
        "stores.md: Records have additional fields",
        lambda case, found: found[1] == "<missing>" and found[0].startswith(STORED),
    ),
    KnownPlace(
        "beyond.md: Failed and interrupted runs keep what came after the last heartbeat",
        lambda case, found: (
            found[0].endswith(("/captured_out", "/cout.txt"))
            and found[1] in ("", None)
            and isinstance(found[2], str)
        ),
    ),
    KnownPlace(
        "beyond.md: a last heartbeat always comes before the end",
        lambda case, found: (
            found[0].endswith(("/captured_out", "/cout.txt"))
            and "CAPTURE_MODE" not in case.text
            and str(found[2]).startswith(str(found[1]))
        ),
    ),
    KnownPlace(
        "beyond.md: No observer sees what another one has changed in ``ex_info``",
        lambda case, found: (
            "/sources" in found[0]
            and not found[0].startswith(STORED)
            and "_sources/" in str(found[1])
            and "_sources/" not in str(found[2])
        ),
    ),
    KnownPlace(
        "beyond.md: numpy numbers are numbers, NaN and infinite numbers can be read by all JSON"
        " readers",
        lambda case, found: (
            found[0].startswith(STORED)
            and (any(tag in str(found[1]) for tag in PICKLED) or "py/float" in str(found[2]))
        ),
    ),
    KnownPlace(
        "stores.md: Ids of rows that runs share are given in another order",
        lambda case, found: found[0].startswith("/files/runs.db/experiments_"),
    ),
    KnownPlace(
        "compatibility.md: The first run in an SQL database has the id 1",
        lambda case, found: (
            "SqlObserver" in case.text
            and (str(found[1]), str(found[2])) in (("0", "1"), ("'0'", "'1'"))
        ),
    ),
    KnownPlace(
        "deliberate: Observers create nothing before a run starts",
        lambda case, found: found == ("/files/tiny/metadata.json", "", "<missing>"),
    ),
    KnownPlace(
        "beyond.md: Sources of queued runs are where those of other runs are",
        lambda case, found: (
            "-q" in case.arguments
            and (
                "/run.json/value/experiment/sources/" in found[0] or found[0].endswith("/script.py")
            )
        ),
    ),
    KnownPlace(
        "command_line.md: Tracebacks of interrupts leave out the library's frames, too",
        lambda case, found: (
            str(found[1]) == "Traceback (most recent call last):"
            and str(found[2]) == "Traceback (most recent calls WITHOUT Sacred internals):"
        ),
    ),
    KnownPlace(
        "beyond.md: a last heartbeat always comes before the end.",
        lambda case, found: found[0].endswith("/heartbeat") and found[1] in (None, "<missing>"),
    ),
    KnownPlace(
        "compatibility.md: Two stores that give out ids on their own give a run one id that is "
        "free in both",
        lambda case, found: (
            "SqlObserver" in case.text
            and "-F" in case.arguments
            and found[0].startswith("/files/others/")
        ),
    ),
    KnownPlace(
        "beyond.md: sources only once",
        lambda case, found: (
            case.kind == "mongo_reader"
            and found[0] in ("/documents/fs.chunks", "/documents/fs.files")
            and len(found[2]) < len(found[1])
        ),
    ),
    KnownPlace(
        "beyond.md: What a run returns of its configuration is stored as plain data",
        lambda case, found: (
            "sacred.config.custom_containers" in str(found[1])
            and "custom_containers" not in str(found[2])
        ),
    ),
    KnownPlace(
        "beyond.md: Lists are modified if they differ in any element",
        lambda case, found: (
            case.kind == "results_reader"
            and found[0] == "/run/modifications/modified"
            and found[2] == ["layers", *found[1]]
        ),
    ),
    KnownPlace(
        "beyond.md: All packages that a script imports are listed as dependencies",
        lambda case, found: (
            found[0].endswith("/dependencies/list")
            and [one for one in found[2] if not one.startswith("pymongo==")] == found[1]
        ),
    ),
    KnownPlace(
        "beyond.md: resources are stored",
        lambda case, found: (
            found[0] in ("/documents/fs.chunks", "/documents/fs.files")
            and len(found[2]) > len(found[1])
            and re.search(r"resource\(", case.text) is not None
        ),
    ),
    KnownPlace(
        "stores.md: the content type is guessed from the name of an artifact first",
        lambda case, found: (
            (found[0].endswith("/contentType") and "other.bin" in case.text)
            or other_guesses(case, found)
        ),
    ),
    KnownPlace(
        "beyond.md: keys that are ints come back as ints.",
        lambda case, found: (
            found[0].startswith("/files/tiny/")
            and str(found[2]).replace("json://", "") == str(found[1])
        ),
    ),
    KnownPlace(
        "beyond.md: ``sys`` captures what loggers write to the stderr that they found before",
        lambda case, found: (
            isinstance(found[1], str)
            and isinstance(found[2], str)
            and without_log(found[1]) == without_log(found[2])
        ),
    ),
    KnownPlace(
        "compatibility.md: ``metrics.json`` is there from the start",
        lambda case, found: (
            found[0].endswith("/metrics.json")
            and found[1] == "<missing>"
            and found[2]["value"] == {}
        ),
    ),
    KnownPlace(
        "deliberate: Observers are joined behind ``queued_event``, too",
        lambda case, found: (
            found[0].startswith("/notes/")
            and "-q" in case.arguments
            and len(found[2]) > len(found[1])
            and all(note == ["join"] for note in found[2][len(found[1]) :])
        ),
    ),
    KnownPlace(
        "beyond.md: Arrays keep their type in JSON",
        lambda case, found: (
            found[0] == "/files/config.json" and without_tags(found[1]) == without_tags(found[2])
        ),
    ),
    KnownPlace(
        "beyond.md: Lists are modified if they differ in any element, and only then",
        lambda case, found: (
            found[0] == "/run/modifications/modified"
            and re.search(r"\[.*\{", case.text + str(case.arguments)) is not None
            and set(found[2]) < set(found[1])
            and all("." in path for path in set(found[1]) - set(found[2]))
        ),
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
