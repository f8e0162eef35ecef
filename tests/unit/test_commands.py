"""The built-in commands: exact texts, coloured and not."""

from __future__ import annotations

import json
import logging
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from sacred.commands import (
    COLOR_DIRTY,
    COLOR_DOC,
    ENDC,
    LEGEND,
    ConfigEntry,
    PathEntry,
    _format_config,
    _format_entry,
    _format_named_config,
    _format_named_configs,
    _iterate_marked,
    help_for_command,
    print_config,
    print_dependencies,
    print_named_configs,
    save_config,
)
from sacred.config.config_dict import ConfigDict
from sacred.config.config_scope import ConfigScope
from sacred.config.config_summary import ConfigSummary

BLUE, GREEN, RED, DIM, END = "\x1b[34m", "\x1b[32m", "\x1b[31m", "\x1b[2m", "\x1b[0m"

CONFIG = {
    "a": 1,
    "z": {},
    "b": {"x": 1, "y": {"k": 2}},
    "__doc__": "multi\nline",
    "c": {"__doc__": "sub", "q": "t"},
}
CHANGES = ConfigSummary(
    added={"b.x"},
    modified={"a", "b"},
    typechanged={"b.y.k": (int, float)},
    docs={"a": "doc a", "b": "doc b", "seed": "foo", "b.y.k": "kdoc"},
)


@pytest.fixture(autouse=True)
def no_colour_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)


def test_legend() -> None:
    text = f"({BLUE}modified{END}, {GREEN}added{END}, {RED}typechanged{END}, {DIM}doc{END})"
    assert text == LEGEND


def test_iterate_marked() -> None:
    """Docstrings, values, dicts; each with what is known of it."""
    assert list(_iterate_marked(CONFIG, CHANGES)) == [
        ("__doc__", ConfigEntry("__doc__", "multi\nline", False, False, None, None)),
        ("a", ConfigEntry("a", 1, False, True, None, "doc a")),
        ("z", ConfigEntry("z", {}, False, False, None, None)),
        ("b", PathEntry("b", False, True, None, "doc b")),
        ("b.x", ConfigEntry("x", 1, True, False, None, None)),
        ("b.y", PathEntry("y", False, True, None, None)),
        ("b.y.k", ConfigEntry("k", 2, False, False, (int, float), "kdoc")),
        ("c", PathEntry("c", False, False, None, None)),
        ("c.__doc__", ConfigEntry("__doc__", "sub", False, False, None, None)),
        ("c.q", ConfigEntry("q", "t", False, False, None, None)),
    ]


COLOURED = (
    f"Configuration {LEGEND}:\n"
    f'{DIM}  """multi\n  line"""{END}\n'
    f"{BLUE}  a = 1                              {DIM}# doc a{END}{END}\n"
    "  z = {}\n"
    f"{BLUE}  b:                                 {DIM}# doc b{END}{END}\n"
    f"{GREEN}    x = 1{END}\n"
    f"{BLUE}    y:{END}\n"
    f"{RED}      k = 2                          {DIM}# kdoc{END}{END}\n"
    "  c:\n"
    f'{DIM}    """sub"""{END}\n'
    "    q = 't'"
)
PLAIN = """\
Configuration (modified, added, typechanged, doc):
  \"""multi
  line\"""
  a = 1                              # doc a
  z = {}
  b:                                 # doc b
    x = 1
    y:
      k = 2                          # kdoc
  c:
    \"""sub\"""
    q = 't'
"""


def test_format_config() -> None:
    assert _format_config(CONFIG, CHANGES) == COLOURED
    assert _format_config({}, ConfigSummary()) == f"Configuration {LEGEND}:"


@pytest.mark.parametrize(
    ("entry", "text"),
    [
        (ConfigEntry("a", 1, False, False, None, None), "    a = 1"),
        (ConfigEntry("a", 1, True, False, None, None), f"{GREEN}    a = 1{END}"),
        (ConfigEntry("a", 1, True, True, (int, str), ""), f"{RED}    a = 1{END}"),
        (PathEntry("p", True, False, None, None), f"{GREEN}    p:{END}"),
        (PathEntry("p", False, False, (dict, int), None), f"{RED}    p:{END}"),
        (ConfigEntry("__doc__", "text\nmore", True, False, None, None),
         f'{DIM}    """text\n    more"""{END}'),
        (ConfigEntry("k" * 26, 1, False, False, None, "d"),
         f"    {'k' * 26} = 1   {DIM}# d{END}"),
        (ConfigEntry("k" * 27, 1, False, False, None, "d"),
         f"    {'k' * 27} = 1  {DIM}# d{END}"),
        (ConfigEntry("k" * 28, 1, False, False, None, "d"),
         f"    {'k' * 28} = 1    {DIM}# d{END}"),
    ],
)  # fmt: skip
def test_format_entry(entry: ConfigEntry | PathEntry, text: str) -> None:
    assert _format_entry(4, entry) == text


