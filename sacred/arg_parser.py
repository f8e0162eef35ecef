"""Compatibility module: parsing of the command line, under its old import path."""

from sacred.cli.arguments import format_usage
from sacred.cli.updates import convert_value as _convert_value
from sacred.cli.updates import parse_updates as get_config_updates

__all__ = ["_convert_value", "format_usage", "get_config_updates"]
