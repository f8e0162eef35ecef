"""Count the runs of each user, as the host info of this plug-in names them.

Examples:
  sacred users
  sacred users "status = FAILED"
"""

from __future__ import annotations

from collections import Counter


def add_arguments(parser):
    """What may stand behind ``sacred users``; ``--store`` is there already."""
    parser.add_argument("query", metavar="QUERY", nargs="*", help="which runs (default: all)")


def run(args, session):
    """Print a line for each user, who has most runs first."""
    users = Counter(
        record.host.get("user", "unknown")
        for _, runs in session.runs(" ".join(args.query), sort=None, limit=None)
        for record in runs
    )
    for user, number in users.most_common():
        session.console.print(f"{number:5}  {user}")
