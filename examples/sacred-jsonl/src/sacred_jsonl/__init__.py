"""A plug-in for Sacred: a store and its observer, an option, a command, and more."""

from __future__ import annotations

import ast
import configparser
import getpass

from sacred import cli_option
from sacred.app import Command
from sacred.config.config_files import Handler
from sacred.host_info import host_info_gatherer
from sacred.observers import StoreObserver
from sacred_jsonl.store import JsonLinesStore

__all__ = [
    "INI",
    "USERS",
    "JsonLinesObserver",
    "JsonLinesStore",
    "jsonl_option",
    "open_store",
    "user",
]


def open_store(url: str) -> JsonLinesStore:
    """The store at ``jsonl:DIRECTORY``."""
    return JsonLinesStore(url.partition(":")[2])


class JsonLinesObserver(StoreObserver):
    """Keeps the record of each run in ``directory/ID.jsonl``."""

    def __init__(self, directory: str, priority: int = 10, failure_dir: str | None = None) -> None:
        super().__init__(JsonLinesStore(directory), priority, failure_dir)


@cli_option("-J", "--jsonl")
def jsonl_option(args, run):
    """Record the run as JSON lines in a directory."""
    run.observers.append(JsonLinesObserver(args))


def _load(file):
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str  # keys as they are written
    parser.read_file(file)
    return {
        name: {key: _value(text) for key, text in parser[name].items()}
        for name in parser.sections()
    }


def _value(text):
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text


def _dump(config, file):
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str
    parser.read_dict({name: {k: repr(v) for k, v in part.items()} for name, part in config.items()})
    parser.write(file)


#: Sections of an ``.ini`` file are dicts of Python literals.
INI = Handler(_load, _dump, "")


@host_info_gatherer("user")
def user():
    """Who runs it."""
    return getpass.getuser()


#: ``sacred users``: what help and shells need; the module is imported when it is used.
USERS = Command(
    module="sacred_jsonl.users",
    group="Find runs",
    usage="[QUERY]",
    summary="count the runs of each user",
    arguments="fields",
)
