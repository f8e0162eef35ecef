"""What a user can set, type or catch has its entry in the documentation."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import sacred
from sacred.app.command_registry import COMMANDS, all_commands
from sacred.app.program_arguments import parser_of
from sacred.experiment import gather_command_line_options
from sacred.observers import FileStorageObserver, MongoObserver, QueueObserver
from sacred.settings import SETTINGS, Settings
from tests.conftest import ROOT

DOCS = ROOT / "docs"


def headings(page: Path) -> list[str]:
    """The headings of a page, without their markup."""
    text = page.read_text(encoding="utf-8")
    found = re.findall(r"^(.+)\n([=\-~])\2+$", text, flags=re.MULTILINE)
    return [title.replace("``", "") for title, _ in found]


def settings_in(part: Settings, prefix: str = "") -> Iterator[str]:
    for key, value in part.items():
        if isinstance(value, Settings):
            yield from settings_in(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}"


def public_errors() -> Iterator[type[BaseException]]:
    """The exceptions that the modules of sacred offer, each once."""
    seen = set()
    for module_info in pkgutil.walk_packages(sacred.__path__, "sacred."):
        try:
            module = importlib.import_module(module_info.name)
        except ImportError as error:
            if (error.name or "").startswith("sacred"):
                raise
            continue  # it needs an optional package that is not installed here
        for value in vars(module).values():
            if (
                inspect.isclass(value)
                and issubclass(value, BaseException)
                and not issubclass(value, Warning)
                and value.__module__.startswith("sacred.")
                and not value.__name__.startswith("_")
                and value.__name__ in getattr(module, "__all__", ())
                and value not in seen
            ):
                seen.add(value)
                yield value


def test_each_setting_has_its_heading() -> None:
    written = headings(DOCS / "settings.rst")
    assert [key for key in settings_in(SETTINGS) if key not in written] == []


def test_each_option_has_its_heading() -> None:
    written = headings(DOCS / "command_line.rst")
    wanted = []
    for option in gather_command_line_options():
        short, long = option.get_flags()
        value = "" if option.is_flag else option.arg
        typed = f"{short} {value}".rstrip(), f"{long}={value}".rstrip("=")
        wanted.append(", ".join(typed) if short else typed[1])
    assert [heading for heading in wanted if heading not in written] == []


def test_no_option_is_documented_that_does_not_exist() -> None:
    flags = {option.get_flag() for option in gather_command_line_options()}
    documented = {
        found[0]
        for heading in headings(DOCS / "command_line.rst")
        if heading.startswith("-") and (found := re.findall(r"--[\w-]+", heading))
    }
    assert documented == flags


def test_each_command_has_its_heading() -> None:
    experiment = sacred.Experiment("documented", interactive=True)
    written = headings(DOCS / "command_line.rst")
    commands = [name for name, _ in experiment.gather_commands()]
    assert [name for name in commands if name not in written] == []


def test_each_command_of_the_program_has_its_heading_and_its_options() -> None:
    page = DOCS / "program.rst"
    written, text = headings(page), page.read_text(encoding="utf-8")
    assert [name for name in COMMANDS.names() if f"sacred {name}" not in written] == []
    documented = [title.removeprefix("sacred ") for title in written if title.startswith("sacred ")]
    assert [name for name in documented if name not in COMMANDS] == []
    flags = {
        flag
        for name, command in all_commands().items()
        for flag in re.findall(r"(?<!\S)--[a-z][a-z-]*", parser_of(name, command).format_help())
    }
    assert sorted(flag for flag in flags if flag not in text) == []


@pytest.mark.parametrize("observer", [FileStorageObserver, MongoObserver, QueueObserver])
def test_each_argument_of_an_observer_has_its_heading(observer: type) -> None:
    section = {MongoObserver: "MongoDB"}.get(observer)
    written = headings(DOCS / "observers.rst")
    missing = [
        str(parameter)
        for name, parameter in inspect.signature(observer).parameters.items()
        if not {name, f"{name} ({section})", f"**{name}"} & set(written)
    ]
    assert missing == []


def test_each_public_error_has_its_entry() -> None:
    pages = (DOCS / "errors.rst").read_text(encoding="utf-8")
    entries = set(re.findall(r"^``(\w+)``", pages, flags=re.MULTILINE))
    assert {error.__name__ for error in public_errors()} - entries == set()


def test_each_example_of_the_documentation_exists() -> None:
    for page in DOCS.rglob("*.rst"):
        for name in re.findall(r"literalinclude:: (\S+)", page.read_text(encoding="utf-8")):
            assert (page.parent / name).is_file(), f"{page.name}: {name}"
