"""Print a script that completes commands and options in a shell.

Examples:
  sacred completion bash >> ~/.bashrc
  sacred completion zsh > ~/.zfunc/_sacred
  sacred completion fish > ~/.config/fish/completions/sacred.fish
"""

from __future__ import annotations

import argparse

from sacred.app.completion import SHELLS
from sacred.app.session import Session


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """See `CommandModule`."""
    parser.add_argument("shell", choices=sorted(SHELLS), help="the shell")


def run(args: argparse.Namespace, session: Session) -> None:
    """See `CommandModule`."""
    session.console.write(SHELLS[args.shell]())
