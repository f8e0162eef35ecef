"""``sacred board --export``: a copy that needs no server, and runs nothing that is stored."""

from __future__ import annotations

import html
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus

import pytest

from sacred.app import main
from sacred.board.static_export.classic_script import classic_script
from sacred.board.static_export.copied_secrets import Secrets
from sacred.runs import RunStore, open_store
from tests.board import board_runs
from tests.board.test_page import PAGE, PATIENCE, saved, see, violations
from tests.integration.test_readers import new_place

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

SECRET = "hunter2-of-ada"


class Copied:
    """A copy, opened from the disk, which must ask nobody for anything."""

    def __init__(self, page: Page, path: Path) -> None:
        self.page, self.url = page, path.as_uri()
        self.errors: list[str] = []
        self.requests: list[str] = []
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on(
            "console", lambda said: self.errors.append(said.text) if said.type == "error" else 0
        )
        page.on("request", lambda request: self.requests.append(request.url))
        page.goto(self.url)

    def check(self) -> None:
        assert self.errors == []
        assert {url for url in self.requests if not url.startswith(("data:", self.url))} == set()


def opened(browser: Browser, path: Path, **options: Any) -> Iterator[Copied]:
    options.setdefault("viewport", {"width": 1500, "height": 800})
    with browser.new_context(timezone_id="UTC", **options) as context:
        copied = Copied(context.new_page(), path)
        yield copied
        copied.check()


def copy(url: str, directory: Path, *options: str) -> Path:
    main(["board", url, "--export", str(directory), *options])
    return directory / "index.html"


def record(store: RunStore, directory: Path) -> None:
    board_runs.record(store.backend, directory / "files")
    run = board_runs.Recorder(store.backend, directory / "more").start(
        {"lr": 0.5, "db": {"password": SECRET}, "seed": 8}
    )
    run.log("loss", [1 / (step + 1) for step in range(1000)])
    run.print(f"open postgres://ada:{SECRET}@db/x\nlogin with {SECRET}\n")
    run.add("notes.txt", directory_file(directory, f"the word is {SECRET}\n"))
    run.complete(0.3)


def directory_file(directory: Path, text: str) -> str:
    path = directory / "notes.txt"
    path.write_text(text)
    return str(path)


@pytest.mark.parametrize("kind", ["file", "sqlite", "mongo"])
def test_a_copy_shows_runs_charts_groups_and_comparisons_without_a_server(
    browser: Browser, kind: str, request: pytest.FixtureRequest, tmp_path: Path, capsys: Any
) -> None:
    with new_place(kind, request, tmp_path) as place:
        with open_store(place.url) as store:
            record(store, tmp_path)
        views = ("?panel=charts&q=name+%3D+vision&sort=lr", "?by=config.opt.name&panel=charts")
        path = copy(place.url, tmp_path / "out", "--view", views[0], "--view", views[1])
    said = capsys.readouterr()
    assert said.out == f"{path}\n"
    assert "5 runs" in said.err
    assert "secrets: what is named like one is shown as ***" in said.err
    assert SECRET not in path.read_text()
    for copied in opened(browser, path):
        page = copied.page
        see(page.locator("#across canvas"))  # the first view
        see(page.locator("#across .legend"), "lr=0.001")
        see(page.locator("#status .chip"), "Matching4")
        first = page.locator("regular-table tbody tr").first
        see(first, "0.001")
        page.locator("#across").get_by_role("button", name="Close").click()
        page.locator("thead th", has_text="result").click()  # sorts
        see(first, "0.9")
        see(page.locator("#status .chip"), "COMPLETED").click()
        see(page.locator("#query input"))
        page.get_by_role("button", name="Views").click()
        see(page.locator(".popup .item"), "View 2").click()
        see(page.locator("tr.group"), "adam")
        see(page.locator("#across canvas"))
        see(page.locator("td.mark"), "best")
        see(page.locator("td.mark"), "too few runs to tell")
        page.locator("#query input").fill("lr < 3")
        page.keyboard.press("Enter")
        see(page.locator(".mistake"), "a copy without a server")
        _look_at_a_run(copied)


