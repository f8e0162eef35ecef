"""Test suites for stores, observers and engines; subclass one in the tests of your plug-in.

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
