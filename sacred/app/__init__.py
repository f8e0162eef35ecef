"""The console program ``sacred``: looking at stored runs, whatever keeps them.

| module | what it holds |
|---|---|
| `command_table` | a row per command; each has its module in `commands`, loaded on use |
| `parser` | arguments; `program_help`: the overview of ``sacred --help`` |
| `main` | one call of the program, its errors and exit codes |
| `console` | where a command writes: terminal or not, colours, width |
| `session` | what a command works with: console, stores, runs by their ids |
| `project` | stores with names, from ``.sacred.toml`` or ``pyproject.toml`` |
| `run_ids` | ``7``, ``last~1``, ``best:-metrics.loss.min``, ``lab:7`` |
| `rows` | runs → the cells of a table |
| `table` | a table as a value |
| `formats` `text_table` | how it is written |
| `facts` `metric_tables` | what `show` and reports say about a run |
| `comparison` | runs side by side, part by part |
| `planned` | a config file as a run, and the run nearest to one |
| `progress` `question` | a bar for what takes long, a question before things are removed |
| `checkup` | what keeps a run from being repeated exactly |
| `plot` `svg` | curves of braille, curves for pages |
| `report` | runs as one HTML file |
| `completion` | scripts for shells |
| `values` | a value as text, and as JSON |
| `errors` | mistakes in the call |

docs/program.rst describes it for its users.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sacred._base.lazy import lazy_face

if TYPE_CHECKING:
    from sacred.app.main import main

__all__ = ["main"]

_HOMES = {"main": "sacred.app.main"}

__getattr__, __dir__ = lazy_face(globals(), _HOMES)
