"""What people do with stored runs besides reading them.

| module | what it holds |
|---|---|
| `annotations` | tags, groups, notes, stars |
| `content` | what a run is, apart from where it is stored |
| `copying` | from one store to another |
| `queued_copies` | copies of queued runs: cancelled, or waiting instead of the runs |
| `collecting` | what no run refers to, and the trash, removed for good |
| `syncing` | what waits in spools, to its stores |
| `trash` | runs that lists leave out, until they are removed for good |

docs/upkeep.rst has examples.
"""

from sacred._base.lazy import lazy_package

__getattr__, __dir__, __all__ = lazy_package(globals())
