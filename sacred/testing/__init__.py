"""Suites that prove a store or an observer; subclass one in the tests of your plug-in.

They need pytest and hypothesis: ``pip install "sacred[testing]"``.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from sacred._base.extras import require

if TYPE_CHECKING:
    from sacred.testing.observer_contract import ObserverContract
    from sacred.testing.store_contract import StoreContract

__all__ = ["ObserverContract", "StoreContract"]

_HOMES = {
    "ObserverContract": "sacred.testing.observer_contract",
    "StoreContract": "sacred.testing.store_contract",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    pytest = require("pytest", extra="testing", purpose=f"sacred.testing.{name}")
    require("hypothesis", extra="testing", purpose=f"sacred.testing.{name}")
    # Failing asserts then show their values, as those of a test module do.
    pytest.register_assert_rewrite(_HOMES[name])
    value = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
