"""The package as people install it: a wheel, in an environment of its own."""

import shutil
import subprocess
import sys
import sysconfig

from whole_runs import PROJECT


def test_an_installed_package_judges_runs(tmp_path):
    source, new = tmp_path / "source", tmp_path / "new"
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(PROJECT / "scripts", source / "scripts", ignore=ignored)
    for name in ("pyproject.toml", "LICENSE"):
        shutil.copy(PROJECT / name, source)
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    wheel = [*pip, "wheel", source, "--no-deps", "--no-build-isolation", "--wheel-dir", tmp_path]
    subprocess.run(wheel, check=True)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", new], check=True)
    # Packages that it depends on are taken from here, without a network.
    paths = sysconfig.get_paths(vars={"base": str(new), "platbase": str(new)})
    with open(f"{paths['purelib']}/here.pth", "w") as file:
        file.write(sysconfig.get_paths()["purelib"])
    (file,) = tmp_path.glob("*.whl")
    into = ["--python", new / "bin" / "python", "install", "--no-deps", "--no-index", file]
    subprocess.run([*pip, *into], check=True)
    runs = PROJECT / "docs" / "judge" / "runs.csv"
    command = [new / "bin" / "lr-atlas", "judge", runs, "--baseline", "muon"]
    ended = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert ended.stdout.startswith("adam is worse than muon by"), ended.stderr
    assert ended.returncode == 10
