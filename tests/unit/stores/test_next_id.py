"""Numbers of runs in a directory that has many of them."""

import os
import re
import subprocess
import sys

import pytest

from sacred.stores.files import next_id
from sacred.stores.files.next_id import NOTE, claim_next

RUNS = 600

CLAIMS = """
import sys
from sacred.stores.files.next_id import claim_next
print(*(claim_next(sys.argv[1], sys.argv[2]) for _ in range(5)))
"""


@pytest.fixture
def runs(tmp_path):
    for number in range(1, RUNS + 1):
        (tmp_path / str(number)).mkdir()
    if tmp_path.stat().st_nlink != RUNS + 2:
        pytest.skip("this file system does not count directories as links")
    return tmp_path


@pytest.fixture
def listed(monkeypatch):
    """How often a directory was listed."""
    count = []
    list_it = next_id.highest_listed
    monkeypatch.setattr(
        next_id, "highest_listed", lambda *places: count.append(places) or list_it(*places)
    )
    return count


@pytest.fixture(params=["another process", "the same process"])
def claim(request):
    """Take the next number; by a process that knows the note only, or that remembers."""

    def claim(runs):
        if request.param == "another process":
            next_id.known_highest.clear()
        return int(claim_next(str(runs), str(runs / "_trash")))

    return claim


def test_a_large_directory_is_listed_once(runs, listed, claim):
    assert [claim(runs) for _ in range(5)] == [RUNS + n for n in range(1, 6)]
    assert len(listed) == 1
    assert re.fullmatch(rb"[0-9a-f ]+\n", (runs / NOTE).read_bytes())


def test_nothing_is_noted_of_a_small_one(tmp_path, claim):
    assert [claim(tmp_path) for _ in range(3)] == [1, 2, 3]
    assert sorted(os.listdir(tmp_path)) == ["1", "2", "3"]


@pytest.mark.parametrize("made", ["900", "_sources"])
def test_what_others_make_in_between_counts(runs, made, claim):
    assert claim(runs) == RUNS + 1
    (runs / made).mkdir()
    assert claim(runs) == (901 if made == "900" else RUNS + 2)


def test_a_removed_run_gives_its_number_back(runs, claim):
    assert claim(runs) == RUNS + 1
    (runs / str(RUNS + 1)).rmdir()
    assert claim(runs) == RUNS + 1
    (runs / "5").rmdir()
    assert claim(runs) == RUNS + 2


def test_a_run_in_the_trash_keeps_its_number(runs, claim):
    assert claim(runs) == RUNS + 1
    (runs / "_trash").mkdir()
    assert claim(runs) == RUNS + 2
    (runs / str(RUNS + 2)).rename(runs / "_trash" / str(RUNS + 2))
    assert claim(runs) == RUNS + 3


def test_a_run_made_within_the_same_tick_of_the_clock_is_seen(runs, claim):
    claim(runs)
    before = runs.stat()
    (runs / "900").mkdir()
    os.utime(runs, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert claim(runs) == 901


def test_nothing_is_noted_when_somebody_else_was_there_meanwhile(runs, monkeypatch, claim):
    make = os.mkdir

    def make_two(path):
        make(path)
        make(runs / "900")
        monkeypatch.setattr(os, "mkdir", make)

    monkeypatch.setattr(os, "mkdir", make_two)
    assert claim(runs) == RUNS + 1
    assert claim(runs) == 901


@pytest.mark.parametrize("damage", ["empty", "cut off", "a digit", "foreign", "longer"])
def test_a_note_that_is_not_ours_is_not_believed(runs, damage, claim):
    claim(runs)
    note = runs / NOTE
    text = note.read_bytes()
    other = {
        "empty": b"",
        "cut off": text[:50],
        "a digit": text[:18] + b"05" + text[20:],
        "foreign": b"hello",
        "longer": text + b"x",
    }
    note.write_bytes(other[damage])
    assert claim(runs) == RUNS + 2


@pytest.mark.parametrize("claim", ["another process"], indirect=True)
def test_without_a_place_for_the_note_the_directory_is_listed(runs, listed, claim):
    (runs / NOTE).mkdir()
    assert [claim(runs), claim(runs)] == [RUNS + 1, RUNS + 2]
    assert len(listed) == 2


@pytest.mark.parametrize("claim", ["the same process"], indirect=True)
def test_a_small_directory_is_listed_once_by_each_process(tmp_path, listed, claim):
    assert [claim(tmp_path) for _ in range(3)] == [1, 2, 3]
    assert len(listed) == 1


def test_a_link_in_the_place_of_the_note_is_not_followed(runs, tmp_path_factory, claim):
    victim = tmp_path_factory.mktemp("other") / "precious"
    victim.write_text("content")
    (runs / NOTE).symlink_to(victim)
    assert [claim(runs), claim(runs)] == [RUNS + 1, RUNS + 2]
    assert victim.read_text() == "content"


def test_parallel_starts_have_ids_without_gaps(runs, claim):
    command = [sys.executable, "-c", CLAIMS, str(runs), str(runs / "_trash")]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(6)]
    claimed = sorted(int(word) for p in started for word in p.communicate()[0].split())
    assert claimed == list(range(RUNS + 1, RUNS + 31))
    assert claim(runs) == RUNS + 31
