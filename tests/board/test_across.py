"""Pictures of all runs, marks of significance and lineage on the page, over three stores."""

from __future__ import annotations

import contextlib
import csv
import hashlib
import io
import itertools
import random
import re
import xml.etree.ElementTree
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import scipy.stats

from sacred.runs import open_store
from tests.board import board_runs
from tests.board.api_client import Api, served
from tests.board.test_page import KINDS, Board, Visit, box_of, revisiting, saved, see
from tests.integration.test_readers import new_place
from tests.services.browser import ReusedPage

ACTS, WIDTHS = ("gelu", "relu", "tanh"), (8, 16, 32)
#: What the page does by itself, whatever the store.
ANY_STORE = pytest.mark.parametrize("board", ["file"], indirect=True)
SVG = "{http://www.w3.org/2000/svg}"


class Runs:
    """36 runs with entries, seeds and two numbers each."""

    def __init__(self) -> None:
        rng = random.Random(11)
        self.rows: list[dict[str, Any]] = []
        for n, (act, width, seed) in enumerate(itertools.product(ACTS, WIDTHS, range(4))):
            result = round({"gelu": 0.9, "relu": 0.7, "tanh": 0.5}[act] + rng.gauss(0, 0.05), 6)
            cost = float(rng.randrange(1, 9))
            row = {"act": act, "width": width, "seed": seed, "result": result, "cost": cost, "n": n}
            self.rows.append(row)

    def record(self, recorder: board_runs.Recorder) -> None:
        for row in self.rows:
            config = {name: row[name] for name in ("act", "width", "seed")}
            run = recorder.start(config, name="net", age=900 - row["n"])
            run.log("cost", [row["cost"] + 1, row["cost"]])
            run.complete(row["result"])

    def results(self, **wanted: Any) -> list[float]:
        return [
            row["result"]
            for row in self.rows
            if all(row[name] == value for name, value in wanted.items())
        ]


RUNS = Runs()


@pytest.fixture(scope="module", params=KINDS)
def board(request: pytest.FixtureRequest, tmp_path_factory: Any) -> Iterator[Board]:
    directory = tmp_path_factory.mktemp("across")
    with new_place(request.param, request, directory) as place, open_store(place.url) as store:
        RUNS.record(board_runs.Recorder(store.backend, directory / "recorded"))
        with served({"lab": place.url}) as address:
            yield Board(address, store, directory / "live")


@pytest.fixture
def visit(reused_page: ReusedPage, board: Board) -> Iterator[Visit]:
    yield from revisiting(reused_page, board.address)
    board.forget_new_runs()


@pytest.fixture
def api(board: Board) -> Iterator[Api]:
    found = Api(board.address)
    yield found
    found.close()


def table_of(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode())))


def test_boxes_of_categories_are_those_of_numpy(visit: Visit) -> None:
    page = visit.go("?panel=across&kind=box&px=config.act")
    see(page.get_by_role("img", name="result by act", exact=True))
    assert page.locator(".picture .box").count() == 3
    assert page.locator(".picture circle").count() == 36
    rows = table_of(saved(page, "CSV"))
    assert [row["act"] for row in rows] == list(ACTS)
    for row, act in zip(rows, ACTS, strict=True):
        values = np.array(RUNS.results(act=act))
        quartiles = np.percentile(values, [25, 50, 75])
        reach = 1.5 * (quartiles[2] - quartiles[0])
        inside = values[(values >= quartiles[0] - reach) & (values <= quartiles[2] + reach)]
        found = [float(row[name]) for name in ("q1", "median", "q3", "mean", "low", "high")]
        expected = [*quartiles, values.mean(), inside.min(), inside.max()]
        np.testing.assert_allclose(found, expected, rtol=1e-12)
        assert row["n"] == "12"
    picture = xml.etree.ElementTree.fromstring(saved(page, "SVG"))
    assert len(list(picture.iter(f"{SVG}circle"))) == 36
    assert saved(page, "PNG").startswith(b"\x89PNG")
    page.locator(".picture circle").first.click()
    see(page.locator("#run .result"))


def test_a_map_of_two_entries_shows_means_of_its_fields(visit: Visit) -> None:
    page = visit.go("?panel=across&kind=heat&px=config.width&pz=config.act")
    see(page.get_by_role("img", name="mean of result by width and act"))
    assert page.locator(".picture .cell").count() == 9
    for summary, by in (("mean", np.mean), ("median", np.median), ("min", np.min), ("runs", len)):
        page.get_by_label("What a field shows").select_option(summary)
        see(page.get_by_role("img", name=f"{summary} of result by width and act"))
        for row in table_of(saved(page, "CSV")):
            values = RUNS.results(act=row["act"], width=int(row["width"]))
            assert float(row[summary]) == pytest.approx(float(by(values)), rel=1e-12)
            assert row["n"] == str(len(values))
    assert "cell=runs" in page.url
    picture = xml.etree.ElementTree.fromstring(saved(page, "SVG"))
    fills = {area.get("fill") for area in picture.iter(f"{SVG}rect")}
    assert all(fill and "var(" not in fill for fill in fills)


