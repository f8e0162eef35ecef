"""Stored runs, repeated, with a verdict.

| module | what it holds |
|---|---|
| `invocation` | the words, directory and variables that start a run again |
| `program_invocation` | the same of a program of `sacred exec` |
| `recorded_config` | the recorded configuration as a file for a command line |
| `repetition` | `repeat_run`: a run in a scratch directory, compared with the first one |
| `known_runs` | stored runs that are the same as one that is about to start |
| `reuse` | `reuse_known_run`: a run that takes the result of a known one |
| `forecast` | the verdict that is to be expected, without running |
| `bundles` | a run in one file, with all that repeats it |
| `archives` | tar files with zstd or gzip, unpacked without trust |
| `ro_crate` | the description of a bundle, or a crate, for other programs |
| `crates` | runs as a directory or zip file that archives understand (RO-Crate) |
| `recording` | the repetition as a run of a store, with `rerun_of` and its verdict |
"""
