"""Files and directories that runs have recorded.

| module | what it holds |
|---|---|
| `file_contents` | files of a run by ranges, and rows of tables, as data that nothing executes |
| `log_directories` | log directories of a run, and TensorBoard over them |
"""
