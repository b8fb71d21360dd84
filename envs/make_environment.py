#!/usr/bin/env python3
"""Make the folder .venv with exactly the packages that envs/requirements.lock names: what runs.

Any Python 3 can start this file; Python 3.11 or newer is needed to go on. Nothing but the standard
library is used, and nothing outside the project's folder is changed. While the locks, the version
of Python and the place of the folder stay the same, .venv is kept as it is.

    python3 envs/make_environment.py                  make .venv, or keep it
    python3 envs/make_environment.py --development    with what tests, checks and formats besides
    python3 envs/make_environment.py --lock           write the locks anew from the files .in
"""

import argparse
import contextlib
import hashlib
import importlib.util
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time

OLDEST_PYTHON = (3, 11)
PROJECT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
DIRECT = os.path.join(PROJECT, "envs", "requirements.in")
LOCK = os.path.join(PROJECT, "envs", "requirements.lock")
DEVELOPMENT_DIRECT = os.path.join(PROJECT, "envs", "development.in")
DEVELOPMENT = os.path.join(PROJECT, "envs", "development.lock")
# GB of disk that the packages of a lock take, with torch's build for processors alone.
SIZES = {LOCK: 1.6, DEVELOPMENT: 0.3}
ENVIRONMENT = os.path.join(PROJECT, ".venv")
MARKER = "lr-atlas-environment.json"
UNFINISHED = {"unfinished": True}
DEBIAN_WHEELS = "/usr/share/python-wheels"

LOCK_HEADER = """\
# Every package that LR Atlas runs with, in one exact version. Written by `make lock` from
# requirements.in, with Python {python}; edit that file, not this one. development.lock has what
# tests and checks.
#
# Without hashes: torch is published as a build for processors alone and as one for CUDA. Both are
# version {torch}, either will do, and one hash cannot name both. The CUDA build brings packages of
# its own, which it pins itself.
"""


DEVELOPMENT_HEADER = """\
# Tests, checks and formats need these beside the packages of requirements.lock. Written by
# `make lock` from development.in, with Python {python}; edit that file, not this one.
"""


class SetupError(Exception):
    """Something that only the person at the keyboard can put right; the text says what."""


def check_python(version=tuple(sys.version_info[:3]), executable=sys.executable):
    """Raise SetupError, saying how to name another Python, if this one is too old."""
    if tuple(version[:2]) < OLDEST_PYTHON:
        raise SetupError(
            "LR Atlas needs Python {}.{} or newer, but {} is Python {}.\n"
            "Name a newer one like this: make PYTHON=python3.12 run".format(
                OLDEST_PYTHON[0], OLDEST_PYTHON[1], executable, ".".join(map(str, version))
            )
        )


def check_system(system=sys.platform):
    """Raise SetupError on a system that lacks what LR Atlas cannot do without."""
    if system == "win32":
        raise SetupError(
            "LR Atlas does not run on Windows, which lacks the locks of files (fcntl) that keep\n"
            "its jobs apart. It runs on Linux; the Windows Subsystem for Linux has not been tried."
        )


