"""Config files: a dict in a ``.json``, ``.yaml``, ``.yml``, ``.toml`` or ``.pickle`` file.

JSON, YAML and TOML files only give plain data and what `sacred.serializer.restore`
allows; nothing in such a file is executed. **A pickle file can run any code when it is loaded**:
only use files that you trust.
"""

from __future__ import annotations

import json
import os
import pickle
import re
from collections.abc import Callable, Mapping
from typing import Any

from sacred._base.errors import (
    ConfigFileError,
    MissingConfigFormatError,
    MissingExtraError,
    SacredError,
    UnreadableConfigFileError,
)
from sacred._base.extras import require
from sacred._base.paths import PathType
from sacred._base.registry import Registry
from sacred.config.read_only import make_plain
from sacred.serializer import UnsafeDataError, dumps, flatten, restore

__all__ = ["HANDLER_BY_EXT", "Handler", "load_config_file", "save_config_file", "yaml_dumper"]

#: Values that aliases may add to those that a YAML file holds.
_MAX_ALIASED_NODES = 1_000_000


class Handler:
    """How one kind of config file is read and written.

    Args:
        load: takes an open file and returns the value.
        dump: takes a value and an open file; None if such files are only read.
        mode: the end of the file's mode: ``""`` for text, ``"b"`` for bytes.
    """

    def __init__(
        self, load: Callable[[Any], Any], dump: Callable[[Any, Any], Any] | None, mode: str
    ) -> None:
        self.load = load
        self.dump = dump
        self.mode = mode


def _load_json(fp: Any) -> Any:
    return restore(json.load(fp), with_names=True)


def _dump_json(obj: Any, fp: Any) -> None:
    fp.write(dumps(flatten(obj), sort_keys=True, indent=2))


def _yaml() -> Any:
    try:
        return require("yaml", extra="yaml", purpose="a YAML config file")
    except MissingExtraError as error:
        # The documented type, as for any other kind of file that has no handler.
        raise MissingConfigFormatError(f"PyYAML (package 'yaml'): {error}") from error


def _load_yaml(fp: Any) -> Any:
    loader = _with_all_floats(_yaml().SafeLoader)(fp)
    try:
        node = loader.get_single_node()
        if node is None:  # empty, or only comments
            return {}
        _count_yaml_nodes(node, {})
        return restore(loader.construct_document(node), with_names=True)
    finally:
        loader.dispose()


def _with_all_floats(base: Any) -> Any:
    """A loader or dumper of PyYAML, which knows YAML 1.1 alone, with the floats of 1.2."""
    extended: Any = type(base.__name__, (base,), {})
    extended.add_implicit_resolver(
        "tag:yaml.org,2002:float",
        re.compile(r"^[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)[eE][-+]?[0-9]+$"),
        list("-+.0123456789"),
    )
    return extended


def _count_yaml_nodes(node: Any, counts: dict[int, int]) -> int:
    """The number of values below a YAML node once every alias is replaced by what it names.

    Ten lines of aliases to aliases can stand for more values than any memory holds.

    Args:
        node: from PyYAML.
        counts: of the nodes seen so far, by `id`; 0 while a node is being counted.

    Raises:
        ValueError: there are too many, or a value contains itself.
    """
    known = counts.get(id(node))
    if known is not None:
        if known == 0:
            raise ValueError(f"a value contains itself{node.start_mark}")
        return known
    counts[id(node)] = 0
    children = node.value if isinstance(node.value, list) else ()
    pairs = (child if isinstance(child, tuple) else (child,) for child in children)
    count = 1 + sum(_count_yaml_nodes(child, counts) for pair in pairs for child in pair)
    if count > len(counts) + _MAX_ALIASED_NODES:
        raise ValueError(
            f"aliases stand for more than {_MAX_ALIASED_NODES:,} values{node.start_mark}"
        )
    counts[id(node)] = count
    return count


def _dump_yaml(obj: Any, fp: Any) -> None:
    _yaml().dump(flatten(obj), fp, Dumper=yaml_dumper())


