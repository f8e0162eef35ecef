"""Analyses of the runs of a query.

| module | what it holds |
|---|---|
| `entry_importance` | which entries matter for a number, if Optuna is installed |
| `group_marks` | which groups differ from the best one, or from a pinned one |
| `experiment_noise` | how much seeds alone change in an experiment |
| `file_relations` | runs connected by the contents of files |
"""
