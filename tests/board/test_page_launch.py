"""The launch form in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sacred.runs import RunStore, open_store
from tests.board.api_client import served
from tests.board.launch_samples import launcher_for, write_project
from tests.board.test_page import Visit, see, violations, visiting

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RunStore]:
    with open_store(tmp_path / "runs") as store:
        yield store


@pytest.fixture
def address(store: RunStore, tmp_path: Path) -> Iterator[str]:
    write_project(tmp_path / "project")
    launcher = launcher_for(tmp_path / "project", {store: str(tmp_path / "runs")})
    with served({"lab": store}, launcher=launcher) as address:
        yield address


@pytest.fixture
def visit(browser: Browser, address: str) -> Iterator[Visit]:
    yield from visiting(browser, address)


def test_a_form_queues_a_run_and_leads_to_it(visit: Visit, store: RunStore) -> None:
    page = visit.page
    page.get_by_role("button", name="Launch").wait_for()
    page.keyboard.press("4")
    page.get_by_label("What is launched").select_option("train")
    form = page.get_by_role("form", name="Entries of train")
    see(form, "the step size")
    assert "launch=train" in page.url
    assert form.get_by_label("note").input_value() == "<b>hi</b>"
    form.get_by_label("lr").fill("fast")
    page.get_by_role("button", name="Queue the run").click()
    see(form.locator(".problem"), "a number, such as 0.1")
    form.get_by_label("lr").fill("0.5")
    form.get_by_label("kind").select_option(label="sgd")
    form.get_by_label("verbose").select_option(label="true")
    form.get_by_label("layers").fill("[32")
    page.keyboard.press("Enter")
    see(form.locator(".problem"), "JSON, such as [64, 64]")
    form.get_by_label("layers").fill("[32]")
    form.get_by_label("opt.momentum").fill("0.25")
    page.keyboard.press("Enter")
    see(page.locator(".hint-line.good"), "Queued as run 1")
    config = store[1].config
    assert (config.lr, config.kind, config.verbose, list(config.layers)) == (0.5, "sgd", True, [32])
    assert (config.opt.momentum, config.opt.name, config.note) == (0.25, "x", "<b>hi</b>")
    page.locator(".hint-line.good").get_by_role("button").click()
    see(page.locator("#run h2"), "digits")
    page.keyboard.press("Escape")
    page.keyboard.press("2")
    see(page.locator('#operations [aria-label="Waiting"]'), "digits")


def test_what_the_server_and_the_experiment_say_stands_at_the_form(
    visit: Visit, tmp_path: Path
) -> None:
    page = visit.go("?page=launch&launch=simulate")
    form = page.get_by_role("form", name="Entries of simulate")
    see(form, "number of steps")
    form.get_by_label("n", exact=True).fill("10")
    page.keyboard.press("Enter")
    see(form.locator(".problem"), "at most 9")
    page = visit.go("?page=launch&launch=train")
    form = page.get_by_role("form", name="Entries of train")
    see(form, "the step size")
    script = tmp_path / "project" / "train.py"
    script.write_text(script.read_text().replace("lr: float", "rate: float"))
    form.get_by_label("lr").fill("0.5")
    page.keyboard.press("Enter")
    see(form.locator(".problem"), "there is no such entry")
    script.write_text(script.read_text().replace("verbose = False", "verbose = 1 / 0"))
    page.get_by_role("button", name="Queue the run").click()
    see(form.get_by_role("alert"), "ZeroDivisionError")
    visit.go("?page=launch&launch=train")
    see(page.locator("#operations pre.trace"), "ZeroDivisionError")
    script.write_text(script.read_text().replace("1 / 0", "True"))
    page.get_by_role("button", name="Ask again").click()
    see(page.get_by_role("form"), "rate")


def test_anybody_can_fill_in_the_form(browser: Browser, address: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    for visit in visiting(browser, address, viewport={"width": 390, "height": 800}):
        page = visit.go("?page=launch&launch=train")
        see(page.get_by_role("form"), "the step size")
        for width in (390, 1280):
            page.set_viewport_size({"width": width, "height": 800})
            assert violations(axe, page) == {}, width
            assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_project_that_names_nothing_says_what_to_write(
    browser: Browser, store: RunStore, tmp_path: Path
) -> None:
    (tmp_path / ".sacred.toml").write_text('[stores]\nhere = "runs"\n')
    with served({"lab": store}, launcher=launcher_for(tmp_path, {})) as address:
        for visit in visiting(browser, address):
            page = visit.go("?page=launch")
            see(page.locator("#operations .empty"), "[experiments.train]")


def test_without_permission_there_is_no_page(browser: Browser, store: RunStore) -> None:
    with served({"lab": store}) as address:
        for visit in visiting(browser, address):
            page = visit.page
            see(page.locator("nav.pages"), "Sweeps")
            page.keyboard.press("4")
            page.wait_for_timeout(500)
            assert "Launch" not in page.locator("nav.pages").inner_text()
            assert page.locator("#operations").is_hidden()
