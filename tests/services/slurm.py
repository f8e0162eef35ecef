"""A real Slurm of one node, on loopback, with state and configuration of its own.

``slurm-wlm`` and ``munge`` of Debian, started as root in a directory that is removed afterwards.
"""

from __future__ import annotations

import contextlib
import os
import platform
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.services import scratch

__all__ = ["missing_programs", "slurm_cluster"]

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "scancel", "sinfo")
_PATIENCE = 60.0

CONFIGURATION = """\
ClusterName=tests
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller_port}
SlurmdPort={node_port}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={directory}/munge.socket
CredType=cred/munge
StateSaveLocation={directory}/state
SlurmdSpoolDir={directory}/spool
SlurmctldPidFile={directory}/slurmctld.pid
SlurmdPidFile={directory}/slurmd.pid
SlurmctldLogFile={directory}/slurmctld.log
SlurmdLogFile={directory}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
MpiDefault=none
ReturnToService=2
SlurmdTimeout=300
KillWait=10
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} State=UNKNOWN
PartitionName=test Nodes={host} Default=YES MaxTime=INFINITE State=UP OverSubscribe=FORCE:4
"""


def missing_programs() -> list[str]:
    """What of Slurm is not installed, or cannot be used by this user."""
    missing = [name for name in PROGRAMS if _which(name) is None]
    return missing or ([] if os.geteuid() == 0 else ["root's rights"])


def _which(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")


@contextlib.contextmanager
def slurm_cluster() -> Iterator[dict[str, str]]:
    """Start a cluster of one node; give the environment variables that programs find it by."""
    directory = Path(tempfile.mkdtemp(prefix="slurm-", dir=scratch.directory()))
    processes: list[subprocess.Popen[bytes]] = []
    try:
        variables = _configure(directory)
        env = {**os.environ, **variables}
        for words in _daemons(directory):
            with open(directory / f"{Path(words[0]).name}.out", "wb") as out:
                processes.append(
                    subprocess.Popen(words, env=env, stdout=out, stderr=out, cwd=directory)
                )
            time.sleep(0.5)
        _wait_for_node(env, directory)
        yield variables
    finally:
        for process in reversed(processes):
            process.terminate()
        for process in processes:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(10)
            process.kill()
            process.wait()
        shutil.rmtree(directory, ignore_errors=True)


def _configure(directory: Path) -> dict[str, str]:
    for name in ("state", "spool"):
        (directory / name).mkdir()
    directory.chmod(0o755)
    key = directory / "munge.key"
    key.write_bytes(os.urandom(1024))
    key.chmod(0o400)
    controller_port, node_port = _free_ports(2)
    host = platform.node().partition(".")[0]
    text = CONFIGURATION.format(
        directory=directory,
        host=host,
        controller_port=controller_port,
        node_port=node_port,
        cpus=os.cpu_count(),
    )
    (directory / "slurm.conf").write_text(text)
    return {"SLURM_CONF": str(directory / "slurm.conf")}


def _daemons(directory: Path) -> Iterator[list[str]]:
    munge = {
        "key-file": "munge.key",
        "socket": "munge.socket",
        "pid-file": "munge.pid",
        "log-file": "munge.log",
        "seed-file": "munge.seed",
    }
    words = [f"--{name}={directory / file}" for name, file in munge.items()]
    yield [str(_which("munged")), "--foreground", "--force", *words]
    yield [str(_which("slurmctld")), "-D"]
    yield [str(_which("slurmd")), "-D"]


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def _wait_for_node(env: dict[str, str], directory: Path) -> None:
    deadline = time.monotonic() + _PATIENCE
    words = [str(_which("sinfo")), "--noheader", "--format=%t"]
    said = ""
    while time.monotonic() < deadline:
        done = subprocess.run(words, env=env, capture_output=True, text=True, check=False)
        said = done.stdout.strip() or done.stderr
        if "idle" in said:
            return
        time.sleep(0.5)
    logs = "\n".join(path.read_text(errors="replace")[-3000:] for path in directory.glob("*.log"))
    raise RuntimeError(f"no node of Slurm is idle: {said}\n{logs}")
