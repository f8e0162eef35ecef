"""Examples in documents and docstrings, found by Sybil.

A document is one test, its examples run in order in one namespace: Sybil's own pytest
integration makes an item of each example, which random order and xdist would tear apart.
"""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

from sybil.document import Document, PythonDocStringDocument
from sybil.evaluators.doctest import NUMBER
from sybil.parsers.rest import DocTestParser, PythonCodeBlockParser, SkipParser

ROOT = Path(__file__).resolve().parents[2]

PARSERS = (
    DocTestParser(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE | NUMBER),
    PythonCodeBlockParser(),
    SkipParser(),
)


def documents_with_examples() -> list[Path]:
    """README, the pages of docs/ and the modules of sacred, as far as they have examples."""
    candidates = [
        ROOT / "README.rst",
        *sorted((ROOT / "docs").rglob("*.rst")),
        *sorted((ROOT / "sacred").rglob("*.py")),
    ]
    return [path for path in candidates if path.exists() and _has_examples(path)]


def _has_examples(path: Path) -> bool:
    # To parse the docstrings of all modules takes seconds; most of them have no example.
    text = path.read_text(encoding="utf-8")
    return (">>>" in text or "code-block::" in text) and any(True for _ in parse(path))


def parse(path: Path) -> Document:
    """The examples of a file; of a module, those in its docstrings."""
    if path.suffix != ".py":
        document = Document.parse(str(path), *PARSERS)
        # Code in a page must not believe that it was started as a script.
        document.namespace["__name__"] = path.stem
        return document
    document = PythonDocStringDocument.parse(str(path), *PARSERS)
    # Sybil would import the file by its path, which makes a second, foreign module of it.
    document.evaluators.clear()
    return document


def check(path: Path) -> None:
    """Run all examples of a document; the first wrong one raises, with file and line."""
    document = parse(path)
    if path.suffix == ".py":
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        document.namespace.update(vars(importlib.import_module(name)))
    for example in document:
        if isinstance(example.parsed, doctest.Example) and "." not in example.parsed.want:
            # Nothing is to be rounded, and in a digest Sybil looks for it for ten seconds.
            example.parsed.options[NUMBER] = False
        example.evaluate()
