"""The program on a terminal, which a pty is."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sacred import annotate, open_store
from sacred.observers import StoreObserver
from sacred.stores.changes import AddFile
from sacred.stores.schemes import store_from_url
from sacred.testing import drive
from tests.integration.test_program import runs as runs  # the same four runs
from tests.services.terminals import needs_terminals

pytestmark = needs_terminals
pty = pytest.importorskip("pty", reason="only POSIX has pseudo-terminals")


def on_terminal(
    *argv: str, columns: int = 80, cwd: Path, code: int = 0, **environment: str
) -> list[str]:
    """The lines that the program prints on a terminal."""
    import fcntl
    import struct
    import termios

    inner, outer = pty.openpty()
    fcntl.ioctl(outer, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "SACRED_STORE")
    }
    with subprocess.Popen(
        [sys.executable, "-m", "sacred", *argv],
        cwd=cwd,
        env={**kept, "TERM": "xterm", "PYTHONIOENCODING": "utf-8", **environment},
        stdin=outer,
        stdout=outer,
        stderr=outer,
        close_fds=True,
    ) as process:
        os.close(outer)
        text = b""
        while True:
            try:
                piece = os.read(inner, 65536)
            except OSError:  # EIO: the other side is closed
                break
            if not piece:
                break
            text += piece
        assert process.wait() == code, text
    os.close(inner)
    return text.decode().splitlines()


def plain(lines: list[str]) -> list[str]:
    return [re.sub(r"\x1b\[\d*m", "", line) for line in lines]


def test_statuses_are_coloured(runs: Path) -> None:
    lines = on_terminal("ls", cwd=runs.parent)
    assert "\x1b[1mid\x1b[0m" in lines[0]
    assert any("\x1b[31mFAILED\x1b[0m" in line for line in lines)
    assert any("\x1b[32mCOMPLETED\x1b[0m" in line for line in lines)


def test_no_color_is_respected(runs: Path) -> None:
    lines = on_terminal("ls", cwd=runs.parent, NO_COLOR="1")
    assert lines == plain(lines)


@pytest.mark.parametrize("columns", [30, 50, 70, 200])
def test_tables_fit_the_terminal(runs: Path, columns: int) -> None:
    lines = plain(
        on_terminal(
            "ls", "--columns", "id,status,host.os,lr,result", columns=columns, cwd=runs.parent
        )
    )
    table = [line for line in lines if not line.startswith("not enough room for")]
    assert len(table) == 5
    assert max(map(len, table)) <= columns
    assert "COMPLETED" in table[1]
    assert ("…" in table[1]) == (columns < 200)


def test_a_long_list_ends_with_a_remark(tmp_path: Path) -> None:
    store = store_from_url(tmp_path / "runs")
    for _ in range(51):
        store.create(None, {"status": "COMPLETED", "config": {}, "experiment": {}}, [])
    store.close()
    lines = plain(on_terminal("ls", cwd=tmp_path))
    assert len(lines) == 52
    assert lines[1].split()[0] == "51"
    assert lines[-1] == "showing the newest 50 runs; --all shows all"
    assert len(on_terminal("ls", "--all", cwd=tmp_path)) == 52


def test_what_a_run_has_stored_cannot_act_on_the_terminal(tmp_path: Path) -> None:
    store = store_from_url(tmp_path / "runs")
    evil: dict[str, Any] = {
        "status": "FAILED",
        "config": {"x\x1b]0;evil\x07": "\x1b[2J"},
        "experiment": {"name": "\x1b[5m"},
        "result": "\x1b[31m",
        "fail_trace": ["Traceback\n", "\x1b[31mError\n"],
    }
    store.create(None, evil, [])
    store.close()
    for command in ("ls", "show", "config", "fields", "diff"):
        ids = {"ls": [], "fields": [], "diff": ["1", "1", "--all"]}.get(command, ["1"])
        text = "\n".join(on_terminal(command, *ids, cwd=tmp_path, NO_COLOR="1"))
        assert "\x1b" not in text, command
        assert "\x07" not in text, command


def test_binary_files_are_not_printed(tmp_path: Path) -> None:
    store = store_from_url(tmp_path / "runs")
    run_id = store.create(None, {"status": "COMPLETED", "config": {}, "experiment": {}}, [])
    (tmp_path / "model.bin").write_bytes(b"\0\1")
    store.apply(
        run_id, [AddFile(kind="artifact", name="model.bin", path=str(tmp_path / "model.bin"))]
    )
    store.close()
    lines = on_terminal("cat", "1:model.bin", cwd=tmp_path, code=1)
    assert lines[-1].endswith(
        "model.bin is no text. Into a file: sacred cat 1:model.bin > model.bin"
    )


def test_runs_that_are_compared_are_all_there_on_a_narrow_terminal(runs: Path) -> None:
    """What has no room side by side stands in lists."""
    wanted = ("diff", "1", "2", "4", "--only", "config,outcome", "-s", str(runs))
    wide = plain(on_terminal(*wanted, cwd=runs, columns=80))
    assert wide[0].split() == ["part", "entry", "1", "2", "4"]
    narrow = plain(on_terminal(*wanted, cwd=runs, columns=24))
    assert narrow == [
        "config lr",
        "  1  0.1",
        "  2  0.01",
        "  4  0.5",
        "outcome result",
        "  1  0.9",
        "  2  0.99",
        "  4  0.5",
    ]


HOSTILE = "\x1b]0;title\x07\x1b[2J\x1b[31m\x9b5n\u202egnp.exe\u2066\x1b[0m"
#: All that a terminal must not be sent, but for the colours of the program itself.
ACTED_UPON = re.compile(
    r"\x1b(?!\[(?:(?:1|2|31|32|33|34|0)m|K))|[\x07\x08\x80-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """A directory with two runs, in which all names and values are hostile."""
    store = open_store(tmp_path / "runs")
    for number in range(2):
        observer = StoreObserver(store.backend)
        name = f"{HOSTILE}{number}"
        source = tmp_path / "source.py"
        source.write_text(f"# {name}\n\tpass\n")
        run_id = drive.start(
            observer,
            config={"entry": {name: name}},
            meta_info={"comment": name},
            ex_info={"name": name, "base_dir": str(tmp_path), "sources": [("source.py", "1")]},
        )
        drive.beat(observer, f"{HOSTILE} {number}%\r\n\x1b[1;32mgreen", {name: name})
        drive.log(observer, {name: [1.0, 2.0]})
        artifact = tmp_path / f"file{number}"
        artifact.write_text(name)
        observer.artifact_event(name=name.replace("/", ""), filename=str(artifact))
        observer.failed_event(fail_time=drive.T0, fail_trace=[name, "\n"])
        annotate(store, run_id, add_tags=[name], notes=name, group=name)
    return tmp_path


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("ls",), 0),
        (("ls", "--columns", "id,name,tags,notes,group,comment"), 0),
        (("ls", "--json"), 0),
        (("ls", "--csv", "--columns", "name,tags"), 0),
        (("ls", "--html", "--columns", "name"), 0),
        (("ls", f"`{HOSTILE}` = 1"), 0),
        (("ls", f"x = 1 {HOSTILE}"), 1),
        (("fields",), 0),
        (("show", "1"), 0),
        (("show", "1", "--json"), 0),
        (("show", HOSTILE), 1),
        (("config", "1"), 0),
        (("config", "1", f"entry.{HOSTILE}9"), 1),
        (("metrics", "1"), 0),
        (("metrics", "1", "--plot"), 0),
        (("metrics", "1", "nothing"), 1),
        (("files", "1"), 0),
        (("files", "1", "--save", "copies"), 0),
        (("cat", "1:nothing"), 1),
        (("diff", "1", "2", "--code"), 0),
        (("doctor", "1"), 0),
        (("export",), 0),
        (("tag", "1", f"+{HOSTILE}"), 0),
        (("copy", "runs", f"file:{HOSTILE.replace('/', '')}"), 0),
        (("-s", f"nothing:{HOSTILE}", "ls"), 1),
        ((HOSTILE,), 2),
    ],
)
def test_nothing_that_is_stored_or_typed_acts_upon_the_terminal(
    hostile: Path, words: tuple[str, ...], code: int
) -> None:
    shown = "\n".join(on_terminal(*words, cwd=hostile, code=code, SACRED_STORE="runs"))
    assert ACTED_UPON.search(shown) is None
    assert "\x1b[31m\\x9b" not in shown


def test_logs_keep_colours_and_nothing_else_that_terminals_act_upon(hostile: Path) -> None:
    shown = "\n".join(on_terminal("-s", "runs", "logs", "1", cwd=hostile))
    assert ACTED_UPON.search(shown.replace("\x1b[1;32m", "")) is None
    assert "\x1b[1;32mgreen\x1b[0m" in shown
    raw = "\n".join(on_terminal("-s", "runs", "logs", "1", "--raw", cwd=hostile))
    assert HOSTILE in raw
    artifact = HOSTILE.replace("/", "") + "0"
    shown = "\n".join(on_terminal("-s", "runs", "cat", "1", artifact, cwd=hostile))
    assert ACTED_UPON.search(shown) is None
    assert "gnp.exe" in shown