@pytest.mark.parametrize(
    ("board", "lower"), [*((kind, True) for kind in KINDS), ("file", False)], indirect=["board"]
)
def test_the_front_has_the_runs_that_no_other_beats(visit: Visit, lower: bool) -> None:
    more = "&lowerx=1" if lower else ""
    page = visit.go(f"?panel=across&kind=pareto&px=metrics.cost.last{more}")
    see(page.locator("#across .across p"), "are not beaten")
    sign = -1 if lower else 1
    points = [(sign * row["cost"], row["result"]) for row in RUNS.rows]
    beaten = [any(x >= a and y >= b and (x, y) != (a, b) for x, y in points) for a, b in points]
    rows = table_of(saved(page, "CSV"))
    found = sorted((float(row["result"]), row["front"] == "no") for row in rows)
    assert found == sorted(zip((row["result"] for row in RUNS.rows), beaten, strict=True))
    assert page.locator("circle.front").count() == beaten.count(False)
    see(page.locator("#across .across p"), f"{beaten.count(False)} of 36 runs")
    assert page.get_by_label(re.compile("lower cost.last is better")).is_checked() is lower


def test_importance_says_what_optuna_finds_and_what_it_assumes(visit: Visit, api: Api) -> None:
    page = visit.go("?panel=across&kind=importance")
    see(page.get_by_role("table", name="Importance for result"), "act")
    table = see(page.get_by_role("table", name="fANOVA for result"))
    see(page.locator("#across"), "these 36 runs are enough to fit it")
    assert table.locator("tr").first.locator("th").inner_text() == "act"
    answer = api.get(
        "/importance", value="result", entry=["config.act", "config.width", "config.none"]
    )
    shares = {one["name"]: one["share"] for one in answer["entries"]}
    assert shares.keys() == {"config.act", "config.width"}
    assert sum(shares.values()) == pytest.approx(1)
    assert shares["config.act"] > 0.8
    few = api.get("/importance", value="result", entry=["config.act"], q="seed = 1 and width = 8")
    assert few["method"] is None
    assert "Too few runs" in few["about"]
    # All have the same step: there is nothing to explain.
    same = api.get("/importance", value="duration", entry=["config.none"])
    assert (same["method"], same["entries"]) == (None, [])
    one = api.get("/runs", limit=2)["runs"][0]
    few = api.get(
        "/importance", value="result", entry="config.act", run=f"{one['store']}/{one['key']}"
    )
    assert few["runs"] == 1


def record_seeds(board: Board) -> dict[str, list[float]]:
    """Eight seeds of three methods: one is worse, two cannot be told apart."""
    rng = np.random.default_rng(5)
    found = {}
    for method, mean in (("a", 0.9), ("b", 0.7), ("c", 0.895)):
        values = [round(float(value), 6) for value in rng.normal(mean, 0.02, 8)]
        found[method] = values
        for seed, value in enumerate(values):
            config = {"method": method, "seed": seed}
            run = board.recorder.start(config, name="sig", age=500 - seed)
            run.log("err", [1 - value])
            run.complete(value)
    return found


def hover_and_click(row: Any, name: re.Pattern[str]) -> None:
    """Click a button that the pointer shows, even if the row is just drawn anew below it."""
    playwright = pytest.importorskip("playwright.sync_api")
    for _ in range(20):
        row.page.mouse.move(0, 0)
        row.hover()
        with contextlib.suppress(playwright.Error):
            row.get_by_role("button", name=name).click(timeout=3000)
            return
    raise AssertionError(f"no button {name.pattern} in the row")


def p_of_pairs(first: list[float], second: list[float]) -> float:
    """The exact p-value of a sign-flip test, by SciPy."""
    found = scipy.stats.permutation_test(
        (first, second),
        lambda a, b: float(np.mean(np.asarray(a) - np.asarray(b))),
        permutation_type="samples",
        n_resamples=10_000,
        vectorized=False,
    )
    return float(found.pvalue)


