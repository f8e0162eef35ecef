"""Stored runs, repeated, with a verdict.

| module | what it holds |
|---|---|
| `invocation` | the words, directory and variables that start a run again |
| `recorded_config` | the recorded configuration as a file for a command line |
| `repetition` | `repeat_run`: a run in a scratch directory, compared with the first one |
| `known_runs` | stored runs that are the same as one that is about to start |
| `reuse` | `reuse_known_run`: a run that takes the result of a known one |
| `recording` | the repetition as a run of a store, with `rerun_of` and its verdict |
"""
