"""House numbers: what keeps the tree easy to find one's way in, as far as a program can tell.

``lint-imports`` checks which module may import which.
"""

from __future__ import annotations

import ast
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

from tests.conftest import ROOT

PACKAGE = ROOT / "sacred"
MODULES = sorted(PACKAGE.rglob("*.py"))

#: Name → why several modules may have it. In backends (and their ``search``) it is the same part.
SHARED_NAMES = {
    "store": "writing, in each backend",
    "reader": "reading, in each backend; the protocol",
    "collector": "finding garbage, in each backend; the protocol",
    "claims": "queues of runs, in each backend that can have one; the protocol",
    "errors": "the errors of a package",
    "points": "points of metrics, in databases",
    "output": "output of runs, in databases",
    "points_reader": "reading points, in databases",
    "filters": "predicates as conditions, in databases that search",
    "metrics": "conditions on metrics, in databases that search",
    "order": "orderings, in databases that search",
    "text_search": "full text, in stores that search",
}
#: Import paths of users' code: these modules keep their names.
PROMISED = {
    f"sacred.{name}"
    for name in ("config.utils", "observers.base", "observers.mongo", "observers.queue", "utils")
}
#: Module → why it may be longer than others.
LONG_MODULES = {"sacred._base.errors": "the one tree of errors stands on one page"}
#: Folders of commands have a file for each.
FOLDERS_OF_COMMANDS = {"app/commands"}
MAX_FILES, MAX_MODULE_LINES, MAX_FUNCTION_LINES = 22, 500, 60