def test_groups_say_which_of_them_can_be_told_apart(visit: Visit, board: Board, api: Api) -> None:
    values = record_seeds(board)
    request = {"by": "config.method", "q": "name = sig", "value": "result"}
    answer = api.get("/groups/marks", **request)
    best = max("ac", key=lambda method: float(np.mean(values[method])))
    other = "c" if best == "a" else "a"
    marks = {one["group"]: one for one in answer["groups"]}
    assert (answer["base"], answer["comparisons"]) == ("abc".index(best), 3)
    ps = sorted((p_of_pairs(values[method], values[best]), method) for method in ("b", other))
    holm = {ps[0][1]: min(1, 3 * ps[0][0])}
    holm[ps[1][1]] = max(holm[ps[0][1]], min(1, 2 * ps[1][0]))
    for method, p in holm.items():
        mark = marks["abc".index(method)]
        difference = float(np.mean(values[method]) - np.mean(values[best]))
        assert mark["p"] == pytest.approx(p)
        assert mark["difference"] == pytest.approx(difference)
        assert mark["low"] <= difference <= mark["high"]
        assert mark["differs"] is (method == "b")
        assert (mark["paired"], mark["counts"]) == (True, [8, 8])
    page = visit.go("?q=name+%3D+sig&by=config.method")
    rows = page.locator("tr.group")
    see(rows.nth("abc".index(best)).locator("td.mark"), "best, not distinguishable from 1 other")
    see(rows.nth("abc".index(other)).locator("td.mark"), "≈ not distinguishable")
    worse = see(rows.nth(1).locator("td.mark"), f"p = {holm['b']:.3g}")
    assert re.match(r"−0\.\d+ \[-0\.\d+, -0\.\d+\] p = ", worse.inner_text())
    assert "the true difference is likely to be" in (worse.get_attribute("title") or "")
    see(page.locator(".marks"), "5 % for all 3 comparisons together (Holm)")
    lines = table_of(saved(page, "CSV"))
    assert [line["config.method"] for line in lines] == ["a", "b", "c"]
    assert float(lines[1]["p"]) == pytest.approx(holm["b"])
    assert lines[1]["differs"] == "true"
    hover_and_click(rows.nth(1), re.compile("^Compare with"))
    see(rows.nth(1).locator("td.mark"), "baseline")
    see(page.locator(".marks"), "for all 2 comparisons")
    assert "groupbase=" in page.url
    page.locator(".marks").get_by_role("button", name=re.compile("^Against")).click()
    page.get_by_label("lower is better").check()
    see(rows.nth(1).locator("td.mark"), "best")
    pinned = api.get("/groups/marks", **request, base=1)
    assert [one["group"] for one in pinned["groups"]] == [0, 2]
    assert pinned["comparisons"] == 2
    lower = api.get("/groups/marks", **{**request, "value": "metrics.err.min"})
    assert (lower["better"], lower["base"]) == ("lower", "abc".index(best))
    api.get("/groups/marks", status=400, **request, base=7)


def test_the_noise_of_seeds_is_drawn_and_marked(visit: Visit, board: Board, api: Api) -> None:
    values = record_seeds(board)
    runs = api.get("/runs", q="name = sig", column=["config.method", "seed"], limit=100)
    keys = [f"{run['store']}/{run['key']}" for run in runs["runs"]]
    noise = api.get("/noise", run=keys[0], value=["result", "metrics.none.last"])
    squares = sum(float(np.var(found)) * 8 for found in values.values())
    floor = scipy.stats.t.ppf(0.975, 21) * np.sqrt(2 * squares / 21)
    assert noise["numbers"][0]["floor"] == pytest.approx(floor)
    assert (noise["numbers"][0]["runs"], noise["numbers"][0]["configurations"]) == (24, 3)
    assert noise["numbers"][1]["floor"] is None
    page = visit.go("?q=name+%3D+sig&panel=across&kind=history")
    see(page.locator("rect.noise"))
    every = np.array([value for found in values.values() for value in found])
    among = api.get("/noise", run=keys[0], value="result", among=[2, 24])["numbers"]
    assert [one["among"] for one in among] == [2, 24]
    of_24 = scipy.stats.t.ppf(1 - 0.025 / (24 * 23 / 2), 21) * np.sqrt(2 * squares / 21)
    assert [one["floor"] for one in among] == pytest.approx([floor, of_24])
    assert "any two of 24 runs differ by more in at most 1 of 20 cases" in among[1]["text"]
    see(page.locator("#across"), among[1]["text"])
    within = int((every >= every.max() - of_24).sum()) - 1
    see(page.locator("#across"), f"not distinguishable from {within} others")
    page = visit.go(f"?panel=charts&pick={keys[0]}&pick={keys[1]}")
    err = page.locator("#across [data-metric='err']")
    see(err.locator(".last"), f"noise ± {float(f'{floor:.2g}'):g}")
    err.hover()
    drawn = xml.etree.ElementTree.fromstring(saved(page, "SVG", "Save the chart of err"))
    paths = drawn.iter(f"{SVG}path")
    assert any(re.fullmatch(r"M[\d.]+ [-\d.]+h6V[-\d.]+h-6", path.get("d", "")) for path in paths)
    methods = runs["data"]["config.method"]
    first, far = methods.index("a"), methods.index("b")
    near = methods.index("a", first + 1)
    picks = "&".join(f"pick={keys[n]}" for n in (first, near, far))
    page = visit.go(f"?panel=compare&{picks}&base={keys[first]}")
    row = page.get_by_role("table", name="Differences").locator("tr", has_text="result").last
    see(row.locator("td").nth(1).locator(".delta.noise"), "noise")
    assert row.locator("td").nth(2).locator(".delta.noise").count() == 0
    rows = table_of(saved(page, "CSV"))
    result = next(line for line in rows if line["entry"] == "result")
    assert (result["part"], float(result[keys[first]]) in values["a"]) == ("outcome", True)
    assert "noise floor of result" in (row.locator(".delta").first.get_attribute("title") or "")


