"""Restoring the parts of a stored run in a scratch directory, and never elsewhere.

| module | what it holds |
|---|---|
| `tree` | `RestoredTree`: where the sources are, and where each path of the run is now |
| `scratch_files` | the only way to write below a directory: no ``..``, no absolute path, no link |
| `restored_sources` | the stored sources over the recorded commit |
| `repository` | the user's repository, as a clone in the scratch directory |
| `inputs` | resources by digest |
| `interpreter` | an interpreter with the packages of the run: the present one, or a new one |
| `package_needs` | the packages that a run needs |
| `environments` | virtual environments by uv, or venv and pip, cached by their contents |
| `errors` | `CannotRestoreError` |
"""
