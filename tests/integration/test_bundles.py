"""``sacred bundle``: a run in one file, repeated without its store."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from sacred import open_store
from sacred.app import main
from sacred.reruns.archives import has_zstd
from sacred.upkeep import copy_runs
from tests.conftest import ROOT

SCRIPT = """
import os
from sacred import SETTINGS, Experiment
from helper import double

SETTINGS.HOST_INFO.CAPTURED_ENV = ["HOME", "MY_TOKEN_FILE"]
ex = Experiment("packed", save_git_info=False)
ex.add_config(a=2, kind=dict)

@ex.automain
def main(a, kind, _rnd):
    with ex.open_resource("data.txt") as file:
        number = float(file.read())
    ex.log_scalar("loss", float(_rnd.random()))
    with open("model.bin", "wb") as file:
        file.write(bytes(range(256)))
    ex.add_artifact("model.bin", "models/m.bin")
    return double(a) + number
"""


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with a store of one run."""
    place = tmp_path_factory.mktemp("bundles")
    (place / "train.py").write_text(SCRIPT)
    (place / "helper.py").write_text("def double(x):\n    return 2 * x\n")
    (place / "data.txt").write_text("0.5")
    done = subprocess.run(
        [sys.executable, "train.py", "-F", "runs", "with", "a=3"],
        cwd=place,
        env={**os.environ, "PYTHONPATH": str(ROOT), "MY_TOKEN_FILE": "/secret/place"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return place


@pytest.fixture
def elsewhere(recorded, tmp_path, monkeypatch, capsys):
    """Another machine: ``call(*words)`` gives exit code, output and remarks of the program."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))

    def call(*words: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main(list(words))
        out, err = capsys.readouterr()
        return code, out, err

    return call


@pytest.fixture
def bundle(elsewhere, recorded, tmp_path) -> Path:
    assert elsewhere("-s", str(recorded / "runs"), "bundle", "1", "-o", "my.tar.gz")[0] == 0
    return tmp_path / "my.tar.gz"


def test_it_is_repeated_without_the_store(elsewhere, bundle, recorded, tmp_path, monkeypatch):
    hidden = recorded.rename(recorded.with_name("hidden"))
    try:
        code, out, err = elsewhere("rerun", "my.tar.gz", "--into", "checks")
    finally:
        hidden.rename(recorded)
    assert (code, out) == (0, "EXACT\n"), err
    assert f"of the bundle my.tar.gz, from file:{recorded}/runs: packed" in err
    again = open_store(tmp_path / "checks")[1]
    assert again.meta.rerun_of == {"store": f"file:{recorded}/runs", "id": 1}
    assert again.result == 6.5


def test_resources_of_other_directories_are_in_it(elsewhere, tmp_path):
    """They are nowhere else on another machine."""
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "read.py").write_text(
        "from sacred import Experiment\nex = Experiment('read', save_git_info=False)\n"
        f"ex.add_config(place={str(tmp_path / 'data')!r})\n"
        "@ex.automain\ndef main(place):\n"
        "    names = [place + '/a.txt', place + '/b/a.txt']\n"
        "    return ''.join(ex.open_resource(name).read() for name in names)\n"
    )
    (tmp_path / "data" / "b").mkdir(parents=True)
    (tmp_path / "data" / "a.txt").write_text("one")
    (tmp_path / "data" / "b" / "a.txt").write_text("two")
    words = [sys.executable, "read.py", "-F", "../runs"]
    subprocess.run(words, cwd=tmp_path / "code", capture_output=True, check=True)
    assert elsewhere("-s", "runs", "bundle", "1", "-o", "read.tar.gz")[0] == 0
    shutil.rmtree(tmp_path / "data")
    shutil.rmtree(tmp_path / "runs")
    code, out, err = elsewhere("rerun", "read.tar.gz", "--into", "checks")
    assert (code, out) == (0, "EXACT\n"), err
    assert f"the resource {tmp_path}/data/a.txt is not here" in err
    assert open_store("checks")[1].result == "onetwo"
    assert not (tmp_path / "data").exists()


def test_without_a_store_only_the_verdict_stays(elsewhere, bundle, tmp_path):
    before = sorted(path.name for path in tmp_path.iterdir())
    code, out, err = elsewhere("rerun", "my.tar.gz", "with", "a=4")
    assert code == 1
    assert out.startswith("DIFFERS  result: 6.5, then 8.5")
    assert "the repetition is not kept; --into STORE records it" in err
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_what_is_in_it(bundle, tmp_path):
    with tarfile.open(bundle) as archive:
        archive.extractall(tmp_path / "all", filter="data")
    found = {p.relative_to(tmp_path / "all").as_posix() for p in (tmp_path / "all").rglob("*.*")}
    assert {"bundle.json", "config.json", "requirements.txt", "ro-crate-metadata.json"} <= found
    assert {"runs/1/run.json", "runs/1/models/m.bin"} <= found
    header = json.loads((tmp_path / "all" / "bundle.json").read_text())
    assert (header["format"], header["run"], header["name"]) == (1, 1, "packed")
    assert json.loads((tmp_path / "all" / "config.json").read_text())["a"] == 3
    assert "numpy==" in (tmp_path / "all" / "requirements.txt").read_text()


def test_the_manifest_is_an_ro_crate(bundle, tmp_path):
    with tarfile.open(bundle) as archive:
        names = [member.name for member in archive if member.isreg()]
        contents = {name: archive.extractfile(name).read() for name in names}
    manifest = json.loads(contents.pop("ro-crate-metadata.json"))
    assert manifest["@context"] == "https://w3id.org/ro/crate/1.1/context"
    entities = {entity["@id"]: entity for entity in manifest["@graph"]}
    assert len(entities) == len(manifest["@graph"])
    assert entities["ro-crate-metadata.json"]["about"] == {"@id": "./"}
    listed = {part["@id"] for part in entities["./"]["hasPart"]}
    assert listed == contents.keys()
    for name, content in contents.items():
        assert entities[name]["sha256"] == hashlib.sha256(content).hexdigest()
    action = entities["#run"]
    assert action["actionStatus"] == {"@id": "http://schema.org/CompletedActionStatus"}
    assert {"@id": "runs/1/models/m.bin"} in action["result"]
    assert [entry["@id"][:16] for entry in action["object"]] == ["config.json", "runs/_resources/"]
    for referred in (*action["result"], *action["object"], action["instrument"]):
        assert referred["@id"] in entities


def test_of_the_environment_only_listed_variables_are_in_it(bundle):
    with tarfile.open(bundle) as archive:
        contents = b"".join(archive.extractfile(m).read() for m in archive if m.isreg())
    assert b"/secret/place" not in contents
    assert b"MY_TOKEN_FILE" in contents  # in the source
    assert contents.count(b"MY_TOKEN_FILE") == SCRIPT.count("MY_TOKEN_FILE")


def test_the_same_run_is_the_same_bundle(elsewhere, bundle, recorded):
    elsewhere("-s", str(recorded / "runs"), "bundle", "1", "-o", "again.tar.gz")
    assert Path("again.tar.gz").read_bytes() == bundle.read_bytes()


@pytest.mark.parametrize("kind", ["sqlite", "tinydb"])
def test_runs_of_databases(elsewhere, recorded, tmp_path, kind):
    url = f"sqlite:///{tmp_path}/r.db" if kind == "sqlite" else f"tinydb:{tmp_path}/tiny"
    with open_store(url) as database:
        copy_runs(open_store(recorded / "runs"), database)
    assert elsewhere("-s", url, "bundle", "1", "-o", "b.tar")[0] == 0
    assert elsewhere("rerun", "b.tar")[:2] == (0, "EXACT\n")


def test_old_records(elsewhere, tmp_path):
    store = shutil.copytree(ROOT / "tests" / "reference" / "reruns" / "files_0.8", "old")
    assert elsewhere("-s", str(store), "bundle", "1", "-o", "old.tgz")[0] == 0
    code, out, err = elsewhere("rerun", "old.tgz", "--env", "current")
    assert (code, out.split()[0]) in ((0, "EQUAL"), (0, "EXACT")), err


def test_zstd(elsewhere, recorded):
    pytest.importorskip("compression.zstd" if sys.version_info >= (3, 14) else "zstandard")
    assert has_zstd()
    assert elsewhere("-s", str(recorded / "runs"), "bundle", "1")[0] == 0
    assert Path("run-1.tar.zst").read_bytes()[:4] == b"\x28\xb5\x2f\xfd"
    assert elsewhere("rerun", "run-1.tar.zst")[:2] == (0, "EXACT\n")
    content = Path("run-1.tar.zst").read_bytes()
    Path("half.tar.zst").write_bytes(content[: len(content) // 2])
    Path("bad.tar.zst").write_bytes(content[:200] + bytes(100) + content[300:])
    for name in ("half.tar.zst", "bad.tar.zst"):
        code, _, err = elsewhere("rerun", name)
        assert code == 1
        assert f"{name} is no bundle" in err or "is damaged" in err


def test_without_zstd_it_is_gzip_and_the_error_says_what_is_missing(
    elsewhere, recorded, monkeypatch
):
    for name in ("zstandard", "compression.zstd"):
        monkeypatch.setitem(sys.modules, name, None)
    assert elsewhere("-s", str(recorded / "runs"), "bundle", "1")[0] == 0
    assert Path("run-1.tar.gz").read_bytes()[:2] == b"\x1f\x8b"
    Path("x.tar.zst").write_bytes(b"\x28\xb5\x2f\xfd" + bytes(100))
    code, _, err = elsewhere("rerun", "x.tar.zst")
    assert code == 1
    assert 'pip install "sacred[bundle]"' in err


# ------------------------------------------------------------------------------ unpacking


def tar_of(path: Path, *members: tarfile.TarInfo) -> str:
    with tarfile.open(path, "w:gz") as archive:
        for member in members:
            archive.addfile(member, io.BytesIO(b"x" * member.size))
    return str(path)


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    info.size = 1 if kind == tarfile.REGTYPE else 0
    return info


@pytest.mark.parametrize(
    "members",
    [
        [member("../outside.txt")],
        [member("runs/../../outside.txt")],
        [member("/tmp/outside-of-bundle.txt")],
        [member("runs", tarfile.SYMTYPE, "..")],
        [member("link", tarfile.SYMTYPE, "/etc"), member("link/passwd")],
        [member("a"), member("b", tarfile.LNKTYPE, "a")],
        [member("pipe", tarfile.FIFOTYPE)],
        [member("device", tarfile.CHRTYPE)],
        [member("a"), member("a")],
        [member("a"), member("a/b")],
        [member("../up", tarfile.DIRTYPE)],
    ],
    ids=lambda members: members[-1].name,
)
def test_nothing_leads_out_of_it(elsewhere, tmp_path, members):
    before = sorted(tmp_path.parent.rglob("*"))
    code, out, err = elsewhere("rerun", tar_of(tmp_path / "bad.tar.gz", *members))
    assert code == 1
    assert out == ""
    assert "Traceback" not in err
    assert sorted(tmp_path.parent.rglob("*")) == sorted([*before, tmp_path / "bad.tar.gz"])
    assert not Path("/tmp/outside-of-bundle.txt").exists()


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "is no bundle"),
        (b"no tar file at all" * 100, "is no bundle"),
        (gzip.compress(b"nor is this"), "is no bundle"),
        (gzip.compress(bytes(10240)), "is no bundle of a run"),
    ],
    ids=["empty", "text", "compressed text", "empty tar"],  # the same in all processes
)
def test_what_is_no_bundle(elsewhere, tmp_path, content, problem):
    (tmp_path / "x.tar.gz").write_bytes(content)
    code, _, err = elsewhere("rerun", "x.tar.gz")
    assert code == 1
    assert problem in err
    assert "Traceback" not in err


def test_a_damaged_bundle(elsewhere, bundle):
    content = bundle.read_bytes()
    bundle.write_bytes(content[: len(content) // 2])
    code, _, err = elsewhere("rerun", "my.tar.gz")
    assert code == 1
    assert "or it is damaged" in err


def test_a_file_that_is_not_what_was_packed(elsewhere, bundle, tmp_path):
    with tarfile.open(bundle) as archive:
        archive.extractall(tmp_path / "all", filter="data")
    (tmp_path / "all" / "runs" / "1" / "cout.txt").write_text("something else")
    with tarfile.open("other.tar", "w") as archive:
        for path in sorted((tmp_path / "all").rglob("*")):
            archive.add(path, path.relative_to(tmp_path / "all"), recursive=False)
    code, _, err = elsewhere("rerun", "other.tar")
    assert code == 1
    assert "other.tar is damaged: runs/1/cout.txt is not what was packed" in err


@pytest.mark.parametrize(
    ("header", "problem"),
    [
        ({"format": 2, "run": 1}, "has form 2; this version reads 1"),
        ({"format": 1, "run": 1}, "has no run of an experiment"),
        ({"format": 1}, "is no bundle of a run"),
        ([], "is no bundle of a run"),
    ],
)
def test_headers_of_others(elsewhere, tmp_path, header, problem):
    text = json.dumps(header).encode()
    with tarfile.open(tmp_path / "x.tar", "w") as archive:
        for name, content in (("bundle.json", text), ("ro-crate-metadata.json", b"{}")):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    code, _, err = elsewhere("rerun", "x.tar")
    assert code == 1
    assert problem in err


def test_it_cannot_be_written(elsewhere, recorded):
    code, _, err = elsewhere(
        "-s", str(recorded / "runs"), "bundle", "1", "-o", "no/such/place.tar.gz"
    )
    assert code == 1
    assert "no/such/place.tar.gz cannot be written: No such file or directory" in err


def test_a_directory_takes_the_usual_name(elsewhere, recorded, tmp_path):
    (tmp_path / "there").mkdir()
    assert elsewhere("-s", str(recorded / "runs"), "bundle", "1", "-o", "there")[0] == 0
    [path] = (tmp_path / "there").iterdir()
    assert path.name.startswith("run-1.tar.")
