"""The pages of queue and sweeps in a real browser, over files, SQLite and MongoDB."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sacred.runs import RunStore, open_store
from sacred.stores.claims import Lease
from tests.board.api_client import READ_TOKEN, served
from tests.board.board_runs import hostile_texts
from tests.board.queued_runs import Queue, make_experiment
from tests.board.test_page import PATIENCE, Visit, see, violations, visiting
from tests.integration.test_readers import new_place

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

KINDS = ("file", "sqlite", "mongo")


@pytest.fixture(params=KINDS)
def queue(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Queue]:
    with new_place(request.param, request, tmp_path) as place, open_store(place.url) as store:
        yield Queue(store)


@pytest.fixture
def visit(browser: Browser, queue: Queue) -> Iterator[Visit]:
    with served({"lab": queue.store}) as address:
        yield from visiting(browser, address)


@pytest.fixture
def files(tmp_path: Path) -> Iterator[RunStore]:
    with open_store(tmp_path / "runs") as store:
        yield store


def part(page: Page, label: str) -> Any:
    """A section of the page, or what it has of a sweep."""
    return page.locator(f'#operations [aria-label="{label}"]')


def wait_for(page: Page, is_true: Callable[[], bool]) -> None:
    for _ in range(PATIENCE // 100):
        if is_true():
            return
        page.wait_for_timeout(100)
    assert is_true()


def test_each_action_on_queued_runs_is_done_and_undone(visit: Visit, queue: Queue) -> None:
    first, second = queue.add(), queue.add("evaluate")
    page = visit.go("?page=queue")
    row = part(page, "Waiting").locator("tbody tr")
    see(row, "evaluate")
    row.filter(has_text="train").get_by_role("button", name="Hold", exact=True).click()
    see(part(page, "Held back"), "train")
    page.get_by_role("button", name="Undo").click()
    wait_for(page, lambda: part(page, "Held back").count() == 0)
    page.get_by_label(f"Priority of run {second}").fill("7")
    page.keyboard.press("Enter")
    wait_for(page, lambda: "evaluate" in row.first.inner_text())
    assert [entry.priority for entry in queue.claims.waiting()] == [7, 0]
    row.filter(has_text="train").get_by_role("button", name="Cancel", exact=True).click()
    see(part(page, "Failed or cancelled"), "train")
    assert queue.store[first].status == "CANCELLED"
    part(page, "Failed or cancelled").get_by_role("button", name="Queue again").click()
    wait_for(page, lambda: row.count() == 2)
    part(page, "Waiting").get_by_role("button", name="Hold all").click()
    see(part(page, "Held back"), "evaluate")
    part(page, "Held back").get_by_role("button", name="Release all").click()
    wait_for(page, lambda: row.count() == 2)
    part(page, "Waiting").get_by_role("button", name="Cancel all").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel all").click()
    wait_for(page, lambda: row.count() == 0)
    assert {run.status for run in queue.store.runs()} == {"CANCELLED"}


def test_what_workers_have_is_shown_live_and_can_be_stopped(visit: Visit, queue: Queue) -> None:
    run_id = queue.add(lr=3)
    page = visit.go("?page=queue")
    see(page.locator(".hint-line"), "sacred worker")
    entry = queue.take()
    see(part(page, "Running"), "gpu-7")
    see(part(page, "Workers"), "gpu-7-worker")
    part(page, "Running").get_by_role("button", name=f"Open run {run_id}").click()
    see(page.locator("#run h2"), "train")
    page.keyboard.press("Escape")
    part(page, "Running").get_by_role("button", name="Cancel").click()
    dialog = page.get_by_role("dialog")
    see(dialog, "what it writes from now on is refused")
    dialog.get_by_role("button", name="Leave it").click()
    assert queue.store[run_id].status == "RUNNING"
    part(page, "Running").get_by_role("button", name="Cancel").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel the run").click()
    see(part(page, "Failed or cancelled"), "train")
    assert queue.store[run_id].status == "CANCELLED"
    assert queue.claims.entry(entry.run_id).state == "done"  # type: ignore[union-attr]


def test_a_sweep_is_followed_paused_and_retried(visit: Visit, queue: Queue) -> None:
    queue.sweep()
    page = visit.go("?page=sweeps")
    card = part(page, "s1").first
    see(card, "0 of 4 runs")
    see(card, "no point is complete yet")
    card.get_by_role("button", name="Pause").click()
    see(card, "4 held back")
    card.get_by_role("button", name="Resume").click()
    see(card.get_by_role("button", name="Pause"))
    for number in range(3):
        entry = queue.take()
        run = queue.store[entry.run_id]
        result = run.config.lr * run.config.depth
        queue.end(entry, "FAILED" if number == 2 else "COMPLETED", result)
    see(card, "3 of 4 runs")
    see(card, "smallest result")
    page.get_by_role("button", name="Open the sweep s1").click()
    assert "sweep=lab/s1" in page.url
    points = part(page, "Points").locator("tbody tr")
    see(points, "complete")
    assert points.count() == 4
    assert page.locator("tr.best-row").count() == 1
    page.get_by_role("button", name="result", exact=True).click()
    wait_for(page, lambda: "best-row" in (points.first.get_attribute("class") or ""))
    page.get_by_role("button", name="Retry what failed").click()
    wait_for(page, lambda: len(queue.claims.entries("waiting")) == 2)
    page.get_by_role("button", name="Its runs in the table").click()
    see(visit.rows)
    wait_for(page, lambda: visit.rows.count() == 4)
    assert page.locator("#query input").input_value() == 'meta.sweep.name = "s1"'


def test_keys_lead_to_the_pages_and_the_address_has_them(browser: Browser, files: RunStore) -> None:
    Queue(files).sweep()
    with served({"lab": files}) as address:
        for visit in visiting(browser, address):
            page = visit.page
            see(visit.rows)
            page.keyboard.press("2")
            see(part(page, "Waiting"), "train")
            assert page.url.endswith("?page=queue")
            page.keyboard.press("3")
            see(part(page, "s1"))
            page.keyboard.press("j")  # of the list only
            page.keyboard.press("?")
            see(page.get_by_role("dialog"), "Queue")
            page.keyboard.press("Escape")
            page.go_back()
            see(part(page, "Waiting"), "train")
            page.keyboard.press("1")
            see(visit.rows)
            assert page.locator("#operations").is_hidden()
            assert "page=" not in page.url


def test_empty_pages_say_what_to_type(browser: Browser, files: RunStore) -> None:
    make_experiment(files).run(options={"--loglevel": "ERROR"})
    with served({"lab": files}) as address:
        for visit in visiting(browser, address):
            page = visit.go("?page=queue")
            see(page.locator("#operations .empty"), "python train.py -q with lr=0.1")
            page = visit.go("?page=sweeps")
            see(page.locator("#operations .empty"), "python train.py sweep with lr=0.1,0.01")
            page = visit.go("?page=sweeps&sweep=lab/none")
            see(page.locator("#operations .empty"), "there is no sweep 'none'")


def test_who_may_only_read_has_no_buttons_or_is_told(browser: Browser, files: RunStore) -> None:
    queue = Queue(files)
    queue.add()
    queue.add()
    queue.take()
    queue.sweep()
    with served({"lab": files}, read_only=True) as address:
        for visit in visiting(browser, address):
            for page_name in ("queue", "sweeps"):
                page = visit.go(f"?page={page_name}")
                see(page.locator("#operations"), "train")
                page.locator("body.read-only").wait_for()
                page.wait_for_timeout(500)
                names = page.locator("#operations button").all_inner_texts()
                assert not {"Hold", "Cancel", "Pause", "Cancel all"} & set(names)
                assert page.locator("#operations input").count() == 0
    with served({"lab": files}, read_token=READ_TOKEN) as address:
        for visit in visiting(browser, address, token=READ_TOKEN):
            page = visit.go("?page=queue")
            part(page, "Waiting").get_by_role("button", name="Hold", exact=True).first.click()
            see(page.locator(".notice"), "only be read")
    assert len(queue.claims.entries("held")) == 0


def test_anybody_can_use_the_pages(browser: Browser, files: RunStore) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    queue = Queue(files)
    for _ in range(4):
        queue.add()
    queue.sweep()
    queue.end(queue.take(), "FAILED")
    queue.take()
    queue.claims.hold(next(queue.claims.waiting()).run_id)
    with served({"lab": files}) as address:
        for visit in visiting(browser, address, viewport={"width": 390, "height": 800}):
            for query in ("?page=queue", "?page=sweeps", "?page=sweeps&sweep=lab/s1"):
                page = visit.go(query)
                see(page.locator("#operations"), "train")
                for width in (1280, 390):  # it was loaded on a phone
                    page.set_viewport_size({"width": width, "height": 800})
                    page.wait_for_timeout(300)
                    assert violations(axe, page) == {}, (query, width)
                    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_no_name_of_a_queued_run_or_sweep_runs_in_the_page(
    browser: Browser, files: RunStore
) -> None:
    hostile = hostile_texts()
    for text in hostile:
        facts = {"name": text, "trial": 0, "values": {text: text},
                 "objectives": [{"field": text}], "space": [text], "sampler": text}  # fmt: skip
        make_experiment(files, text).run(
            meta_info={"sweep": facts, "requirements": {text: text}},
            options={"--queue": True, "--loglevel": "ERROR"},
        )
    queue = Queue(files)
    queue.lease = Lease(worker=hostile[0], host=hostile[1], process=None, seconds=60)
    queue.take()
    with served({"lab": files}) as address:
        for visit in visiting(browser, address):
            page = visit.go("?page=queue")
            see(part(page, "Waiting"), "<script>")
            see(part(page, "Workers"), "<img src=x")
            page.keyboard.press("3")
            for text in hostile:
                page.get_by_role("button", name=f"Open the sweep {text}", exact=True).click()
                see(part(page, "Points").locator("tbody tr"))
                page.get_by_role("button", name="All sweeps").click()
                see(page.locator("article.sweep"))
            page.wait_for_timeout(300)
            assert page.evaluate("window.hacked === undefined")
            assert page.title() != "hacked"
