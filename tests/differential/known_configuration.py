"""Differences that are meant, in single places: configuration and what is printed of it."""

from __future__ import annotations

import re

from tests.differential.known_rows import KnownPlace
from tests.differential.likeness import (
    EMPTY_BELOW,
    above_added,
    assigned_tuple,
    entry_types,
    normal_form,
    normal_text,
    not_added,
    not_bound,
    number_as_text,
    one_more_below,
    only_empty_lists_less,
    only_of_first_assignment,
    uncoloured,
    updated,
)

__all__ = ["OF_CONFIGURATION"]

OF_CONFIGURATION: tuple[KnownPlace, ...] = (
    KnownPlace(
        "compatibility.md: If a scope asks for an ingredient, it gets a dict of another class",
        lambda case, found: (str(found[1]), found[2]) == ("DogmaticDict", "GivenDict"),
    ),
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
        "compatibility.md: even where one ingredient lies below another",
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
        "configuration.md: If an update sets an entry that no source sets, it counts as added",
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
        "configuration.md: The dict that contains an added entry counts as modified",
        lambda case, found: (
            "add_config(" in case.text
            and found[0] == "/run/modifications/modified"
            and set(found[1]) < set(found[2])
            and set(found[2]) - set(found[1]) <= above_added(case)
        ),
    ),
    KnownPlace(
        "beyond.md: ``d={}`` clears the dict, also in named configs and hooks",
        lambda case, found: (
            "config_hook" in case.text
            and (
                found[2] in ({}, {"dict": {}})
                or (found[2] == "<missing>" and re.search(r"= \{\}$|: \{\}", case.text, re.M))
            )
        ),
    ),
    KnownPlace(
        "beyond.md: The variables of a scope are local",
        lambda case, found: not_bound(found),
    ),
    KnownPlace(
        "deliberate: If a dict is assigned twice, the second one counts",
        only_of_first_assignment,
    ),
    KnownPlace(
        "configuration.md: a dict has its updates as soon as it is assigned",
        lambda case, found: (
            isinstance(found[1], str)
            and isinstance(found[2], str)
            and found[1] != found[2]
            and re.sub(r"\{.*\}", "{}", found[2]) == found[1]
        ),
    ),
    KnownPlace(
        "beyond.md: ``flag=false`` on the command line is a bool if the entry is one",
        lambda case, found: (
            (str(found[1]).lower(), found[2])
            in (("true", True), ("yes", True), ("on", True), ("no", False), ("false", False))
            and re.search(rf"={found[1]}\b", " ".join(case.arguments)) is not None
        ),
    ),
    KnownPlace(
        "deliberate: ``id=123`` on the command line is a string if the entry is one",
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
        "configuration.md: Changing it in place, or deleting entries, is ignored",
        lambda case, found: (
            (name := re.fullmatch(r"NameError: name '(\w+)' is not defined", str(found[1])))
            is not None
            and f"del {name[1]}\n" in case.text
        ),
    ),
    KnownPlace(
        "deliberate: The docstring of a named config describes the named config",
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
        "deliberate: Config hooks get no empty dicts for ingredients without entries",
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
        "command_line.md: The texts of ``help`` are new",
        lambda case, found: case.arguments[:1] == ("help",) and found[0].startswith("/stdout"),
    ),
    KnownPlace(
        "configuration.md: colours changed entries that come after an ``add_config``",
        lambda case, found: (
            "add_config(" in case.text
            and found[0].startswith("/stdout")
            and uncoloured(found[1]) == uncoloured(found[2])
        ),
    ),
)