def test_long_values_are_pretty_printed() -> None:
    entry = ConfigEntry("xs", list(range(40)), False, False, None, None)
    text = _format_entry(2, entry)
    assert text.startswith("  xs = [0,\n 1,\n 2,\n")
    assert text.endswith("\n 39]")


def test_keys_of_several_types() -> None:
    """They need not compare."""
    config = {1: "one", "a": {2: "two", "b": {None: 0, "c": {3: 4, "d": 5}}}, None: "none"}
    assert _format_config(config, ConfigSummary()).splitlines()[1:] == [
        "  None = 'none'",
        "  1 = 'one'",
        "  a:",
        "    2 = 'two'",
        "    b:",
        "      None = 0",
        "      c:",
        "        3 = 4",
        "        d = 5",
    ]


# ------------------------------------------------------------------- commands


def _run(**attributes: Any) -> Any:
    return SimpleNamespace(config=CONFIG, config_modifications=CHANGES, **attributes)


def test_print_config_in_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    print_config(_run())
    assert capsys.readouterr().out == PLAIN


@pytest.mark.parametrize(
    ("variables", "coloured"),
    [
        ({"FORCE_COLOR": "1"}, True),
        ({"FORCE_COLOR": "0"}, False),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
    ],
)
def test_print_config_respects_the_environment(
    variables: dict[str, str],
    coloured: bool,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    print_config(_run())
    assert capsys.readouterr().out == (f"{COLOURED}\n" if coloured else PLAIN)


def _info(**repositories: bool) -> dict[str, Any]:
    return {
        "dependencies": ["numpy==2.4.6", "a-name-that-is-rather-long==1"],
        "sources": [("prog.py", "40f4986a"), ("a/rather/long/path/to/some/file/of/mine.py", "0")],
        "repositories": [
            {"url": f"https://example.org/{name}.git", "commit": "aa00e5", "dirty": dirty}
            for name, dirty in repositories.items()
        ],
    }


DEPENDENCIES = """\
Dependencies:
  numpy                == 2.4.6
  a-name-that-is-rather-long == 1

Sources:
  prog.py                                      40f4986a
  a/rather/long/path/to/some/file/of/mine.py   0

"""


def test_print_dependencies(capsys: pytest.CaptureFixture[str]) -> None:
    print_dependencies(_run(experiment_info=_info()))
    assert capsys.readouterr().out == DEPENDENCIES


def test_print_dependencies_with_repositories(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """M marks those with uncommitted changes, in red on a terminal."""
    run = _run(experiment_info=_info(clean=False, dirty=True))
    clean = "  https://example.org/clean.git                aa00e5\n"
    dirty = "M https://example.org/dirty.git                aa00e5"
    print_dependencies(run)
    expected = f"{DEPENDENCIES}Version Control:\n{clean}{dirty}\n\n"
    assert capsys.readouterr().out == expected
    monkeypatch.setenv("FORCE_COLOR", "1")
    print_dependencies(run)
    assert f"\n{COLOR_DIRTY}{dirty}{ENDC}\n" in capsys.readouterr().out


def test_repository_without_url(capsys: pytest.CaptureFixture[str]) -> None:
    info = _info()
    info["repositories"] = [{"url": None, "commit": None, "dirty": False}]
    print_dependencies(_run(experiment_info=info))
    assert "Version Control:\n" in capsys.readouterr().out


def test_save_config(tmp_path: Any, caplog: pytest.LogCaptureFixture) -> None:
    """The name of the file is not part of what is saved; a message says where."""
    target = str(tmp_path / "mine.json")
    log = logging.getLogger("save_config")
    with caplog.at_level("INFO"):
        save_config({"b": [1], "a": 2, "config_filename": target}, log, target)
    assert json.loads((tmp_path / "mine.json").read_text()) == {"a": 2, "b": [1]}
    assert caplog.messages == [f'Saving config to "{target}"']


def test_save_config_with_an_unknown_suffix(tmp_path: Any) -> None:
    with pytest.raises(ValueError, match=r"\.foo"):
        save_config({"a": 1}, logging.getLogger("save_config"), str(tmp_path / "x.foo"))


# -------------------------------------------------------------- named configs


def one() -> None:
    """One line."""
    a = 1


def several() -> None:
    """First line

    and more
      indented
    """
    a = 1


def undocumented() -> None:
    a = 1


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (ConfigScope(one), f"  name{COLOR_DOC}   # One line.{ENDC}"),
        (ConfigScope(several),
         f'  name{COLOR_DOC}\n    """{several.__doc__.replace(chr(10), chr(10) + "  ")}"""{ENDC}'),
        (ConfigScope(undocumented), "  name"),
        (ConfigDict({"a": 1}), "  name"),
    ],
)  # fmt: skip
def test_format_named_config(source: Any, text: str) -> None:
    """Docstrings stand beside or below; those of our classes are nobody's business."""
    assert _format_named_config(2, "name", source) == text


