"""Packages: distribution names and versions."""

from __future__ import annotations

import importlib
import importlib.metadata
import os
import shutil
import types
import zipfile
from pathlib import Path

import pytest

from sacred.dependencies import PEP440_VERSION_PATTERN, PackageDependency
from sacred.dependencies.distributions import all_distributions, find_distribution, owner_of


@pytest.mark.parametrize(
    "version",
    ["1.2", "1.2.3.4rc1", "1!2.0", "1.0.post1", "2020.01.02", "1.0.dev1+abc", "2.1.0+cu118"],
)
def test_valid_versions(version: str) -> None:
    assert PEP440_VERSION_PATTERN.match(version)
    assert PackageDependency("a", version).to_json() == f"a=={version}"


@pytest.mark.parametrize(
    "version", ["x", "v1.0", "1.0-1", "1.0a", "1.0 ", "1.0\n", "1.0.*", "latest", "<unknown>"]
)
def test_invalid_versions(version: str) -> None:
    assert not PEP440_VERSION_PATTERN.match(version)
    with pytest.raises(ValueError, match=r'Invalid Version: "'):
        PackageDependency("a", version)


def test_equality_and_order() -> None:
    assert PackageDependency("a", "1") == PackageDependency("a", "2")
    assert PackageDependency("a", "1") != PackageDependency("A", "1")
    assert PackageDependency("a", "1") != "a"
    assert len({PackageDependency("a", "1"), PackageDependency("a", None)}) == 1
    assert PackageDependency("a", "2") < PackageDependency("b", "1")
    with pytest.raises(TypeError):
        assert PackageDependency("a", "2") < "b"


def test_missing_versions_are_filled_in() -> None:
    package = PackageDependency("JSONpickle", None)
    assert package.to_json() == "JSONpickle==<unknown>"
    package.fill_missing_version()
    assert package.version == importlib.metadata.version("jsonpickle")
    package = PackageDependency("jsonpickle", "0.1")
    package.fill_missing_version()
    assert package.version == "0.1"
    package = PackageDependency("no-such-distribution", None)
    package.fill_missing_version()
    assert package.to_json() == "no-such-distribution==<unknown>"


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("yaml", "PyYAML"),
        ("docopt", "docopt-ng"),
        ("numpy", "numpy"),
        ("numpy.random", "numpy"),
        ("_pytest.config", "pytest"),
        ("bson", "pymongo"),
    ],
)
def test_modules_belong_to_distributions(module: str, name: str) -> None:
    package = PackageDependency.create(importlib.import_module(module))
    assert (package.name, package.version) == (name, importlib.metadata.version(name))


@pytest.mark.parametrize(
    ("version", "expected"),
    [("1.5", "1.5"), ("bogus", None), ((1, 5), None), (b"1.5", None), (None, None)],
)
def test_modules_that_belong_to_none(version: object, expected: str | None) -> None:
    module = types.ModuleType("foo_xy.sub")
    module.__version__ = version  # type: ignore[attr-defined]
    package = PackageDependency.create(module)
    assert (package.name, package.version) == ("foo_xy", expected)


def test_module_that_does_not_like_to_be_asked() -> None:
    class Shy(types.ModuleType):
        def __getattr__(self, name: str) -> object:
            raise RuntimeError(name)

    assert PackageDependency.create(Shy("foo_xy")).version is None


def _install(site: Path, name: str, files: list[str], record: bool = True) -> None:
    info = site / f"{name.replace('-', '_')}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n\nName: no\n"
    )
    for file in files:
        (site / file).parent.mkdir(parents=True, exist_ok=True)
        (site / file).write_text("")
    if record:
        (info / "RECORD").write_text("".join(f"{file},sha256=x,0\n" for file in files))
    else:
        (info / "top_level.txt").write_text("\n".join({file.split("/")[0] for file in files}))


def test_namespace_that_distributions_share(tmp_path: Path) -> None:
    _install(tmp_path, "cloud-auth", ["cloud/auth/__init__.py"])
    _install(tmp_path, "cloud-store", ["cloud/store/__init__.py", "cloud/store/blob.py"])
    owner = owner_of("cloud.store.blob", str(tmp_path / "cloud/store/blob.py"))
    assert owner is not None
    assert (owner.name, owner.version) == ("cloud-store", "1.0")


def test_the_owner_of_a_module_may_be_installed_or_removed_meanwhile(tmp_path: Path) -> None:
    _install(tmp_path, "other", ["other.py"])
    (tmp_path / "thing.py").write_text("")
    os.utime(tmp_path, (1, 1))  # what follows may come within one tick of the clock
    assert owner_of("thing", str(tmp_path / "thing.py")) is None
    _install(tmp_path, "thing-dist", ["thing.py"])
    owner = owner_of("thing", str(tmp_path / "thing.py"))
    assert owner is not None
    assert owner.name == "thing-dist"
    os.utime(tmp_path, (2, 2))
    shutil.rmtree(owner.path)
    assert owner_of("thing", str(tmp_path / "thing.py")) is None


def test_distribution_without_a_record(tmp_path: Path) -> None:
    _install(tmp_path, "Py-Thing", ["thing/__init__.py"], record=False)
    owner = owner_of("thing", str(tmp_path / "thing/__init__.py"))
    assert owner is not None
    assert owner.name == "Py-Thing"


def test_editable_installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site, project = tmp_path / "site", tmp_path / "my project"
    _install(site, "my-lib", ["__editable__.my_lib.pth"])
    info = site / "my_lib-1.0.dist-info"
    (info / "direct_url.json").write_text(f'{{"url": "{project.as_uri()}", "dir_info": {{}}}}')
    monkeypatch.syspath_prepend(str(site))
    owner = owner_of("mylib", str(project / "src" / "mylib.py"))
    assert owner is not None
    assert owner.name == "my-lib"
    assert owner_of("mylib", str(tmp_path / "other" / "mylib.py")) is None


def test_installed_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    assert find_distribution("late-comer") is None
    _install(tmp_path, "late-comer", ["late.py"])
    found = find_distribution("Late_Comer")
    assert found is not None
    assert found in all_distributions()


def test_metadata_without_name_and_version(tmp_path: Path) -> None:
    (tmp_path / "odd-1.0.dist-info").mkdir()
    (tmp_path / "odd.py").write_text("")
    owner = owner_of("odd", str(tmp_path / "odd.py"))
    assert owner is not None
    assert (owner.name, owner.version) == ("odd", None)


def test_zipped_distribution(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with zipfile.ZipFile(tmp_path / "lib.zip", "w") as file:
        file.writestr("zipped-3.1.dist-info/METADATA", "Name: zipped\nVersion: 3.1\n\n")
    monkeypatch.syspath_prepend(str(tmp_path / "lib.zip"))
    package = PackageDependency("zipped", None)
    package.fill_missing_version()
    assert package.version == "3.1"


def test_all_installed_are_those_of_importlib() -> None:
    expected = {d.metadata["Name"].lower() for d in importlib.metadata.distributions()}
    assert {d.name.lower() for d in all_distributions()} == expected
