"""``sacred compare``, ``judge``, ``table`` and the marks of noise, over runs of several stores."""

from __future__ import annotations

import csv
import html.parser
import io
import json
import math
import random
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sacred import Experiment, RunStore, annotate
from sacred.app import main
from sacred.observers import FileStorageObserver
from sacred.stores.schemes import store_from_url

Call = Callable[..., tuple[int, str, str]]
GAINS = {"sgd": 0.0, "adam": 0.02, "adamw": 0.021}


def fill(observer: Any, seeds: range = range(1, 8)) -> None:
    """Runs of three optimizers on two data sets, and one that diverges."""
    experiment = Experiment("digits", interactive=True, save_git_info=False)
    experiment.observers.append(observer)
    experiment.add_config(opt="sgd", dataset="a")

    @experiment.main
    def train(opt: str, dataset: str, seed: int, _run: Any) -> float:
        if opt == "bad" and seed > 2:
            return math.nan
        luck = random.Random(f"{dataset}{seed}").gauss(0, 0.01)
        luck += random.Random(f"{dataset}{opt}{seed}").gauss(0, 0.003)
        accuracy = round(0.9 + GAINS.get(opt, 0) + luck, 4)
        for step in range(3):
            _run.log_scalar("acc", accuracy - 0.1 * (2 - step), step)
        return accuracy

    cases = [(opt, data, seed) for data in "ab" for opt in GAINS for seed in seeds]
    for opt, dataset, seed in [*cases, *(("bad", "c", seed) for seed in seeds)]:
        updates = {"opt": opt, "dataset": dataset, "seed": seed}
        experiment.run(config_updates=updates, options={"--loglevel": "ERROR"})


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("comparing")
    fill(FileStorageObserver(place / "runs"))
    return place


