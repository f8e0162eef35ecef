"""Traced runs in one file, with every file that the program used, repeated in an empty root.

| module | what it holds |
|---|---|
| `used_files` | which files of this machine a traced run needs, and why |
| `path_links` | the symbolic links that a path leads through |
| `executables` | the interpreters of programs: `PT_INTERP`, ``#!`` |
| `traced_bundle` | `write_traced_bundle`: a run in one file, with a root if it was traced here |
| `packed_root` | `packed_root`: what only the bundle of a traced run has |
| `root_manifest` | ``manifest.json``, written and read without trust |
| `root_script` | ``run.sh``, which repeats the run in its root |
| `root_repetition` | a bundle that was unpacked, repeated in its root |
"""
