"""The harness for atheris: ``python -m tests.untrusted_input.fuzz TARGET [options of libFuzzer]``.

It is no dependency of the tests: ``pip install atheris`` first. It runs until it finds
something, or for ``-max_total_time=SECONDS``. A ``-seed_inputs=...`` or a directory of
inputs may follow, as for libFuzzer.
"""

from __future__ import annotations

import sys


def main() -> None:
    """Fuzz the target that is named first."""
    import atheris

    with atheris.instrument_imports(include=["sacred", "docopt"]):
        from tests.untrusted_input.inputs import TARGETS

    name, *options = sys.argv[1:] or [""]
    if name not in TARGETS:
        sys.exit(f"usage: python -m tests.untrusted_input.fuzz {{{','.join(TARGETS)}}} [OPTIONS]")
    atheris.Setup([sys.argv[0], *options], TARGETS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
