"""What people do with stored runs besides reading them.

| module | what it holds |
|---|---|
| `annotations` | tags, groups, notes, stars |
| `content` | what a run is, apart from where it is stored |
| `copying` | from one store to another |
| `garbage` | what no run refers to, and the trash, removed for good |
| `syncing` | what waits in spools, to its stores |
| `trash` | runs that lists leave out, until they are removed for good |

docs/upkeep.rst has examples.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sacred._base.lazy import lazy_face

if TYPE_CHECKING:
    from sacred.upkeep.annotations import annotate
    from sacred.upkeep.content import content_hash
    from sacred.upkeep.copying import CopyReport, copy_runs
    from sacred.upkeep.garbage import Waste, find_garbage, remove_garbage
    from sacred.upkeep.syncing import Spooled, spooled, sync
    from sacred.upkeep.trash import discard, empty_trash, recover

__all__ = [
    "CopyReport",
    "Spooled",
    "Waste",
    "annotate",
    "content_hash",
    "copy_runs",
    "discard",
    "empty_trash",
    "find_garbage",
    "recover",
    "remove_garbage",
    "spooled",
    "sync",
]

_HOMES = {
    "CopyReport": "sacred.upkeep.copying",
    "annotate": "sacred.upkeep.annotations",
    "content_hash": "sacred.upkeep.content",
    "copy_runs": "sacred.upkeep.copying",
    "discard": "sacred.upkeep.trash",
    "empty_trash": "sacred.upkeep.trash",
    "find_garbage": "sacred.upkeep.garbage",
    "recover": "sacred.upkeep.trash",
    "remove_garbage": "sacred.upkeep.garbage",
    "Waste": "sacred.upkeep.garbage",
    "Spooled": "sacred.upkeep.syncing",
    "spooled": "sacred.upkeep.syncing",
    "sync": "sacred.upkeep.syncing",
}

__getattr__, __dir__ = lazy_face(globals(), _HOMES)
