"""Compatibility module: the options of the command line, under their old import path."""

from sacred._base.cli_option import CLIOption, cli_option
from sacred.cli.option_classes import CommandLineOption
from sacred.cli.options import gather_command_line_options
from sacred.cli.run_options import *  # noqa: F403

__all__ = ["CLIOption", "CommandLineOption", "cli_option", "gather_command_line_options"]
