"""Explain why a run may not be reproducible here and now.

Checks the repository, the stored sources, packages and Python of this environment (use the one
that you want to repeat the run in), the seed, resources, and the machine. With --exit-code, the
exit code is 1 if there is a reason.

Examples:
  sacred doctor best:result
  sacred doctor 7 --exit-code && python train.py with 7.json
"""

from __future__ import annotations

import argparse

from sacred.app.program_arguments import add_run_id
from sacred.app.session import Session
from sacred.display.console import DIM, GREEN, RED, YELLOW
from sacred.display.formats import add_formats, write_table
from sacred.display.table import Table
from sacred.records import RunRecord
from sacred.runs.repeating import commands_to_repeat
from sacred.runs.reproducibility import CHECKS, Finding

_MARKS = {"ok": (GREEN, "✓", "ok"), "note": (YELLOW, "!", "!"), "reason": (RED, "✗", "x")}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """See `CommandModule`."""
    add_run_id(parser)
    parser.add_argument("--exit-code", action="store_true", help="exit with 1 if there is a reason")
    add_formats(parser)


def run(args: argparse.Namespace, session: Session) -> int:
    """See `CommandModule`."""
    record = session.run(args.id)
    findings = [finding for check in CHECKS for finding in check(record)]
    reasons = sum(finding.state == "reason" for finding in findings)
    if args.format:
        rows = [[finding.subject, finding.state, finding.text] for finding in findings]
        table = Table(names=["subject", "state", "finding"], rows=rows)
        write_table(table, args.format, session.console)
    else:
        _print(record, findings, reasons, session)
    return int(args.exit_code and reasons > 0)


def _print(record: RunRecord, findings: list[Finding], reasons: int, session: Session) -> None:
    console = session.console
    for finding in findings:
        colour, mark, plain = _MARKS[finding.state]
        mark = console.style(mark if console.has_unicode else plain, colour)
        console.print(f"{mark} {finding.subject:<12}{finding.text}")
    if not reasons:
        verdict = "no reason found why it could not be reproduced exactly"
    elif reasons == 1:
        verdict = "1 reason why it may not be reproducible"
    else:
        verdict = f"{reasons} reasons why it may not be reproducible"
    console.print(f"\nrun {record.id}: {console.style(verdict, RED if reasons else GREEN)}")
    lines = commands_to_repeat(record)
    if not lines:
        console.print("no command repeats it: it was run in a notebook or an interpreter")
        return
    console.print("to repeat it:")
    for line in lines:
        console.print(f"  {console.style(line, DIM)}")
