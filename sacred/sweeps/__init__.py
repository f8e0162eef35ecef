"""Sweeps: many runs of an experiment, with configurations from a search space.

| module | what it holds |
|---|---|
| `dimensions` | lists of alternatives, and distributions |
| `words` | search spaces from the words of a command line |
| `space_values` `from_python` | search spaces from Python |
| `space` | search spaces and their points; seeds |
| `drafts` | plans from the options and the words of a command line |
| `plan` | what a sweep is asked to do |
| `sweep_files` | sweeps from our own files, from those of W&B, and from those of SEML |
| `sweep` | the sweep itself: its points become queued runs, which workers run |
| `outcomes` | what its runs have reached, by points |
| `stored_sweeps` | the sweeps of a store; pause, resume and retry one |
| `optuna_study` `importance` | points from Optuna; how much each dimension matters |
| `pruning` | which runs end early, for others are better |
| `command_line` | ``exp.py sweep`` |
| `errors` | what can be wrong with one |
"""

from sacred._base.lazy import lazy_package

__getattr__, __dir__, __all__ = lazy_package(globals())
