"""What a stored run was made of, put in place again: in a scratch directory, never elsewhere.

| module | what it holds |
|---|---|
| `tree` | `RestoredTree`: where the sources lie, and which path of the run is which of its own |
| `scratch_files` | the one way to write below a directory: no ``..``, no absolute path, no link |
| `restored_sources` | the stored sources over the recorded commit |
| `repository` | the repository at hand, as a clone of its own in the scratch directory |
| `inputs` | resources by digest |
| `interpreter` | an interpreter with the packages of the run: the present one, or one made for it |
| `package_needs` | which packages that is |
| `environments` | virtual environments by uv, or venv and pip, cached by their contents |
| `errors` | `CannotRestoreError` |
"""
