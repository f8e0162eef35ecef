"""Install what the tests run and no package index has: ``python tests/services/debian.py``.

``tox`` calls it before the tests. Only root (or who becomes root without a password) can install
packages, and only on Debian and its kin; elsewhere, tests without their programs are skipped and
say which one is missing, except where ``CI`` is ``true``: there they fail.
"""

from __future__ import annotations

import os
import shutil
import subprocess

#: Program → the package that has it.
PACKAGES = {
    "bwrap": "bubblewrap",
    "chromium": "chromium",  # for the benchmarks, which measure the browser that people have
    "chromium-headless-shell": "chromium-headless-shell",
    "fish": "fish",
    "mariadb-install-db": "mariadb-server",
    "munged": "munge",
    "Rscript": "r-base-core",
    "proot": "proot",
    "slurmctld": "slurm-wlm",
    "strace": "strace",
    "zsh": "zsh",
}


def main() -> None:
    """Install the missing packages; say so if that cannot be done."""
    # Servers are not on the path of all users.
    places = f"{os.environ.get('PATH', '')}:/usr/sbin"
    missing = sorted(
        package for name, package in PACKAGES.items() if not shutil.which(name, path=places)
    )
    if not missing:
        return
    if shutil.which("apt-get") is None or not (
        install(["update"]) and install(["install", *missing])
    ):
        print("Not installed, so the tests that need them are left out:", ", ".join(missing))


def install(arguments: list[str]) -> bool:
    """Run ``apt-get`` as root; whether that went well."""
    # At this run level, servers are not started when they are installed: tests start their own.
    command = ["env", "DEBIAN_FRONTEND=noninteractive", "RUNLEVEL=1", "apt-get", "-qq", "-y"]
    command += ["--no-install-recommends", *arguments]
    if os.geteuid() != 0:
        if shutil.which("sudo") is None:
            return False
        command = ["sudo", "-n", *command]
    return subprocess.run(command, stdin=subprocess.DEVNULL, check=False).returncode == 0


if __name__ == "__main__":
    main()
