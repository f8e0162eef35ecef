"""Every example in the README, the documentation and the docstrings is right."""

from pathlib import Path

import pytest

from tests.services.documents import ROOT, check, documents_with_examples

#: What examples of pages need that not every Python has a wheel of.
NEEDED = {"types.rst": "pydantic"}


@pytest.mark.parametrize(
    "path", documents_with_examples(), ids=lambda path: str(path.relative_to(ROOT))
)
def test_examples(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if path.name in NEEDED:
        pytest.importorskip(NEEDED[path.name])
    monkeypatch.chdir(tmp_path)
    check(path)


def test_a_wrong_example_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.rst"
    page.write_text("Addition::\n\n    >>> 1 + 1\n    3\n")
    with pytest.raises(AssertionError, match="line 3"):
        check(page)


def test_examples_of_a_page_share_their_names_and_code_blocks_run(tmp_path: Path) -> None:
    page = tmp_path / "page.rst"
    page.write_text(".. code-block:: python\n\n    x = 20\n\n>>> x + 1\n21\n>>> __name__\n'page'\n")
    check(page)
