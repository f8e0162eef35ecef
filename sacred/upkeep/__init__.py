"""What people do with stored runs besides reading them.

| module | what it holds |
|---|---|
| `annotations` | tags, groups, notes, stars |
| `content` | a digest of what a run is, wherever it is stored |
| `copying` | copies of runs from one store to another |
| `queued_copies` | copies of queued runs: cancelled, or waiting instead of the runs |
| `collecting` | emptying the trash, and removing what no run refers to |
| `syncing` | delivery of what waits in spools |
| `trash` | runs that lists leave out, until they are removed for good |

docs/upkeep.rst has examples.
"""

from sacred._base.lazy import lazy_package

__getattr__, __dir__, __all__ = lazy_package(globals())
