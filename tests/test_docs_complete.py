"""What a user can set, type or catch has its entry in the documentation."""

from __future__ import annotations

import ast
import dataclasses
import importlib
import inspect
import pkgutil
import re
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import sacred
from sacred import events, status
from sacred.app.command_registry import COMMANDS, all_commands
from sacred.app.program_arguments import parser_of
from sacred.experiment import gather_command_line_options
from sacred.observers import FileStorageObserver, MongoObserver, QueueObserver, StoreObserver
from sacred.query.fields import ALIASES, FIELDS
from sacred.settings import SETTINGS, Settings
from sacred.stores import MemoryStore
from sacred.stores.claims import Lease, QueueEntry
from sacred.verdicts.verdict import EXIT_CODES
from tests.conftest import ROOT
from tests.test_names import NAMES

DOCS = ROOT / "docs"
MODULES = sorted((ROOT / "sacred").rglob("*.py"))
#: Packages all of whose public names are for users.
PACKAGES = [
    "sacred",
    *(
        f"sacred.{name}"
        for name in (
            "observers", "stores", "runs", "records", "query", "statistics", "sweeps", "upkeep",
            "executors", "board", "app", "events", "status", "serializer", "config", "randomness",
            "settings", "host_info", "dependencies", "run", "experiment", "ingredient", "testing",
        )
    ),
]  # fmt: skip


def headings(page: Path) -> list[str]:
    """The headings of a page, without their markup."""
    text = page.read_text(encoding="utf-8")
    found = re.findall(r"^(.+)\n([=\-~])\2+$", text, flags=re.MULTILINE)
    return [title.replace("``", "") for title, _ in found]


def sections(page: Path) -> dict[str, str]:
    """The texts below the headings of a page, by heading; parents do not have those below."""
    text = page.read_text(encoding="utf-8")
    parts = re.split(r"^(.+)\n([=\-~])\2+$", text, flags=re.MULTILINE)
    return {
        title.replace("``", ""): body for title, body in zip(parts[1::3], parts[3::3], strict=True)
    }


def rows(text: str) -> set[str]:
    """What stands as code in the first column of tables."""
    return code_in(re.findall(r"^ *\* - (.+)$", text, flags=re.MULTILINE))


def terms(text: str) -> set[str]:
    """What stands as code in the terms of lists of definitions."""
    return code_in(re.findall(r"^(``.+)\n {4}", text, flags=re.MULTILINE))


def code_in(texts: list[str]) -> set[str]:
    return {name for text in texts for name in re.findall(r"``([^`]+)``", text)}


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


@pytest.mark.parametrize(
    ("observer", "page"),
    [
        ("GoogleCloudStorageObserver", "buckets"),
        ("S3Observer", "buckets"),
        ("SlackObserver", "messages"),
        ("SqlObserver", "sql"),
        ("TelegramObserver", "messages"),
        ("TinyDbObserver", "tinydb"),
        ("WebhookObserver", "messages"),
    ],
)
def test_the_page_of_an_observer_names_its_arguments(observer: str, page: str) -> None:
    text = (DOCS / f"{page}.rst").read_text(encoding="utf-8")
    assert observer in text
    arguments = inspect.signature(getattr(sacred.observers, observer)).parameters
    assert [name for name in arguments if not re.search(rf"\b{name}\b", text)] == []


def test_each_field_of_queries_is_named() -> None:
    pages = ("querying.rst", "stored_fields.rst")
    text = "".join((DOCS / page).read_text(encoding="utf-8") for page in pages)
    missing = [name for name in (*FIELDS, *ALIASES) if not re.search(rf"\b{name}\b", text)]
    assert missing == []


def test_each_public_error_has_its_entry() -> None:
    pages = (DOCS / "errors.rst").read_text(encoding="utf-8")
    entries = set(re.findall(r"^``(\w+)``", pages, flags=re.MULTILINE))
    assert {error.__name__ for error in public_errors()} - entries == set()


@pytest.mark.parametrize("module", sorted({*PACKAGES, *NAMES}))
def test_each_public_name_has_its_row(module: str) -> None:
    if module == "sacred.observers.sql_bases":
        pytest.importorskip("sqlalchemy")
    public = getattr(importlib.import_module(module), "__all__", ()) if module in PACKAGES else ()
    wanted = {*public, *NAMES.get(module, "").split()}
    assert wanted == rows(sections(DOCS / "names.rst")[module])


