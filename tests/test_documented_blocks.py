"""Each block of code of README and documentation is executed or read, or says why it is not."""

from __future__ import annotations

import ast
import configparser
import json
import re
import subprocess
import sys
import textwrap
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.conftest import ROOT
from tests.services import sessions
from tests.test_documented_commands import typed_lines_in

PAGES = [ROOT / "README.rst", *sorted((ROOT / "docs").rglob("*.rst"))]
_DIRECTIVE = re.compile(r"^(?P<indent> *)(?:(?:\* )?- )?\.\. code-block:: (?P<language>\S+)$")
#: The comment in front of a block that nothing executes, with the reason.
_NOT_RUN = re.compile(r"^ *\.\. not run: (?P<reason>\S.*)$")
_DATA = {"toml", "yaml", "json", "ini"}


class Block(NamedTuple):
    """A literal block of a page."""

    page: Path
    line: int
    language: str
    text: str
    above: list[str]

    @property
    def where(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"

    @property
    def reason(self) -> str | None:
        """Why it is not executed, if it says so."""
        found = (_NOT_RUN.match(line) for line in self.above)
        return next((match["reason"] for match in found if match), None)

    @property
    def is_skipped(self) -> bool:
        return any(line.strip() == ".. skip: next" for line in self.above)

    @property
    def is_executed(self) -> bool:
        if self.language == "python":
            return not self.is_skipped
        return bool(re.search(r"^(?:\$|>>>) ", self.text, flags=re.MULTILINE))


def blocks(page: Path, text: str) -> Iterator[Block]:
    """The literal blocks of a page, by directive or by two colons."""
    lines = text.splitlines()
    for number, line in enumerate(lines):
        if directive := _DIRECTIVE.match(line):
            language, indent = directive["language"], len(directive["indent"])
        elif line.rstrip().endswith("::") and not line.strip().startswith(".. "):
            language, indent = "", len(line) - len(line.lstrip())
        else:
            continue
        body = []
        for below in lines[number + 1 :]:
            if below.strip() and len(below) - len(below.lstrip()) <= indent:
                break
            body.append(below)
        above = [above for above in lines[max(0, number - 4) : number] if above.strip()]
        content = textwrap.dedent("\n".join(body)).strip("\n")
        yield Block(page, number + 1, language, content, _comments_at_the_end(above))


def _comments_at_the_end(lines: list[str]) -> list[str]:
    """The comments right above a block."""
    kept: list[str] = []
    for line in reversed(lines):
        if not re.match(r"^ *\.\. (?:not run:|skip:)", line):
            break
        kept.insert(0, line)
    return kept


BLOCKS = [block for page in PAGES for block in blocks(page, page.read_text(encoding="utf-8"))]


def test_each_block_is_executed_or_read_or_says_why_it_is_not() -> None:
    unexplained = [
        block.where
        for block in BLOCKS
        if not block.is_executed
        and block.language not in _DATA
        and not typed_lines_in(textwrap.indent(block.text, "    "))
        and block.reason is None
    ]
    assert unexplained == []
    assert len(BLOCKS) > 200


def test_no_block_that_is_executed_says_that_it_is_not() -> None:
    assert [block.where for block in BLOCKS if block.is_executed and block.reason] == []
    assert [b.where for b in BLOCKS if b.is_skipped and not b.reason] == []


def test_python_that_is_not_executed_is_python_all_the_same() -> None:
    for block in BLOCKS:
        if block.language == "python":
            ast.parse(block.text, block.where)


def test_data_can_be_read() -> None:
    yaml = pytest.importorskip("yaml")
    readers = {
        "toml": tomllib.loads,
        "yaml": yaml.safe_load,
        "json": json.loads,
        "ini": configparser.RawConfigParser(strict=False).read_string,
    }
    for block in BLOCKS:
        if block.language in _DATA:
            try:
                readers[block.language](block.text)
            except Exception as error:
                raise AssertionError(block.where) from error


def test_a_block_without_a_reason_is_found() -> None:
    page = ROOT / "docs/page.rst"
    (bare,) = blocks(page, "Do this::\n\n    rm -rf runs\n")
    assert (bare.reason, bare.is_executed, bare.where) == (None, False, "docs/page.rst:1")
    (explained,) = blocks(page, ".. not run: no network\n\n.. code-block:: bash\n\n    wget x\n")
    assert (explained.reason, explained.text) == ("no network", "wget x")
    (far,) = blocks(page, ".. not run: no network\n\nRead on.\n\nDo this::\n\n    wget x\n")
    assert far.reason is None
    (session,) = blocks(page, "Type::\n\n    $ sacred ls\n    nothing\n")
    assert session.is_executed


@pytest.mark.parametrize("guide", ["writing_an_executor", "writing_an_observer"])
def test_the_suites_of_the_guides_pass(guide: str, tmp_path: Path) -> None:
    page = ROOT / f"docs/guides/{guide}.rst"
    code = [block.text for block in BLOCKS if block.page == page and block.language == "python"]
    (tmp_path / "test_guide.py").write_text("\n\n".join(code), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_guide.py"],
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"\b[1-9]\d* passed", done.stdout)


@pytest.mark.timeout(600)
def test_the_commands_of_the_readme_do_something(tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    (tmp_path / "examples").mkdir()
    script = (ROOT / "examples/iris.py").read_text(encoding="utf-8")
    (tmp_path / "examples/iris.py").write_text(script, encoding="utf-8")
    (block,) = (
        block
        for block in BLOCKS
        if block.page.name == "README.rst" and "print_config" in block.text
    )
    first = sessions.execute(".venv/bin/python examples/iris.py with C=2.0", tmp_path)
    printed = {"first": first}
    for line in block.text.splitlines():
        command = re.sub(r"\s{2,}#.*", "", line)
        if "pip" not in command and "localhost" not in command:
            printed[command] = sessions.execute(command, tmp_path)
    assert 'Started run with ID "1"' in first
    config, run, found, diff, curves, report = list(printed.values())[1:]
    assert "kernel = 'linear'" in config
    assert "105 flowers" in run
    assert [line.split()[0] for line in sorted(found.splitlines())] == ["1", "2", "id"]
    assert "kernel" in diff
    assert "validation.accuracy" in curves
    assert "report.html" in report
    assert "<table" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_the_query_in_sql_finds_the_points(tmp_path: Path) -> None:
    sqlalchemy = pytest.importorskip("sqlalchemy")
    from sacred import Experiment
    from sacred.observers import SqlObserver

    (block,) = (block for block in BLOCKS if block.language == "sql")
    url = f"sqlite:///{tmp_path}/runs.db"
    ex = Experiment("sql", interactive=True)
    ex.observers.append(SqlObserver(url))

    @ex.main
    def main(_run: object) -> None:
        for step in range(3):
            ex.log_scalar("loss", step / 2, step)

    ex.run(options={"--loglevel": "ERROR", "--id": "7"})
    engine = sqlalchemy.create_engine(url)
    with engine.connect() as connection:
        rows = [tuple(row) for row in connection.execute(sqlalchemy.text(block.text))]
    engine.dispose()
    assert rows == [(0, 0.0), (1, 0.5), (2, 1.0)]
