"""One call of the program: its errors and its exit codes.

| code | |
|---|---|
| 0 | done |
| 1 | an error, in one message on stderr |
| 2 | a mistake in the call |
| 130 | stopped by Ctrl-C |
| 141 | nobody reads the output any more, as with ``| head`` |
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence

from sacred._base.errors import MissingExtraError, SacredError
from sacred.app.program_arguments import parse_call
from sacred.display.console import Console
from sacred.runs.errors import UsageError

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program.

    Args:
        argv: the arguments (default: those of the process).

    Returns:
        the exit code.
    """
    console = Console()
    try:
        code = _call(list(sys.argv[1:] if argv is None else argv), console)
        console.out.flush()
        if argv is None:
            # Else the interpreter would look once more through all that was loaded, at its end.
            gc.freeze()
        return code
    except BrokenPipeError:
        console.close_quietly()
        return 141
    except KeyboardInterrupt:
        console.interrupted()
        return 130
    except UsageError as error:
        console.problem(str(error))
        return 2
    except (SacredError, MissingExtraError, OSError) as error:
        console.problem(_text(error))
    except Exception as error:
        if os.environ.get("SACRED_DEBUG"):
            raise
        console.problem(
            f"unexpected {type(error).__name__}: {error} (SACRED_DEBUG=1 shows where it comes from)"
        )
    return 1


def _call(argv: list[str], console: Console) -> int:
    call = parse_call(argv)
    if isinstance(call, str):
        console.write(call)
        return 0
    # The overview needs no stores.
    from sacred.app.session import Session

    command, args = call
    with Session(args, console) as session:
        return command.load().run(args, session) or 0


def _text(error: BaseException) -> str:
    if isinstance(error, OSError) and not isinstance(error, SacredError) and error.strerror:
        place = f"{error.filename}: " if error.filename else ""
        return f"{place}{error.strerror}"
    return str(error)