def test_each_event_has_its_heading_its_method_and_its_arguments() -> None:
    written = sections(DOCS / "events.rst")
    for name in events.__all__:
        event = getattr(events, name)
        if not (inspect.isclass(event) and issubclass(event, events.Event)):
            continue
        if event is events.Event:
            continue
        call = re.search(r"``(\w+)\(([^`]*)\)``", written[name])
        assert call is not None, name
        told = [part.partition("=")[0] for part in call[2].split(", ")]
        assert set(told) == names_of(event), name
        if event is not events.LastHeartbeat:  # which looks for a method of its own
            assert call[1] == event.method
    assert {policy.name for policy in events.OnFailure} <= set(
        re.findall(r"^``(\w+)``", written["What if an observer fails"], flags=re.MULTILINE)
    )


def names_of(kind: Any) -> set[str]:
    """The fields of a frozen class."""
    return {field.name for field in dataclasses.fields(kind)}


def test_each_stored_field_has_its_row() -> None:
    store = MemoryStore()
    experiment = sacred.Experiment("stored", interactive=True)
    experiment.observers.append(StoreObserver(store))
    experiment.add_config(lr=0.1)

    @experiment.main
    def main(_run: Any, lr: float) -> float:
        _run.log_scalar("loss", lr)
        return lr

    options = {"--tag": "a", "--group": "b", "--comment": "c", "--priority": 1}
    run = experiment.run(config_updates={"lr": 1.0}, options=options)
    fields = set(events.DETAIL_FIELDS)
    document = store.reader().document(run._id, [*sacred.records.TIME_FIELDS, *fields, "meta"])
    document |= store.reader().document(run._id)
    written = sections(DOCS / "stored_fields.rst")
    made_by_readers = {"sources"}
    assert fields | set(document) - made_by_readers <= rows(written["The run"])
    for part in ("meta", "experiment", "host"):
        assert set(document[part]) <= rows(written[part]), part
    assert {"tags", "group", "config_updates", "process"} <= set(document["meta"])
    assert names_of(QueueEntry) - {"run_id"} == rows(written["States in the queue"])
    assert [name for name in names_of(Lease) if name not in written["States in the queue"]] == []


def test_each_table_of_sql_databases_has_its_row_and_its_columns() -> None:
    pytest.importorskip("sqlalchemy")
    from sacred.stores.sql.claims import ENTRIES
    from sacred.stores.sql.tables import TABLES

    text = sections(DOCS / "stored_fields.rst")["Tables of SQL databases"]
    parts = re.split(r"^    \* - ", text, flags=re.MULTILINE)[2:]
    documented = {}
    for part in parts:
        table, _, columns = part.split("\n      - ")
        documented[table.strip("`")] = set(re.findall(r"``(\w+)``", columns))
    tables = [*TABLES.values(), ENTRIES]
    assert documented == {t.name: {column.name for column in t.columns} for t in tables}


def test_each_status_and_verdict_has_its_row() -> None:
    written = sections(DOCS / "stored_fields.rst")
    statuses = {getattr(status, name) for name in status.__all__ if name.isupper()}
    assert {text for text in statuses if isinstance(text, str)} == rows(written["Statuses"])
    assert set(EXIT_CODES) == rows(written["Verdicts"])


def test_each_route_of_the_board_has_its_heading_and_its_parameters() -> None:
    pytest.importorskip("starlette")
    from sacred.board.api.routes import OPERATIONS
    from sacred.board.api.schemas import SCHEMAS

    written = sections(DOCS / "rest_api.rst")
    routes = {f"{operation.method} {operation.path}": operation for operation in OPERATIONS}
    assert set(routes) == {title for title in written if re.match("[A-Z]+ /", title)}
    for route, operation in routes.items():
        text = written[route]
        assert {p.name for p in operation.parameters} == rows(text), route
        assert f"``{operation.result}``" in text, route
        assert operation.body is None or f"Body: ``{operation.body}``" in text, route
    for name, schema in SCHEMAS.items():
        assert set(schema.get("properties", ())) == rows(written[name]), name


def test_each_group_of_entry_points_has_its_entry() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in MODULES)
    groups = set(re.findall(r'Registry\(\s*"(sacred\.\w+)"|plugins="(sacred\.\w+)"', source))
    named = {first or second for first, second in groups} - {"sacred.example_formats"}
    assert len(named) >= 7
    assert named - terms(sections(DOCS / "extending.rst")["The groups"]) == set()


