"""What people do with stored runs besides reading them.

| module | what it holds |
|---|---|
| `annotations` | tags, groups, notes, stars |

docs/upkeep.rst has examples.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sacred._base.lazy import lazy_face

if TYPE_CHECKING:
    from sacred.upkeep.annotations import annotate

__all__ = ["annotate"]

_HOMES = {"annotate": "sacred.upkeep.annotations"}

__getattr__, __dir__ = lazy_face(globals(), _HOMES)
