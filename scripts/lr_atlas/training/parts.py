"""Parts of a run: what its configuration names, a thing a file, found by its name.

A name is that of a file in one of the folders beside this one, which defines a thing of that name:
`cross_entropy` is the function in losses/cross_entropy.py. In its place there may be a thing of a
package (`package.module:Thing`) or of a file of one's own (`folder/file.py:Thing`).
"""

import ast
import importlib
import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

#: The folder of each kind of thing that a configuration names.
FOLDERS = {
    "model": "models",
    "loss": "losses",
    "optimizer": "optimizers",
    "schedule": "schedules",
}
#: Folders of which a run depends on those files alone that it uses.
PART_FOLDERS = (*FOLDERS.values(), "transforms", "steps")
#: The ways to compute the steps, files in the folder of that name; each run uses one.
STEPS = ("autograd", "compiled")

_HERE = Path(__file__).parent
#: The folder from which paths to files of one's own are counted.
_own_files = Path()


class PartError(Exception):
    """There is no such thing as a configuration names."""


def names(kind: str) -> list[str]:
    """Return the names of all things of a kind, a key of FOLDERS, that lie beside this file."""
    return sorted(
        path.stem for path in (_HERE / FOLDERS[kind]).glob("*.py") if path.stem != "__init__"
    )


def file_and_thing(name: str) -> tuple[str, str] | None:
    """Return ("folder/file.py", "Thing") for a name in a file of one's own, None for others."""
    path, colon, thing = name.rpartition(":")
    return (path, thing) if colon and path.endswith(".py") else None


def module_and_thing(name: str) -> tuple[str, str] | None:
    """Return ("package.module", "Thing") for a name in a package, None for others."""
    module, colon, thing = name.rpartition(":")
    return (module, thing) if colon and not module.endswith(".py") else None


def short_name(name: str) -> str:
    """Return what tables and figures call a thing: without its file or package."""
    return name.rpartition(":")[2]


def named_parts(configuration: dict) -> Iterator[tuple[str, str]]:
    """Yield (kind, name) of all that a complete configuration names."""
    yield "model", configuration["model"]["name"]
    yield "loss", configuration["loss"]
    yield "optimizer", configuration["optimizer"]["name"]
    yield "schedule", configuration["schedule"]


def count_own_files_from(folder: Path) -> None:
    """Set the folder from which paths to files of one's own are counted, for this process."""
    global _own_files
    _own_files = folder.absolute()


def own_files_folder() -> Path:
    """Return the folder from which paths to files of one's own are counted."""
    return _own_files


def load_part(kind: str, name: str) -> Any:
    """Return the thing of that kind and name.

    Raises PartError if there is none, and whatever the import of a file of one's own raises.
    """
    own, packaged = file_and_thing(name), module_and_thing(name)
    if own:
        module, thing = _own_module(_own_files / own[0]), own[1]
    elif packaged:
        module, thing = importlib.import_module(packaged[0]), packaged[1]
    elif name in names(kind):
        module, thing = importlib.import_module(f"{__package__}.{FOLDERS[kind]}.{name}"), name
    else:
        raise PartError(f"there is no {kind} '{name}'")
    try:
        return getattr(module, thing)
    except AttributeError:
        raise PartError(f"{name}: there is no '{thing}' in it") from None


def _own_module(path: Path) -> Any:
    """Return the module in a file, imported once; it finds modules that lie beside it.

    Raises PartError if another module stands in the place of one beside it that it imports.
    """
    name = f"own file {path}"
    if name in sys.modules:
        return sys.modules[name]
    if not path.is_file():
        raise PartError(f"there is no file {path}")
    specification = importlib.util.spec_from_file_location(name, path)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    # In front, since a module beside the file is meant before an installed one of that name.
    sys.path.insert(0, str(path.parent))
    sys.modules[name] = module
    try:
        specification.loader.exec_module(module)
        _refuse_others(path)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _refuse_others(path: Path) -> None:
    """Raise PartError if a module that a file imports from beside it was loaded from elsewhere."""
    for node in ast.walk(ast.parse(path.read_bytes())):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module]
        for top in {name.split(".")[0] for name in names}:
            beside, loaded = path.with_name(f"{top}.py"), sys.modules.get(top)
            found = getattr(loaded, "__file__", None)
            if loaded and beside.is_file() and (not found or Path(found) != beside):
                raise PartError(
                    f"{path} imports {top} from {found or 'Python itself'}, not from beside it: "
                    f"call {beside.name} by a name that nothing else has"
                )
