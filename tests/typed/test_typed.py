"""The code that type checkers are shown runs."""

from __future__ import annotations

from tests.typed import decorated


def test_what_is_checked_runs() -> None:
    run = decorated.ex.run(options={"--loglevel": "CRITICAL"})
    assert run.result == {"lr": 0.1, "total": 0.2}
    assert callable(decorated.as_function)