def file_digest(path):
    """Return the SHA-256 of a file as hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def wanted_state(environment, lock, development=None):
    """Return, as a dictionary of strings, what an environment has to match to be kept."""
    state = {
        "lock_sha256": file_digest(lock),
        "python": sys.implementation.name + " " + platform.python_version(),
        # Scripts in a virtual environment name their Python by its full path: moving breaks them.
        "folder": os.path.abspath(environment),
    }
    if development:
        state["development_sha256"] = file_digest(development)
    return state


def found_state(environment):
    """Return what a finished environment was made for, or None if there is no finished one."""
    # A link to a Python that has been uninstalled since does not count as existing.
    if not os.path.exists(os.path.join(environment, "bin", "python")):
        return None
    try:
        with open(os.path.join(environment, MARKER), encoding="utf-8") as file:
            return json.load(file)
    except (OSError, ValueError):
        return None


def write_state(environment, state):
    """Write the marker in one step, so that an interruption leaves the old one or the new one."""
    path = os.path.join(environment, MARKER)
    with open(path + ".new", "w", encoding="utf-8") as file:
        json.dump(state, file, indent=2)
    os.replace(path + ".new", path)


def remove_own(environment):
    """Remove an environment that this file made; raise SetupError for any other."""
    if not os.path.lexists(environment):
        return
    if os.path.islink(environment):
        raise SetupError(
            "{0} is a link, to {1}. LR Atlas makes a folder of its own there and does not change\n"
            "what others may use. Remove the link (rm '{0}') and try again; or go on with that\n"
            "environment as it is: '{2}' --cores all".format(
                environment,
                os.path.realpath(environment),
                os.path.join(environment, "bin", "snakemake"),
            )
        )
    own = os.path.isdir(environment)
    if own and os.listdir(environment):
        own = os.path.exists(os.path.join(environment, MARKER))
    if not own:
        raise SetupError(
            "{} is there already and was not made by LR Atlas, so it is left alone.\n"
            "Move it away, then try again.".format(environment)
        )
    # The marker changes first and goes last: what an interrupted removal leaves is known to be our
    # own and not to be whole, even if the lock or the folder changes back.
    write_state(environment, UNFINISHED)
    for name in os.listdir(environment):
        path = os.path.join(environment, name)
        if os.path.isdir(path) and not os.path.islink(path):
            shutil.rmtree(path)
        elif name != MARKER:
            os.remove(path)
    shutil.rmtree(environment)


def run_quietly(command, cwd=None):
    """Return what a command printed; if it fails, raise SetupError with all of it."""
    result = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=cwd, check=False
    )
    output = result.stdout.decode("utf-8", "replace")
    refuse_failure(command, result.returncode, output)
    return output


def refuse_failure(command, status, output):
    """Raise SetupError with all that a command printed, if it failed."""
    if status != 0:
        raise SetupError(
            "{}\nExit status {} (above is all that was printed) from:\n  {}".format(
                output.rstrip(), status, " ".join(command)
            )
        )


def run_telling(command, take):
    """Run a command and hand on each line that it prints; if it fails, SetupError has them all."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    lines = []
    with process.stdout:
        for line in process.stdout:
            lines.append(line.decode("utf-8", "replace"))
            take(lines[-1])
    refuse_failure(command, process.wait(), "".join(lines))


class Progress:
    """Tells how far pip is: on a terminal in one line, else a line for each large package."""

    ARCHIVE = re.compile(
        r"\s*(?:Downloading|Using cached|Processing) (?:\S*/)?([A-Za-z0-9_.]+)-[0-9]\S*"
        r"\.(?:whl|tar\.gz|zip)(?: \(([0-9.]+) ([kMG]?B)\))?"
    )

    def __init__(self, total, stream=None):
        """Take the number of packages that are to come."""
        self.total = total
        self.stream = stream or sys.stdout
        self.in_place = self.stream.isatty()
        self.names = set()

    def take(self, line):
        """Take a line of pip's."""
        found = self.ARCHIVE.match(line)
        if line.startswith("Installing collected packages"):
            self.say("unpacks and installs them ...", True)
        elif found and ".metadata" not in line:
            name, size, unit = found.groups()
            self.names.add(name)
            text = "{} of {}: {}".format(len(self.names), self.total, name)
            if size:
                text += ", {} {}".format(size, unit)
            is_large = unit == "GB" or (unit == "MB" and float(size) >= 20)
            self.say(text, is_large)

    def say(self, text, always):
        """Write a line over the last one; where that cannot be, write it if it is `always` said."""
        if self.in_place:
            self.stream.write("\r\033[K  " + text)
        elif always:
            self.stream.write("  " + text + "\n")
        self.stream.flush()

    def end(self):
        """Leave the terminal with an empty line."""
        if self.in_place:
            self.stream.write("\r\033[K")
            self.stream.flush()


