"""Values of a configuration over several lines, as `print_config` shows them."""

from __future__ import annotations

from pprint import PrettyPrinter
from typing import Any

__all__ = ["pformat"]


class _Printer(PrettyPrinter):
    """Classes by their dotted names, wherever they stand; all else as `pprint` has it."""

    def format(
        self, object: Any, context: dict[int, int], maxlevels: int, level: int
    ) -> tuple[str, bool, bool]:
        if isinstance(object, type):
            module = "" if object.__module__ == "builtins" else f"{object.__module__}."
            return f"{module}{object.__qualname__}", True, False
        return super().format(object, context, maxlevels, level)


def pformat(value: Any) -> str:
    """Format a value as text.

    >>> import decimal
    >>> pformat({"number": decimal.Decimal, "of": [int, "int"]})
    "{'number': decimal.Decimal, 'of': [int, 'int']}"
    """
    return _Printer().pformat(value)
