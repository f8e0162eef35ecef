"""What a script is found to use, by all strategies."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import sacred
from sacred.dependencies import (
    Repositories,
    Source,
    gather_sources_and_dependencies,
)
from sacred.dependencies.import_statements import followed
from sacred.settings import SETTINGS

NAMES = ("dscript", "dhelper", "dsecond", "dthird", "dpkg", "dlate")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    (tmp_path / "dpkg").mkdir()
    files = {
        "dscript.py": "import os, yaml, dhelper\nfrom dsecond import g\nfrom dpkg.mod import pm\n",
        "dhelper.py": "class K: pass\n",
        "dsecond.py": "import dthird\ndef g(): pass\n",
        "dthird.py": "",
        "dlate.py": "def late(): pass\n",
        "dpkg/__init__.py": "",
        "dpkg/mod.py": "def pm(): pass\n",
        "dpkg/unused.py": "",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    for name in list(sys.modules):
        if name.partition(".")[0] in NAMES:
            del sys.modules[name]


@pytest.fixture
def script(project: Path) -> dict[str, Any]:
    """The globals of the script, imported."""
    return vars(importlib.import_module("dscript"))


def names(sources: set[Source], base: Path) -> set[str]:
    return {Path(source.to_json(base)[0]).as_posix() for source in sources}


IMPORTED = {"dscript.py", "dhelper.py", "dsecond.py", "dpkg/__init__.py", "dpkg/mod.py"}


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [
        ("imported", IMPORTED | {"dthird.py"}),
        ("sys", IMPORTED | {"dthird.py"}),
        ("dir", IMPORTED | {"dthird.py", "dlate.py", "dpkg/unused.py"}),
        ("none", {"dscript.py"}),
    ],
)
def test_sources(
    project: Path,
    script: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    strategy: str,
    expected: set[str],
) -> None:
    monkeypatch.setitem(SETTINGS, "DISCOVER_SOURCES", strategy)
    main, sources, _ = gather_sources_and_dependencies(script, save_git_info=False)
    assert main is not None
    assert main.filename == os.path.realpath("dscript.py")
    assert names(sources, project) == expected


def test_loaded_modules_that_nothing_imports_are_left_out(
    project: Path, script: dict[str, Any]
) -> None:
    """Somebody else has loaded them: a test runner, say."""
    importlib.import_module("dpkg.unused")
    _, sources, _ = gather_sources_and_dependencies(script, save_git_info=False)
    assert names(sources, project) == IMPORTED | {"dthird.py"}


@pytest.mark.parametrize(
    ("text", "package", "names"),
    [
        ("from m import CONST", "", {"m", "m.CONST"}),
        ("  from a.b import (c as d,  # why\n  e)", "", {"a", "a.b", "a.b.c", "a.b.e"}),
        ("import a.b as x, c; import d", "", {"a", "a.b", "c", "d"}),
        ("if x: import a", "", {"a"}),
        ("from a import b, \\\n    c", "", {"a", "a.b", "a.c"}),
        ("from . import x\nfrom .y import z", "p.q", {"p", "p.q", "p.q.x", "p.q.y", "p.q.y.z"}),
        ("from ..y import *", "p.q", {"p", "p.y"}),
        ("important = 1\nreimport x\n# import y", "", set()),
        ("from", "", set()),
    ],
)
def test_import_statements(tmp_path: Path, text: str, package: str, names: set[str]) -> None:
    """All forms of them, relative to a package, too."""
    file = tmp_path / "m.py"
    file.write_text(text)
    loaded = {
        name: f"{name}.file" for name in (*"abcdexyz", "m", "p", "p.q", "a.b", "a.b.c", "a.c")
    }
    loaded |= {name: f"{name}.file" for name in ("a.b.e", "p.q.x", "p.q.y", "p.q.y.z", "p.y")}
    found = followed([(package, str(file))], loaded)
    assert found == {f"{name}.file" for name in names & loaded.keys()}


def test_directory_without_virtual_environments(
    project: Path, script: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "venv" / "lib").mkdir(parents=True)
    (project / "venv" / "pyvenv.cfg").write_text("")
    (project / "venv" / "lib" / "x.py").write_text("")
    monkeypatch.setitem(SETTINGS, "DISCOVER_SOURCES", "dir")
    _, sources, _ = gather_sources_and_dependencies(script, False)
    assert "venv/lib/x.py" not in names(sources, project)


@pytest.mark.parametrize(
    ("strategy", "included", "excluded"),
    [
        ("imported", {"PyYAML", "numpy"}, {"pytest", "sacred"}),
        ("sys", {"PyYAML", "numpy", "pytest", "hypothesis"}, set()),
        ("pkg", {"PyYAML", "numpy", "pytest", "pip"}, set()),
        ("none", {"numpy"}, {"PyYAML"}),
    ],
)
def test_dependencies(
    script: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    strategy: str,
    included: set[str],
    excluded: set[str],
) -> None:
    monkeypatch.setitem(SETTINGS, "DISCOVER_DEPENDENCIES", strategy)
    _, _, packages = gather_sources_and_dependencies(script, False)
    found = {package.name for package in packages}
    assert included <= found
    assert not (excluded | {"os", "dhelper", "json"}) & found
    assert all(package.version for package in packages)


def test_objects_tell_their_package(project: Path) -> None:
    _, _, packages = gather_sources_and_dependencies({"Experiment": sacred.SETTINGS}, False)
    assert ("sacred", sacred.__version__) in {(p.name, p.version) for p in packages}


def test_unknown_strategy(script: dict[str, Any]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sacred.dependencies.discovery.SETTINGS", {"DISCOVER_SOURCES": "foo"})
        with pytest.raises(KeyError, match=r"foo.*\['dir', 'imported', 'none', 'sys'\]"):
            gather_sources_and_dependencies(script, False)


def test_instances_count_for_their_module(project: Path) -> None:
    helper = importlib.import_module("dhelper")
    _, sources, _ = gather_sources_and_dependencies({"k": helper.K(), "l": [1]}, False, project)
    assert names(sources, project) == {"dhelper.py"}


def test_base_dir(project: Path, script: dict[str, Any]) -> None:
    _, sources, _ = gather_sources_and_dependencies(script, False, project / "dpkg")
    assert names(sources, project) == {"dscript.py", "dpkg/__init__.py", "dpkg/mod.py"}


@pytest.mark.parametrize("main_file", [None, "gone.py", 5])
def test_without_a_main_file(project: Path, main_file: object) -> None:
    helper = importlib.import_module("dhelper")
    globs = {"h": helper} if main_file is None else {"h": helper, "__file__": main_file}
    main, sources, _ = gather_sources_and_dependencies(globs, save_git_info=True)
    assert main is None
    assert names(sources, project) == {"dhelper.py"}


def test_objects_that_refuse_to_be_asked(project: Path) -> None:
    class Proxy:
        def __getattribute__(self, name: str) -> Any:
            raise RuntimeError("working outside of context")

    class Lying:
        __module__ = 5  # type: ignore[assignment]

    globs = {"a": Proxy(), "b": Lying(), "c": sys.modules[__name__], "d": None}
    main, sources, _ = gather_sources_and_dependencies(globs, False)
    assert (main, sources) == (None, set())


def test_strange_things_in_sys_modules(
    project: Path, script: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "strange_thing", object())
    monkeypatch.setitem(sys.modules, "strange_none", None)
    monkeypatch.setitem(SETTINGS, "DISCOVER_SOURCES", "sys")
    monkeypatch.setitem(SETTINGS, "DISCOVER_DEPENDENCIES", "sys")
    _, sources, _ = gather_sources_and_dependencies(script, False)
    assert "dthird.py" in names(sources, project)


def test_lazy_modules_stay_asleep(project: Path) -> None:
    import importlib.util

    spec = importlib.util.find_spec("dlate")
    assert spec is not None
    assert spec.loader is not None
    spec.loader = importlib.util.LazyLoader(spec.loader)
    module = importlib.util.module_from_spec(spec)
    sys.modules["dlate"] = module
    spec.loader.exec_module(module)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(SETTINGS, "DISCOVER_SOURCES", "sys")
        _, sources, _ = gather_sources_and_dependencies({}, False)
    assert "dlate.py" in names(sources, project)
    assert "late" not in object.__getattribute__(module, "__dict__")


def test_git_is_asked_once(
    project: Path, script: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def describe(root: str, status: str) -> Any:
        asked.append(root)
        return git.GitInfo("url", "12ab", True)

    from sacred.dependencies import git

    monkeypatch.setattr(git, "describe_repository", describe)
    (project / ".git").mkdir()
    shared = Repositories()
    _, sources, _ = gather_sources_and_dependencies(script, True, None, shared)
    gather_sources_and_dependencies({"h": sys.modules["dthird"]}, True, project, shared)
    assert {(s.repo, s.commit, s.is_dirty) for s in sources} == {("url", "12ab", True)}
    assert asked == [os.path.realpath(project)]


def test_importing_is_light() -> None:
    code = (
        "import sys, sacred.settings, dataclasses, typing; before = set(sys.modules);"
        "import sacred.dependencies, sacred.host_info, sacred.stdout_capturing;"
        "print(*{m for m in set(sys.modules) - before if not m.startswith('sacred')})"
    )
    root = Path(__file__).parents[3]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True, check=True, encoding="utf-8", env=environment,
    )  # fmt: skip
    heavy = {"subprocess", "importlib.metadata", "ctypes", "hashlib", "socket", "xml", "email"}
    assert not heavy & set(done.stdout.split())


def test_modules_that_lie_in_no_file_are_left_out(project: Path) -> None:
    import dhelper

    globs = {"__file__": str(project / "dscript.py"), "helper": dhelper}
    del dhelper.__file__
    _, sources, _ = gather_sources_and_dependencies(globs, save_git_info=False)
    assert names(sources, project) == {"dscript.py"}


@pytest.mark.parametrize("make", [lambda module: module.K, lambda module: module.K()])
def test_objects_bring_the_modules_that_they_come_from(project: Path, make: Any) -> None:
    """A class that was imported by name, and an object of it."""
    module = importlib.import_module("dhelper")
    globs = {"__file__": str(project / "dscript.py"), "thing": make(module)}
    _, sources, _ = gather_sources_and_dependencies(globs, save_git_info=False)
    assert names(sources, project) == {"dscript.py", "dhelper.py"}
