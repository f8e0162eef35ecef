"""What a run depends on besides its sources and its configuration, to repeat it.

It is gathered without starting programs or importing anything: libraries are queried only if the
run has loaded them.
"""

from __future__ import annotations

import functools
import os
import platform
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sacred._base.masking import mask_passwords, mask_secret_values
from sacred.dependencies.distributions import Sites, present_sites
from sacred.dependencies.git import Repositories
from sacred.dependencies.outside_modules import outside_modules

__all__ = ["VARIABLES", "EnvironmentGatherer", "cpu_flags", "installed_packages"]

#: Environment variables that change the resulting numbers or strings; no others are recorded.
VARIABLES = (
    "PYTHONHASHSEED",
    "PYTHONOPTIMIZE",
    "PYTHONUTF8",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "OPENBLAS_CORETYPE",
    "MKL_NUM_THREADS",
    "MKL_CBWR",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "NPY_DISABLE_CPU_FEATURES",
    "CUDA_VISIBLE_DEVICES",
    "CUBLAS_WORKSPACE_CONFIG",
    "TF_DETERMINISTIC_OPS",
    "TF_ENABLE_ONEDNN_OPTS",
    "XLA_FLAGS",
    "LANG",
    "LC_ALL",
    "TZ",
)
#: Instruction sets by which numerical libraries choose their code.
_CPU_FLAGS = (
    "sse4_1", "sse4_2", "avx", "avx2", "fma", "f16c", "avx512", "avx_vnni", "amx", "asimd", "sve",
)  # fmt: skip


class EnvironmentGatherer:
    """Describes the environment of one run, as often as it is called.

    Args:
        repositories: the repositories of the sources.
        wants_diffs: whether to record the changes in dirty repositories.
        base_dir: the directory of the sources; None if there are none.

    >>> found = EnvironmentGatherer(Repositories(), wants_diffs=False)()
    >>> found["python"]["version"] == platform.python_version()
    True
    """

    def __init__(
        self, repositories: Repositories, wants_diffs: bool, base_dir: str | None = None
    ) -> None:
        self._repositories = repositories
        self._base_dir = base_dir
        # The run may change them.
        self._directory = _working_directory()
        self._arguments = [mask_secret_values(mask_passwords(word)) for word in sys.argv]
        paths = filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))
        self._import_paths = [os.path.abspath(path) for path in paths] if self._directory else []
        if wants_diffs:
            repositories.ask_for_diffs()

    def __call__(self) -> dict[str, Any]:
        """Return the description: plain data."""
        sites = present_sites()
        packages, local = installed_packages(sites)
        found = {
            "packages": list(packages),
            "local_packages": list(local),
            "python": _python(),
            "platform": {"system": platform.system(), "machine": platform.machine()},
            "variables": {name: os.environ[name] for name in VARIABLES if name in os.environ},
            "hash_seed": _hash_seed(),
            "cpus": _usable_cpus(),
            "cpu_flags": list(cpu_flags()),
            "libraries": _libraries(sys.modules),
            "working_directory": self._directory,
            "import_paths": self._import_paths,
            "arguments": self._arguments,
            "outside_modules": self._outside_modules(sites),
            "repositories": self._repositories.described(),
        }
        return {name: value for name, value in found.items() if value not in ([], {}, None)}

    def _outside_modules(self, sites: Sites) -> list[list[str]]:
        if self._base_dir is None:
            return []
        return [[name, path] for name, path in outside_modules(sys.modules, self._base_dir, sites)]


@functools.lru_cache(maxsize=4)
def installed_packages(sites: Sites) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return ``name==version`` of all installed distributions, and which have local sources.

    Args:
        sites: the places where they are installed; if two have the same name, the first one wins.

    Returns:
        the distributions, and the names of those that are not on an index (``pip install -e``).
    """
    found: dict[str, str] = {}
    local: set[str] = set()
    for site in sites:
        editable = {distribution.key for _, distribution in site.editable}
        for distribution in site.all:
            if distribution.key not in found:
                found[distribution.key] = distribution.version_in_path or distribution.version or ""
                if distribution.key in editable or distribution.is_checkout:
                    local.add(distribution.key)
    packages = sorted(f"{name}=={version}" for name, version in found.items() if version)
    return tuple(packages), tuple(sorted(local))


def _working_directory() -> str | None:
    try:
        return os.getcwd()
    except OSError:  # it has been removed
        return None


def _python() -> dict[str, Any]:
    return {
        "version": platform.python_version(),
        "implementation": platform.python_implementation(),
        "executable": sys.executable,
        "options": list(sys.orig_argv[1 : _option_count(sys.orig_argv)]),
    }


def _option_count(words: list[str]) -> int:
    """Return the index of the first word that is not an option of the interpreter.

    >>> _option_count(["python", "-O", "-X", "dev", "train.py"])
    4
    >>> _option_count(["python", "-m", "train"])
    1
    """
    index = 1
    while index < len(words) and words[index].startswith("-") and len(words[index]) > 1:
        if words[index] in ("-c", "-m"):
            break
        index += 2 if words[index] in ("-W", "-X") else 1
    return min(index, len(words))


def _hash_seed() -> str:
    """Return the seed of the hashes of strings, which determines the order of sets of strings."""
    if not sys.flags.hash_randomization:
        return "0"
    return os.environ.get("PYTHONHASHSEED") or "random"


def _usable_cpus() -> int | None:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count()


@functools.cache
def cpu_flags() -> tuple[str, ...]:
    """Return the instruction sets of this processor by which libraries choose their code."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
            text = file.read(1 << 13)  # the first processor
    except OSError:
        return ()
    for line in text.splitlines():
        key, _, value = line.partition(":")
        if key.strip() in ("flags", "Features"):
            return tuple(sorted(flag for flag in value.split() if flag.startswith(_CPU_FLAGS)))
    return ()


def _libraries(modules: Mapping[str, Any]) -> dict[str, Any]:
    """Return what loaded libraries say about themselves; a library that cannot say is left out."""
    found: dict[str, Any] = {}
    for name, describe in _DESCRIBED.items():
        if name in modules:
            described = _known(describe(modules[name]))
            if described:
                found[name] = described
    return found


def _known(questions: Iterable[tuple[str, Callable[[], Any]]]) -> dict[str, Any]:
    known = {}
    for name, ask in questions:
        try:
            value = ask()
        except Exception:  # a build without it, or a module that is only half loaded
            continue
        if value is not None:
            known[name] = value if isinstance(value, bool | int) else str(value)
    return known


def _of_numpy(numpy: Any) -> Iterable[tuple[str, Callable[[], Any]]]:
    def blas() -> str:
        found = numpy.__config__.CONFIG["Build Dependencies"]["blas"]
        return f"{found['name']} {found['version']}"

    yield "blas", blas


def _of_torch(torch: Any) -> Iterable[tuple[str, Callable[[], Any]]]:
    yield "threads", torch.get_num_threads
    yield "cuda", lambda: torch.version.cuda
    yield "cudnn", lambda: torch.backends.cudnn.version()
    yield "cudnn_deterministic", lambda: torch.backends.cudnn.deterministic
    yield "cudnn_benchmark", lambda: torch.backends.cudnn.benchmark
    yield "allow_tf32", lambda: torch.backends.cuda.matmul.allow_tf32
    yield "deterministic_algorithms", lambda: torch.are_deterministic_algorithms_enabled()


_DESCRIBED: dict[str, Callable[[Any], Iterable[tuple[str, Callable[[], Any]]]]] = {
    "numpy": _of_numpy,
    "torch": _of_torch,
}
