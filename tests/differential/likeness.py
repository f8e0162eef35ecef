"""What two outcomes have in common when something is left out of them."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable
from typing import Any

from tests.differential.model import Case
from tests.differential.outcome import Difference

Normalised = dict[str, Any]


def error(outcome: Normalised) -> str:
    """The line of the exception that ended it, if one did."""
    return outcome["stderr"][-1] if outcome["exit"] and outcome["stderr"] else ""


def added_error(outcome: Normalised) -> bool:
    return "ConfigAddedError" in error(outcome)


def normal_form(value: Any) -> Any:
    """A described value with lists for tuples and Python's numbers for numpy's."""
    if isinstance(value, list):
        return [normal_form(entry) for entry in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        ((kind, inner),) = value.items()
        if kind in ("tuple", "ReadOnlyList", "list"):
            return [normal_form(entry) for entry in inner]
        if kind.startswith("numpy.") and kind != "numpy.ndarray":
            text = re.sub(r"^np\.\w+\((.*)\)$|^np\.(True|False)_$", r"\1\2", inner)
            return {"float": text} if "float" in kind else ast.literal_eval(text)
    return {key: normal_form(entry) for key, entry in value.items()}


def normal_text(shown: Any) -> str:
    """What is printed or stored of a value, with lists for tuples and plain numbers for numpy's."""
    if isinstance(shown, dict) and {"dtype", "value"} <= shown.keys():
        shown = shown["value"]
    text = re.sub(r"\bnp\.\w+\((\w[\w.]*)\)", r"\1", uncoloured(shown))
    return text.translate(str.maketrans("()", "[]"))


def entry_types(text: str) -> str:
    names = {"tuple": "list", "DogmaticDict": "dict", "DogmaticList": "list"}
    names |= {"float64": "float", "int64": "int", "bool_": "bool"}
    return re.sub(rf"\b({'|'.join(names)})\b", lambda one: names[one[0]], str(text))


def uncoloured(line: Any) -> str:
    return re.sub("\x1b" + r"\[\d+m", "", str(line))


def without_log(text: str) -> str:
    return re.sub(r"(?m)(^|(?<=no newline))[A-Z]+ - [\w.]+ - .*\n?", "", text)


def without_tags(text: str) -> Any:
    return json.loads(text, object_hook=lambda d: {k: v for k, v in d.items() if k != "py/object"})


def not_added(lines: list[str]) -> list[str]:
    # The logger of functions: OPEN (running).
    kept = [line for line in lines if "Added new config entry" not in line]
    return [re.sub(r"^INFO - (\w+\.)?(save_config) - ", r"INFO - \2 - ", line) for line in kept]


EMPTY_BELOW = "{'dict': {'paths': {'dict': {}}}}"


def not_bound(found: Difference) -> bool:
    named = re.fullmatch(r"NameError: name '(\w+)' is not defined", str(found[1]))
    return named is not None and str(found[2]).startswith(
        f"UnboundLocalError: cannot access local variable '{named[1]}' "
    )


PICKLED = ("numpy.core", "numpy.float64", "py/reduce", "__reduce__")
STORED = ("/files/", "/documents/")


def crash_within(*messages: str) -> Callable[[Case, Normalised, Normalised], bool]:
    """The old library fails in its own code, with an error that no user raised."""

    def shown(case: Case, old: Normalised, new: Normalised) -> bool:
        lines = old["stderr"]
        within = "Exception originated from within Sacred." in lines
        # With --debug it does not say so; a hook has put a value where others go through.
        within = within or ("config_hook" in case.text and old["exit"] > new["exit"])
        return within and any(re.search(message, error(old)) for message in messages)

    return shown


def updated(case: Case) -> set[str]:
    """The paths that the command line sets."""
    return {word.partition("=")[0] for word in case.arguments if "=" in word}


def above_added(case: Case) -> set[str]:
    """What lies above entries that updates or chosen files may add, or is the seed."""
    of_files = re.findall(r'(\w+)"?:\s*(?:\{|$)', _text_of_named(case), re.MULTILINE)
    of_updates = {path[: n.start()] for path in updated(case) for n in re.finditer(r"\.", path)}
    return {"seed", *of_files, *of_updates}


