"""Explain why a run may not be reproducible here and now.

Checks the repository, the stored sources, packages and Python of this environment (use the one
that you want to repeat the run in), the seed, resources, and the machine. With --exit-code, the
exit code is 1 if there is a reason. At the end, it predicts what sacred rerun would say: that
restores sources, packages and inputs, so it may be EXACT in spite of such reasons.

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
from sacred.display.value_text import one_line
from sacred.records import RunRecord
from sacred.reruns.forecast import Forecast, forecast
from sacred.runs.repeating import commands_to_repeat
from sacred.runs.reproducibility import CHECKS, Finding

_MARKS = {"ok": (GREEN, "✓", "ok"), "note": (YELLOW, "!", "!"), "reason": (RED, "✗", "x")}

_STATES = {"EXACT": "ok", "DIFFERS": "reason", "IMPOSSIBLE": "reason"}


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
        expected = forecast(record)
        rows.append(["rerun", _STATES.get(expected.name, "note"), _expected_text(expected)])
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
    _print_forecast(record, session)
    lines = commands_to_repeat(record)
    if not lines:
        console.print("no command repeats it: it was run in a notebook or an interpreter")
        return
    console.print("to repeat it:")
    for line in lines:
        console.print(f"  {console.style(line, DIM)}")


def _print_forecast(record: RunRecord, session: Session) -> None:
    expected, console = forecast(record), session.console
    colour = {"ok": GREEN, "reason": RED}.get(_STATES.get(expected.name, "note"), YELLOW)
    text = one_line(_expected_text(expected))
    text = text.replace(expected.name, console.style(expected.name, colour), 1)
    console.print(f"sacred rerun {record.id}: {text}")
    if expected.interpreter:
        console.print(f"  in {expected.interpreter}")
    for doubt in expected.doubts:
        console.print(f"  but {one_line(doubt)}")


def _expected_text(expected: Forecast) -> str:
    return f"{expected.name} is expected" + (f": {expected.reason}" if expected.reason else "")
