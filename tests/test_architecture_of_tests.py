"""Tests use what is public: a private name of the library may change without breaking a test."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT

#: Names with an underscore that users have imported for years.
PROMISED = {
    "_convert_value",
    "_create_run",
    "_format_config",
    "_format_entry",
    "_format_named_config",
    "_format_named_configs",
    "_iterate_marked",
}
#: Attributes with an underscore that tests may use: what users of the old library find at a run
#: (`_metrics`, ...) and at a queue, and what is public in spite of its name.
KNOWN_ATTRIBUTES = {
    "_config",
    "_id",
    "_log",
    "_rnd",
    "_run",
    "_seed",
    "_covered_observer",
    "_failed_observers",
    "_metrics",
    "_exit",  # of `os`
    "_asdict",  # of named tuples
    "_replace",
    "_repr_html_",  # asked for by notebooks
    "_repr_mimebundle_",
}
MODULES = sorted(set((ROOT / "tests").rglob("*.py")) - {Path(__file__)})


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__") and name not in PROMISED


def is_code(value: object) -> bool:
    return isinstance(value, str) and ("\n" in value or "import " in value)


def in_texts(tree: ast.AST) -> Iterator[ast.AST]:
    """The scripts that stand in a module as texts, and the module itself."""
    yield tree
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and is_code(node.value):
            try:
                yield ast.parse(node.value)
            except SyntaxError:
                continue


def imported(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """What is imported from the library: its name there, and here."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "sacred":
            yield from ((alias.name, alias.asname or alias.name) for alias in node.names)
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.partition(".")[0] == "sacred":
                    yield alias.name, alias.asname or "sacred"


def private_uses(tree: ast.AST) -> Iterator[str]:
    """What a module (or script) imports, reads or patches of the library's private names."""
    yield from private_attributes(tree)
    names = list(imported(tree))
    yield from (name for name, _ in names if is_private(name.rpartition(".")[2]))
    here = {local for _, local in names}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and is_private(node.attr):
            if ast.unparse(node.value).partition(".")[0] in here and is_name(node.value):
                yield ast.unparse(node)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("setattr"):
            yield from patched(node, here)


def private_attributes(tree: ast.AST) -> Iterator[str]:
    """Private attributes of all objects but the test's own (``self``, ``cls``, ``super()``)."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and is_private(node.attr):
            is_own = ast.unparse(node.value) in ("self", "cls", "super()")
            if not is_own and node.attr not in KNOWN_ATTRIBUTES:
                yield ast.unparse(node)


def is_name(node: ast.expr) -> bool:
    """Whether it is a (dotted) name, which a module or class has, and no call or item."""
    return isinstance(node, ast.Name) or (isinstance(node, ast.Attribute) and is_name(node.value))


def patched(call: ast.Call, here: set[str]) -> Iterator[str]:
    """Private names that are set: ``setattr(module, "_name", ...)``, ``setattr("sacred...")``."""
    texts = [
        ast.unparse(arg).strip("f'\"")
        for arg in call.args
        if isinstance(arg, ast.JoinedStr)
        or (isinstance(arg, ast.Constant) and isinstance(arg.value, str))
    ]
    if texts and texts[0].startswith("sacred."):
        yield from (text for text in texts[:1] if is_private(text.rpartition(".")[2]))
    elif call.args and ast.unparse(call.args[0]).partition(".")[0] in here:
        yield from (text for text in texts[:1] if is_private(text))


def test_no_test_reaches_into_the_library() -> None:
    found = {}
    for path in MODULES:
        module = ast.parse(path.read_text(encoding="utf-8"))
        if uses := [use for tree in in_texts(module) for use in private_uses(tree)]:
            found[str(path.relative_to(ROOT))] = uses
    assert found == {}


@pytest.mark.parametrize(
    "code",
    [
        "from sacred.stores.files.next_id import _listed",
        "import sacred.stores.files._hidden",
        "from sacred.stores.files import next_id\nnext_id._listed()",
        "from sacred.stores.files import next_id as n\npatch.setattr(n, '_listed', None)",
        "import sacred.run\nsacred.run._CONSTANT",
        "observer._writer.resource(path)",
        "observer.store._blobs = None",
        "SCRIPT = '''\nwith capture() as output:\n    output._backlog\n'''",
        "monkeypatch.setattr('sacred.run._CONSTANT', 3)",
        "monkeypatch.setattr(f'sacred.stores.{kind}.reader._PAGE', 3)",
        "SCRIPT = '''\nfrom sacred import run\nrun._CONSTANT = 3\n'''",
    ],
)
def test_reaching_into_the_library_is_found(code: str) -> None:
    assert [use for tree in in_texts(ast.parse(code)) for use in private_uses(tree)]


@pytest.mark.parametrize(
    "code",
    [
        "class Double:\n    def __init__(self):\n        self._calls = []",
        "class Double(Base):\n    def run(self):\n        super()._run()",
        "import os\nos._exit(1)",
        "run._id, run._config, record._repr_html_(), value.__class__",
    ],
)
def test_what_is_the_own_of_tests_is_theirs(code: str) -> None:
    assert not list(private_uses(ast.parse(code)))