def _look_at_a_run(copied: Copied) -> None:
    page = copied.page
    page.goto(
        f"{copied.url}?run="
        + page.evaluate("""JSON.parse(
        document.getElementById("copied").textContent).comparison.runs.map(
        run => `${run.store}/${run.key}`).find(key => key.endsWith("5"))""")
    )
    panel = page.locator("#run")
    see(panel.locator(".result"), "0.3")
    assert panel.get_by_label("Add a tag").count() == 0  # nothing can be changed
    panel.get_by_role("tab", name="Metrics").click()
    see(panel.locator(".chart canvas"))
    panel.get_by_role("tab", name="Config").click()
    see(panel.locator("[data-path='config.db.password']"), "***")
    panel.get_by_role("tab", name="Output").click()
    see(panel.locator(".line"), "login with ***")
    panel.get_by_role("tab", name="Files").click()
    see(panel.locator(".preview"), "the word is ***")
    see(panel.locator("a[download]"), "Save")
    panel.get_by_role("tab", name="Sources").click()
    see(panel.locator(".source .k"), "import")
    page.get_by_role("button", name="Copy of 5 runs").click()
    see(page.locator(".copied li"), "the trash")


def test_a_copy_says_what_connects_its_runs_and_what_matters(
    browser: Browser, tmp_path: Path
) -> None:
    with open_store(tmp_path / "runs") as store:
        recorder = board_runs.Recorder(store.backend, tmp_path / "files")
        for n in range(12):
            config = {"act": "relu" if n % 2 else "tanh", "lr": n // 2 + 1, "seed": n}
            run = recorder.start(config, age=900 - n)
            if n == 0:
                run.add_bytes("model.pt", b"weights")
            if n == 5:
                run.observer.resource_event(recorder.file("start.pt", b"weights"))
            run.complete(float(n % 2) + n / 100)
    path = copy(str(tmp_path / "runs"), tmp_path / "out")
    for copied in opened(browser, path):
        page = copied.page
        page.goto(f"{copied.url}?panel=across&kind=importance")
        see(page.get_by_role("table", name="Importance for result"), "act")
        best = see(page.get_by_role("table", name="fANOVA for result")).locator("th").first
        assert best.inner_text() == "act"
        page.goto(f"{copied.url}?run=runs/6&tab=lineage")
        panel = page.locator("#run")
        see(panel.locator("h3"), "2 runs, connected by 1 files")
        panel.get_by_role("button", name=re.compile("#1,")).click()
        see(panel.locator(".title"), "#1")


def test_charts_of_a_copy_are_those_of_the_board(browser: Browser, tmp_path: Path) -> None:
    with open_store(tmp_path / "runs") as store:
        record(store, tmp_path)
    path = copy(str(tmp_path / "runs"), tmp_path / "out")
    for copied in opened(browser, path):
        page = copied.page
        page.goto(f"{copied.url}?panel=charts&pick=runs/5&pick=runs/1&x=relative")
        see(page.locator("[data-metric='loss'] canvas"))
        chart = page.locator("[data-metric='loss']")
        chart.hover()
        lines = saved(page, "CSV", "Save the chart of loss").decode().splitlines()
        rows = [line.split(",") for line in lines]
        own = [[float(cell) for cell in row[3:]] for row in rows[1:] if row[0] == "runs/5"]
        assert rows[0][3:] == ["relative", "last", "low", "high"]
        assert len(own) == 300
        assert own[0] == [0.0, 0.25, 0.25, 1.0]
        assert (min(row[2] for row in own), max(row[3] for row in own)) == (0.001, 1.0)
        page.goto(f"{copied.url}?panel=compare&pick=runs/1&pick=runs/2&base=runs/1")
        table = page.get_by_role("table", name="Differences")
        see(table.locator("tr", has_text="result").locator(".delta"), "+80 %")
        assert table.locator("th", has_text=re.compile("^opt.name$")).count() == 0  # the same


def test_a_copy_of_a_hostile_store_runs_nothing(browser: Browser, tmp_path: Path) -> None:
    with open_store(tmp_path / "<b>runs") as store:
        board_runs.record_hostile(store.backend, tmp_path / "files")
    path = copy(str(tmp_path / "<b>runs"), tmp_path / "out")
    for copied in opened(browser, path):
        page = copied.page
        see(page.locator("regular-table tbody tr"), "<img src=x").click()
        panel = page.locator("#run")
        for tab in ("Metrics", "Config", "Output", "Sources", "Record"):
            panel.get_by_role("tab", name=tab).click()
            page.wait_for_timeout(200)
        panel.get_by_role("tab", name="Files").click()
        for name in ("page.html", "picture.svg", "t.csv", "t.json", "onerror"):
            panel.locator(".names button", has_text=name).click()
            page.wait_for_timeout(200)
        href = panel.locator("a[download]").get_attribute("href")
        assert href is not None
        assert href.startswith("data:application/octet-stream;base64,")
        page.keyboard.press("Escape")
        page.keyboard.press("d")
        see(page.locator("#across .compare"))
        assert page.evaluate("window.hacked === undefined")
        assert page.title() != "hacked"
        assert [url for url in copied.requests if url.endswith("/x")] == []
        # Nor would it if it were in the page: only the page's own script may run.
        page.evaluate("""document.body.insertAdjacentHTML(
            "beforeend", "<img src=x onerror='window.hacked=1'>")""")
        page.wait_for_timeout(200)
        assert page.evaluate("window.hacked === undefined")
        copied.requests.clear()
        # The browser says what it did not run.
        said = [text for text in copied.errors if "sandboxed" not in text]
        copied.errors = [text for text in said if "Content Security Policy" not in text]


def test_everybody_can_use_a_copy(browser: Browser, tmp_path: Path) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    with open_store(tmp_path / "runs") as store:
        board_runs.record(store.backend, tmp_path / "files")
    path = copy(str(tmp_path / "runs"), tmp_path / "out")
    for page in (one.page for one in opened(browser, path, bypass_csp=True)):
        page.get_by_role("button", name="Copy of 4 runs").click()
        see(page.locator(".copied li"))
        assert violations(axe, page) == {}


def test_what_is_too_much_is_left_out_and_said(tmp_path: Path, capsys: Any) -> None:
    with open_store(tmp_path / "runs") as store:
        board_runs.record(store.backend, tmp_path / "files")
        run = board_runs.Recorder(store.backend, tmp_path / "more").start({"lr": 3, "seed": 1})
        run.add_bytes("model.pt", os.urandom(2 << 20))
        run.complete(1)
    path = copy(str(tmp_path / "runs"), tmp_path / "out", "--limit", "2")
    said = capsys.readouterr().err
    assert "runs: the first 2 of 5 (all runs)" in said
    assert "files: 1 left out (larger than 1 MB)" in said
    assert path.stat().st_size < 2e6
    assert main(["board", str(tmp_path / "runs"), "--limit", "2"]) == 2
    assert "--export" in capsys.readouterr().err
    options = ["--export", str(tmp_path / "out"), "--view", "mine"]
    assert main(["board", str(tmp_path / "runs"), *options]) == 2
    assert "there is no saved view 'mine'" in capsys.readouterr().err


def test_secrets_are_masked_by_name_and_wherever_they_stand() -> None:
    table = {"data": {"config.api_key": ["k-123456", None], "config.lr": [0.1, 0.2]}}
    comparison = [{"name": "hub.token", "values": ["t-987654", "abc"], "origins": ["a", "b"]}]
    secrets = Secrets(table, comparison)
    assert secrets.masked(table) == {
        "data": {"config.api_key": ["***", None], "config.lr": [0.1, 0.2]}
    }
    assert secrets.masked(comparison) == [
        {"name": "hub.token", "values": ["***", "***"], "origins": ["a", "b"]}
    ]
    assert secrets.masked({"k-123456": "x t-987654 abc"}) == {"***": "x *** abc"}
    assert secrets.masked({"password": "${secret:DB}"}) == {"password": "***"}
    assert secrets.masked_text("https://u:pw@host/?token=1") == "https://u:***@host/?token=***"
    assert (secrets.are_in(b"\0t-987654"), secrets.are_in(b"\0abc")) == (True, False)


def test_secrets_are_masked_in_the_forms_of_other_texts() -> None:
    password = 'hun"ter\\2 <ü>/x\n' + chr(0xD800)
    secrets = Secrets({"db": {"password": password}})
    plain = password.encode("utf-8", "surrogatepass")
    for text in (
        password, json.dumps({"k": password}), json.dumps({"k": password}, ensure_ascii=False),
        repr({"k": password}), ascii([password]), html.escape(password), quote(plain),
        quote_plus(plain), f"http://host/{quote(plain, safe='')}",
    ):  # fmt: skip
        assert "hun" not in secrets.masked_text(text)
    assert secrets.are_in(b"\xff\xfe" + password.encode("utf-16-le", "surrogatepass"))
    assert not secrets.are_in(b"\xff\xfehun")


@pytest.mark.parametrize("word", ["columns", "metric", "COMPLETED", "secret-store", "groups"])
def test_a_password_that_is_a_word_of_the_page_does_not_break_it(
    browser: Browser, tmp_path: Path, capsys: Any, word: str
) -> None:
    place = tmp_path / "secret-store"
    with open_store(place) as store:
        run = board_runs.Recorder(store.backend, tmp_path / "files").start(
            {"lr": 0.5, "db": {"password": word}, "seed": 8}
        )
        run.log("loss", [1.0, 0.5])
        run.complete(0.3)
    path = copy(str(place), tmp_path / "out", "--view", "?q=db.password+%3D+hunter22&panel=charts")
    assert "1 secrets are words of the page" in capsys.readouterr().err
    for copied in opened(browser, path):
        copied.page.goto(f"{copied.url}?run=secret-store/1")
        copied.page.locator("#run").get_by_role("tab", name="Config").click()
        see(copied.page.locator("[data-path='config.db.password']"), "***")


@pytest.mark.parametrize(
    ("module", "problem"),
    [
        ('import * as other from "./b.js";\n', "main.js: not known here: import [*]"),
        ("export default 3;\n", "main.js: not known here: export default"),
        ('export { a } from "./b.js";\n', "main.js: not known here"),
        ('import { a } from "./main.js";\n', "main.js -> main.js"),
        ("const end = '</script>';\n", "ends a script"),
    ],
)
def test_modules_that_cannot_be_one_script_are_an_error(
    tmp_path: Path, module: str, problem: str
) -> None:
    (tmp_path / "main.js").write_text(module)
    (tmp_path / "b.js").write_text("export const a = 1;\n")
    with pytest.raises(ValueError, match=problem):
        classic_script(tmp_path, "main.js", {})


def test_a_classic_script_does_what_the_modules_do(browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "main.js").write_text(
        'import { A, two } from "./sub/a.js";\nimport "./b.js";\n'
        "const later = await Promise.resolve(two());\nwindow.found.push(new A().n, later);\n"
    )
    (tmp_path / "sub/a.js").write_text(
        'import { one } from "../b.js";\nexport class A { n = one; }\n'
        "export function two() { return one + 1; }\n"
    )
    (tmp_path / "b.js").write_text("export const one = 2;\nwindow.found = [one];\n")
    (tmp_path / "c.js").write_text("export const one = 1;\nwindow.found = [one];\n")
    script = classic_script(tmp_path, "main.js", {"b.js": "c.js"})
    page = browser.new_page()
    page.add_script_tag(content=script)
    page.wait_for_function("window.found.length === 3")
    assert page.evaluate("window.found") == [1, 1, 2]
    page.close()


def test_the_page_is_what_a_copy_can_have() -> None:
    script = classic_script(PAGE, "main.js", {"transport.js": "recorded/transport.js"})
    assert '$["recorded/transport.js"]' in script
    assert '$["transport.js"]' not in script


def test_views_of_one_store_show_its_runs_and_groups_only(browser: Browser, tmp_path: Path) -> None:
    for name, results in (("a", (0.1, 0.2)), ("b", (0.8, 0.9))):
        with open_store(tmp_path / name) as store:
            recorder = board_runs.Recorder(store.backend, tmp_path / f"{name}-files")
            for seed, result in enumerate(results):
                recorder.start({"lr": 0.5, "seed": seed}, name="net").complete(result)
    stores = [str(tmp_path / name) for name in ("a", "b")]
    options = ("--export", str(tmp_path / "out"), "--view", "?by=config.lr")
    main(["board", *stores, *options, "--view", "?by=config.lr&store=b"])
    for copied in opened(browser, tmp_path / "out" / "index.html"):
        page = copied.page
        see(page.locator("tr.group"), "0.5 ± ")  # of all four
        page.goto(f"{copied.url}?by=config.lr&store=b")
        see(page.locator("tr.group"), "0.85 ± ")
        page.goto(f"{copied.url}?store=b")
        see(page.locator("#status .chip"), "All runs2")
