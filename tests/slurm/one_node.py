"""A Slurm of one node on this machine, from Debian's packages, for as long as it is needed.

Its daemons run as the user who starts them, from a folder of their own; nothing below /etc is
read or written. There is no accounting, as on many small clusters, so the state of jobs is asked
of ``squeue``, and no cgroups, which containers seldom give away.
"""

from __future__ import annotations

import getpass
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

DAEMONS = ("munged", "slurmctld", "slurmd")
COMMANDS = (*DAEMONS, "sbatch", "srun", "squeue", "sinfo", "scancel")
PACKAGES = "slurmctld slurmd slurm-client munge"
PLACES = ("/usr/sbin", "/usr/local/sbin")  # of daemons, not on every user's PATH
PATIENCE_S = 30.0
PARTITIONS = ("compute", "cube")
"""Those of profiles/slurm: for computing, and of the chips."""

CONFIGURATION = """\
ClusterName=one
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller}
SlurmdPort={node}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerParameters=batch_sched_delay=0,sched_interval=2
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
ReturnToService=2
MinJobAge=600
NodeName={host} NodeAddr=127.0.0.1 CPUs={cores} RealMemory={memory} State=UNKNOWN
{partitions}
"""
# srun of the executor's jobs is called without SLURM_CONF, so it is told again.
WITH_CONFIGURATION = '#!/bin/sh\nSLURM_CONF={configuration} exec {command} "$@"\n'


class SlurmError(Exception):
    """Slurm is not there, or does not start."""


@contextmanager
def one_node(folder: Path, cores: int, memory_mb: int) -> Iterator[dict[str, str]]:
    """Start Slurm with its files in ``folder``, and give the environment in which it is used.

    Raises SlurmError, in one line, if a command is missing or the node does not come up.
    """
    found = {name: _command(name) for name in COMMANDS}
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    configuration = _write_configuration(folder, cores, memory_mb)
    shim = folder / "bin" / "srun"
    shim.parent.mkdir(exist_ok=True)
    shim.write_text(WITH_CONFIGURATION.format(configuration=configuration, command=found["srun"]))
    shim.chmod(0o755)
    environment = {
        **os.environ,
        "SLURM_CONF": str(configuration),
        "PATH": os.pathsep.join((str(shim.parent), os.environ["PATH"])),
    }
    started: list[subprocess.Popen] = []
    try:
        for name, arguments in _arguments(folder).items():
            with (folder / f"{name}.out").open("w") as output:
                started.append(
                    subprocess.Popen(
                        [found[name], *arguments], env=environment, stdout=output, stderr=output
                    )
                )
            time.sleep(1.0)
        _wait_until_idle(found["sinfo"], environment, folder)
        yield environment
    finally:
        for process in reversed(started):
            process.send_signal(signal.SIGTERM)
        for process in reversed(started):
            try:
                process.wait(timeout=PATIENCE_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _command(name: str) -> str:
    found = shutil.which(name, path=os.pathsep.join((os.environ["PATH"], *PLACES)))
    if found is None:
        raise SlurmError(f"{name}: expected Slurm, found none; apt install {PACKAGES}")
    return found


def _write_configuration(folder: Path, cores: int, memory_mb: int) -> Path:
    for name in ("state", "spool"):
        (folder / name).mkdir(exist_ok=True)
    key = folder / "munge.key"
    key.write_bytes(secrets.token_bytes(1024))
    key.chmod(0o400)
    host = socket.gethostname().partition(".")[0]
    controller, node = _free_ports(2)
    partitions = "\n".join(
        f"PartitionName={name} Nodes={host} Default={'NO' if number else 'YES'} State=UP"
        for number, name in enumerate(PARTITIONS)
    )
    path = folder / "slurm.conf"
    path.write_text(
        CONFIGURATION.format(
            host=host,
            controller=controller,
            node=node,
            user=getpass.getuser(),
            folder=folder,
            cores=cores,
            memory=memory_mb,
            partitions=partitions,
        )
    )
    return path


def _arguments(folder: Path) -> dict[str, list[str]]:
    """Arguments of the daemons, all of which stay in the foreground, in order of starting."""
    munge = {
        "key-file": "munge.key",
        "socket": "munge.socket",
        "pid-file": "munged.pid",
        "log-file": "munged.log",
        "seed-file": "munge.seed",
    }
    own = [f"--{name}={folder / file}" for name, file in munge.items()]
    # --force: a folder below /tmp, whose parents others may write to, is good enough here.
    return {"munged": ["--foreground", "--force", *own], "slurmctld": ["-D"], "slurmd": ["-D"]}


def _free_ports(count: int) -> list[int]:
    taken = [socket.socket() for _ in range(count)]
    for each in taken:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in taken]
    for each in taken:
        each.close()
    return ports


def _wait_until_idle(sinfo: str, environment: dict[str, str], folder: Path) -> None:
    end = time.monotonic() + PATIENCE_S
    state = ""
    while time.monotonic() < end:
        asked = subprocess.run(
            [sinfo, "--noheader", "--format=%T"],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        state = " ".join(asked.stdout.split()) or asked.stderr.strip().splitlines()[-1:]
        if set(asked.stdout.split()) == {"idle"}:
            return
        time.sleep(0.5)
    raise SlurmError(f"expected an idle node, found {state}; see {folder}/*.log and *.out")
