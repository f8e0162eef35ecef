"""Print a script that completes commands, options, ids, fields and stores in a shell.

Examples:
  sacred completion bash >> ~/.bashrc
  sacred completion zsh > ~/.zfunc/_sacred
  sacred completion fish > ~/.config/fish/completions/sacred.fish

The scripts ask the program for ids, fields and stores: sacred completion ids -s lab
"""

from __future__ import annotations

import argparse

from sacred._base.errors import MissingExtraError, SacredError
from sacred.app.completion import SHELLS
from sacred.app.session import Session

_ASKED = ("ids", "fields", "stores")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """See `CommandModule`."""
    shells = sorted(SHELLS)
    parser.add_argument(
        "shell", choices=[*shells, *_ASKED], metavar="SHELL", help=" or ".join(shells)
    )


def run(args: argparse.Namespace, session: Session) -> None:
    """See `CommandModule`."""
    if args.shell in SHELLS:
        session.console.write(SHELLS[args.shell]())
        return
    from sacred.app.candidates import CANDIDATES

    # Who presses a key does not want to read what is wrong with a store.
    try:
        for word in CANDIDATES[args.shell](session):
            session.console.print(word)
    except (SacredError, MissingExtraError, OSError):
        pass
