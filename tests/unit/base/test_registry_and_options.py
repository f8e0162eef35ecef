"""Named implementations, and the declaration of options."""

from __future__ import annotations

import warnings
import zipfile

import pytest

from sacred._base.cli_option import CLIOption, cli_option
from sacred._base.errors import SacredError
from sacred._base.registry import Registry

GROUP = "sacred.test_group"


@pytest.fixture
def plug_in(tmp_path, monkeypatch):
    """``plug_in(distribution, **entry_points)``: install something in a directory."""
    monkeypatch.syspath_prepend(tmp_path)

    def install(distribution, **points):
        info = tmp_path / f"{distribution}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1\n")
        rows = "".join(f"{name} = {target}\n" for name, target in points.items())
        (info / "entry_points.txt").write_text(f"[sacred.test_group]\n{rows}")

    return install


def test_builtin_rows():
    """Built-in names come in their order and are loaded on use."""
    registry = Registry("sacred.no_group", {"b": "no_such_module:x", "a": "json:loads"})
    assert registry.names() == ["b", "a"]
    assert "a" in registry
    assert registry.load("a")("[1]") == [1]


def test_unknown_name():
    """A name that is not there gets a hint."""
    with pytest.raises(KeyError, match=r"Did you mean .*mongo"):
        Registry("sacred.no_group", {"mongo": "json:loads"}).load("mongodb")


def test_plug_ins_are_found(plug_in):
    """An entry point of an installed distribution counts."""
    plug_in("one", dumps="json:JSONEncoder.encode")
    registry = Registry("sacred.test_group", {"a": "json:loads"})
    assert registry.names() == ["a", "dumps"]
    import json

    assert registry.load("dumps") is json.JSONEncoder.encode


def test_a_clash_names_both(plug_in):
    """Two providers of one name: the first is used, and both are named."""
    plug_in("one", name="json:loads")
    registry = Registry("sacred.test_group", {"name": "json:dumps"})
    with pytest.warns(RuntimeWarning, match=r"'sacred' \(json:dumps\) and 'one'"):
        names = registry.names()
    assert names == ["name"]
    import json

    assert registry.load("name") is json.dumps


def test_a_broken_plug_in_is_one_warning(plug_in):
    """It is left out, with a single warning that names the distribution."""
    plug_in("bad", broken="no_such_module:x", fine="json:loads")
    registry = Registry("sacred.test_group")
    with pytest.warns(RuntimeWarning, match=r"'broken' .*'bad'"):
        loaded = registry.load_all()
    assert list(loaded) == ["fine"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        registry.load_all()
    with pytest.raises(SacredError, match="'bad'"):
        registry.load("broken")


def test_an_option_knows_its_flags():
    """Name, flags and text of an option."""

    @cli_option("-a", "--aa-bb")
    def my_option(args, run):
        """First line."""
        return args, run

    assert isinstance(my_option, CLIOption)
    assert my_option.get_flags() == ("-a", "--aa-bb")
    assert (my_option.get_flag(), my_option.get_short_flag()) == ("--aa-bb", "-a")
    assert my_option.get_name() == "my_option"
    assert my_option.get_description() == "First line."
    assert (my_option.arg, my_option.arg_description) == ("VALUE", "")
    assert my_option.apply(1, 2) == my_option(1, 2) == (1, 2)


def test_a_flag_has_no_value():
    """`is_flag` options take nothing."""
    option = cli_option("-1", "--a_b", is_flag=True)(lambda args, run: None)
    assert (option.arg, option.arg_description) == (None, None)


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("a", "--aa"),
        ("-ab", "--ab"),
        ("--a", "--ab"),
        ("", "--a"),
        ("-", "--a"),
        (None, "--a"),
        ("-a", "aa"),
        ("-a", "-aa"),
        ("-a", "--a b"),
        ("-a", "--a=b"),
        ("-a", "--"),
        ("-a", "--a\n"),
        ("-a", None),
    ],
)
def test_malformed_flags(short, long):
    """A malformed flag is an error when the option is declared."""
    with pytest.raises(ValueError, match="flag malformed"):
        cli_option(short, long)(lambda args, run: None)


def test_plug_ins_are_found_as_python_itself_finds_them(plug_in):
    """In any form that the format allows."""
    import importlib.metadata

    plug_in("one", dumps="json:JSONEncoder.encode", loads="json:loads [extra]")
    plug_in("two", other="json:dumps")
    expected = {point.name: point.load() for point in importlib.metadata.entry_points(group=GROUP)}
    assert Registry(GROUP).load_all() == expected
    assert len(expected) == 3


def test_plug_ins_in_a_zip_file_are_found(tmp_path, monkeypatch):
    """Where our own search does not look."""
    archive = tmp_path / "packages.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("zipped-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: zipped\n")
        file.writestr("zipped-1.0.dist-info/entry_points.txt", f"[{GROUP}]\nz = json:loads\n")
    monkeypatch.syspath_prepend(archive)
    assert Registry(GROUP).names() == ["z"]