def environment_variables() -> Iterator[str]:
    """The variables that modules of the library name: those of its own, and those that it reads."""
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                if re.fullmatch(r"SACRED_[A-Z_]+", node.value):
                    yield node.value
            elif isinstance(node, ast.Call | ast.Subscript):
                asked = node.func if isinstance(node, ast.Call) else node.value
                if re.fullmatch(r"os\.environ(\.get)?|os\.getenv", ast.unparse(asked)):
                    key = node.slice if isinstance(node, ast.Subscript) else node.args[0]
                    if isinstance(key, ast.Constant):
                        yield str(key.value)


def test_each_environment_variable_has_its_entry() -> None:
    written = terms((DOCS / "environment_variables.rst").read_text(encoding="utf-8"))
    found = set(environment_variables())
    assert "SACRED_STORE" in found
    # The rest of its name is that of a parameter.
    known = written | {"SACRED_PARAM_"} if "SACRED_PARAM_NAME" in written else written
    assert found - known == set()


# --------------------------------------------------------------------------------------- links

TEXTS = [
    ROOT / name for name in ("README.rst", "CONTRIBUTING.rst", "CHANGELOG.rst", "ARCHITECTURE.md")
]


#: Pages that Sphinx makes.
GENERATED = ("genindex", "modindex", "search")


def test_links_to_pages_and_labels_lead_somewhere() -> None:
    pages = {page: page.read_text(encoding="utf-8") for page in DOCS.rglob("*.rst")}
    labels, titles = set(GENERATED), set(GENERATED)
    for text in pages.values():
        labels |= set(re.findall(r"^ *\.\. _([^:`]+):$", text, flags=re.MULTILINE))
        titled = re.findall(r"((?:^\.\. _[^:`]+:\n+)+)^.+\n([=\-~])\2+$", text, flags=re.MULTILINE)
        titles |= {label for above, _ in titled for label in re.findall("_([^:]+):", above)}
    broken = []
    for page, text in pages.items():
        for role, shown, target in re.findall(r":(doc|ref):`([^`<]*<)?([^`<>]+)>?`", text):
            if role == "ref":
                # Without a text of its own, a link shows the heading below the label.
                is_there = target in (labels if shown else titles)
            else:
                start = DOCS if target.startswith("/") else page.parent
                is_there = (start / f"{target.lstrip('/')}.rst").is_file()
            if not is_there:
                broken.append(f"{page.relative_to(DOCS)}: {role} {target}")
    assert broken == []


def test_each_page_is_in_a_table_of_contents() -> None:
    listed = {DOCS / "index.rst"}
    for page in DOCS.rglob("*.rst"):
        for block in re.findall(r"\.\. toctree::\n((?:[ ]+.*\n|\n)+)", page.read_text("utf-8")):
            for line in block.splitlines():
                name = re.sub(r".*<(.+)>", r"\1", line.strip())
                if name and not name.startswith(":"):
                    listed.add((page.parent / f"{name}.rst").resolve())
    assert set(DOCS.rglob("*.rst")) - listed == set()


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)
def test_pages_that_other_texts_name_exist(path: Path) -> None:
    named = set(re.findall(r"\bdocs/[\w/]+\.(?:rst|png|svg|ipynb)", path.read_text("utf-8")))
    assert {name for name in named if not (ROOT / name).is_file()} == set()


def test_addresses_in_the_documentation_are_well_formed() -> None:
    wrong = []
    for path in [*DOCS.rglob("*.rst"), *TEXTS]:
        for address in re.findall(r"`[^`<]*<(https?:[^>]*)>`_", path.read_text("utf-8")):
            parts = urllib.parse.urlsplit(address)
            if not re.fullmatch(r"[\w.-]+\.\w+(:\d+)?", parts.netloc) or re.search(r"\s", address):
                wrong.append(f"{path.name}: {address}")
    assert wrong == []


def test_the_readme_stays_short_and_has_one_picture() -> None:
    text = (ROOT / "README.rst").read_text(encoding="utf-8")
    assert text.count(".. image::") == 1
    # Two of its columns stand side by side.
    assert len(text.splitlines()) <= 130


def test_the_guide_to_statistics_has_two_pages() -> None:
    text = (DOCS / "guides" / "better_or_luck.rst").read_text(encoding="utf-8")
    prose = [line for line in text.splitlines() if not line.startswith("    ")]
    assert 500 < len(" ".join(prose).split()) <= 900
    assert len(text.split()) <= 1000


def test_each_example_of_the_documentation_exists() -> None:
    for page in DOCS.rglob("*.rst"):
        for name in re.findall(r"literalinclude:: (\S+)", page.read_text(encoding="utf-8")):
            assert (page.parent / name).is_file(), f"{page.name}: {name}"
