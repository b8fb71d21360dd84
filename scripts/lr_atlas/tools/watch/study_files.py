"""The files of a finished study's page, and of what it links to, as they lie in results/."""

from pathlib import Path

from lr_atlas.common.safe_files import RefusedError, open_folder, open_plain

#: The types of what a study's folder holds; nothing else is served.
TYPES = {
    "html": "text/html; charset=utf-8",
    "svg": "image/svg+xml",
    "png": "image/png",
    "pdf": "application/pdf",
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "md": "text/plain; charset=utf-8",
    "tex": "text/plain; charset=utf-8",
    "parquet": "application/octet-stream",
}
#: Folders of figures lie at most so deep.
_DEEPEST = 4


def study_file(studies: Path, names: list[str]) -> tuple[bytes, str] | None:
    """Return (content, type) of studies/name/name…; None where no such file is to be shown.

    studies: results/studies. Below it no link is followed, and nothing but plain files is read.
    """
    if not 2 <= len(names) <= _DEEPEST or any(not _is_plain(name) for name in names):
        return None
    kind = TYPES.get(names[-1].rpartition(".")[2])
    if kind is None:
        return None
    try:
        with (
            open_folder(studies, *names[:-1]) as folder,
            open_plain(studies.joinpath(*names), folder) as file,
        ):
            return file.read(), kind
    except (OSError, RefusedError, ValueError):
        return None


def _is_plain(name: str) -> bool:
    return bool(name) and not name.startswith(".") and not set(name) & set("/\\\0")