def test_a_docstring_keeps_its_own_indentation() -> None:
    def named() -> None:
        pass

    named.__doc__ = "First line\n    second\n       third\n    "
    assert _format_named_config(2, "fast", named) == (
        f'  fast{COLOR_DOC}\n    """First line\n      second\n         third\n      """{ENDC}'
    )
    named.__doc__ = "   a\n"
    assert _format_named_config(4, "fast", named) == f"    fast{COLOR_DOC}   # a{ENDC}"


def test_docstrings_of_nested_scopes_keep_their_indentation() -> None:
    """As the script has it, blank lines and the last line included (0.8.7 prints the same)."""

    class Nested:
        @ConfigScope
        def scope() -> None:
            """
            Two
              lines

            """

    doc = Nested.scope.__doc__
    assert doc is not None
    text = _format_named_config(2, "deep", Nested.scope)
    first, *others = text.removesuffix(f'"""{ENDC}').split("\n")
    assert first == f"  deep{COLOR_DOC}"
    assert others[0] == '    """'
    assert others[1:] == [f"  {line}" for line in doc.split("\n")[1:]]
    assert others[2].index("lines") - others[1].index("Two") == 2


def test_format_named_configs() -> None:
    header = f"Named Configurations ({COLOR_DOC}doc{ENDC}):\n"
    assert _format_named_configs({}) == f"{header}  No named configs"
    named = {"z": ConfigScope(undocumented), "a": ConfigScope(one)}
    expected = f"{header}    z\n    a{COLOR_DOC}   # One line.{ENDC}"
    assert _format_named_configs(named, indent=4) == expected


def test_print_named_configs(capsys: pytest.CaptureFixture[str]) -> None:
    """A command made for one ingredient; it looks when it runs."""
    named: list[Any] = []
    ingredient: Any = SimpleNamespace(gather_named_configs=lambda: iter(named))
    command = print_named_configs(ingredient)
    assert command.__name__ == "print_named_configs"
    named.append(("data.fast", ConfigScope(one)))
    command()
    out = capsys.readouterr().out
    assert out == "Named Configurations (doc):\n  data.fast   # One line.\n"


# ----------------------------------------------------------------------- help


def test_help_for_command() -> None:
    def train(C, *, steps=10, _seed=None):  # type: ignore[no-untyped-def]
        """Train.

        Args:
            C: penalty
        """

    text = "train(C, *, steps=10, _seed=None)\n    Train.\n\n    Args:\n        C: penalty\n"
    assert help_for_command(train) == text


def test_help_for_command_without_docstring() -> None:
    assert help_for_command(undocumented) == "undocumented() -> None\n"


@pytest.mark.parametrize(
    "command", [print_config, print_dependencies, save_config, print_named_configs]
)
def test_help_for_the_built_in_commands(command: Any) -> None:
    assert command.__name__ in help_for_command(command)


def test_annotations_stand_without_quotes() -> None:
    """Also those that only type checkers can look up."""

    def train(C: Unknown, n: int = 5) -> list[Unknown]:  # type: ignore[name-defined]  # noqa: F821
        return []

    assert help_for_command(train) == "train(C: Unknown, n: int = 5) -> list[Unknown]\n"


def test_help_for_what_has_no_signature() -> None:
    text = help_for_command(SimpleNamespace(__name__="odd"))  # type: ignore[arg-type]
    assert text.startswith("odd(...)\n")


def test_classes_are_shown_by_their_dotted_names() -> None:
    shown = _format_entry(0, ConfigEntry("kinds", [Decimal, {"n": int}], False, False, None, None))
    assert shown == "kinds = [decimal.Decimal, {'n': int}]"