def yaml_dumper() -> Any:
    """Return PyYAML's safe dumper; it quotes strings like ``1e-3``, which would become floats."""
    return _with_all_floats(_yaml().SafeDumper)


def _load_toml(fp: Any) -> Any:
    # Not at the top: few config files are TOML.
    import tomllib

    return restore(tomllib.loads(fp.read()), with_names=True)


def _load_pickle(fp: Any) -> Any:
    return pickle.load(fp)


def _dump_pickle(obj: Any, fp: Any) -> None:
    pickle.dump(make_plain(obj), fp)


_YAML = Handler(_load_yaml, _dump_yaml, "")

#: Handlers by file suffix.
HANDLER_BY_EXT: dict[str, Handler] = {
    ".json": Handler(_load_json, _dump_json, ""),
    ".yaml": _YAML,
    ".yml": _YAML,
    ".toml": Handler(_load_toml, None, ""),
    ".pickle": Handler(_load_pickle, _dump_pickle, "b"),
}

#: Entry points of distributions that add formats: suffix without dot → `Handler`.
PLUGINS = Registry("sacred.config_formats")


def _handler(filename: str) -> Handler:
    suffix = os.path.splitext(filename)[1]
    handler = HANDLER_BY_EXT.get(suffix.lower()) or _plugin_handler(suffix.lower().lstrip("."))
    if handler is None:
        raise ConfigFileError(
            f'Configuration file "{filename}" has invalid or unsupported extension "{suffix}". '
            f"Supported are: {', '.join([*HANDLER_BY_EXT, *('.' + n for n in PLUGINS.names())])}"
        )
    return handler


def _plugin_handler(name: str) -> Handler | None:
    if name not in PLUGINS:
        return None
    try:
        handler = PLUGINS.load(name)
    except SacredError as error:
        raise ConfigFileError(str(error)) from error
    if not isinstance(handler, Handler):
        raise ConfigFileError(f"{name!r} ({PLUGINS.group}) is no Handler, but {handler!r}")
    return handler


def _open(filename: str, mode: str) -> Any:
    if "b" in mode:
        return open(filename, mode)
    # The system's encoding would make the file unreadable elsewhere. Editors on Windows put
    # a byte order mark before it.
    return open(filename, mode, encoding="utf-8-sig" if mode == "r" else "utf-8")


def load_config_file(filename: PathType) -> Any:
    """Load the value that a config file contains.

    Args:
        filename: the file; its suffix determines the format.

    Raises:
        ConfigFileError: a ValueError: the suffix is unknown, or the content is malformed.
        UnsafeDataError: the file asks for something that is not plain data.
        MissingConfigFormatError: a KeyError: PyYAML is needed and not installed.
        OSError: the file cannot be opened.
    """
    filename = os.fsdecode(filename)
    handler = _handler(filename)
    try:
        file = _open(filename, "r" + handler.mode)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise UnreadableConfigFileError(
            f"Cannot open the config file {filename!r}: {error.strerror}"
        ) from error
    with file as fp:
        try:
            return handler.load(fp)
        except UnsafeDataError as error:
            error.args = (f"In the config file {filename!r}: {error}",)
            raise
        except SacredError:
            raise
        except Exception as error:
            # Each format has errors of its own for what is no such file.
            raise ConfigFileError(
                f"Cannot read the config file {filename!r}: {type(error).__name__}: {error}"
            ) from error


def save_config_file(config: Mapping[str, Any], filename: PathType) -> None:
    """Write a configuration to a file that `load_config_file` can read.

    Args:
        config: the configuration, which may be read-only.
        filename: the file; its suffix determines the format.

    Raises:
        ValueError: the suffix is unknown, or the format can only be read (``.toml``).
        KeyError: PyYAML is needed and not installed.
        OSError: the file cannot be written.
    """
    filename = os.fsdecode(filename)
    handler = _handler(filename)
    if handler.dump is None:  # before the file is there, and empty
        raise ConfigFileError(
            f'Cannot write the config file "{filename}": such files are only read. '
            "Save it as .json or .yaml"
        )
    with _open(filename, "w" + handler.mode) as fp:
        handler.dump(config, fp)
