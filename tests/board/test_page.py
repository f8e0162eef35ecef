"""The page of the board in a real browser, over files, SQLite and MongoDB."""

from __future__ import annotations

import hashlib
import json
import math
import random
import re
import time
import xml.etree.ElementTree
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import scipy.stats

from sacred.runs import RunStore, open_store
from sacred.upkeep import annotate
from tests.board import board_runs
from tests.board.api_client import READ_TOKEN, TOKEN, served
from tests.conftest import ROOT
from tests.integration.test_readers import new_place
from tests.services.browser import ReusedPage, new_context

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

PAGE = ROOT / "sacred/board/page"
KINDS = ("file", "sqlite", "mongo")
#: Milliseconds; two busy cores may take their time.
PATIENCE = 60_000


class Board:
    """A board that is served, and its store."""

    def __init__(self, address: str, store: RunStore, directory: Path) -> None:
        self.address = address
        self.store = store
        self.recorder = board_runs.Recorder(store.backend, directory)
        self._known = {run.id for run in store.runs()}

    def forget_new_runs(self) -> None:
        """Discard what a test has added, so that the next one finds the same runs."""
        for run in self.store.runs():
            if run.id not in self._known:
                self.store.backend.discard(run.id)


@pytest.fixture(scope="module", params=KINDS)
def board(request: pytest.FixtureRequest, tmp_path_factory: Any) -> Iterator[Board]:
    directory = tmp_path_factory.mktemp("page")
    with new_place(request.param, request, directory) as place, open_store(place.url) as store:
        board_runs.record(store.backend, directory / "recorded")
        with served({"lab": place.url}) as address:
            yield Board(address, store, directory / "live")


class Visit:
    """A page of the board, which must load from it alone, without any error."""

    def __init__(self, page: Page, address: str, token: str = TOKEN) -> None:
        self.address = address
        self.errors: list[str] = []
        self.requests: list[str] = []
        self._page = page
        self._token = token
        self._is_open = False
        self._listeners: dict[str, Any] = {
            "pageerror": lambda error: self.errors.append(str(error)),
            "request": lambda request: self.requests.append(request.url),
        }
        page.set_default_timeout(PATIENCE)
        for event, listener in self._listeners.items():
            page.on(event, listener)  # type: ignore[call-overload]

    @property
    def page(self) -> Page:
        """The page; if nothing is open yet, what the address with the token leads to."""
        if not self._is_open:
            self._is_open = True
            self._page.goto(f"{self.address}/?token={self._token}")
        return self._page

    def go(self, query: str = "") -> Page:
        if not self._is_open:
            # Only the cookie: loading the page twice is most of what many a test would cost.
            self._is_open = True
            login = f"{self.address}/?token={self._token}"
            answer = self._page.context.request.get(login, max_redirects=0)
            assert answer.status == 303
        self._page.goto(f"{self.address}/{query}")
        return self._page

    @property
    def rows(self) -> Locator:
        return self.page.locator("regular-table tbody tr")

    def column(self, name: str) -> list[str]:
        """The texts of a column of the table."""
        rows = self.page.evaluate(
            """[...document.querySelectorAll("regular-table tr")].map(
            row => [...row.children].map(cell => cell.innerText.trim()))"""
        )
        place = rows[0].index(name) if rows and name in rows[0] else -1
        return [row[place] for row in rows[1:] if len(row) > place]

    def expect_column(self, name: str, texts: list[str]) -> None:
        deadline = time.monotonic() + PATIENCE / 1000
        while self.column(name) != texts and time.monotonic() < deadline:
            self.page.wait_for_timeout(50)
        assert self.column(name) == texts

    def check(self) -> None:
        """No error, and no request to anything but the board."""
        assert self.errors == []
        # The last is the viewer of PDF files, which is a part of the browser.
        own = (f"{self.address}/", f"blob:{self.address}", "data:", "chrome-extension://")
        assert [url for url in self.requests if not url.startswith(own)] == []

    def leave(self) -> None:
        """Listen no more."""
        for event, listener in self._listeners.items():
            self._page.remove_listener(event, listener)


@pytest.fixture
def visit(reused_page: ReusedPage, board: Board) -> Iterator[Visit]:
    yield from revisiting(reused_page, board.address)
    board.forget_new_runs()


def visiting(browser: Browser, address: str, token: str = TOKEN, **options: Any) -> Iterator[Visit]:
    with new_context(browser, **options) as context:
        found = Visit(context.new_page(), address, token)
        yield found
        found.check()


def revisiting(reused_page: ReusedPage, address: str) -> Iterator[Visit]:
    """A visit with the page that the test before had; it is as good as new."""
    found = Visit(reused_page.open(address), address)
    yield found
    found.leave()
    found.check()


def see(locator: Locator, text: str | re.Pattern[str] = "") -> Locator:
    """Wait until something is there, with a text."""
    found = locator.filter(has_text=text) if text else locator
    found.first.wait_for(timeout=PATIENCE)
    return found.first


def box_of(locator: Locator) -> dict[str, float]:
    """Where an element is, even if the page is just drawing it anew."""
    deadline = time.monotonic() + PATIENCE / 1000
    while (box := locator.bounding_box()) is None:
        assert time.monotonic() < deadline
        locator.page.wait_for_timeout(50)
    return box


def saved(page: Page, kind: str, button: str = "Save as PNG, SVG or CSV") -> bytes:
    """What the menu of a button saves."""
    page.get_by_role("button", name=button).click()
    with page.expect_download() as download:
        page.get_by_role("button", name=kind, exact=True).click()
    return Path(download.value.path()).read_bytes()


