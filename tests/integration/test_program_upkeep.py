"""The commands of the program that change stores."""

from __future__ import annotations

import datetime
import io
import json
import os
import re
import stat
import sys
from pathlib import Path

import pytest

from sacred.app import main
from sacred.observers.store_observer import StoreObserver
from sacred.runs import open_store
from sacred.stores.files.store import local_file_store
from sacred.stores.store import Store, StoreError, StoreUnavailableError
from sacred.testing import drive
from sacred.upkeep import annotate, find_garbage


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    """An empty directory with three runs in ``runs``; whatever the user has is not there."""
    monkeypatch.chdir(tmp_path)
    for name in ("SACRED_STORE", "VISUAL", "EDITOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    store = open_store("runs")
    for n in range(3):
        observer = StoreObserver(store.backend)
        drive.start(observer, config={"n": n}, meta_info={})
        drive.complete(observer, n)
    return store


@pytest.fixture
def sacred(capsys):
    def call(*words):
        code = main(list(words))
        done = capsys.readouterr()
        return code, done.out, done.err

    return call


def test_tags(sacred, place):
    assert sacred("tag", "1", "last", "+good", "+late") == (
        0,
        "run 1: good, late\nrun 3: good, late\n",
        "",
    )
    assert sacred("tag", "1", "-good", "--store", "runs")[1] == "run 1: late\n"
    assert sacred("tag", "1", "-late", "-s", "runs")[1] == "run 1: no tags\n"
    assert [run.id for run in place.runs("good in tags")] == [3]
    assert sacred("tag", "1") == (0, "run 1: no tags\n", "")
    sacred("tag", "1", "+s", "+good")
    assert sacred("tag", "1", "--", "-s", "-good")[1] == "run 1: no tags\n"
    assert sacred("tag", "1", "+")[0] == 2
    code, _, err = sacred("tag", "1", "77", "+x")
    assert code == 1
    assert "no run '77'" in err
    assert place[1].tags == ()


def test_stars(sacred, place):
    assert sacred("star", "best:result", "1") == (0, "run 3: starred\nrun 1: starred\n", "")
    assert [run.id for run in place.runs("starred")] == [1, 3]
    assert sacred("unstar", "1") == (0, "run 1: not starred\n", "")
    assert [run.id for run in place.runs("starred")] == [3]


def test_notes(sacred, place, monkeypatch):
    assert sacred("note", "1", "see", "figure 3") == (0, "run 1: notes saved\n", "")
    assert place[1].notes == "see figure 3"
    monkeypatch.setattr(sys, "stdin", io.StringIO("piped\ntext\n"))
    assert sacred("note", "1")[0] == 0
    assert place[1].notes == "piped\ntext"
    assert sacred("note", "1", "piped\ntext")[2] == "the notes are unchanged\n"
    # A script without input has not said that the notes are to go.
    assert sacred("note", "1") == (0, "run 1: piped\ntext\n", "")
    assert place[1].notes == "piped\ntext"
    assert sacred("note", "1", "") == (0, "run 1: notes removed\n", "")
    assert place[1].notes is None
    assert sacred("note", "1") == (0, "run 1: no notes\n", "")


def test_notes_are_written_in_the_editor(sacred, place, monkeypatch, tmp_path):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setattr(sys, "stdin", Terminal())
    editor = tmp_path / "my editor"
    editor.write_text(f"#!{sys.executable}\nimport sys\nopen(sys.argv[2], 'a').write(' more')\n")
    editor.chmod(editor.stat().st_mode | stat.S_IEXEC)
    monkeypatch.setenv("EDITOR", f"'{editor}' -x")
    sacred("note", "1", "before")
    assert sacred("note", "1")[0] == 0
    assert place[1].notes == "before more"
    monkeypatch.setenv("VISUAL", "no-such-editor")
    assert sacred("note", "1")[::2] == (
        1,
        "sacred: there is no editor 'no-such-editor': set $EDITOR\n",
    )
    monkeypatch.setenv("VISUAL", "false")
    assert "the notes are unchanged" in sacred("note", "1")[2]
    assert place[1].notes == "before more"


def test_the_trash(sacred, place):
    code, out, err = sacred("rm", "1", "last")
    assert (code, out) == (0, "")
    assert err == "moved to the trash; to restore: sacred rm --undo 1 3\n"
    assert sacred("ls", "--columns", "id", "--csv")[1].split() == ["id", "2"]
    assert sacred("trash", "--csv")[1].splitlines()[0].startswith("id,")
    for words in (("show", "1"), ("logs", "1"), ("config", "1"), ("metrics", "1"), ("tag", "1")):
        code, _, err = sacred(*words)
        assert (code, err.splitlines()[0]) == (0, "run 1 is in the trash")
    for words in (("tag", "2", "1", "+x"), ("star", "2", "1"), ("unstar", "1"), ("note", "1", "x")):
        assert sacred(*words) == (
            1,
            "",
            "sacred: run 1 of file:runs is in the trash; to restore it: sacred rm --undo 1\n",
        )
    assert (place[2].tags, place[2].starred) == ((), False)  # nor half of it
    with pytest.raises(StoreError, match="is in the trash"):
        annotate(place, 1, add_tags=["x"])
    assert sacred("rm", "--undo", "1")[0] == 0
    assert sorted(place.ids()) == [1, 2]
    assert sacred("trash", "empty")[::2] == (
        2,
        "sacred: Permanently delete 1 run from file:runs? Use --yes to confirm\n",
    )
    assert sacred("trash", "empty", "2", "--yes")[::2] == (
        1,
        "sacred: not in the trash of file:runs: 2\n",
    )
    assert sacred("trash", "empty", "3", "-y")[::2] == (0, "permanently deleted: 3\n")
    assert sacred("trash")[::2] == (0, "the trash is empty\n")
    assert sacred("trash", "emtpy")[0] == 2
    assert not Path("runs/3").exists()


def test_a_question_before_runs_are_removed(sacred, place, monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    sacred("rm", "1")
    for answer, left in (("n", True), ("", True), ("y", False)):
        monkeypatch.setattr(sys, "stdin", Terminal(f"{answer}\n"))
        sacred("trash", "empty")
        assert Path("runs/1").exists() is left


def test_copies(sacred, place):
    assert sacred("copy", "runs", "tinydb:tiny", "n > 0") == (
        0,
        "2\n3\n",
        "2 copied, 0 already there\n",
    )
    assert sacred("copy", "runs", "tinydb:tiny")[2] == "1 copied, 2 already there\n"
    other = open_store("other")
    observer = StoreObserver(other.backend)
    drive.start(observer, config={"n": 7})
    drive.complete(observer)
    assert sacred("copy", "other", "runs")[1] == "1 -> 4\n"
    code, _, err = sacred("copy", "nowhere", "runs")
    assert code == 1
    assert "nowhere" in err


def unstored(place: Store | None = None) -> None:
    """A run that could not be stored at its end."""

    class Full(type(place)):  # type: ignore[misc]
        def apply(self, run_id, changes):
            raise StoreUnavailableError("the disk is full")

    store = local_file_store("runs", "runs/_resources", "runs/_sources")
    observer = StoreObserver(store)
    observer.closing_attempts = {}
    observer.interrupted_attempts = 1
    drive.start(observer, config={"n": 9})
    store.__class__ = Full
    drive.complete(observer, 99)


def test_what_waits_is_stored(sacred, place, tmp_path, monkeypatch, capsys):
    assert sacred("sync")[::2] == (0, "nothing is pending\n")
    unstored(place.backend)
    capsys.readouterr()
    monkeypatch.chdir("/")
    code, out, _ = sacred("sync", "--list", "--csv")
    assert code == 0
    assert out.splitlines()[1].startswith(f"4,file:{tmp_path}/runs,2,")
    assert place[4].result is None
    assert sacred("sync")[:2] == (0, f"run 4 is stored in file:{tmp_path}/runs\n")
    assert open_store(tmp_path / "runs")[4].result == 99
    assert os.listdir(tmp_path / "data/sacred/spool") == []


def test_what_cannot_be_stored_stays_with_the_reason(sacred, place, tmp_path, capsys):
    unstored(place.backend)
    capsys.readouterr()
    (tmp_path / "runs").rename(tmp_path / "moved")
    broken = tmp_path / "data/sacred/spool/broken"
    broken.mkdir()
    (broken / "record.jsonl").write_text("{}\n")
    code, out, err = sacred("sync")
    assert (code, out) == (1, "")
    assert "say which store" in err
    assert "is not a spool" in err
    assert "is not a spool" in sacred("sync", "--list", "--csv")[1]
    code, out, err = sacred("sync", "--store", "moved")
    assert (code, out) == (1, "run 4 is stored in file:moved\n")
    assert os.listdir(tmp_path / "data/sacred/spool") == ["broken"]


def test_sync_leaves_records_of_other_projects_alone(sacred, place, tmp_path, monkeypatch):
    monkeypatch.delenv("SACRED_STORE", raising=False)
    (tmp_path / "project").mkdir()
    (tmp_path / "lab").mkdir()
    for name in ("lab", "strange"):
        spool = tmp_path / f"data/sacred/spool/{name}"
        spool.mkdir(parents=True)
        document = {"experiment": {"name": "ex"}, "config": {}, "status": "COMPLETED"}
        header = {"sacred_spool": 1, "store": f"file:{tmp_path / name}", "run_id": 7}
        header |= {"document": document, "files": []}
        (spool / "record.jsonl").write_text(f"{json.dumps(header)}\n")
    monkeypatch.chdir(tmp_path / "project")
    code, out, err = sacred("sync")
    assert (code, out) == (0, "")
    assert err.startswith("nothing is pending for the stores of this project\n")
    assert f"(file:{tmp_path}/lab, file:{tmp_path}/strange): 2; sacred sync --all" in err
    (tmp_path / "project/.sacred.toml").write_text('[stores]\nlab = "../lab"\n')
    code, out, err = sacred("sync")
    assert (code, out) == (0, f"run 7 is stored in file:{tmp_path}/lab\n"), err
    assert "sacred sync --all" in err
    assert os.listdir(tmp_path / "data/sacred/spool") == ["strange"]
    assert sacred("sync", "--all")[0] == 1  # its directory is not there


def test_passwords_are_not_in_spools_and_asked_for(sacred, tmp_path):
    spool = tmp_path / "spools/one"
    spool.mkdir(parents=True)
    header = '{"sacred_spool": 1, "store": "postgresql://me:***@h/d", "run_id": 7, '
    (spool / "record.jsonl").write_text(header + '"document": {}, "files": []}\n')
    code, _, err = sacred("sync", str(spool.parent))
    assert code == 1
    assert "password of postgresql://me:***@h/d is not kept: say which store" in err
    assert sacred("sync", str(spool))[0] == 1


def test_the_program_says_how(sacred):
    assert "Organize runs" in sacred("--help")[1]
    for name in ("tag", "note", "star", "unstar", "rm", "trash", "copy", "sync"):
        assert "Examples:" in sacred(name, "--help")[1]


def test_what_is_not_needed_any_more_is_removed(sacred, place, monkeypatch):
    defaults = {**find_garbage.__kwdefaults__, "grace": datetime.timedelta(0)}
    monkeypatch.setattr(find_garbage, "__kwdefaults__", defaults)
    assert sacred("gc") == (0, "", "nothing to delete\n")
    assert sacred("gc", "--json") == (0, "[]\n", "")
    sacred("rm", "1", "2")
    remains = Path("runs/3/.0123456789ab.tmp")
    remains.write_text("12345")
    code, out, err = sacred("gc", "--dry-run")
    assert (code, err) == (0, "")
    assert [line.split()[-2:][0] for line in out.splitlines()] == ["number", "2", "1"]
    listed = sacred("gc", "--dry-run", "--list", "--csv")[1].splitlines()
    assert listed[-1] == "temporary file,3/.0123456789ab.tmp,5"
    assert [line.split(",")[1] for line in listed[1:-1]] == ["1", "2"]
    code, out, err = sacred("gc", "--older-than", "1d")
    assert (code, err) == (0, "nothing to delete\n")
    code, _, err = sacred("gc")
    assert (code, err) == (
        2,
        "sacred: Permanently delete this from file:runs? Use --yes to confirm\n",
    )
    assert remains.exists()
    code, _, err = sacred("gc", "--yes")
    assert code == 0
    assert re.fullmatch(r"deleted: 2 runs and 1 unused item, \d\.\d kB\n", err)
    assert not remains.exists()
    assert sorted(os.listdir("runs")) == ["3", "_trash"]


def test_nothing_is_removed_without_a_yes(sacred, place, monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    sacred("rm", "1")
    for answer, code in (("n", 1), ("", 1), ("what", 1), ("yes", 0)):
        monkeypatch.setattr(sys, "stdin", Terminal(f"{answer}\n" if answer else ""))
        found, _, err = sacred("gc")
        assert found == code
        assert "Permanently delete this from file:runs? [y/N] " in err
        assert ("nothing was deleted" in err) is Path("runs/1").exists() is bool(code)


def test_times_of_gc_are_durations(sacred):
    code, _, err = sacred("gc", "--older-than", "soon")
    assert code == 2
    assert "'soon' is not a duration, such as 30d, 12h or 2w" in err


def test_indices_are_shown_and_made_anew(sacred, place, tmp_path, monkeypatch):
    assert sacred("index") == (0, "", "runs: has no index, and needs none\n")
    monkeypatch.setattr("sacred.stores.files.index.side_index.MIN_RUNS", 0)
    monkeypatch.setenv("SACRED_INDEX", str(tmp_path / "index"))
    assert "not built yet" in sacred("index")[1]
    assert re.fullmatch(r"runs: indexed 3 runs in .*\.sqlite\n", sacred("index", "rebuild")[2])
    assert re.fullmatch(r"runs: .*\.sqlite \(\d\.\d MB\)\n", sacred("index", "ls")[1])
    assert sacred("index", "drop")[0] == 2


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        ("tag 1 good", "A tag is written +good, or -good"),
        ("star 1 --remove", "sacred unstar ID"),
        ("trash 1 2", "To move runs there: sacred rm 1 2"),
        ("trash emty", 'Did you mean "empty"?'),
        ("trash restore 1", "sacred rm --undo 1"),
        ("trash restore", "sacred rm --undo ID"),
        ("restore 1", "That is: sacred rm --undo ID"),
        ("completion", "for which shell? sacred completion bash"),
    ],
)
def test_a_mistake_names_the_right_command(sacred, words, hint):
    code, out, err = sacred(*words.split())
    assert code in (1, 2)
    assert not out
    assert hint in err


def test_notes_from_stdin(sacred, place, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO("from a pipe\n"))
    assert sacred("note", "1", "-") == (0, "run 1: notes saved\n", "")
    assert place[1].notes == "from a pipe"


def test_fields_leave_out_options_unless_asked(sacred, place):
    observer = StoreObserver(place.backend)
    options = {"options": {"--force": False, "help": False}, "config_updates": {"n": 1}}
    drive.start(observer, config={"n": 3}, meta_info=options)
    drive.complete(observer, 3)
    lines = sacred("fields")[1].splitlines()
    assert not [line for line in lines if "--force" in line]
    (folded,) = (line.split() for line in lines if line.startswith("meta.options"))
    assert " ".join(folded) == ('meta.options.* 1 2 fields sacred fields --match "meta.options.*"')
    assert "meta.options.--force" in sacred("fields", "--match", "meta.*")[1]
    assert "meta.options.--force" in sacred("fields", "--json")[1]


def test_secrets_of_configurations_are_masked_for_people(sacred, place, tmp_path):
    for text in ("hunter2", "hunter3"):
        observer = StoreObserver(place.backend)
        config = {"db": {"password": text}, "tokenizer": "bert", "api_key": "${secret:KEY}"}
        drive.start(observer, config={**config, "n": 1}, meta_info={})
        drive.complete(observer, 1)
    shown = ""
    calls = ("ls", "ls --columns id,db.password", "show 4", "diff 4 5", "fields", "ls --html")
    for words in (*calls, "export -o report.html", "metrics 4 5"):
        shown += sacred(*words.split())[1]
    shown += (tmp_path / "report.html").read_text()
    assert "hunter" not in shown
    assert {"db.password", "bert", "${secret:KEY}"} <= set(re.findall(r"[\w.${}:]+", shown))
    assert "hunter2" in sacred("config", "4")[1]  # for an experiment, which needs it
