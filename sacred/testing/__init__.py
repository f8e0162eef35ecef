"""Test suites for stores, observers and engines; subclass one in the tests of your plug-in.

| module | what it holds |
|---|---|
| `claims_contract` | what the queue of every store must do, as tests |
| `comparable` | records of runs, converted so that equal ones compare equal |
| `described_run` | runs as the reader of a store returns them, for comparing stores |
| `drive` | short calls that send the events of a run to an observer, with the exact arguments |
| `executor_contract` | the suite that an engine for workers has to pass |
| `observer_contract` | what every observer must do, as tests that a third party subclasses |
| `query_samples` | runs and queries |
| `store_contract` | what every store must do, as tests that a third party subclasses |
| `strategies` | random sequences of the events of a run, and a way to send them to an observer |

They need pytest and hypothesis: ``pip install "sacred[testing]"``.
"""

from __future__ import annotations

import sys
from typing import Any

from sacred._base.extras import require
from sacred._base.lazy import lazy_package

_PARTS = ("claims", "executor", "observer", "store")
_load, __dir__, __all__ = lazy_package(globals())


def __getattr__(name: str) -> Any:
    if name in __all__:
        pytest = require("pytest", extra="testing", purpose=f"sacred.testing.{name}")
        require("hypothesis", extra="testing", purpose=f"sacred.testing.{name}")
        # Failing asserts then show their values, as those of a test module do.
        contracts = [f"{__name__}.{part}_contract" for part in _PARTS]
        # pytest warns of modules that are imported already.
        pytest.register_assert_rewrite(*(name for name in contracts if name not in sys.modules))
    return _load(name)
