"""Print the configuration of a run, as JSON or YAML.

An experiment reads it back: sacred config 7 > 7.json; python train.py with 7.json

Examples:
  sacred config last
  sacred config best:result opt       only the part below opt
  sacred config 7 --yaml > 7.yaml
  sacred config 7 lr --origins        where it comes from
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

from sacred._base.errors import ConfigError
from sacred._base.extras import require
from sacred._base.text import did_you_mean
from sacred.app.program_arguments import add_run_id
from sacred.app.session import Session
from sacred.commands.entry_history import chosen_entries, format_history
from sacred.config.config_files import yaml_dumper
from sacred.display.value_text import neutralize
from sacred.records import RunRecord
from sacred.records.stored_values import SHOWN_AS_STORED
from sacred.runs.errors import ProgramError
from sacred.serializer import dumps
from sacred.serializer.writing import flatten_rest


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """See `CommandModule`."""
    add_run_id(parser)
    parser.add_argument(
        "path", metavar="PATH", nargs="?", help="only this entry, or this part (opt.lr)"
    )
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--json", action="store_true", help="as JSON (the default)")
    group.add_argument("--yaml", action="store_true", help="as YAML")
    group.add_argument(
        "--origins", action="store_true", help="where values come from, and what they overrode"
    )


def run(args: argparse.Namespace, session: Session) -> None:
    """See `CommandModule`."""
    record = session.run(args.id)
    if args.origins:
        _print_origins(record, args.path, session)
        return
    value: Any = record.config
    for step in filter(None, (args.path or "").split(".")):
        value = _within(value, step, args.path)
    # What is printed in the form in which it is stored is for the experiment to read.
    session.report([problem for problem in record.problems if SHOWN_AS_STORED not in problem])
    # No key of a configuration looks like a tag: those that do are of such forms.
    session.console.write(_yaml(value) if args.yaml else dumps(value, indent=2) + "\n")


def _print_origins(record: RunRecord, path: str | None, session: Session) -> None:
    provenance = record.provenance
    if provenance is None:
        raise ProgramError(f"of run {record.id}, it is not stored where values come from")
    try:
        entries = chosen_entries(provenance, [path] if path else list(provenance))
    except ConfigError as error:
        raise ProgramError(error.args[0]) from None
    session.console.write(f"{neutralize(format_history(entries))}\n")
    session.report([provenance.remark] if provenance.remark else [])


def _within(value: Any, step: str, path: str) -> Any:
    if isinstance(value, Mapping):
        for key, item in value.items():
            if str(key) == step:
                return item
        hint = did_you_mean(step, map(str, value))
        raise ProgramError(f"the configuration has no entry {path!r}. {hint}".rstrip())
    if isinstance(value, list | tuple) and step.isdecimal() and int(step) < len(value):
        return value[int(step)]
    raise ProgramError(f"the configuration has no entry {path!r}")


def _yaml(value: Any) -> str:
    yaml = require("yaml", extra="yaml", purpose="sacred config --yaml")
    text: str = yaml.dump(
        flatten_rest(value), Dumper=yaml_dumper(), sort_keys=False, allow_unicode=True
    )
    return text.removesuffix("...\n")  # behind a value that is no dict or list
