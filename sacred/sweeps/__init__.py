"""Sweeps: many runs of an experiment, with configurations from a search space.

| module | what it holds |
|---|---|
| `dimensions` | lists of alternatives, and distributions |
| `words` | search spaces from the words of a command line |
| `space_values` `from_python` | search spaces from Python |
| `space` | search spaces and their points; seeds |
| `drafts` | plans made from the options and words of a command line |
| `plan` | what a sweep is asked to do |
| `sweep_files` | sweeps from files: our own format, that of W&B, and that of SEML |
| `sweep` | the sweep itself: its points become queued runs, which workers run |
| `outcomes` | the results of its points, over all of their seeds |
| `stored_sweeps` | the sweeps in a store; pausing, resuming and retrying one |
| `optuna_study` `importance` | points from Optuna; how much each dimension matters |
| `pruning` | which runs are stopped early because others do better |
| `command_line` | ``exp.py sweep`` |
| `errors` | the error of an invalid sweep |
"""

from sacred._base.lazy import lazy_package

__getattr__, __dir__, __all__ = lazy_package(globals())
