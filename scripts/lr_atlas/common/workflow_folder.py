"""The folder of the workflow: that of a checkout, or the one that an installed package carries."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]
#: Made by setup.py; a checkout has none.
_CARRIED = _PACKAGE / "workflow"


def workflow_folder() -> Path:
    """Return the folder that holds Snakefile, rules, scripts, studies and config.yaml."""
    return _CARRIED if (_CARRIED / "Snakefile").is_file() else _PACKAGE.parents[1]