@contextlib.contextmanager
def saying_that_it_goes_on(seconds=30):
    """Print a line every so many seconds while the block runs."""
    start, ended = time.monotonic(), threading.Event()

    def say():
        while not ended.wait(seconds):
            print("  still at it, after {:.0f} s ...".format(time.monotonic() - start), flush=True)

    thread = threading.Thread(target=say, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def find_pip_wheel(folder):
    """Return the path of pip's wheel in a folder where Debian keeps such wheels, or None."""
    if not os.path.isdir(folder):
        return None
    wheels = sorted(n for n in os.listdir(folder) if n.startswith("pip-") and n.endswith(".whl"))
    return os.path.join(folder, wheels[-1]) if wheels else None


def download_pip_wheel(folder):
    """Fetch pip's wheel from Debian's archive into a folder and return the wheel's path.

    Needs no root: package lists, cache and unpacked files all stay in the folder.
    """
    lists, cache = os.path.join(folder, "lists"), os.path.join(folder, "cache")
    os.makedirs(os.path.join(lists, "partial"))
    os.makedirs(os.path.join(cache, "archives", "partial"))
    apt_get = ["apt-get", "-qq"]
    # Root's apt-get hands downloads to a user who cannot enter a private temporary folder.
    for option in ("Dir::State::Lists=" + lists, "Dir::Cache=" + cache, "APT::Sandbox::User=root"):
        apt_get += ["-o", option]
    run_quietly([*apt_get, "update"], cwd=folder)
    run_quietly([*apt_get, "download", "python3-pip-whl"], cwd=folder)
    package = [name for name in os.listdir(folder) if name.endswith(".deb")][0]
    run_quietly(["dpkg", "-x", package, "unpacked"], cwd=folder)
    wheel = find_pip_wheel(os.path.join(folder, "unpacked") + DEBIAN_WHEELS)
    if wheel is None:
        raise SetupError("Debian's package python3-pip-whl holds no wheel of pip.")
    return wheel


def add_debian_pip(python):
    """Install pip from Debian's wheel into the environment whose Python is given."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            wheel = find_pip_wheel(DEBIAN_WHEELS) or download_pip_wheel(folder)
        except (SetupError, OSError) as error:
            raise SetupError(
                "{}\n\nThis Python comes without the module ensurepip, and pip could not be\n"
                "fetched from the distribution either. Install what is missing, then try again;\n"
                "on Debian and Ubuntu: apt-get install python3-venv".format(error)
            ) from None
        # A wheel is a zip archive, and Python runs a package that lies inside one.
        run_quietly([python, os.path.join(wheel, "pip"), "install", "--no-index", wheel])


def create_environment(environment, *requirements):
    """Create a virtual environment with the packages of requirements files."""
    # Seen from inside a virtual environment, the Python outside: the one inside may go away.
    base = getattr(sys, "_base_executable", None) or sys.executable
    has_pip = importlib.util.find_spec("ensurepip") is not None
    run_quietly([base, "-m", "venv", *([] if has_pip else ["--without-pip"]), environment])
    python = os.path.join(environment, "bin", "python")
    if not has_pip:
        add_debian_pip(python)
    install(environment, requirements)


def install(environment, requirements, constraints=()):
    """Install the packages of requirements files into an environment, telling how far it is."""
    python = os.path.join(environment, "bin", "python")
    command = [python, "-m", "pip", "--disable-pip-version-check", "--no-input", "install"]
    command += ["--progress-bar", "off"]
    for path in requirements:
        command += ["--requirement", path]
    for path in constraints:
        command += ["--constraint", path]
    progress = Progress(sum(map(number_of_packages, requirements)))
    with saying_that_it_goes_on():
        try:
            run_telling(command, progress.take)
        finally:
            progress.end()


def number_of_packages(requirements):
    """Return how many packages a requirements file names."""
    with open(requirements, encoding="utf-8") as file:
        return sum("==" in line.partition("#")[0] for line in file)


def make_environment(environment=ENVIRONMENT, lock=LOCK, development=None):
    """Make the environment for a lock, or keep the one that is there if it matches.

    development: a second lock, of what is installed besides; an environment that has it serves
    without it too.
    """
    wanted = wanted_state(environment, lock, development)
    found = found_state(environment) or {}
    if wanted.items() <= found.items():
        return
    start = time.monotonic()
    if found == wanted_state(environment, lock):
        print("Adding to {}: {}.".format(os.path.basename(environment), described(development)))
        write_state(environment, UNFINISHED)
        install(environment, [development], [lock])
    else:
        remove_own(environment)
        locks = [lock, *([development] if development else [])]
        print(
            "Making {} with Python {}, once: minutes, by your connection. It downloads\n{};\n"
            "several GB more with PyTorch's libraries for NVIDIA GPUs, as on Linux unless pip is\n"
            "told otherwise.".format(
                os.path.basename(environment),
                platform.python_version(),
                " and\n".join(map(described, locks)),
            ),
            flush=True,
        )
        os.mkdir(environment)
        write_state(environment, UNFINISHED)
        create_environment(environment, *locks)
        if environment == ENVIRONMENT:
            prepare(os.path.join(environment, "bin", "python"))
    write_state(environment, wanted)
    print("Made in {:.0f} s.".format(time.monotonic() - start), flush=True)


def described(lock):
    """Return what a lock holds and what that takes."""
    size = ", some {} GB of disk".format(SIZES[lock]) if lock in SIZES else ""
    return "the {} packages of {}{}".format(
        number_of_packages(lock), os.path.relpath(lock, PROJECT), size
    )


def prepare(python):
    """Have the project do what would hold up its first start: compile, and ask torch what it has.

    In a container the project is not there yet, and where it fails the first start does it.
    """
    code = (
        "from lr_atlas.config.torch_optimizers import torch_optimizers;"
        "from lr_atlas.training.steps.compiled import prepare;"
        "torch_optimizers(); prepare()"
    )
    scripts = os.path.join(PROJECT, "scripts")
    if not os.path.isdir(scripts):
        return
    quiet = subprocess.DEVNULL
    try:
        subprocess.run(
            [python, "-c", code], cwd=scripts, stdout=quiet, stderr=quiet, timeout=600, check=True
        )
    except (OSError, subprocess.SubprocessError):
        print("The steps of training could not be compiled yet; the first start tries again.")


def format_lock(frozen, python):
    """Return the lock's text for what `pip freeze --all` printed and a version of Python."""
    lines = locked_lines(frozen)
    versions = dict(line.split("==") for line in lines)
    header = LOCK_HEADER.format(python=python, torch=versions["torch"])
    return header + "".join(line + "\n" for line in lines)


def format_development_lock(frozen, before, python):
    """Return the text of the second lock: what pip has beside what it had before."""
    first = locked_lines(before)
    lines = [line for line in locked_lines(frozen) if line not in first]
    return DEVELOPMENT_HEADER.format(python=python) + "".join(line + "\n" for line in lines)


def locked_lines(frozen):
    """Return NAME==VERSION of each package that `pip freeze --all` printed, without pip itself."""
    lines = sorted(
        # A part behind a plus sign names a build of the same version, as in torch's 2.13.0+cpu.
        (line.partition("+")[0] for line in frozen.splitlines() if "==" in line),
        key=str.lower,
    )
    return [line for line in lines if not line.startswith("pip==")]


def write_locks():
    """Install the direct dependencies into a temporary environment and write down what came."""
    print("Installing requirements.in and development.in afresh: minutes ...", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        environment = os.path.join(folder, "venv")
        pip = [os.path.join(environment, "bin", "python"), "-m", "pip"]
        create_environment(environment, DIRECT)
        # Without its warnings, which would stand between the packages.
        before = run_quietly([*pip, "--quiet", "freeze", "--all"])
        lock = os.path.join(folder, "requirements.lock")
        write(lock, format_lock(before, platform.python_version()))
        install(environment, [DEVELOPMENT_DIRECT], [lock])
        run_quietly([*pip, "check"])
        after = run_quietly([*pip, "--quiet", "freeze", "--all"])
    write(LOCK, format_lock(before, platform.python_version()))
    write(DEVELOPMENT, format_development_lock(after, before, platform.python_version()))
    print("Wrote " + " and ".join(map(os.path.relpath, (LOCK, DEVELOPMENT))), flush=True)


def write(path, text):
    """Write a text file."""
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def main():
    """Do what the command line asks for; return the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--development", action="store_true", help="with what tests and checks")
    parser.add_argument("--lock", action="store_true", help="write both locks anew")
    arguments = parser.parse_args()
    try:
        check_system()
        check_python()
        if arguments.lock:
            write_locks()
        else:
            make_environment(development=DEVELOPMENT if arguments.development else None)
    except SetupError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted: the next try starts from scratch.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
