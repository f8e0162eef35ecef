"""What the runs of a query say together.

| module | what it holds |
|---|---|
| `entry_importance` | which entries matter for a number, if Optuna is installed |
| `group_marks` | which groups can be told from the best one, or from a pinned one |
| `experiment_noise` | what the seeds alone change in an experiment |
| `file_relations` | runs connected by the contents of files |
"""