def test_lineage_is_a_graph_of_runs_and_files_know_their_runs(
    visit: Visit, board: Board, api: Api
) -> None:
    recorder = board.recorder
    data = recorder.file("data.csv", b"a,b\n1,2\n")
    trained = []
    for seed in range(2):
        run = recorder.start({"seed": seed}, name="train", age=300 - seed)
        run.observer.resource_event(data)
        run.add("model.pt", recorder.file("model.pt", f"weights {seed}".encode()))
        run.complete(1)
        trained.append(run)
    judged = recorder.start({"seed": 1}, name="judge", age=100)
    judged.observer.resource_event(recorder.file("start.pt", b"weights 0"))
    judged.observer.resource_event(data)
    judged.complete(1)
    answer = api.get(f"/runs/lab/{judged.id}/lineage")
    assert {run["name"] for run in answer["runs"]} == {"train", "judge"}
    [link] = answer["links"]
    assert link["from"] == f"lab/{trained[0].id}"
    assert (link["to"], link["md5"]) == (
        f"lab/{judged.id}",
        hashlib.md5(b"weights 0").hexdigest(),
    )
    md5 = hashlib.md5(b"a,b\n1,2\n").hexdigest()
    users = api.get("/files", md5=md5)
    assert users["writers"] == []
    names = sorted(run["name"] for run in users["readers"])
    assert names == ["judge", "train", "train"]
    page = visit.go(f"?run=lab/{judged.id}&tab=lineage")
    panel = page.locator("#run")
    see(panel.locator("h3"), "2 runs, connected by 1 files")
    see(panel.get_by_role("button", name=re.compile("judge #.*COMPLETED")))
    row = see(panel.locator("table tr"), md5[:8])
    assert row.locator(".users button").count() == 2  # both have read the same data
    content = saved(page, "CSV")
    assert [row["from"] for row in table_of(content)] == [f"lab/{trained[0].id}"]
    texts = xml.etree.ElementTree.fromstring(saved(page, "SVG")).iter(f"{SVG}text")
    assert f"train #{trained[0].id}" in {text.text for text in texts}
    panel.get_by_role("button", name=re.compile("train #")).first.focus()
    page.keyboard.press("Enter")
    see(panel.locator(".title"), "train")
    see(panel.locator("h3"), "2 runs, connected by 1 files")


def test_images_of_runs_stand_side_by_side_at_one_step(visit: Visit, board: Board) -> None:
    runs = []
    for steps in ((0, 10, 20), (0, 15)):
        run = board.recorder.start({"lr": len(steps), "seed": 1}, name="pictures")
        for step in steps:
            run.add_bytes(f"media/samples/{step:08d}.image.png", board_runs.picture())
        run.complete(1)
        runs.append(run)
    page = visit.go(f"?panel=compare&pick=lab/{runs[0].id}&pick=lab/{runs[1].id}")
    media = page.get_by_label("Media of these runs")
    see(media.get_by_alt_text("samples, step 20"))
    see(media.get_by_alt_text("samples, step 15"))
    media.get_by_label("Step of all runs").fill("1")  # 10, of 0, 10, 15 and 20
    see(media.get_by_alt_text("samples, step 10"))
    see(media.get_by_alt_text("samples, step 0"))
    see(media.locator(".step"), "10, 2 of 4")


