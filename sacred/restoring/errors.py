"""The error for parts of a run that cannot be restored."""

from __future__ import annotations

from sacred._base.errors import SacredError
from sacred._base.masking import mask_passwords

__all__ = ["CannotRestoreError"]


class CannotRestoreError(SacredError):
    """A part of a run is missing; shown as one message."""

    def __init__(self, message: str) -> None:
        super().__init__(mask_passwords(message), print_traceback=False)
