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
    from sacred.upkeep.collecting import GarbageReport, find_garbage, remove_garbage
    from sacred.upkeep.content_hash import content_hash
    from sacred.upkeep.copying import CopyReport, copy_runs
    from sacred.upkeep.syncing import PendingSpool, pending_spools, sync
    from sacred.upkeep.trash import discard, empty_trash, recover

__all__ = [
    "CopyReport",
    "GarbageReport",
    "PendingSpool",
    "annotate",
    "content_hash",
    "copy_runs",
    "discard",
    "empty_trash",
    "find_garbage",
    "pending_spools",
    "recover",
    "remove_garbage",
    "sync",
]

_HOMES = {
    "CopyReport": "sacred.upkeep.copying",
    "annotate": "sacred.upkeep.annotations",
    "content_hash": "sacred.upkeep.content_hash",
    "copy_runs": "sacred.upkeep.copying",
    "discard": "sacred.upkeep.trash",
    "empty_trash": "sacred.upkeep.trash",
    "find_garbage": "sacred.upkeep.collecting",
    "recover": "sacred.upkeep.trash",
    "remove_garbage": "sacred.upkeep.collecting",
    "GarbageReport": "sacred.upkeep.collecting",
    "PendingSpool": "sacred.upkeep.syncing",
    "pending_spools": "sacred.upkeep.syncing",
    "sync": "sacred.upkeep.syncing",
}

__getattr__, __dir__ = lazy_face(globals(), _HOMES)