def dotted(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """Name and number of lines of each function, without its decorators."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno is not None
            yield node.name, node.end_lineno - node.lineno + 1


def test_threads_come_from_one_place() -> None:
    """There it is decided which signals they block; those of a pool block all of them."""
    found = set()
    for path in MODULES:
        if dotted(path).startswith("sacred.testing."):
            continue  # within tests
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "attr", None) or getattr(node.func, "id", None)
                if name in ("Thread", "Timer", "start_new_thread"):
                    found.add(dotted(path))
                elif name == "ThreadPoolExecutor":
                    given = {word.arg: ast.unparse(word.value) for word in node.keywords}
                    assert given.get("initializer") == "block_signals", path
    assert found == {"sacred._base.deferred_thread"}


def test_no_two_modules_have_the_same_name() -> None:
    named = defaultdict(list)
    for path in MODULES:
        if path.stem != "__init__" and path.parent.relative_to(PACKAGE).as_posix() not in (
            FOLDERS_OF_COMMANDS
        ):
            named[path.stem].append(dotted(path))
    clashes = {
        name: paths
        for name, paths in named.items()
        if name not in SHARED_NAMES and len(set(paths) - PROMISED) > 1
    }
    assert clashes == {}
    assert {name for name in SHARED_NAMES if len(named[name]) < 2} == set()


def test_no_module_has_the_name_of_a_public_name_of_its_package() -> None:
    """Python puts an imported module in the place of the name."""
    clashes = [
        f"{dotted(stub.parent)}.{name}"
        for stub in PACKAGE.rglob("__init__.pyi")
        for module, name in re.findall(r"from (\S+) import \(?\s*(\w+) as", stub.read_text())
        if module != dotted(stub.parent) and (stub.parent / f"{name}.py").exists()
    ]
    assert clashes == []


def test_folders_are_small() -> None:
    modules = [path for path in MODULES if path.stem != "__init__"]
    files = Counter(path.parent.relative_to(PACKAGE).as_posix() for path in modules)
    large = {name: number for name, number in files.items() if number > MAX_FILES}
    assert large.keys() <= FOLDERS_OF_COMMANDS, large


def test_modules_are_short() -> None:
    sizes = {dotted(path): len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}
    long = {name: size for name, size in sizes.items() if size > MAX_MODULE_LINES}
    assert long.keys() == LONG_MODULES.keys(), long


def test_functions_are_short() -> None:
    sizes = [(f"{dotted(path)}.{name}", n) for path in MODULES for name, n in functions(path)]
    assert [function for function in sizes if function[1] > MAX_FUNCTION_LINES] == []
    lines = sorted(size for _, size in sizes)
    assert lines[len(lines) * 9 // 10] <= 25


def test_each_module_says_what_it_is_for() -> None:
    silent = [dotted(path) for path in MODULES if not docstring_of(path)]
    assert silent == []


def docstring_of(path: Path) -> str:
    return ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""


def test_constants_say_of_what_they_are() -> None:
    """``_LONG = 30``: thirty of what?"""
    adjectives = (
        "LONG SHORT LARGE SMALL BIG HUGE TINY MANY FEW MOST LEAST FIRST LAST OLD NEW WIDE HIGH "
        "FLAT ODD OWN PLAIN SPECIAL FINAL LOCAL PRIVATE KNOWN UNKNOWN OTHER OTHERS OUTSIDE "
        "ELSEWHERE SHORTEST LONGEST ABSENT TAKEN USED CUT OPAQUE ASKED REQUIRED REFUSED SEARCHED "
        "COMPILED GROWING MISLEADING REMEMBERING FLIPPED"
    )
    pattern = re.compile(rf"^_?({'|'.join(adjectives.split())})\b.*=", re.MULTILINE)
    found = [
        f"{dotted(path)}: {match[0]}"
        for path in MODULES
        for match in pattern.finditer(path.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_retired_words_stay_retired() -> None:
    """Names that said little; the better ones are the terms of engineers of storage and queries."""
    retired = (
        "told_run moments porch explained understood best_of c_library LateThread NamelessFile "
        "KeptObjects cache_place DocumentWriter RowTest RowOrder coarse TellingLoader run_to_be"
    )
    names = re.compile(rf"(?<![A-Za-z.])_?(?:{'|'.join(retired.split())})(?:\(|\b = )")
    texts = re.compile(r"mark runs as outstanding|[Aa]t most so many")
    found = [
        f"{dotted(path)}: {match[0]}"
        for path in MODULES
        for pattern in (names, texts)
        for match in pattern.finditer(path.read_text(encoding="utf-8"))
    ]
    assert found == []


PACKAGES = [path for path in MODULES if path.stem == "__init__"]


#: Packages whose table is elsewhere, or that are all in one place.
LISTED_ELSEWHERE = {
    "sacred.__init__": "ARCHITECTURE.md",
    "sacred.app.commands.__init__": "sacred/app/command_table.py",
}


def test_the_table_of_a_package_lists_its_modules() -> None:
    """The docstring of a package has a row for each module and folder, and for no others."""
    wrong = {}
    for path in PACKAGES:
        if dotted(path) in LISTED_ELSEWHERE:
            assert (ROOT / LISTED_ELSEWHERE[dotted(path)]).is_file()
            continue
        rows = re.findall(r"^\|((?: `\w+`)+) \|", docstring_of(path), re.MULTILINE)
        listed = {name for row in rows for name in re.findall(r"\w+", row)}
        there = {
            found.stem
            for found in path.parent.iterdir()
            if (found.suffix == ".py" or found.is_dir()) and not found.name.startswith("__")
        }
        if listed != there:
            wrong[dotted(path)] = sorted(listed ^ there)
    assert wrong == {}


def test_references_by_name_go_through_tables() -> None:
    """A dotted text says where something is that import contracts cannot see; so these are few."""
    reference = re.compile(r'"sacred\.[a-z_.]+:[A-Za-z_]+"')
    allowed = {
        "sacred.cli.dispatch": "what a command line can ask for besides runs",
        "sacred.cli.option_table": "the options of experiments",
        "sacred.executors.executor": "the engines",
        "sacred.experiment": "`ex.sweep`",
        "sacred.observers.leased_run": "the pruner of a sweep",
        "sacred.stores.schemes": "the stores by their schemes",
    }
    found = {dotted(path) for path in MODULES if reference.search(path.read_text(encoding="utf-8"))}
    assert found == allowed.keys()


def test_a_journey_is_at_most_twelve_files_long() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    _, _, told = text.partition("## Three journeys")
    journeys = told.partition("\n## ")[0].split("\n**")[1:]
    assert len(journeys) == 3
    for journey in journeys:
        files = set(re.findall(r"`((?:\w+/)*\w+\.py)`", journey))
        assert 6 <= len(files) <= 12, sorted(files)


def test_architecture_names_files_that_are_there() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:\w+/)+\w+\.py)`", text))
    assert len(named) > 30
    places = (ROOT / "sacred", ROOT, ROOT / "sacred/stores")
    missing = [name for name in named if not any((place / name).is_file() for place in places)]
    assert [name for name in missing if "BACKEND" not in name] == []
