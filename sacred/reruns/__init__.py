"""Stored runs, repeated, with a verdict.

| module | what it holds |
|---|---|
| `invocation` | the words, directory and variables that start a run again |
| `program_invocation` | the same for a program of `sacred exec` |
| `recorded_config` | the recorded configuration as a file for a command line |
| `repetition` | `repeat_run`: a run in a scratch directory, compared with the first one |
| `known_runs` | stored runs that equal one that is about to start |
| `reuse` | `reuse_known_run`: a run that takes the result of a known one |
| `forecast` | the expected verdict, without running |
| `bundles` | a run in one file, with everything to repeat it |
| `archives` | tar files with zstd or gzip, unpacked safely |
| `ro_crate` | the description of a bundle or a crate for other tools |
| `crates` | runs as a directory or zip file that archives understand (RO-Crate) |
| `recording` | the repetition as a stored run, with `rerun_of` and its verdict |
"""
