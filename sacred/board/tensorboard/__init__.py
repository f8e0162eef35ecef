"""TensorBoard over the log directories that runs have recorded, started on a click.

| module | what it holds |
|---|---|
| `tensorboard_servers` | the processes, which end with the board |
| `log_directories` | which directories a run has recorded; the operations of the API |
"""