def test_the_table_lists_sorts_and_filters(visit: Visit) -> None:
    page = visit.page
    visit.expect_column("result", ["", "0.7", "0.9", "0.5"])
    heads = [text.strip() for text in page.locator("thead th").all_inner_texts()]
    assert heads[:8] == [
        "id", "status", "name", "command", "start time", "duration", "result", "tags",
    ]  # fmt: skip
    assert {"lr", "opt.name", "loss", "val acc (%)"} <= set(heads)
    see(page.locator("#status .chip"), "COMPLETED3").click()
    visit.expect_column("result", ["0.7", "0.9", "0.5"])
    assert page.locator("#query input").input_value() == "status = COMPLETED"
    page.locator("thead th", has_text="result").click()
    visit.expect_column("result", ["0.9", "0.7", "0.5"])
    page.locator("thead th", has_text="result").click()
    visit.expect_column("result", ["0.5", "0.7", "0.9"])
    page.locator("thead th", has_text="opt.name").click()
    visit.expect_column("result", ["0.7", "0.5", "0.9"])
    page.locator("thead th", has_text="result").click(modifiers=["Shift"])
    visit.expect_column("result", ["0.7", "0.9", "0.5"])
    assert "sort=-config.opt.name,-result" in page.url
    page.reload()
    visit.expect_column("result", ["0.7", "0.9", "0.5"])
    page.go_back()
    visit.expect_column("result", ["0.7", "0.5", "0.9"])


def test_a_run_shows_all_that_is_stored_of_it(visit: Visit) -> None:
    page = visit.page
    see(visit.rows, "0.9").click()
    run = page.locator("#run")
    see(run.locator(".result"), "0.9")
    see(run, "4c1c92f")
    see(run, re.compile("python .*train.py main with"))
    assert visit.rows.count() >= 4  # beside the list, not instead of it
    run.get_by_role("tab", name="Metrics").click()
    see(run.locator(".chart"), "val acc (%)")
    see(run.locator(".chart canvas"))
    see(run.locator(".chart .last"), "19")
    run.get_by_role("tab", name="Config").click()
    see(run.locator("[data-path='config.opt.name']"), "adam")
    run.get_by_role("tab", name="Output").click()
    see(run.locator(".a-32"), "green")
    see(run.locator(".line"), "plain line")
    run.locator("a.no").nth(1).click()
    assert "tab=output&item=2" in page.url
    run.get_by_role("tab", name="Files").click()
    see(run.locator("table.data td.number"), "0.75")
    run.get_by_role("button", name="dot.png").click()
    see(run.get_by_alt_text("dot.png"))
    run.get_by_role("button", name="tree.json").click()
    see(run.locator(".leaf"), "17")
    run.get_by_role("tab", name="Sources").click()
    see(run.locator(".source .k"), "import")
    run.get_by_role("tab", name="Record").click()
    see(run.locator("pre"), "COMPLETED")
    page.reload()
    see(run.locator("pre"), "COMPLETED")


def test_one_slider_moves_through_all_media_of_a_run(visit: Visit, board: Board) -> None:
    run = board.recorder.start({"lr": 11, "seed": 3})
    for step in (0, 10, 20):
        counts = json.dumps({"counts": [1, step], "edges": [0, 1, 2]})
        run.add_bytes(f"media/weights/{step:08d}.histogram.json", counts.encode())
        run.add_bytes(f"media/samples/{step:08d}.image.png", board_runs.picture())
    run.add_bytes("media/val/best/00000010.table.csv", b"class,f1\ncat,0.75\n")
    run.add_bytes("model.pt", b"weights")
    run.complete(1)
    page = visit.go(f"?run=lab/{run.id}&tab=media")
    panel = page.locator("#run")
    see(panel.get_by_alt_text("samples, step 20"))  # the last one
    see(panel.locator("[data-media='val/best'] td.number"), "0.75")
    see(panel.locator("[data-media='val/best'] .last"), "step 10")
    see(panel.get_by_role("img", name="2 bins from 0 to 2, at most 20 values in one"))
    panel.get_by_label("Step").fill("0")
    see(panel.get_by_alt_text("samples, step 0"))
    see(panel.get_by_role("img", name="2 bins from 0 to 2, at most 1 values in one"))
    page.reload()
    see(panel.get_by_alt_text("samples, step 0"))
    panel.get_by_role("tab", name="Files").click()
    see(panel.locator(".names button"), "model.pt")
    assert panel.locator(".names button").count() == 1


def test_runs_are_edited_and_thrown_away(visit: Visit, board: Board) -> None:
    run = board.recorder.start({"lr": 7, "seed": 9})
    run.complete(1)
    page = visit.go(f"?q=lr+%3D+7&run=lab/{run.id}")
    panel = page.locator("#run")
    see(panel.get_by_label("Add a tag")).fill("good")
    page.keyboard.press("Enter")
    see(panel.locator(".tag"), "good")
    panel.get_by_role("button", name="Write notes").click()
    panel.get_by_label("Notes").fill("<b>look</b>\nat this")
    panel.get_by_role("button", name="Save").click()
    see(panel.locator(".notes"), "<b>look</b>")
    page.keyboard.press("s")
    see(panel.get_by_role("button", name="Remove the star (s)"))
    record = board.store[str(run.id)]
    assert (record.tags, record.notes, record.starred) == (
        ("good",), "<b>look</b>\nat this", True,
    )  # fmt: skip

    others = iter(["theirs"])

    def edit_meanwhile(route: Any) -> None:
        if route.request.method == "PATCH":
            for tag in others:
                annotate(board.store, record.id, tags=[tag])
        route.continue_()

    page.route("**/runs/lab/*", edit_meanwhile)
    see(panel.get_by_label("Add a tag")).fill("mine")
    page.keyboard.press("Enter")
    dialog = see(page.get_by_role("dialog", name="Somebody else has changed this run"))
    see(dialog, "theirs")
    dialog.get_by_role("button", name="Use mine").click()
    see(panel.locator(".tag"), "mine")
    panel.get_by_role("button", name="Move to the trash").click()
    see(page.locator(".empty"), "No runs match")
    page.get_by_role("button", name="Undo").click()
    see(visit.rows)
    assert board.store[record.id].tags == ("good", "mine")
    panel.get_by_role("button", name="Move to the trash").click()
    see(panel.locator(".warning"), "in the trash")


