"""The old addresses: `sacred.utils` and `sacred.optional`."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import sacred.optional
import sacred.utils
from sacred._base import errors

PROMISED = """
recursive_update iterate_flattened iterate_flattened_separately set_by_dotted_path
get_by_dotted_path iter_prefixes join_paths is_prefix rel_path convert_to_nested_dict
convert_camel_case_to_snake_case apply_backspaces_and_linefeeds optional_kwargs_decorator
get_inheritors module_exists modules_exist module_is_in_cache parse_version get_package_version
ensure_wellformed_argv create_basic_stream_logger format_filtered_stacktrace
print_filtered_stacktrace format_sacred_error IntervalTimer PATHCHANGE NO_LOGGER
PYTHON_IDENTIFIER PathType SacredError ConfigError InvalidConfigError MissingConfigError
NamedConfigNotFoundError ConfigAddedError SignatureError CircularDependencyError ObserverError
SacredInterrupt TimeoutInterrupt
"""


@pytest.mark.parametrize("name", PROMISED.split())
def test_names_of_utils(name):
    """All names that third parties import are there."""
    assert hasattr(sacred.utils, name)


@pytest.mark.parametrize("name", errors.__all__)
def test_errors_are_where_they_say(name):
    """An error's module is an address that it can be imported from."""
    cls = getattr(errors, name)
    module = __import__(cls.__module__, fromlist=[name])
    assert getattr(module, name) is cls


@pytest.mark.parametrize("module", [sacred.utils, sacred.optional])
def test_they_are_small(module):
    """A compatibility module defines nothing."""
    text = Path(module.__file__).read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 40
    assert not any(isinstance(node, ast.ClassDef) for node in ast.walk(ast.parse(text)))


def test_optional_packages():
    """Flags and modules, as installed here."""
    import numpy
    import yaml

    assert sacred.optional.has_numpy is True
    assert sacred.optional.np is numpy
    assert sacred.optional.has_yaml is True
    assert sacred.optional.yaml is yaml
    assert sacred.optional.modules_exist("json")
    assert isinstance(sacred.optional.has_tensorflow, bool)
    if sys.platform != "win32":
        assert sacred.optional.libc.abs(-3) == 3


@pytest.mark.parametrize("name", ["sqlalchemy", "mako", "tinydb", "tensorflow", "pandas"])
def test_flags(name):
    """A flag says whether the package can be imported."""
    assert getattr(sacred.optional, f"has_{name}") is sacred.utils.module_exists(name)


def test_optional_import():
    """Whether all are there, and the first."""
    import json

    assert sacred.optional.optional_import("json", "re") == (True, json)
    assert sacred.optional.optional_import("json", "no_such_package") == (False, None)


def test_unknown_names():
    """A name that is not there is an AttributeError."""
    with pytest.raises(AttributeError, match="has_nothing"):
        _ = sacred.optional.has_nothing


def test_they_load_nothing_heavy():
    """Importing them is light."""
    script = (
        f"import sys; sys.path[:0] = {sys.path!r}\nimport sacred.utils, sacred.optional\n"
        "print([m for m in ('numpy', 'yaml', 'pandas', 'packaging') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