def _text_of_named(case: Case) -> str:
    return "\n".join(text for name, text in case.files if name in named(case))


def other_guesses(case: Case, found: Difference) -> bool:
    """Texts that differ in the content type of an artifact with a telling name, and in logs."""
    texts = ["\n".join(map(str, one)) if isinstance(one, list) else str(one) for one in found[1:]]
    old, new = (re.sub(r"Added \S+ as content-type", "Added", without_log(text)) for text in texts)
    return "other.bin" in case.text and old == new


def mixed_keys(case: Case, old: Normalised, new: Normalised) -> bool:
    """The old library sorts the keys of dicts to show or save them; these have no order."""
    told = error(old).startswith("TypeError: '<' not supported between instances of ")
    return (
        told and old["exit"] > new["exit"] and case.arguments[0] in ("print_config", "save_config")
    )


def number_as_text(case: Case, found: Difference) -> bool:
    """An entry that was a text for some source: the types of its number are others there."""
    where, old, new = found
    paths = {word.partition("=")[0] for word in case.arguments if re.search(r"=[-+.\d]", word)}
    if where.startswith("/run/modifications/typechanged/"):
        path, *side = where.removeprefix("/run/modifications/typechanged/").split("/")
        return path in paths and (old == "str" if side else "str" in (old or new)[:1])
    if where == "/run/modifications/modified":
        return bool((set(new) - set(old)) & paths) and set(new) - set(old) <= paths | {"seed"}
    if where.startswith("/stdout/"):
        shown = re.fullmatch(r"( *[\w.]+) = '(.+)'", uncoloured(new))
        return shown is not None and uncoloured(old) == f"{shown[1]} = {shown[2]}"
    if where != "/stderr":
        return False
    changed = re.compile(
        rf'Changed type of config entry "({"|".join(paths)})" |is a text, so it is'
    )
    kept = [[line for line in lines if not changed.search(line)] for lines in (old, new)]
    return bool(paths) and kept[0] == kept[1]


def one_more_below(case: Case, found: Difference) -> bool:
    """What a scope lists of an ingredient (``list(data)``) has the ingredient below it, too."""
    old, new = str(found[1]), str(found[2])
    return "list(data)" in case.text and old != new and re.sub("'paths'(, )?", "", new) == old


def named(case: Case) -> list[str]:
    """The named configs and files that the command line chooses."""
    words = case.arguments
    chosen = words[words.index("with") + 1 :] if "with" in words else ()
    return [word for word in chosen if "=" not in word and not word.startswith("-")]


def assigned_tuple(case: Case, path: str) -> bool:
    """Whether a source gives an entry a tuple, which is a list from then on."""
    return re.search(rf"\b{path}['\"]?\s*[=:]\s*\(", case.text) is not None


def only_empty_lists_less(case: Case, found: Difference) -> bool:
    """What is missing are entries set to empty lists: they are added, not modified."""
    less = set(found[1]) - set(found[2])
    text = case.text + "\n".join(case.arguments)
    return set(found[2]) - set(found[1]) <= {"seed"} and all(
        re.search(rf"\b{path.rpartition('.')[2]}['\"]?\s*[=:]\s*\[\]", text) for path in less
    )


def only_of_first_assignment(case: Case, found: Difference) -> bool:
    """What a scope first gave a dict below which there are updates, and then replaced."""
    where, old, new = found
    above = {one.split(".")[-2] for one in updated(case) if "." in one}
    names = [n for n in above if re.search(rf"^    {n}\b.*=", case.text, re.MULTILINE)]
    if new == "<missing>" and any(f"/{n}/" in where or f"/{n}." in where for n in names):
        return True
    twice = [n for n in names if len(re.findall(rf"^    {n} =", case.text, re.MULTILINE)) > 1]
    if not twice or where not in ("/stderr", "/stdout"):
        return False
    # Lines about what is in the dict: warnings, and what `print_config` shows below it.
    inside = re.compile(rf'config entry "({"|".join(twice)})[."]|^ {{4,}}\S+ = ')
    kept = [[line for line in lines if not inside.search(uncoloured(line))] for lines in (old, new)]
    return kept[0] == kept[1]