def test_a_run_under_way_is_seen_live(visit: Visit, board: Board) -> None:
    page = visit.go("?q=lr+%3D+8")
    see(page.locator(".empty"))
    run = board.recorder.start({"lr": 8, "seed": 5}, age=1)
    see(visit.rows, "RUNNING").click()
    panel = page.locator("#run")
    panel.get_by_role("tab", name="Output").click()
    run.print("first\n")
    see(panel.locator(".line"), "first")
    run.log("loss", [3.0])
    run.print("first\nsecond\n")
    see(panel.locator(".line"), "second")
    panel.get_by_role("tab", name="Metrics").click()
    see(panel.locator(".chart .last"), "3")
    run.log("loss", [2.5], first=1)
    run.complete(0.25)
    see(panel.locator(".chart .last"), "2.5")
    see(panel.locator(".title"), "COMPLETED")
    visit.expect_column("result", ["0.25"])


def test_runs_are_drawn_together_in_the_colours_of_their_rows(visit: Visit) -> None:
    page = visit.page
    see(visit.rows, "COMPLETED")
    page.keyboard.press("g")
    across = page.locator("#across")
    see(across.locator(".title"), "the first 4 runs")
    loss = across.locator("[data-metric='loss']")
    see(loss.locator("canvas"))
    assert across.locator(".legend .entry").count() == 4  # one has no metrics
    page.get_by_label("Select the run 1", exact=True).click()
    page.get_by_label("Select the run 3", exact=True).click()
    see(across.locator(".title"), "2 selected runs")
    across.locator(".legend .entry").nth(2).wait_for(state="detached")
    see(across.locator(".legend .entry"), "#1  lr=0.1")
    assert "pick=lab/1&pick=lab/3&panel=charts" in page.url
    # The line under the pointer is that of the row, and the other way round.
    see(loss.locator(".u-over")).hover(position={"x": 60, "y": 60})
    see(loss.locator(".readout"), re.compile(r"^0\.\d+ at \d"))
    see(page.locator("regular-table tr.linked"))
    page.locator("regular-table tbody tr", has_text="0.7").locator("td").first.hover()
    see(across.locator(".legend .linked"), "#3")
    across.get_by_label("log y").check()
    across.get_by_label("smooth").fill("0.5")
    across.get_by_label("x", exact=True).select_option("metric:loss")
    see(across.locator("[data-metric='val acc (%)'] canvas"))
    assert page.url.endswith("x=metric%3Aloss&smooth=0.5&log=y")
    page.reload()
    see(across.locator("[data-metric='val acc (%)'] canvas"))
    assert across.get_by_label("log y").is_checked()
    page.keyboard.press("Escape")
    across.wait_for(state="hidden")


def test_runs_fold_into_groups_with_means_and_bands(visit: Visit) -> None:
    page = visit.page
    see(visit.rows, "COMPLETED")
    page.keyboard.press("b")
    page.get_by_label("opt.name").check()
    page.keyboard.press("Escape")
    groups = page.get_by_role("table", name="Groups of runs")
    adam = see(groups.locator("tr.group", has_text="adam"))
    see(adam.locator("td.number"), re.compile(r"^0\.7 ± 2\.5 n=2$"))
    sgd = groups.locator("tr.group", has_text="sgd")
    see(sgd.locator("td.number"), re.compile(r"^0\.7 n=1$"))
    heads = groups.locator("thead th")
    assert "result" in heads.all_inner_texts()
    heads.get_by_role("button", name="runs", exact=True).click()
    page.wait_for_url("**groupsort=-runs**")
    adam.click()
    see(groups.locator("tr.member"), "#2")
    assert groups.locator("tr.member").count() == 2
    page.keyboard.press("g")
    across = page.locator("#across")
    see(across.locator(".title"), "the first 2 of 2 groups")
    see(across.locator("[data-metric='loss'] canvas"))
    see(across.locator(".legend"), "opt.name=adam  n=2")
    across.get_by_label("The band around the mean").select_option("range")
    over = see(across.locator("[data-metric='val acc (%)'] .u-over"))
    over.hover(position={"x": 100, "y": 60})
    see(across.locator("[data-metric='val acc (%)'] .readout"), re.compile(" n=[12] at "))
    groups.get_by_label(re.compile("Select the group opt.name=adam")).check()
    see(across.locator(".title"), "1 selected group")
    page.reload()
    see(across.locator(".title"), "1 selected group")
    see(across.locator("[data-metric='loss'] canvas"))
    see(across.locator(".legend button"), "adam").click()
    visit.expect_column("result", ["0.9", "0.5"])  # the runs of the group by themselves


