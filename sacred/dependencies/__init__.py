"""What a run was made of: source files with their git state, and installed packages.

| module | what it holds |
|---|---|
| `sources` | `Source`, digests, which files count as local |
| `git` | url, commit and state of the repository of a file |
| `git_query` | asynchronous calls of the program `git` |
| `outside_modules` | modules that a run has imported and that are not stored |
| `packages` | `PackageDependency` |
| `distributions` | installed distributions, and which one a module belongs to |
| `discovery` | what a script uses, by the strategies of `SETTINGS` |
| `import_statements` | which modules source files import, read as text |
| `loaded_packages` | the packages of Python and R that files belong to |
| `environment` | what a run depends on besides its sources: packages, interpreter, threads |
| `cells` | sources that are not in a file: cells of notebooks |
| `experiment_info` | what the scripts of an experiment use, as one run sees it |
"""

from sacred.dependencies.discovery import gather_sources_and_dependencies
from sacred.dependencies.git import Repositories
from sacred.dependencies.packages import PEP440_VERSION_PATTERN, PackageDependency
from sacred.dependencies.sources import (
    Source,
    get_digest,
    get_py_file_if_possible,
    is_local_source,
)

__all__ = [
    "PEP440_VERSION_PATTERN",
    "PackageDependency",
    "Repositories",
    "Source",
    "gather_sources_and_dependencies",
    "get_digest",
    "get_py_file_if_possible",
    "is_local_source",
]
