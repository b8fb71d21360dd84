"""Parts of a run: what its configuration names or implies, a thing a file, found by its name.

A name is that of a file in one of the folders beside this one, which defines a thing of that name:
`cross_entropy` is the function in losses/cross_entropy.py. No name in Python begins with a digit,
so the network `2c2d` is `_2c2d` in models/_2c2d.py; other files that begin with an underscore help
those beside them, and are no parts. In place of a name there may be a thing of a package
(`package.module:Thing`), of a file of one's own (`folder/file.py:Thing`), or a network of a library
(`torchvision.resnet18`).
"""

import ast
import importlib
import importlib.util
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lr_atlas.training.configuration import grouping

#: The folder of each kind of thing.
FOLDERS = {
    "model": "models",
    "loss": "losses",
    "optimizer": "optimizers",
    "schedule": "schedules",
    "transform": "transforms",
    "metric": "metrics",
}
#: Folders of which a run depends on those files alone that it uses: that its configuration names,
#: or that such a file imports, as the steps do with transforms. Metrics are read by nothing here.
PART_FOLDERS = (*FOLDERS.values(), "steps")
#: The ways to compute the steps, files in the folder of that name; each run uses one.
STEPS = ("autograd", "compiled")

#: Libraries of networks, each of which is named `library.network`.
LIBRARIES = ("torchvision", "timm")
#: The module that makes those networks, beside ours.
LIBRARY_MODULE = "_library"

_HERE = Path(__file__).parent
#: Finds the name 2c2d in _2c2d.py, and constant in constant.py; a helper has no name.
_PART_FILE = re.compile(r"(?:_(?=\d))?([^_].*)")
#: A key of its own asks for these, `pixels` for scale, so their names are no choice.
_IMPLIED = ("scale",)
#: Begins the name of the module that a file of one's own is loaded as.
_OWN_FILE = "own file "
#: The folder from which paths to files of one's own are counted.
_own_files = Path()


class PartError(Exception):
    """There is no such thing as a configuration names."""


def names(kind: str) -> list[str]:
    """Return the names of all things of a kind, a key of FOLDERS, that lie beside this file."""
    found = [_PART_FILE.fullmatch(path.stem) for path in (_HERE / FOLDERS[kind]).glob("*.py")]
    return sorted(match[1] for match in found if match and match[1] not in _IMPLIED)


def file_stem(name: str) -> str:
    """Return the name in Python of one of our things, and of its file: _2c2d for 2c2d."""
    return f"_{name}" if name[:1].isdigit() else name


def part_file(kind: str, name: str) -> Path:
    """Return the file of one of our things, a key of FOLDERS and its name."""
    return _HERE / FOLDERS[kind] / f"{file_stem(name)}.py"


def library_and_network(name: str) -> tuple[str, str] | None:
    """Return ("torchvision", "resnet18") for a network of a library, None for other names."""
    library, dot, network = name.partition(".")
    return (library, network) if dot and ":" not in name and library in LIBRARIES else None


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


def name_of_part(part: str | dict) -> str:
    """Return the name of a thing, which is given alone or as {"name": str, arguments…}."""
    return part if isinstance(part, str) else str(part["name"])


def named_parts(configuration: dict) -> Iterator[tuple[str, str]]:
    """Yield (kind, name) of all that a complete configuration names."""
    yield "model", configuration["model"]["name"]
    yield "loss", name_of_part(configuration["loss"])
    yield "optimizer", configuration["optimizer"]["name"]
    rest = grouping(configuration["optimizer"]).get("rest")
    if rest:
        yield "optimizer", rest["name"]
    for key in ("schedule", "momentum_schedule", "weight_decay_schedule"):
        if key in configuration:
            yield "schedule", name_of_part(configuration[key])
    metrics = configuration.get("metric") or []
    for name in [metrics] if isinstance(metrics, str) else metrics:
        yield "metric", name
    for transform in configuration.get("transforms", ()):
        yield "transform", name_of_part(transform)


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
    module, thing = load_module(kind, name), short_name(name)
    if kind == "model" and library_and_network(name):
        return module.maker(name)
    try:
        return getattr(module, thing if ":" in name else file_stem(thing))
    except AttributeError:
        raise PartError(f"{name}: there is no '{thing}' in it") from None


def load_module(kind: str, name: str) -> Any:
    """Return the module that the thing of that kind and name lies in. Raises as `load_part`."""
    own, packaged = file_and_thing(name), module_and_thing(name)
    if own:
        return _own_module(_own_files / own[0])
    if packaged:
        return importlib.import_module(packaged[0])
    if kind == "model" and library_and_network(name):
        return importlib.import_module(f"{__package__}.models.{LIBRARY_MODULE}")
    if name in names(kind):
        return importlib.import_module(f"{__package__}.{FOLDERS[kind]}.{file_stem(name)}")
    raise PartError(f"there is no {kind} '{name}'")


def _own_module(path: Path) -> Any:
    """Return the module in a file, imported once; it finds modules that lie beside it.

    Raises PartError if another module stands in the place of one beside it that it imports.
    """
    name = f"{_OWN_FILE}{path}"
    if name in sys.modules:
        return sys.modules[name]
    if not path.is_file():
        raise PartError(f"there is no file {path}")
    specification = importlib.util.spec_from_file_location(name, path)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    # The folder comes first: a module beside the file is meant before an installed namesake.
    sys.path.insert(0, str(path.parent))
    _forget_others(path)
    sys.modules[name] = module
    try:
        specification.loader.exec_module(module)
        _refuse_others(path)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _loaded_from_elsewhere(path: Path) -> Iterator[tuple[str, Any]]:
    """Yield (name, file) of loaded modules in the place of those beside a file that it imports.

    The file of a module is None for one of Python itself.
    """
    for node in ast.walk(ast.parse(path.read_bytes())):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module]
        for top in {name.split(".")[0] for name in names}:
            beside, loaded = path.with_name(f"{top}.py"), sys.modules.get(top)
            found = getattr(loaded, "__file__", None)
            if loaded and beside.is_file() and (not found or Path(found) != beside):
                yield top, found


def _forget_others(path: Path) -> None:
    """Forget modules beside own files of another folder that a file would get for its own."""
    own_folders = {
        Path(name.removeprefix(_OWN_FILE)).parent
        for name in sys.modules
        if name.startswith(_OWN_FILE)
    }
    for top, found in [*_loaded_from_elsewhere(path)]:
        if found and Path(found).parent in own_folders:
            del sys.modules[top]


def _refuse_others(path: Path) -> None:
    """Raise PartError if a module that a file imports from beside it was loaded from elsewhere."""
    for top, found in _loaded_from_elsewhere(path):
        raise PartError(
            f"{path} imports {top} from {found or 'Python itself'}, not from beside it: "
            f"call {top}.py by a name that nothing else has"
        )