def test_runs_are_compared_side_by_side(visit: Visit, board: Board) -> None:
    run = board.recorder.start({"lr": 0.1, "opt": {"name": "lion"}, "seed": 21})
    run.explain(
        [
            {"path": "lr", "source": "scope", "name": "cfg", "where": "train.py:3", "readers": []},
            {"path": "opt.name", "source": "update", "where": "command line, argument 2"},
        ]
    )
    run.log("loss", [0.1, 0.02])
    run.print("\x1b[32mgreen\x1b[0m line\nother line\n")
    run.complete(0.6)
    page = visit.go(f"?pick=lab/1&pick=lab/{run.id}&panel=compare")
    across = page.locator("#across")
    table = across.get_by_role("table", name="Differences")
    row = see(table.locator("tr", has_text="opt.name"))
    assert row.locator("td").nth(0).inner_text() == "adam"
    see(row.locator("td").nth(1), re.compile("lion.*command line, argument 2", re.DOTALL))
    assert table.locator("th", has_text=re.compile("^lr$")).count() == 0  # the same in both
    see(across.locator("p"), "packages, host")
    table.get_by_role("button", name="Compare with run 1", exact=True).click()
    see(table.locator("tr", has_text="result").locator(".delta.up"), "+20 %")
    see(table.locator("tr", has_text="loss.min").locator(".delta.down"))
    assert "base=lab/1" in page.url
    across.get_by_role("button", name="Output").click()
    see(across.locator("table.diff .before mark"), "plain")
    see(across.locator("table.diff .after mark"), "other")
    across.get_by_role("searchbox", name="Find an entry").fill("lr")  # draws the table anew
    see(across.locator("table.diff .after mark"), "other")
    page.reload()
    see(table.locator(".delta.up"))
    across.get_by_role("tab", name="Charts").click()
    see(across.locator("[data-metric='loss'] canvas"))


def test_parts_of_a_query_are_switched_and_values_counted(visit: Visit) -> None:
    page = visit.go("?q=result+%3E+0.6+and+opt.name+%3D+adam")
    visit.expect_column("result", ["0.9"])
    page.get_by_role("button", name="opt.name = adam", exact=True).click()
    visit.expect_column("result", ["0.7", "0.9"])
    page.reload()
    off = see(page.locator("#parts .off"), "opt.name = adam")
    assert page.locator("#query input").input_value() == "result > 0.6"
    off.get_by_role("button", name="opt.name = adam", exact=True).click()
    visit.expect_column("result", ["0.9"])
    page.get_by_role("button", name="Remove opt.name = adam").click()
    visit.expect_column("result", ["0.7", "0.9"])
    # The values of a field with their counts; its own condition hides none.
    page.keyboard.press("e")
    facets = page.get_by_role("dialog", name="Facets")
    facets.get_by_label("Field").select_option("config.opt.name")
    sgd = see(facets.locator("label"), "sgd")
    assert sgd.locator(".count").inner_text() == "1"
    sgd.locator("input").check()
    visit.expect_column("result", ["0.7"])
    see(facets.locator("label"), "adam").locator("input").check()
    visit.expect_column("result", ["0.7", "0.9"])
    assert page.locator("#query input").input_value() == "result > 0.6 and opt.name in (sgd, adam)"
    page.keyboard.press("Escape")
    visit.go()
    see(visit.rows, "COMPLETED")
    page.locator("thead th", has_text="opt.name").hover()
    page.locator("thead th", has_text="opt.name").locator(".filter").click()
    see(facets.locator("label"), "adam2").locator("input").check()
    visit.expect_column("result", ["0.9", "0.5"])


def test_selected_runs_are_edited_together(visit: Visit, board: Board) -> None:
    runs = [board.recorder.start({"lr": 17, "seed": seed}, tags=["old"]) for seed in (1, 2)]
    for run in runs:
        run.complete(1)
    page = visit.go("?q=lr+%3D+17")
    see(visit.rows)

    def tags() -> list[tuple[str, ...]]:
        return [board.store[str(run.id)].tags for run in runs]

    for run in runs:
        page.get_by_label(f"Select the run {run.id}", exact=True).click()
    bar = page.locator("#selection")
    see(bar, "2 runs selected")
    bar.get_by_role("button", name="Tags").click()
    page.get_by_label("Tag", exact=True).fill("best")
    page.keyboard.press("Enter")
    undo = see(page.locator(".notice"), "Tag best added to 2 runs").get_by_role(
        "button", name="Undo"
    )
    see(visit.rows.locator(".tag"), "best")
    assert tags() == [("old", "best")] * 2
    annotate(board.store, board.store[str(runs[0].id)].id, tags=["theirs"])
    undo.click()
    page.wait_for_timeout(800)
    deadline = time.monotonic() + PATIENCE / 1000
    while tags()[1] != ("old",) and time.monotonic() < deadline:
        page.wait_for_timeout(100)
    assert tags() == [("theirs",), ("old",)]  # what others have changed meanwhile stays
    bar.get_by_role("button", name="Star", exact=True).click()
    see(page.locator(".notice"), "2 runs starred")
    assert all(board.store[str(run.id)].starred for run in runs)
    bar.get_by_role("button", name="Move to the trash").click()
    see(page.locator(".notice"), "2 runs in the trash")
    see(page.locator(".empty"), "No runs match")


def test_the_configuration_says_where_it_comes_from(visit: Visit, board: Board) -> None:
    run = board.recorder.start({"lr": 19, "opt": {"name": "lion"}, "seed": 3})
    was = {"value": 0.1, "source": "scope", "name": "cfg", "where": "train.py:3"}
    run.explain(
        [
            {"path": "lr", "source": "update", "where": "command line, argument 1",
             "overrode": [was], "readers": [{"function": "main", "calls": 1}]},
            {"path": "opt.name", "source": "scope", "name": "cfg", "where": "train.py:4",
             "readers": []},
        ]
    )  # fmt: skip
    run.complete(1)
    page = visit.go(f"?run=lab/{run.id}&tab=config")
    lr = see(page.locator("[data-path='config.lr']"), "command line, argument 1")
    see(lr, "was 0.1 scope cfg, train.py:3")
    assert "read by main" in lr.locator(".origin").get_attribute("title")
    see(page.locator("[data-path='config.opt.name'] .unread"))
    assert page.locator(".unread").count() == 1
    page.get_by_label("only the 1 that nothing has read").check()
    lr.wait_for(state="detached")
    see(page.locator("[data-path='config.opt.name']"), "lion")


