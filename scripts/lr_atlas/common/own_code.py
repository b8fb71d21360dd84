"""Digests of a file of one's own, with the modules beside it that it imports."""

from pathlib import Path, PurePosixPath

from lr_atlas.common.fingerprint import CodeError, file_digest, imported_names


def own_code(file: str, folder: Path) -> dict[str, str]:
    """Return {file: digest} of a file and of those beside it that it imports, and these, and so on.

    file: its path from `folder`, as are the keys. Raises CodeError for a file that is no Python, or
    not there.
    """
    found: dict[str, str] = {}
    waiting = [PurePosixPath(file)]
    while waiting:
        path = waiting.pop()
        if str(path) in found:
            continue
        if not (folder / path).is_file():
            raise CodeError(f"there is no file {folder / path}")
        found[str(path)] = file_digest(folder / path)
        for imported in imported_names(folder / path):
            beside = path.parent / f"{imported.split('.')[0]}.py"
            if (folder / beside).is_file():
                waiting.append(beside)
    return found
