"""A real Slurm of three virtual nodes on this machine, for tests.

    python3 tests/slurm/cluster.py start      needs root and Debian's or Ubuntu's packages
    python3 tests/slurm/cluster.py stop       ends what `start` has started, and nothing else

Both may be called twice. A machine that has a Slurm of its own is left alone: see `why_not`.
"""

import argparse
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

NODES = ("n1", "n2", "n3")
CORES_PER_NODE = 2
MEMORY_PER_NODE = 4000  # MB, of which nothing is reserved
PACKAGES = ("slurmctld", "slurmd", "slurm-client", "munge")

HOME = Path("/run/lr-atlas-slurm")
CONTROLLER_PORT = 16817
NODE_PORT = 16820

#: A daemon may take so many seconds to start or to end.
PATIENCE = 300


def why_not() -> str | None:
    """Why no cluster can be started on this machine; None if it can."""
    if os.geteuid() != 0:
        return "a Slurm for tests is started by root alone"
    missing = [name for name in ("slurmctld", "slurmd", "sbatch", "munged") if not find(name)]
    if missing:
        return f"{', '.join(missing)} missing; `make test-slurm` installs them on Debian and Ubuntu"
    for place in FILES:
        if os.path.lexists(place) and not is_ours(place):
            return f"this machine has a Slurm of its own ({place})"
    return None


def is_ours(place: Path) -> bool:
    """Return whether the file that Slurm finds there is one for tests."""
    return place.is_symlink() and place.readlink() == HOME / place.name


def find(program: str) -> str | None:
    """Return where a program lies; daemons are not on everybody's search path."""
    return shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")


def install() -> None:
    """Install the packages that are missing. Raises SystemExit where that cannot be."""
    if all(find(name) for name in ("slurmctld", "slurmd", "sbatch", "munged")):
        return
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    command = ["apt-get", "install", "--yes", "--no-install-recommends", *PACKAGES]
    with policy_against_services():
        if subprocess.run(command, env=environment, capture_output=True).returncode == 0:
            return
        # The lists of packages may never have been fetched.
        subprocess.run(["apt-get", "update"], env=environment, check=True)
        subprocess.run(command, env=environment, check=True)


@contextlib.contextmanager
def policy_against_services() -> Iterator[None]:
    """Within this, Debian's packages start no service when they are installed."""
    policy = Path("/usr/sbin/policy-rc.d")
    if policy.exists():
        yield
        return
    policy.write_text("#!/bin/sh\nexit 101\n")
    policy.chmod(0o755)
    try:
        yield
    finally:
        policy.unlink()


def configuration() -> str:
    """The content of slurm.conf."""
    ports = range(NODE_PORT, NODE_PORT + len(NODES))
    nodes = "\n".join(
        f"NodeName={node} NodeAddr=127.0.0.1 Port={port} CPUs={CORES_PER_NODE} "
        f"RealMemory={MEMORY_PER_NODE} Gres=gpu:1 State=UNKNOWN"
        for node, port in zip(NODES, ports, strict=True)
    )
    return f"""
ClusterName=test
GresTypes=gpu
SlurmctldHost={socket.gethostname()}(127.0.0.1)
SlurmctldPort={CONTROLLER_PORT}
AuthType=auth/munge
# A requeued job would wait for the time that its credential is valid, 120 s.
AuthInfo=cred_expire=20
SlurmUser=root
SlurmctldPidFile={HOME}/slurmctld.pid
SlurmctldLogFile={HOME}/slurmctld.log
StateSaveLocation={HOME}/state
SlurmdPidFile={HOME}/slurmd-%n.pid
SlurmdLogFile={HOME}/slurmd-%n.log
SlurmdSpoolDir={HOME}/spool-%n
# More cores and memory than there are.
SlurmdParameters=config_overrides
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
# A limit on memory without control groups.
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherParams=OverMemoryKill
JobAcctGatherFrequency=task=1
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
AccountingStorageType=accounting_storage/none
MinJobAge=3600
ReturnToService=2
SlurmdTimeout=10
SlurmctldTimeout=15
KillWait=5
# A time limit counts to the second, in place of being looked at every 60 s.
SchedulerParameters=sched_interval=2,bf_interval=2
{nodes}
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP OverTimeLimit=0
"""


def devices() -> str:
    """The content of gres.conf: a GPU on each node that is none, to be asked for."""
    return "".join(f"NodeName={node} Name=gpu File=/dev/null\n" for node in NODES)


#: Places where Slurm looks without being told, and what it finds. A job step forgets SLURM_CONF.
FILES = {Path("/etc/slurm/slurm.conf"): configuration, Path("/etc/slurm/gres.conf"): devices}