def test_all_runs_are_drawn_against_their_entries(visit: Visit, board: Board) -> None:
    rng = random.Random(5)
    sizes = [rng.choice([1, 2, 4, 8]) for _ in range(9)]
    results = [round(size + 3 * rng.random(), 3) for size in sizes]
    for n, (size, result) in enumerate(zip(sizes, results, strict=True)):
        config = {"width": size, "act": "relu" if n % 3 else "tanh", "seed": n}
        board.recorder.start(config, name="mlp", age=900 - n).complete(result)
    page = visit.go("?q=name+%3D+mlp&panel=across")
    across = page.locator("#across")
    see(across.get_by_role("img", name="result by"))
    across.get_by_label("x", exact=True).select_option("config.width")
    see(across.get_by_role("img", name="result by width"))
    assert across.locator("circle").count() == 9
    expected = scipy.stats.linregress(sizes, results).rvalue ** 2
    see(across.locator("p"), f"r² = {expected:.3f}, n = 9")
    root = xml.etree.ElementTree.fromstring(saved(page, "SVG"))
    circles = list(root.iter("{http://www.w3.org/2000/svg}circle"))
    assert (len(circles), circles[0].get("fill", "").startswith("rgb")) == (9, True)
    across.get_by_label("Picture").select_option("importance")
    table = across.get_by_role("table", name="Importance for result")
    correlation = scipy.stats.spearmanr(sizes, results).statistic
    see(table.locator("tr", has_text="width"), f"ρ = {correlation:.3f}")
    ranks = scipy.stats.rankdata(results)
    parts = [
        [r for n, r in enumerate(ranks) if bool(n % 3) == is_relu] for is_relu in (True, False)
    ]
    between = sum(len(part) * (sum(part) / len(part) - 5) ** 2 for part in parts)
    shared = between / sum((rank - 5) ** 2 for rank in ranks)
    see(table.locator("tr", has_text="act"), f"η² = {shared:.3f}")
    see(across, "sees no interactions")
    across.get_by_label("Picture").select_option("history")
    best = max(range(9), key=lambda n: results[n])
    see(across.locator("p"), re.compile(f"the best is #\\d+ with {results[best]:g}"))
    across.get_by_label("lower is better").check()
    see(across.locator("p"), f"with {min(results):g}")
    across.get_by_label("Picture").select_option("parallel")
    area = see(across.locator("[data-name='config.act']"))
    box = box_of(area)
    page.mouse.move(box["x"] + 10, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 10, box["y"] + box["height"] / 2, steps=5)
    page.mouse.up()
    see(page.locator("#parts .part"), "act in (tanh)")  # the upper half of the axis
    see(page.locator("#status .chip"), "Matching3")
    assert "kind=parallel" in page.url


def test_repeated_runs_have_a_column_for_their_verdict(visit: Visit, board: Board) -> None:
    see(visit.rows, "COMPLETED")
    assert not any("verdict" in text for text in visit.page.locator("thead th").all_inner_texts())
    run = board.recorder.start({"lr": 23, "seed": 1}, verdict="DIFFERS", rerun_of={"id": 1})
    run.complete(1)
    page = visit.go("?q=meta.verdict+%3D+DIFFERS")
    see(page.locator("td .verdict.bad"), "DIFFERS")


