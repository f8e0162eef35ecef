"""The stores, the time limit and the seed of the tests of crash safety."""

from __future__ import annotations

from tests.crash_safety.conftest import place as place
from tests.crash_safety.conftest import (
    pytest_collection_modifyitems as pytest_collection_modifyitems,
)
from tests.crash_safety.conftest import seed as seed