@pytest.fixture
def call(
    directory: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Call:
    for name in ("SACRED_STORE", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(directory)

    def run(*argv: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main(argv)
        return (code, *capsys.readouterr())

    return run


A_SGD, A_ADAM = "opt = sgd and dataset = a", "opt = adam and dataset = a"


# ---------------------------------------------------------------------------- compare


def test_two_queries_are_compared_by_seed(call: Call) -> None:
    code, out, err = call("compare", A_ADAM, A_SGD, "--metric", "metrics.acc.max")
    assert (code, err) == (0, "")
    assert "7 pairs" in out
    assert "\nA is better than B, by 0.0" in out
    assert "(p = 0.0156;" in out


def test_programs_get_all_numbers(call: Call) -> None:
    code, out, _ = call("compare", A_ADAM, A_SGD, "--json")
    [row] = json.loads(out)
    assert code == 0
    assert (row["paired"], row["n_a"], row["n_b"]) == (True, 7, 7)
    assert (row["p"], row["p_holm"], row["smallest_p"]) == (0.015625, 0.015625, 0.015625)
    assert row["low"] > 0
    assert row["mean_a"] - row["mean_b"] == pytest.approx(row["difference"])
    assert (row["significant"], row["exact"], row["runs_b"]) == (
        True,
        True,
        [str(n) for n in range(1, 8)],
    )
    few = json.loads(call("compare", f"{A_ADAM} and seed < 4", A_SGD, "--json")[1])[0]
    assert (few["low"], few["high"], few["possible"]) == ("-Infinity", "Infinity", False)


def test_a_group_is_an_id_or_a_name_or_the_repeats_of_a_run(call: Call, directory: Path) -> None:
    assert json.loads(call("compare", "1", "8", "--json")[1])[0]["runs_a"] == ["1"]
    like = json.loads(call("compare", "like:8", "like:1", "--json")[1])[0]
    assert like["runs_a"] == [str(n) for n in range(8, 15)]
    store = store_from_url(str(directory / "runs"))
    annotate(RunStore(store), 1, group="baseline")
    annotate(RunStore(store), 2, group="baseline")
    named = json.loads(call("compare", "baseline", "like:8", "--json")[1])[0]
    assert named["runs_a"] == ["1", "2"]


def test_who_compares_two_runs_is_told_how_to_mean_their_repetitions(call: Call) -> None:
    _, out, err = call("compare", "1", "8")
    assert "1 run against 1 cannot show a difference" in out
    assert "8 is one run; like:8 is that one and all that differ from it in the seed only" in err
    assert "is one run" not in call("compare", "like:1", f"{A_ADAM} and seed = 1")[2]


def test_a_field_divides_both_groups(call: Call) -> None:
    _, out, _ = call(
        "compare", "opt = adam", "opt = sgd", "--by", "dataset", "--higher-is-better", "--json"
    )
    rows = json.loads(out)
    assert [row["within"] for row in rows] == ["dataset = a", "dataset = b"]
    assert [(row["p"], row["p_holm"]) for row in rows] == [(0.015625, 0.03125)] * 2
    assert rows[0]["runs_a"] == [str(n) for n in range(8, 15)]


def test_one_group_is_compared_with_itself_by_a_field(call: Call) -> None:
    code, out, err = call("compare", "dataset = a", "--by", "opt", "--higher-is-better")
    assert (code, err) == (0, "")
    assert "opt = adam is better than opt = sgd, by" in out
    assert "(p = 0.0469;" in out  # three comparisons
    assert "opt = adamw is better than opt = sgd, by" in out


def test_runs_without_a_number_are_named(call: Call) -> None:
    _, out, err = call("compare", "opt = bad", A_SGD)
    assert "Nothing" not in out
    assert "left out of 'opt = bad': run 45, run 46, run 47, run 48, run 49 (result is nan)" in err
    assert "runs that failed or diverged are part of a result" in err


def test_runs_in_both_groups_are_counted(call: Call) -> None:
    _, _, err = call("compare", A_SGD, "dataset = a and seed = 1")
    assert "run 1 is in both groups" in err
    assert "7 runs are in both groups" in call("compare", A_SGD, "opt = sgd")[2]
    judge = ("judge", "opt = adam", "--against", "dataset = a", "--higher-is-better")
    assert "7 runs are in both groups" in call(*judge)[2]
    best = ("judge", "best:result", "--against", "like:1", "--higher-is-better")
    assert "best:result was chosen for its value; a fair comparison needs new" in call(*best)[2]


def test_the_best_run_was_chosen_for_its_value(call: Call) -> None:
    _, _, err = call("compare", "best:result", A_SGD)
    assert "best:result was chosen for its value; a fair comparison needs new seeds" in err


def test_runs_that_were_chosen_by_what_is_compared_are_named(call: Call) -> None:
    lucky = f"{A_ADAM} and result > 0.9"
    said = f"'{lucky}' leaves out runs by result: what is left looks better, or worse, than it is"
    assert said in call("compare", lucky, A_SGD)[2]
    assert said in call("judge", lucky, "--against", A_SGD, "--higher-is-better")[2]
    assert said in call("table", lucky, "--rows", "opt", "--no-marks")[2]
    found = call("compare", f"{A_ADAM} and acc.max > 0.9", A_SGD)[2]
    assert "leaves out runs by metrics.acc.max" in found
    assert "leaves out" not in call("compare", A_ADAM, A_SGD)[2]


@pytest.mark.parametrize(
    ("argv", "code", "message"),
    [
        (["compare", "1"], 2, "compare with what? Say A and B, or A and --by FIELD"),
        (["compare", "999", "1"], 1, "there is no run '999'"),
        (["compare", "opt = nothing", "1"], 1, "no runs match 'opt = nothing'"),
        (["compare", "opt <", "1"], 1, "a value is missing"),
        (["compare", A_SGD, "--by", "opt"], 1, "all runs have the same opt"),
        (["compare", A_SGD, "dataset = b", "--by", "dataset"], 1, "no value of dataset in common"),
        (
            ["compare", "1", "2", "--metric", "config.opt"],
            1,
            "no run has a number to compare: config.opt is no number. --metric says what to "
            "compare: metrics.acc.last, ...",
        ),
        (["compare", "1", "2", "--metric", "result,x"], 2, "--metric takes one field"),
        (["table", "--rows", "opt", "--cell", "mean(a,b)"], 2, "a cell is written as"),
        (["compare", "1", "2", "--alpha", "2"], 2, "'2' is no level between 0 and 0.5"),
        (["judge", "like:8", "--against", "like:1"], 2, "is a higher result better, or a lower"),
        (["judge", "like:8"], 2, "--against"),
        (
            ["judge", "like:8", "--against", "like:1", "--seeds-max", "5", "--lower-is-better"],
            2,
            "5 paired seeds cannot show a difference at p ≤ 0.05, however large it is: the "
            "smallest p-value possible is 0.0625. --seeds-max 6 can",
        ),
        (
            ["judge", "1", "--against", "2", "--looks", "8,x", "--lower-is-better"],
            2,
            "--looks takes numbers of seeds, such as 8,10,12; not '8,x'",
        ),
        (
            ["judge", "1", "--against", "2", "--looks", "8", "--seeds-max", "7"],
            2,
            "--looks goes beyond --seeds-max 7",
        ),
        (["judge", "1", "--against", "2", "--looks", "8,20"], 2, "several looks are possible at"),
        (["table", "--rows", "opt"], 2, "--no-marks marks nothing"),
        (["table", "--rows", "opt", "--cell", "mean"], 2, "a cell is written as"),
        (["table", "--rows", "opt", "--cell", "maen(result)"], 2, 'Did you mean "mean" or'),
        (
            ["table", "--rows", "opt", "--cell", "median±ci(result)"],
            2,
            "±ci belongs to the cell of a mean",
        ),
        (["table", "--rows", ","], 2, "--rows names no field"),
        (["table", "opt = x", "--rows", "opt"], 1, "no runs match the query"),
        (["table", "--rows", "opt", "--cell", "mean(config.opt)"], 1, "no run has a number"),
        (["ls", "--noise"], 2, "--noise marks what the list is sorted by"),
    ],
)
def test_mistakes_get_one_clear_message(
    call: Call, argv: list[str], code: int, message: str
) -> None:
    found = call(*argv)
    assert (found[0], found[1]) == (code, "")
    assert message in found[2]


# ------------------------------------------------------------------------------ judge


def test_the_exit_code_is_the_verdict(call: Call) -> None:
    against = ("--against", "like:1", "--metric", "acc.max", "--selected-on", "none")
    code, out, err = call("judge", "like:8", *against)
    assert (code, out.splitlines()[0], err) == (0, "KEEP", "")
    code, out, _ = call("judge", "like:1", "--against", "like:8", "--metric", "acc.max")
    assert (code, out.splitlines()[0]) == (4, "WORSE")
    code, out, _ = call("judge", "like:1", "--against", "like:1", "--metric", "acc.max")
    assert (code, out.splitlines()[0]) == (3, "NOISE")
    code, out, _ = call("judge", "like:43", *against)
    assert (code, out.splitlines()[0]) == (3, "NOISE")
    assert "result" not in out.splitlines()[0]


def test_seeds_that_others_were_run_with_are_asked_about(call: Call) -> None:
    _, out, err = call("judge", "like:8", "--against", "like:1", "--metric", "acc.max")
    assert "KEEP" in out
    assert err.startswith(
        "5 other configurations were run with seeds 1, 2, 3, 4, 5, 6, too. If these runs helped"
    )
    assert "--selected-on 1,2,3,4,5,6" in err
    options = ("--metric", "acc.max", "--selected-on", "1,2", "--json")
    code, out, err = call("judge", "like:8", "--against", "like:1", *options)
    verdict = json.loads(out)
    assert (code, err, verdict["verdict"], verdict["reason"]) == (3, "", "NOISE", "pending")
    assert verdict["seeds"] == ["3", "4", "5", "6", "7"]


@pytest.mark.parametrize("seeds", ["1-8", "all", "99,1", ""])
def test_seeds_that_no_run_has_are_refused(call: Call, seeds: str) -> None:
    words = ("judge", "like:8", "--against", "like:1", "--metric", "acc.max")
    code, _, err = call(*words, "--selected-on", seeds)
    assert code == 2
    assert f"--selected-on {seeds}: no run has the seed" in err
    assert "The runs have seeds 1, 2, 3, 4, 5, 6" in err


def test_one_run_is_not_all_of_its_repetitions(call: Call) -> None:
    options = ("--against", "like:1", "--metric", "acc.max", "--selected-on", "none")
    _, out, err = call("judge", "8", *options)
    assert "No verdict yet: 1 of 6 pairs. Run the candidate with seeds 2, 3, 4, 5, 6." in out
    assert "8 is one run; like:8 is that one and all that differ from it in the seed only" in err


def test_seeds_that_the_incumbent_lacks_are_named(call: Call) -> None:
    words = ("judge", "like:8", "--against", "opt = sgd and dataset = a and seed > 1")
    _, _, err = call(*words, "--metric", "acc.max", "--selected-on", "none")
    assert err.startswith("the candidate was run with seed 1, too, which the incumbent lacks.")


def test_looks_are_part_of_the_question(call: Call) -> None:
    options = ("--metric", "acc.max", "--looks", "6,7", "--json", "--selected-on", "none")
    verdict = json.loads(call("judge", "like:8", "--against", "like:1", *options)[1])
    assert (verdict["verdict"], verdict["looks"]) == ("KEEP", [6, 7])
    more = json.loads(
        call("judge", "like:8", "--against", "like:1", *options, "--seeds-max", "16")[1]
    )
    assert (more["verdict"], more["reason"], more["looks"]) == ("NOISE", "pending", [6, 7, 16])


# ------------------------------------------------------------------------------ table

TABLE = ("table", "dataset != c", "--rows", "opt", "--columns", "dataset")
CELL = ("--cell", "mean±ci(metrics.acc.max)")


def test_a_table_marks_what_cannot_be_told_from_the_best(call: Call) -> None:
    code, out, err = call(*TABLE, *CELL)
    assert code == 0
    head, *rows = out.splitlines()
    assert head.split() == ["opt", "dataset", "=", "a", "dataset", "=", "b"]
    marks = {row.split()[0]: row.count("≈") for row in rows}
    assert marks == {"adam": 2, "adamw": 2, "sgd": 0}
    assert "≈ the best and those that it cannot be distinguished from" in err
    assert re.search(r"dataset = a, mean±ci\(metrics.acc.max\): best, not distinguishable", err)
    assert "noise floor of metrics.acc.max: 0.0" in err


def test_what_beats_all_others_is_the_best(call: Call) -> None:
    _, out, err = call(TABLE[0], "opt in (sgd, adam) and dataset = a", *TABLE[2:4], *CELL)
    assert re.search(r"^adam .* \*$", out, re.MULTILINE)
    assert re.search(r"^sgd .*[0-9]$", out, re.MULTILINE)
    assert "* significantly better than all others" in err
    _, out, _ = call(*TABLE, *CELL, "--lower-is-better", "--best-in", "row")
    assert "*" in out or "≈" in out
    _, out, _ = call(*TABLE, *CELL, "--no-marks")
    assert not {"*", "≈"} & set(out)


def test_too_few_seeds_are_no_tie(call: Call) -> None:
    _, _, err = call("table", "seed < 4 and dataset = a", "--rows", "opt", *CELL)
    assert "not distinguishable from 2 others; that takes at least 7 seeds" in err


def test_latex_carries_the_runs_of_each_cell(call: Call) -> None:
    _, out, _ = call(*TABLE, *CELL, "--latex")
    comments = [line for line in out.splitlines() if line.startswith("% sacred cell ")]
    cells = [json.loads(line.removeprefix("% sacred cell ")) for line in comments]
    assert len(cells) == 6
    first = next(c for c in cells if c["row"] == {"opt": "sgd"} and c["column"] == {"dataset": "a"})
    assert first["runs"] == [str(n) for n in range(1, 8)]
    source = json.loads(out.splitlines()[0].removeprefix("% sacred table "))
    assert (source["rows"], source["query"]) == ("opt", "dataset != c")
    assert r"\underline{0.9" in out
    assert r" $\pm$ 0.0" in out


class Cells(html.parser.HTMLParser):
    """The cells of a table and their attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.cells: list[dict[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "td":
            self.cells.append(dict(attrs))


def test_html_and_markdown_and_csv_carry_them_too(call: Call) -> None:
    parser = Cells()
    parser.feed(call(*TABLE, *CELL, "--html")[1])
    runs = " ".join(str(n) for n in range(8, 15))
    assert parser.cells[0] == {"class": "number tied", "data-runs": runs}
    markdown = call(*TABLE, *CELL, "--markdown")[1]
    comments = re.findall(r"<!-- sacred cell (.*) -->", markdown)
    assert json.loads(comments[0])["runs"] == runs.split()
    rows = list(csv.DictReader(io.StringIO(call(*TABLE, *CELL, "--csv")[1])))
    assert (rows[0]["opt"], rows[0]["dataset"], rows[0]["runs"]) == ("adam", "a", runs)
    found = json.loads(call(*TABLE, *CELL, "--json")[1])
    assert found["cells"][0]["values"].keys() == set("1234567")


def test_cells_show_what_they_are_asked_for(call: Call) -> None:
    cells = ("mean+-sd(result)", "mean(result)", "n(result)", "max(acc.last)", "median(result)")
    options = [word for cell in cells for word in ("--cell", cell)]
    _, out, _ = call("table", "dataset = a", "--rows", "opt", *options, "--no-marks", "--json")
    texts = [cell["text"] for cell in json.loads(out)["cells"][:5]]
    assert re.fullmatch(r"0\.\d+ ± 0\.\d+", texts[0])
    assert texts[2] == "7"
    assert float(texts[3]) >= float(texts[4])


def test_values_that_are_hostile_stay_text(
    tmp_path: Path, call: Call, capsys: pytest.CaptureFixture[str]
) -> None:
    experiment = Experiment("x", interactive=True, save_git_info=False)
    experiment.observers.append(FileStorageObserver(tmp_path / "bad"))
    bad = "-->\n<script>|\\end{tabular}%\x1b[31m"
    experiment.add_config(opt=bad)
    experiment.main(lambda seed: seed)
    for seed in (1, 2):
        experiment.run(config_updates={"seed": seed}, options={"--loglevel": "ERROR"})
    store = ("-s", str(tmp_path / "bad"))
    for form in ("--latex", "--html", "--markdown", "--csv"):
        _, out, _ = call(*store, "table", "--rows", "opt", "--higher-is-better", form)
        assert "<script>" not in out or form in ("--latex", "--csv")
        assert "\x1b" not in out
        assert out.count("-->") == {"--markdown": 2}.get(form, out.count("-->"))
        code = [line for line in out.splitlines() if not line.startswith("%")]
        assert form != "--latex" or r"\end{tabular}%" not in "".join(code)


# --------------------------------------------------------------------- marks of noise


def test_a_list_marks_runs_that_cannot_be_told_from_the_first(call: Call) -> None:
    columns = ("--columns", "id,opt,acc.max", "--sort", "-metrics.acc.max", "--noise", "--json")
    _, out, err = call("ls", "dataset = a and seed = 1", *columns)
    rows = json.loads(out)
    assert [row["noise"] for row in rows] == ["first", "≈ first", "≈ first"]
    assert "noise floor of metrics.acc.max: 0.0" in err
    _, out, _ = call("ls", "dataset = a and seed = 1", *columns[:-2], "--json")
    assert "noise" not in json.loads(out)[0]


def fill_two(place: Path) -> None:
    """A calm and a wild experiment with two configurations each."""
    for name, noise in (("calm", 0.001), ("wild", 0.5)):
        experiment = Experiment(name, interactive=True, save_git_info=False)
        experiment.observers.append(FileStorageObserver(place))
        experiment.add_config(opt=0)

        @experiment.main
        def train(opt: float, seed: int, noise: float = noise) -> float:
            return opt + random.Random(f"{opt}{seed}").gauss(0, noise)

        for opt, seed in [(o, s) for o in (0, 0.1) for s in range(1, 7)]:
            updates = {"opt": opt, "seed": seed, "noise": noise}
            experiment.run(config_updates=updates, options={"--loglevel": "ERROR"})


def test_each_experiment_has_its_own_noise_and_the_floor_said_is_the_one_of_the_marks(
    call: Call, tmp_path: Path
) -> None:
    fill_two(tmp_path / "two")
    store = ("-s", str(tmp_path / "two"))
    columns = ("--sort", "-result", "--columns", "name,result", "--noise", "--json")
    _, out, err = call(*store, "ls", "seed < 3", *columns)
    floors = dict(
        re.findall(r"noise floor of result in (\w+): ([\d.]+); by .* any two of 4 runs", err)
    )
    assert set(floors) == {"calm", "wild"}
    assert float(floors["calm"]) < 0.05 < float(floors["wild"])
    for name, floor in floors.items():
        rows = [row for row in json.loads(out) if row["name"] == name]
        assert rows[0]["noise"] == f"first of {name}"
        for row in rows[1:]:
            is_near = rows[0]["result"] - row["result"] <= float(floor)
            assert row["noise"] == (f"≈ first of {name}" if is_near else None)
    assert sum(row["noise"] is None for row in json.loads(out)) == 2
    _, out, err = call(*store, "ls", "name = calm", *columns)
    marks = [row["noise"] for row in json.loads(out)]
    assert marks == ["first", *["≈ first"] * 5, *[None] * 6]
    assert re.search(r"noise floor of result: 0\.00\d+; by the seed alone, any two of 12 runs", err)


def test_noise_elsewhere_is_that_of_each_experiment_too(call: Call, tmp_path: Path) -> None:
    fill_two(tmp_path / "two")
    store = ("-s", str(tmp_path / "two"))
    _, _, err = call(*store, "table", "--rows", "name", "--no-marks")
    assert re.search(r"noise floor of result in calm: 0\.00\d+;", err)
    assert re.search(r"noise floor of result in wild: [12]\.\d+;", err)
    page = call(*store, "export")[1].partition("<h2>Noise</h2>")[2]
    assert re.search(r"<td>calm</td><td>result</td><td class=.number.>0\.00", page)
    assert re.search(r"<td>wild</td><td>result</td><td class=.number.>[12]\.", page)

    def marks(*runs: str) -> tuple[dict[str, str], str]:
        _, out, err = call(*store, "diff", *runs, "--noise", "--json")
        return {row["entry"]: row["noise"] for row in json.loads(out)}, err

    found, err = marks("1", "7")
    assert (found["result"], err) == ("beyond", "")
    found, err = marks("1", "13")
    assert found["result"] == "unknown"
    assert "runs of several experiments have no noise in common" in err


def test_a_difference_within_the_noise_is_marked(call: Call) -> None:
    _, out, _ = call("diff", "1", "8", "--noise", "--only", "config,outcome,metrics", "--json")
    rows = {(row["part"], row["entry"]): row["noise"] for row in json.loads(out)}
    assert rows["config", "opt"] is None
    assert rows["outcome", "result"] == rows["metrics", "acc.max"] == "within"
    assert "noise" not in json.loads(call("diff", "1", "8", "--json")[1])[0]


def test_a_report_says_how_large_the_noise_is(call: Call) -> None:
    page = call("export", "dataset = a")[1]
    assert "<h2>Noise</h2>" in page
    assert "metrics.acc.last" in page.partition("<h2>Noise</h2>")[2]
    assert '<rect class="noise"' in page
    assert "<title>noise floor 0.0" in page
    assert re.search(r"<td>adam</td><td class=.number.>7</td><td>0\.9\d+ ± 0\.0\d+</td>", page)
    alone = call("export", "seed = 1")[1]
    assert "<h2>Noise</h2>" not in alone
    assert '<rect class="noise"' not in alone


# ----------------------------------------------------------------------------- stores


@pytest.fixture(params=["sqlite", "mongo", "tinydb"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a store."""
    if request.param == "mongo":
        database = request.getfixturevalue("mongo_db")
        host, port = database.client.address
        yield f"mongodb://{host}:{port}/{database.name}"
    else:
        yield {
            "sqlite": f"sqlite:///{tmp_path / 'runs.db'}",
            "tinydb": f"tinydb:{tmp_path / 'tiny'}",
        }[request.param]


def test_every_store_gives_the_same_answers(call: Call, place: str) -> None:
    assert call("copy", "runs", place, "seed < 5")[0] == 0
    ids = {}
    for store in ("runs", place):
        order = ("--sort", "dataset,opt,seed", "--columns", "id", "--json")
        listed = json.loads(call("-s", store, "ls", "seed < 5", *order)[1])
        ids[store] = {str(row["id"]): number for number, row in enumerate(listed)}
    assert len(ids["runs"]) == len(ids[place]) == 28

    def answer(store: str, *argv: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = json.loads(call("-s", store, *argv, "--json")[1])
        for row in rows:
            for side in ("runs_a", "runs_b"):
                row[side] = sorted(ids[store][run] for run in row[side])
        return rows

    few = "seed < 5 and opt ="
    for argv in (
        ("compare", f"{few} adam", f"{few} sgd and dataset = a", "--metric", "metrics.acc.max"),
        ("compare", f"{few} adam", f"{few} sgd", "--by", "dataset"),
        ("compare", f"{few} bad", f"{few} sgd and dataset = b"),
    ):
        assert answer(place, *argv) == answer("runs", *argv)
    first = json.loads(call("-s", place, "ls", A_ADAM, "-n", "1", "--json")[1])[0]["id"]
    like = json.loads(call("-s", place, "compare", f"like:{first}", A_SGD, "--json")[1])
    assert len(like[0]["runs_a"]) == 4
