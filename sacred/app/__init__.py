"""The console program ``sacred``: finding, comparing and organizing stored runs.

| module | what it holds |
|---|---|
| `command` `command_table` | what is known about a command; the table of the built-in ones |
| `command_registry` `commands` | commands of plug-ins as well; a module for each built-in one |
| `program_arguments` `program_help` | arguments; the overview of ``sacred --help`` |
| `program` | one call of the program, its errors and exit codes |
| `session` | what a command works with: the console, the stores, runs by id |
| `program_sweep` | `sacred exec ... sweep`: a program with all combinations of some values |
| `project` | named stores, from ``.sacred.toml`` or ``pyproject.toml`` |
| `launchables` | the experiments and programs of a project that the board may launch |
| `matching_runs` | the runs of all stores of a call |
| `index_progress` | the progress of indexing a large directory, on the terminal |
| `group_arguments` `noise_marks` | groups of runs to compare; marks for what is only noise |
| `divergence_text` | where runs begin to differ, in lines |
| `worker_engines` | workers on Dask or Slurm |
| `worker_events` | what a worker does, in lines for people or programs |
| `confirm` | a question before something is deleted |

`sacred.display` prints runs, `sacred.cli.completion` completes command lines in shells.
docs/program.rst describes the program for its users, docs/extending.rst how to add commands.
"""

from sacred._base.lazy import lazy_package

__getattr__, __dir__, __all__ = lazy_package(globals())
