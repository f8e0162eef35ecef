"""The console program ``sacred``: looking at stored runs, whatever keeps them.

| module | what it holds |
|---|---|
| `command_table` | a row per command; each has its module in `commands`, loaded on use |
| `parser` | arguments; `program_help`: the overview of ``sacred --help`` |
| `main` | one call of the program, its errors and exit codes |
| `session` | what a command works with: console, stores, runs by their ids |
| `project` | stores with names, from ``.sacred.toml`` or ``pyproject.toml`` |
| `field_summary` | what fields there are |
| `rows` | runs → the cells of a table |
| `formats` | how a table is written |
| `facts` `metric_tables` | what `show` and reports say about a run |
| `progress` `question` | a bar for what takes long, a question before things are removed |
| `checkup` | what keeps a run from being repeated exactly |
| `plot` `svg` | curves of braille, curves for pages |
| `report` | runs as one HTML file |
| `completion` `candidates` | scripts for shells, and what they ask for |

How runs are named, compared and printed stands in `sacred.display`.
docs/program.rst describes it for its users.
"""

from sacred._base.lazy import lazy_package

__getattr__, __dir__, __all__ = lazy_package(globals())
