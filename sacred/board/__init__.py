"""The board: a page over the runs of any stores, and the REST API that it is made from.

| module | what it holds |
|---|---|
| `application` | the ASGI application, `app` |
| `access` | access: hosts, origins, tokens |
| `security_headers` | what browsers may do with responses |
| `problem_details` | errors as RFC 9457 problems |
| `opened_stores` `index_preparation` | the stores of a board, by short keys; their first index |
| `api` | the routes below ``/api/v1``, declared in a table |
| `tensorboard_servers` | TensorBoard processes that were started by a click |
| `page_files` `page` | the files that the browser runs |
| `static_export` | a copy of the page with its data, which needs no server |
| `notebook_frame` | the board in a notebook, `show` |
| `serving` | a server of its own for ``sacred board`` |

docs/board.rst describes the board for its users.
"""

from sacred._base.extras import require
from sacred._base.lazy import lazy_package

require("starlette", extra="board", purpose="sacred.board")

__getattr__, __dir__, __all__ = lazy_package(globals())
