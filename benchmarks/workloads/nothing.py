"""The limit of starting: the interpreter, and nothing else."""
