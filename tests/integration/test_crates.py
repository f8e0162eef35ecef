"""`sacred export --rocrate`: runs with all their files for archives and other programs."""

import hashlib
import json
import shutil
import zipfile
from pathlib import Path

import pytest

from sacred import Experiment, open_store
from sacred.app import main
from sacred.observers import FileStorageObserver
from sacred.reruns.bundles import open_bundle, write_bundle
from sacred.reruns.crates import write_crate
from sacred.stores.changes import AddFile

TERMS = "https://spdx.org/licenses/CC-BY-4.0"


@pytest.fixture(autouse=True)
def recorded(tmp_path, monkeypatch):
    """Two runs, each with an input and an output of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SACRED_STORE", "runs")
    ex = Experiment("fit", interactive=True, save_git_info=False)
    ex.observers.append(FileStorageObserver("runs"))
    ex.add_config(n=0)

    @ex.main
    def fit(n, _run):
        for name in (f"data{n}.txt", f"model{n}.txt"):
            Path(name).write_text(f"{name}\n")
        _run.open_resource(f"data{n}.txt").close()
        _run.add_artifact(f"model{n}.txt")
        _run.log_scalar("loss", n)
        return n

    for n in (1, 2):
        ex.run(config_updates={"n": n, "seed": n}, options={"--loglevel": "ERROR"})


def crate(words):
    assert main(["export", "--rocrate", *words]) == 0
    return json.loads(Path("crate", "ro-crate-metadata.json").read_text())


def test_each_run_is_an_action_with_its_own_files():
    manifest = crate(["-o", "crate", "--sort", "id"])
    entities = {entity["@id"]: entity for entity in manifest["@graph"]}
    assert len(entities) == len(manifest["@graph"])
    root = entities["./"]
    assert [entry["@id"] for entry in root["mentions"]] == ["#run-1", "#run-2"]
    here = {str(path.relative_to("crate")) for path in Path("crate").rglob("*") if path.is_file()}
    listed = {part["@id"] for part in root["hasPart"]}
    assert listed == here - {"ro-crate-metadata.json", "ro-crate-preview.html"}
    for name in listed:
        content = Path("crate", name).read_bytes()
        assert entities[name]["sha256"] == hashlib.sha256(content).hexdigest()
    for n in (1, 2):
        action = entities[f"#run-{n}"]
        assert {"@id": f"runs/{n}/model{n}.txt"} in action["result"]
        config, resource = action["object"]
        assert json.loads(Path("crate", config["@id"]).read_text())["n"] == n
        assert Path("crate", resource["@id"]).read_text() == f"data{n}.txt\n"
        for referred in (*action["result"], *action["object"], action["instrument"]):
            assert referred["@id"] in entities


def test_it_is_a_store_of_the_runs_and_the_report_is_its_preview():
    crate(["-o", "crate"])
    runs = {run.id: run for run in open_store("crate/runs")}
    assert {run_id: run.result for run_id, run in runs.items()} == {1: 1, 2: 2}
    assert runs[2].artifacts["model2.txt"].text() == "model2.txt\n"
    assert list(runs[2].metrics["loss"].values) == [2]
    assert "data1.txt" not in Path("crate/ro-crate-metadata.json").read_text()
    page = Path("crate/ro-crate-preview.html").read_text()
    assert page.startswith("<!doctype html>")
    assert "loss" in page


def test_one_run_as_a_zip_file_with_a_license(capsys):
    assert main(["export", "--rocrate", "-o", "c.zip", "--run", "2", "--license", TERMS]) == 0
    assert "wrote 1 run to c.zip" in capsys.readouterr().err
    with zipfile.ZipFile("c.zip") as archive:
        assert archive.testzip() is None
        manifest = json.loads(archive.read("ro-crate-metadata.json"))
        assert archive.read("runs/2/model2.txt") == b"model2.txt\n"
        assert "runs/1/run.json" not in archive.namelist()
    entities = {entity["@id"]: entity for entity in manifest["@graph"]}
    assert entities["./"]["license"] == {"@id": TERMS}
    assert entities[TERMS]["@type"] == "CreativeWork"
    assert entities["./"]["mentions"] == {"@id": "#run-2"}


def test_runs_of_two_stores_whose_ids_are_the_same():
    assert main(["copy", "runs", "other", "id = 1"]) == 0
    manifest = crate(["-s", "runs", "-s", "other", "-o", "crate", "id = 1"])
    ids = [entry["@id"] for entry in manifest["@graph"] if entry["@id"].startswith("#run")]
    assert len(set(ids)) == 2
    assert len(list(open_store("crate/runs"))) == 2


HOSTILE_IDS = ['a"b', "a\\b", "x\ny", "../../evil", "/abs", "..", ".git", "\u0663", "a/b", "-F"]


@pytest.mark.parametrize("target", ["crate", "crate.zip", "run.tar.gz"])
def test_names_that_others_have_chosen_stay_inside(target, tmp_path):
    outer = tmp_path / "outer"
    work = outer / "work"
    work.mkdir(parents=True)
    (work / "file").write_text("content")
    names = ["../../up.txt", str(outer / "abs.txt"), "a/../../../b", "run.json", "x\ny", "\udcff"]
    with open_store(f"sqlite:///{work}/runs.db") as store:
        for run_id in HOSTILE_IDS:
            document = {"status": "COMPLETED", "config": {"x": "\ud800"}, "command": "main"}
            document |= {"host": {}, "meta": {}, "experiment": {"name": "n\udcff"}}
            made = store.backend.create(run_id, document, [])
            given = {"path": str(work / "file"), "origin": "file"}
            changes = [AddFile(kind="artifact", name=name, **given) for name in names]
            store.backend.apply(made, changes)
        for record in store:
            place = work / "out" / target
            place.parent.mkdir()
            if target.endswith("gz"):
                write_bundle(record, store, place)
                (work / "unpacked").mkdir()
                bundle = open_bundle(place, work / "unpacked")
                assert len(bundle.record.artifacts) == len(names)
                shutil.rmtree(work / "unpacked")
            else:
                write_crate([(store, record)], place, "title \udcff", ["<p>\ud800"])
            if target == "crate":
                [packed] = open_store(place / "runs")
                assert sorted(file.read() for file in packed.artifacts.values()) == (
                    [b"content"] * len(names)
                )
                json.loads((place / "ro-crate-metadata.json").read_text())
            elif target == "crate.zip":
                with zipfile.ZipFile(place) as archive:
                    listed = archive.namelist()
                    assert archive.testzip() is None
                assert not any(".." in name.split("/") or name[0] == "/" for name in listed)
            shutil.rmtree(place.parent)
    assert sorted(path.name for path in outer.iterdir()) == ["work"]
    assert sorted(path.name for path in work.iterdir()) == ["file", "runs.db"]


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["--rocrate"], "--rocrate needs a name"),
        (["--license", TERMS], "--license is that of an RO-Crate"),
        (["--rocrate", "-o", "runs"], "runs is there already, and is no empty directory"),
        (["--rocrate", "-o", "no/such/crate.zip"], "no/such/crate.zip cannot be written"),
    ],
)
def test_mistakes_in_the_call(capsys, words, problem):
    before = sorted(Path("runs").rglob("*"))
    assert main(["export", *words]) != 0
    assert problem in capsys.readouterr().err
    assert sorted(Path("runs").rglob("*")) == before