def start() -> None:
    """Start the cluster, or what is missing of it. Raises SystemExit with the reason if not."""
    reason = why_not()
    if reason:
        sys.exit(f"No Slurm was started: {reason}.")
    HOME.mkdir(exist_ok=True)
    (HOME / "state").mkdir(exist_ok=True)
    for place, content in FILES.items():
        own = HOME / place.name
        own.write_text(content())
        place.parent.mkdir(exist_ok=True)
        if not place.is_symlink():
            place.symlink_to(own)
    start_munge()
    start_controller()
    for node in NODES:
        start_node(node)
    wait_until(nodes_are_ready, "the nodes to be ready")


def is_running() -> bool:
    """Return whether this cluster's controller runs."""
    return pid_of("slurmctld") is not None


def start_munge() -> None:
    """Start munge, which signs the messages of Slurm, unless one runs already."""
    if subprocess.run(["munge", "--no-input"], capture_output=True).returncode == 0:
        return
    directory = Path("/run/munge")
    directory.mkdir(exist_ok=True)
    shutil.chown(directory, "munge", "munge")
    subprocess.run([find("munged"), f"--pid-file={directory}/munged.pid"], user="munge", check=True)
    (HOME / "munged.pid").write_text((directory / "munged.pid").read_text())


def start_controller() -> None:
    start_daemon("slurmctld", "slurmctld")


def start_node(node: str) -> None:
    start_daemon(f"slurmd-{node}", "slurmd", "-N", node)


def start_daemon(name: str, program: str, *arguments: str) -> None:
    if pid_of(name) is None:
        (HOME / f"{name}.pid").unlink(missing_ok=True)
        subprocess.run([find(program), *arguments], check=True)
        wait_until(lambda: pid_of(name) is not None, f"{name} to start")


def pid_of(name: str) -> int | None:
    """The process number of a daemon that this cluster has started and that still runs."""
    try:
        pid = int((HOME / f"{name}.pid").read_text())
    except (OSError, ValueError):
        return None
    return pid if lives(pid, name.partition("-")[0]) else None


def lives(pid: int, program: str) -> bool:
    """Return whether a process is that program and runs. A dead one may wait to be reaped."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    name, state = stat[stat.index("(") + 1 : stat.rindex(")")], stat[stat.rindex(")") + 2]
    return name == program and state not in "ZX"


def kill(name: str, number: int = signal.SIGKILL) -> None:
    """Send a daemon a signal and wait for its end."""
    pid = pid_of(name)
    if pid is not None:
        os.kill(pid, number)
        wait_until(lambda: pid_of(name) is None, f"{name} to end")


def lose_node(node: str) -> None:
    """Kill a node's daemon, its steps and all their processes, as a power cut would."""
    kill(f"slurmd-{node}")
    for pid in processes_of(node):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def processes_of(node: str) -> list[int]:
    """Processes of a node's jobs, the steps' own daemons first so that they cannot report."""
    steps, others = [], []
    for directory in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            command = (directory / "cmdline").read_bytes()
            variables = (directory / "environ").read_bytes().split(b"\0")
            if f"SLURMD_NODENAME={node}".encode() in variables:
                others.append(int(directory.name))
            elif command.startswith(b"slurmstepd"):
                steps.append(int(directory.name))
    parents = {parent_of(pid) for pid in others}
    return [pid for pid in steps if pid in parents] + others


def parent_of(pid: int) -> int | None:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    return int(stat[stat.rindex(")") + 2 :].split()[1])


def nodes_are_ready() -> bool:
    """Return whether all nodes can take jobs; a star after a state: the node does not answer."""
    try:
        lines = _output("sinfo", "--noheader", "--Node", "--format=%N %T").splitlines()
    except subprocess.CalledProcessError:
        return False  # the controller is not there yet
    states = dict(line.split() for line in lines)
    return set(states) == set(NODES) and set(states.values()) <= {"idle", "mixed", "allocated"}


def wait_until(holds, what: str) -> None:
    """Wait for `holds()` to be true. Raises SystemExit after PATIENCE."""
    end = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > end:
            sys.exit(f"Waited {PATIENCE} s for {what}; see the logs in {HOME}.")
        time.sleep(0.05)


def cancel_all() -> None:
    """End all jobs, and wait until they have ended."""
    subprocess.run(["scancel", "--user=root"], check=True)
    wait_until(lambda: not _output("squeue", "--noheader"), "the jobs to end")


def _output(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def stop() -> None:
    """End all jobs and daemons of this cluster, and take its configuration away."""
    if not HOME.exists():
        return
    if pid_of("slurmctld"):
        cancel_all()
    for node in NODES:
        lose_node(node)
    kill("slurmctld", signal.SIGTERM)
    kill("munged", signal.SIGTERM)
    for place in filter(is_ours, FILES):
        place.unlink()
    shutil.rmtree(HOME)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("action", choices=["install", "start", "stop"])
    {"install": install, "start": start, "stop": stop}[parser.parse_args().action]()
