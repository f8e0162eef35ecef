"""Regular expressions that take too long."""

from __future__ import annotations

import re
import threading

import pytest

from sacred import Experiment
from sacred.observers import FileStorageObserver
from sacred.query import regex_search
from sacred.query.errors import QueryError
from sacred.query.regex_search import matches
from sacred.runs import open_store

SLOW = r"(a|aa)+$"
TEXT = "a" * 199 + "b"


@pytest.mark.parametrize(
    ("pattern", "flags", "text", "found"),
    [
        ("^b", 0, "a\nb", False),
        ("^b", re.MULTILINE, "a\nb", True),
        ("a.b", re.DOTALL, "a\nb", True),
        ("STRASSE", re.IGNORECASE, "strasse", True),
        (r"\d+(?=x)", 0, "12x", True),
    ],
)
@pytest.mark.parametrize("is_installed", [True, False])
def test_it_finds_what_pythons_module_does(monkeypatch, pattern, flags, text, found, is_installed):
    if not is_installed:
        monkeypatch.setattr(regex_search, "interruptible_pattern", lambda pattern: None)
    assert matches(re.compile(pattern, flags), text) is found


def test_a_pattern_that_takes_too_long_is_an_error_in_threads_too(monkeypatch):
    pytest.importorskip("regex")
    monkeypatch.setattr(regex_search, "MAX_SECONDS", 0.1)
    caught = []

    def search():
        try:
            matches(re.compile(SLOW), TEXT)
        except QueryError as error:
            caught.append(error)

    thread = threading.Thread(target=search)
    thread.start()
    thread.join(30)
    assert not thread.is_alive()
    assert "takes more than 0.1 seconds for a text of 200 characters" in str(caught[0])


def test_a_query_with_such_a_pattern_is_an_error(tmp_path, monkeypatch):
    """Scanned, and with the index of files."""
    pytest.importorskip("regex")
    monkeypatch.setattr(regex_search, "MAX_SECONDS", 0.1)
    ex = Experiment("slow", save_git_info=False)
    ex.observers.append(FileStorageObserver(tmp_path / "runs"))
    ex.add_config(text=TEXT)
    ex.main(lambda: None)
    ex.run(options={"--loglevel": "ERROR"})
    for _ in range(2):
        with pytest.raises(QueryError, match="takes more than"):
            list(open_store(tmp_path / "runs").runs(f"config.text ~ /{SLOW}/"))