@ANY_STORE
def test_charts_are_zoomed_by_keys_and_by_a_finger(visit: Visit, board: Board) -> None:
    run = board.recorder.start({"lr": 3, "seed": 1}, name="waves")
    run.log("wave", [float(n) for n in range(200)])
    run.complete(1)
    page = visit.go(f"?panel=charts&pick=lab/{run.id}")
    chart = page.locator("#across [data-metric='wave']")
    over = see(chart.locator(".u-over"))
    chart.focus()
    page.keyboard.press("ArrowRight")
    see(chart.locator(".readout"), re.compile(r"at 1\d\d"))  # beside the middle
    with page.expect_response(lambda response: "/series" in response.url):
        page.keyboard.press("+")
    page.wait_for_url(re.compile("zoom="))
    assert 80 < width_of(page.url) < 110
    chart.focus()
    for _ in range(50):  # until what came is drawn: keys move what is shown
        page.keyboard.press("Shift+ArrowRight")
        page.wait_for_timeout(100)
        if zoom_of(page.url)[0] > 60:
            break
    assert zoom_of(page.url)[0] > 60
    box = box_of(over)
    wanted = pytest.approx(40 / box["width"] * 199, rel=0.05)
    # All is in the address at once, and on the screen when it has been read: until then a finger
    # moves over what was shown before.
    for _ in range(20):
        page.keyboard.press("0")
        page.wait_for_url(re.compile("^(?!.*zoom=)"))
        page.wait_for_timeout(100)
        for kind, x in (("pointerdown", 20), ("pointermove", 60), ("pointerup", 60)):
            over.dispatch_event(kind, finger(box["x"] + x, box["y"] + 20))
        page.wait_for_url(re.compile("zoom="))
        if width_of(page.url) == wanted:
            break
    assert width_of(page.url) == wanted
    for _ in range(2):
        over.dispatch_event("pointerdown", finger(box["x"] + 30, box["y"] + 20))
        over.dispatch_event("pointerup", finger(box["x"] + 30, box["y"] + 20))
    page.wait_for_url(re.compile("^(?!.*zoom=)"))


def finger(x: float, y: float) -> dict[str, Any]:
    return {"pointerType": "touch", "isPrimary": True, "clientX": x, "clientY": y, "pointerId": 7}


def zoom_of(url: str) -> tuple[float, float]:
    found = re.search(r"zoom=([-\d.e]+?)\.\.([-\d.e]+)", url)
    return (float(found[1]), float(found[2])) if found else (0, 0)


def width_of(url: str) -> float:
    low, high = zoom_of(url)
    return high - low


@ANY_STORE
def test_an_axis_is_brushed_by_keys(visit: Visit) -> None:
    page = visit.go("?panel=across&kind=parallel")
    axis = see(page.get_by_role("button", name="Range of act"))
    axis.focus()
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Enter")
    see(page.locator("#query input"))
    page.wait_for_url(re.compile(r"q=act\+in"))
    assert page.locator("#query input").input_value() == "act in (tanh)"


@ANY_STORE
def test_a_range_that_is_being_chosen_stays_while_runs_come(visit: Visit, board: Board) -> None:
    page = visit.go("?panel=across&kind=parallel&q=name+%3D+net")
    axis = see(page.get_by_role("button", name="Range of act"))
    axis.focus()
    page.keyboard.press("Shift+ArrowDown")
    see(page.locator(".mark:not([height='0'])"))
    size = axis.evaluate("area => area.previousSibling.getAttribute('height')")
    axis.dispatch_event("blur")  # another window is looked at
    axis.evaluate("area => new Promise((done) => setTimeout(done))")
    assert axis.evaluate("area => area.previousSibling.getAttribute('height')") == size != "0"
    axis.evaluate("area => { area.dataset.old = '' }")
    come(board)
    see(page.locator("[data-name='config.act']:not([data-old])"))
    assert axis.evaluate("area => area.previousSibling.getAttribute('height')") == size
    box = box_of(axis)
    page.mouse.move(box["x"] + 10, box["y"] + 20)
    page.mouse.down()
    axis.evaluate("area => { area.isOld = true }")
    with page.expect_response(re.compile("/runs[?]")):
        come(board)
    page.mouse.move(box["x"] + 10, box["y"] + box["height"] / 2, steps=5)
    assert axis.evaluate("area => area.isOld")
    page.mouse.up()
    page.wait_for_url(re.compile(r"act\+in"))


def come(board: Board) -> None:
    """A run comes that the picture has to be drawn anew for."""
    config = {"act": "gelu", "width": 64, "seed": 99}
    board.recorder.start(config, name="net", age=1).complete(0.1)