def test_zoom_reads_finer_points_and_charts_are_saved(visit: Visit, board: Board) -> None:
    run = board.recorder.start({"lr": 13, "seed": 1})
    run.log("wave", [math.nan if n == 700 else math.sin(n / 9) for n in range(2000)])
    run.log("alarm", [1.0, math.inf, 3.0])
    run.complete(1)
    page = visit.go(f"?panel=charts&pick=lab/{run.id}&pick=lab/1")
    wave = page.locator("[data-metric='wave']")
    over = see(wave.locator(".u-over"))
    zoomed: list[str] = []
    page.on("request", lambda request: zoomed.append(request.url))
    box = box_of(over)
    page.mouse.move(box["x"] + 50, box["y"] + 50)
    page.mouse.down()
    page.mouse.move(box["x"] + 80, box["y"] + 50, steps=4)
    page.mouse.up()
    show_all = see(page.get_by_role("button", name="Show all"))
    see(wave.locator("canvas"))
    page.wait_for_function("performance.now() > 0")
    assert "zoom=" in page.url
    assert any("/series" in url and "from=" in url for url in zoomed)
    show_all.click()
    show_all.wait_for(state="detached")
    content = {}
    for kind in ("SVG", "CSV", "PNG"):
        wave.hover()
        content[kind] = saved(page, kind, "Save the chart of wave")
    root = xml.etree.ElementTree.fromstring(content["SVG"])
    texts = [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")]
    assert "wave" in texts
    assert "500" in texts
    marked = [mark for mark in root.iter("{http://www.w3.org/2000/svg}path") if mark.get("fill")]
    assert any("l3 -3" in mark.get("d", "") for mark in marked)  # the NaN
    lines = content["CSV"].decode().split("\r\n")
    assert lines[0] == "run,label,metric,step,last,low,high"
    assert len(lines) == 401
    assert content["PNG"].startswith(b"\x89PNG")


# ------------------------------------------------------- what does not depend on the store


@pytest.fixture(scope="module")
def plain_board(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Board]:
    directory = tmp_path_factory.mktemp("plain")
    with open_store(directory / "runs") as store:
        board_runs.record(store.backend, directory / "recorded")
        views = directory / "views.json"
        with served([str(directory / "runs")], read_token=READ_TOKEN, views=views) as address:
            yield Board(address, store, directory / "live")


@pytest.fixture
def plain_visit(reused_page: ReusedPage, plain_board: Board) -> Iterator[Visit]:
    yield from revisiting(reused_page, plain_board.address)


def test_the_query_is_completed_and_its_mistakes_are_shown(plain_visit: Visit) -> None:
    visit = plain_visit
    page = visit.page
    see(page.locator("#status .chip"), "All runs4")
    see(visit.rows)
    page.keyboard.press("/")
    page.keyboard.type("opt")
    see(page.get_by_role("option"), "opt.name")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.keyboard.type("= s")
    see(page.get_by_role("option"), "sgd")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    visit.expect_column("result", ["", "0.7"])
    assert "q=opt.name+%3D+sgd" in page.url
    page.locator("#query input").fill("result > and")
    mistake = see(page.get_by_role("alert"))
    assert "         ^" in mistake.locator("pre").inner_text()
    visit.expect_column("result", ["", "0.7"])  # what was shown stays
    page.locator("#query input").fill("lrr > 5")
    see(page.locator(".empty"), "No run has config.lrr")
    page.get_by_role("button", name="Show all runs").click()
    visit.expect_column("result", ["", "0.7", "0.9", "0.5"])


def test_columns_are_chosen_and_kept_and_views_saved(plain_visit: Visit) -> None:
    visit = plain_visit
    page = visit.page
    see(visit.rows)
    page.get_by_role("button", name="Columns").click()
    page.get_by_label("Find a field").fill("loss.min")
    page.get_by_label("metrics.loss.min", exact=True).check()
    page.get_by_label("Find a field").fill("command")
    page.get_by_label("command", exact=True).uncheck()
    page.keyboard.press("Escape")
    visit.expect_column("loss.min", ["", "0.05", "0.05", "0.05"])
    assert not any("command" in text for text in page.locator("thead th").all_inner_texts())
    visit.go()  # in this browser, they stay
    visit.expect_column("loss.min", ["", "0.05", "0.05", "0.05"])
    visit.go("?sort=-result&col=id&col=result")
    page.get_by_role("button", name="Views").click()
    page.get_by_label("Name of this view").fill("the best")
    page.keyboard.press("Enter")
    see(page.locator(".menu .item"), "the best")
    visit.go()
    page.get_by_role("button", name="Views").click()
    see(page.locator(".menu .item"), "the best").click()
    visit.expect_column("result", ["0.9", "0.7", "0.5", ""])
    page.get_by_role("button", name="Export").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV").click()
    lines = Path(download.value.path()).read_text().splitlines()
    assert [lines[0], lines[1].split(",")[1]] == ["id,result", "0.9"]


def test_a_failed_run_shows_the_users_lines(plain_visit: Visit) -> None:
    visit = plain_visit
    page = visit.go("?q=status+%3D+FAILED")
    see(visit.rows).click()
    trace = see(page.locator("#run pre.trace"))
    assert "train.py" in trace.inner_text()
    assert "site-packages" not in trace.inner_text()
    page.get_by_text("With the frames of the library").click()
    see(page.locator("#run pre.trace"), "site-packages")


def test_all_is_done_by_the_keyboard(browser: Browser, plain_board: Board) -> None:
    for visit in visiting(browser, plain_board.address):
        page = visit.page
        see(visit.rows)
        for key in ("j", "j", "Enter"):
            page.keyboard.press(key)
        see(page.locator("#run .title"), "#3")
        page.keyboard.press("k")
        see(page.locator("#run .title"), "#4")
        page.keyboard.press("]")
        see(page.get_by_role("tab", name="Metrics", selected=True))
        page.keyboard.press("f")
        see(page.locator("body.run-only"))
        page.keyboard.press("Escape")
        page.locator("#run").wait_for(state="hidden")
        before = page.evaluate("getComputedStyle(document.body).backgroundColor")
        page.keyboard.press("t")
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") != before
        page.keyboard.press("?")
        see(page.get_by_role("dialog", name="Keys"), "Write a query")


def test_everybody_can_use_the_page(browser: Browser, plain_board: Board) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    for visit in visiting(browser, plain_board.address):
        page = visit.go("?panel=charts&pick=runs/1&pick=runs/2")
        see(page.locator("#across canvas"))
        assert violations(axe, page) == {}
        page = visit.go("?q=lr+%3C+5+and+seed+%3C+9&off=seed+%3D+1&pick=runs/1&pick=runs/2")
        see(visit.rows)
        page.keyboard.press("e")
        see(page.locator(".facets .count"))
        assert violations(axe, page) == {}
        for kind in ("scatter", "box", "heat", "parallel", "importance", "pareto"):
            page = visit.go(f"?panel=across&kind={kind}")
            see(page.locator("#across .across p"))
            assert violations(axe, page) == {}, kind
        page = visit.go("?panel=compare&base=runs/1")
        see(page.locator("#across .delta"))
        page.get_by_role("button", name="Output").click()
        see(page.locator("#across .texts h3"))
        assert violations(axe, page) == {}
        page = visit.go("?by=config.opt.name")
        see(page.locator("tr.group"))
        assert violations(axe, page) == {}
        page = visit.go("?run=runs/2")
        see(visit.rows)
        see(page.locator("#run .result"))
        for tab in ("Overview", "Metrics", "Config", "Files"):
            page.get_by_role("tab", name=tab).click()
            page.wait_for_timeout(150)
            assert violations(axe, page) == {}, tab


def violations(axe: Any, page: Page) -> dict[str, list[str]]:
    """What keeps somebody from using the page as it is now, in the light or in the dark."""
    violated: dict[str, list[str]] = {}
    # All but the rules of colours are the same for both themes.
    of_colours = {"runOnly": ["color-contrast", "link-in-text-block"]}
    for theme, rules in (("dark", of_colours), ("light", {})):
        page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
        found = axe.run(page, options={"resultTypes": ["violations"], **rules}).response
        for one in found["violations"]:
            nodes = [node["html"][:120] for node in one["nodes"][:3]]
            violated[f"{one['id']} ({theme})"] = nodes
    return violated


def test_files_and_notes_are_shown_as_what_they_are(
    plain_visit: Visit, plain_board: Board, tmp_path: Path
) -> None:
    run = plain_board.recorder.start({"lr": 23, "seed": 1}, notes="- **bold** ideas")
    np.save(tmp_path / "m.npy", np.arange(96.0).reshape(12, 8))
    np.savez(tmp_path / "plain.npz", first=np.arange(3))
    np.savez_compressed(tmp_path / "small.npz", second=np.full((20, 30), 7))
    rows = pa.table({"n": range(300), "word": ["<b>" for _ in range(300)]})
    pq.write_table(rows, tmp_path / "t.parquet")
    (tmp_path / "r.md").write_text("# Head\n\n[bad](javascript:alert(1)) <b>x</b>\n")
    (tmp_path / "p.pdf").write_bytes(b"%PDF-1.4\n%%EOF\n")
    for path in sorted(tmp_path.iterdir()):
        run.add(path.name, str(path))
    run.complete(1)
    page = plain_visit.go(f"?run=runs/{run.id}")
    panel = page.locator("#run")
    see(panel.locator(".notes li strong"), "bold")
    panel.get_by_role("tab", name="Files").click()
    names = panel.locator(".names button")
    names.filter(has_text="m.npy").click()
    see(panel.locator(".array"), "array of <f8, shape (12, 8)")
    assert panel.locator(".array tr").nth(1).inner_text().split()[:3] == ["1", "8", "9"]
    see(panel.get_by_role("img", name="12 × 8 values from 0 to 95"))
    names.filter(has_text="plain.npz").click()
    see(panel.locator(".arrays"), re.compile("first.*shape \\(3,\\).*0  1  2", re.DOTALL))
    names.filter(has_text="small.npz").click()
    see(panel.get_by_role("img", name="20 × 30 values from 7 to 7"))
    names.filter(has_text="t.parquet").click()
    see(panel.locator(".preview"), "The first 200 of 300 rows.")
    assert panel.locator("tbody tr").nth(3).locator("td").all_inner_texts() == ["3", "<b>"]
    names.filter(has_text="r.md").click()
    see(panel.locator(".markdown h3"), "Head")
    assert panel.locator(".markdown a").count() == 0
    see(panel.locator(".markdown p"), "[bad](javascript:alert(1)) <b>x</b>")
    names.filter(has_text="p.pdf").click()
    see(panel.get_by_role("link", name="Open it by itself"))
    plain_board.forget_new_runs()


def test_curves_stand_in_cells_and_rows_and_digits_are_chosen(plain_visit: Visit) -> None:
    visit = plain_visit
    page = visit.go("?q=status+%3D+COMPLETED")
    see(visit.rows, "COMPLETED")
    page.keyboard.press("c")
    menu = page.get_by_role("dialog", name="Columns")
    see(menu.get_by_role("button", name="Show metrics.loss as a curve")).click()
    page.keyboard.press("Escape")
    page.wait_for_url("**spark=metrics.loss**")
    page.reload()
    curve = see(page.locator("regular-table .sparked path[d^='M']"))
    assert curve.get_attribute("d").count("L") == 19  # 20 points
    visit.expect_column("loss", ["0.05"] * 3)
    before = box_of(visit.rows.first)["height"]
    page.get_by_role("button", name="Settings").click()
    page.get_by_role("button", name="Comfortable").click()
    deadline = time.monotonic() + PATIENCE / 1000
    while box_of(visit.rows.first)["height"] <= before and time.monotonic() < deadline:
        page.wait_for_timeout(50)
    assert box_of(visit.rows.first)["height"] == before + 8
    page.reload()
    see(visit.rows, "COMPLETED")
    assert box_of(visit.rows.first)["height"] == before + 8


def test_tabs_of_a_browser_share_one_stream(browser: Browser, plain_board: Board) -> None:
    streams: list[Page] = []
    with browser.new_context() as context:
        context.on(
            "request", lambda one: streams.append(one.frame.page) if "/events" in one.url else 0
        )
        tabs = [context.new_page() for _ in range(3)]
        for tab in tabs:
            tab.goto(f"{plain_board.address}/?token={TOKEN}")
            see(tab.locator("regular-table tbody tr"), "COMPLETED")
        run = plain_board.recorder.start({"lr": 31, "seed": 1}, name="shared")
        for tab in tabs:
            see(tab.locator("regular-table tbody tr"), "shared")
        assert len(set(streams)) == 1
        streams[0].close()  # another one listens instead
        run.complete(31)
        for tab in tabs:
            if not tab.is_closed():
                see(tab.locator("regular-table tbody tr", has_text="shared"), "COMPLETED")
        assert len(set(streams)) == 2
    plain_board.forget_new_runs()


def test_a_phone_shows_the_list_or_the_run(browser: Browser, plain_board: Board) -> None:
    size = {"width": 380, "height": 700}
    for visit in visiting(browser, plain_board.address, viewport=size):
        page = visit.page
        see(visit.rows, "COMPLETED").click()
        see(page.locator("#run .result"))
        assert page.locator("#run").bounding_box()["width"] == 380
        assert page.evaluate("document.documentElement.scrollWidth") <= 380
        # All buttons of the head stand in one row, and values of the configuration in one line.
        tops = page.locator("#top > .button:visible").all()
        assert len({round(box_of(one)["y"]) for one in tops}) == 1
        page.locator("#run").get_by_role("tab", name="Config").click()
        assert box_of(see(page.locator("[data-path='config.lr'] .value")))["height"] < 30
        page.get_by_role("button", name="Close (Esc)").click()
        see(visit.rows)
        page.get_by_role("button", name="Charts").click()
        see(page.locator("#across canvas"))
        assert page.evaluate("document.documentElement.scrollWidth") <= 380


def test_a_token_to_read_shows_no_error_and_changes_nothing(
    browser: Browser, plain_board: Board
) -> None:
    for visit in visiting(browser, plain_board.address, token=READ_TOKEN):
        page = visit.go("?run=runs/1")
        see(page.locator("#run .result"))
        page.keyboard.press("s")
        see(page.locator(".notice"), "only be read")
        assert not plain_board.store[1].starred


def test_without_a_token_the_page_says_what_to_open(browser: Browser, plain_board: Board) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(plain_board.address)
        see(page.locator(".empty"), "open the address with a token")


def test_nothing_that_is_stored_runs_in_the_page(browser: Browser, tmp_path: Path) -> None:
    with open_store(tmp_path / "<b>runs") as store:
        run_id = board_runs.record_hostile(store.backend, tmp_path / "files")
        with served([str(tmp_path / "<b>runs")]) as address:
            for visit in visiting(browser, address):
                _look_at_everything(visit, run_id)
                assert visit.page.evaluate("window.hacked === undefined")
                assert visit.page.title() != "hacked"


def _look_at_everything(visit: Visit, run_id: Any) -> None:
    page = visit.page
    hostile = board_runs.hostile_texts()
    see(visit.rows, "<img src=x")
    page.keyboard.press("c")
    see(page.get_by_label("Find a field"))
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    page.keyboard.type("tags ")
    page.keyboard.type("= ")
    page.keyboard.press("Escape")
    page.locator("#query input").fill("")
    page.keyboard.press("Escape")
    see(visit.rows).click()
    panel = page.locator("#run")
    see(panel.locator(".tag"), hostile[0])
    page.keyboard.press("g")
    page.keyboard.press("x")
    see(page.locator("#across canvas"))
    page.locator("#across .u-over").first.hover()
    page.keyboard.press("a")
    see(page.locator("#across .across .empty"))
    page.keyboard.press("e")
    page.get_by_label("Field", exact=True).select_option("name")
    see(page.locator(".facets label"), "<img")
    page.keyboard.press("Escape")
    page.keyboard.press("d")
    see(page.locator("#across .compare"))
    page.keyboard.press("g")
    page.keyboard.press("b")
    page.get_by_label("all that differs but seeds").check()
    page.keyboard.press("Escape")
    see(page.locator("tr.group")).click()
    see(page.locator("tr.member"))
    page.get_by_role("button", name="Group", exact=True).click()
    page.get_by_role("button", name="No groups").click()
    page.keyboard.press("Escape")
    see(page.locator("#across .legend button")).click()
    for tab in ("Metrics", "Config", "Output", "Sources", "Record"):
        panel.get_by_role("tab", name=tab).click()
        page.wait_for_timeout(200)
    panel.get_by_role("tab", name="Files").click()
    for name in ("page.html", "picture.svg", "t.csv", "t.json", "onerror"):
        panel.locator(".names button", has_text=name).click()
        page.wait_for_timeout(200)
    # Nor as a page of its own.
    link = panel.locator("a[download]").get_attribute("href")
    answer = page.request.get(f"{visit.address}/{link}")
    assert answer.headers["content-disposition"].startswith("attachment")
    page.goto(f"{visit.address}/api/v1/runs/b-runs/{run_id}/files?name=page.html&show=true")
    page.wait_for_timeout(200)
    visit.go()
    see(visit.rows)


def test_a_store_that_goes_away_comes_back_by_itself(browser: Browser, tmp_path: Path) -> None:
    with open_store(tmp_path / "runs") as store:
        board_runs.record(store.backend, tmp_path / "files")
    with served([str(tmp_path / "runs")]) as address:
        for visit in visiting(browser, address):
            page = visit.page
            see(visit.rows)
            (tmp_path / "runs").rename(tmp_path / "away")
            see(page.locator("#status"), "is away")
            (tmp_path / "away").rename(tmp_path / "runs")
            see(page.locator("#status .chip"), "All runs4")
            see(visit.rows, "COMPLETED")


def test_modules_of_the_page_are_short_and_load_nothing_from_elsewhere() -> None:
    vendor = PAGE / "vendor"
    modules = [path for path in sorted(PAGE.rglob("*.js")) if vendor not in path.parents]
    assert len(modules) > 40
    for path in modules:
        text = path.read_text(encoding="utf-8")
        assert text.startswith("// @ts-check\n"), path.name
        assert len(text.splitlines()) < 300, path.name
        assert not re.search(r"innerHTML|insertAdjacentHTML|document\.write|\beval\(", text), path
        assert re.findall(r"https?://(?!www\.w3\.org)", text) == [], path.name
    for path in PAGE.rglob("*.css"):
        assert "@import" not in path.read_text(encoding="utf-8")


def test_vendored_files_are_those_that_were_looked_at() -> None:
    vendor = PAGE / "vendor"
    libraries = json.loads((vendor / "vendored.json").read_text(encoding="utf-8"))
    known = {vendor / "vendored.json"}
    for name, library in libraries.items():
        assert "LICENSE" in library["files"]
        for file, digest in library["files"].items():
            known.add(vendor / name / file)
            assert hashlib.sha256((vendor / name / file).read_bytes()).hexdigest() == digest
    assert {path for path in vendor.rglob("*") if path.is_file()} == known


def test_files_of_the_page_are_served_and_no_others(plain_board: Board) -> None:
    with httpx.Client(base_url=plain_board.address, trust_env=False) as client:
        answer = client.get("/main.js")
        assert answer.headers["content-type"].startswith("text/javascript")
        known = {"If-None-Match": answer.headers["etag"]}
        assert client.get("/main.js", headers=known).status_code == 304
        for path in ("/application.py", "/../application.py", "/%2e%2e/access.py", "/style"):
            assert client.get(path).status_code == 404
