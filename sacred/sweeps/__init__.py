"""Sweeps: many runs of an experiment, with configurations from a search space.

| module | what it holds |
|---|---|
| `dimensions` | lists of alternatives, and distributions |
| `words` | search spaces from the words of a command line |
| `space` | search spaces and their points; seeds |
| `plan` | what a sweep is asked to do |
| `sweep_files` | sweeps from our own files, from those of W&B, and from those of SEML |
| `errors` | what can be wrong with one |
"""
