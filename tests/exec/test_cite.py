"""``sacred cite``: files of runs in LaTeX, with digests that are checked."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from tests.exec.conftest import Call

DIGEST = hashlib.sha256(b"data\n").hexdigest()


@pytest.fixture
def cited(work: Path, sacred: Call) -> Path:
    """A file of macros that cites an artifact of a run."""
    words = ("--no-trace", "--output", "*.txt", "--", "sh", "-c", "echo data > made_by.txt")
    assert sacred("exec", *words).returncode == 0
    done = sacred("-s", "runs", "cite", "1:made_by.txt", "--copy", "made_by.txt")
    assert done.returncode == 0, done.stderr
    (work / "cited.tex").write_text(done.stdout)
    return work / "cited.tex"


def test_macros_name_run_and_digest(cited: Path) -> None:
    text = cited.read_text()
    assert rf"\csname sacred@Digest@1/made_by.txt\endcsname{{{DIGEST[:12]}}}" in text
    assert r"\csname sacred@Run@1/made_by.txt\endcsname{1}" in text
    assert text.count(r"\providecommand") == 3
    assert DIGEST in text


def test_what_is_as_it_was_passes(cited: Path, sacred: Call) -> None:
    done = sacred("cite", "--check", str(cited))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_changed_file_of_the_store_is_an_error(cited: Path, sacred: Call, work: Path) -> None:
    (work / "runs" / "1" / "made_by.txt").write_text("other")
    done = sacred("cite", "--check", str(cited))
    assert done.returncode == 1
    assert f"has changed: its SHA-256 is {hashlib.sha256(b'other').hexdigest()}" in done.stderr


def test_so_is_one_that_is_missing_and_a_changed_copy(
    cited: Path, sacred: Call, work: Path
) -> None:
    (work / "made_by.txt").write_text("other")
    assert "made_by.txt is not 1:made_by.txt of" in sacred("cite", "--check", str(cited)).stderr
    assert sacred("-s", "runs", "cite", "1:made_by.txt", "--copy", "made_by.txt").returncode == 1
    (work / "runs" / "1" / "made_by.txt").unlink()
    done = sacred("cite", "--check", str(cited))
    assert (done.returncode, "not there any more" in done.stderr) == (1, True)


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (("cite", "1:a", "1:b", "--copy", "x"), 2),
        (("cite", "1:nothing"), 1),
        (("cite", "--check", "no.tex"), 1),
        (("cite", "--check", "empty.tex"), 1),
    ],
)
def test_mistakes(
    cited: Path, sacred: Call, work: Path, words: tuple[str, ...], status: int
) -> None:
    (work / "empty.tex").write_text("")
    done = sacred("-s", "runs", *words)
    assert (done.returncode, done.stdout) == (status, "")
