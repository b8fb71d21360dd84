"""Orphans for reading: a list per reason, with sizes."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from tabulate import tabulate

from lr_atlas.common.units import size_text
from lr_atlas.tools.prune.orphans import Orphan, Reason

#: Rows of each list that are shown without being asked for.
_MOST_ROWS = 10
_NOTES = {
    Reason.LENGTH: "Their checkpoints stay, if they are by the present code.",
    Reason.CODE: "They can be used again only if that code comes back.",
}


def orphans_text(orphans: Sequence[Orphan], results: Path, complete: bool = False) -> str:
    """Return what is there to be deleted, a list for each reason.

    results: the folder that paths are shown from. complete: whether long lists are shown whole.
    """
    parts = []
    for reason in Reason:
        found = [orphan for orphan in orphans if orphan.reason == reason]
        if found:
            rows = _by_run(found) if reason == Reason.RUN else _by_path(found, results)
            parts.append(_list(reason, rows, sum(orphan.size for orphan in found), complete))
    return "\n\n".join(parts)


def _by_run(orphans: Iterable[Orphan]) -> list[tuple[str, int]]:
    sizes: dict[str, int] = {}
    for orphan in orphans:
        sizes[orphan.run] = sizes.get(orphan.run, 0) + orphan.size
    return list(sizes.items())


def _by_path(orphans: Iterable[Orphan], results: Path) -> list[tuple[str, int]]:
    return [(orphan.path.relative_to(results).as_posix(), orphan.size) for orphan in orphans]


def _list(reason: Reason, rows: list[tuple[str, int]], size: int, complete: bool) -> str:
    shown = rows if complete else rows[:_MOST_ROWS]
    heading = f"{reason.capitalize()} ({len(rows)}, {size_text(size)})"
    lines = [f"{heading}. {_NOTES[reason]}" if reason in _NOTES else heading]
    lines.append(
        tabulate(
            [("", name, size_text(size)) for name, size in shown],
            tablefmt="plain",
            disable_numparse=True,
            colalign=("left", "left", "right"),
        )
    )
    if len(shown) < len(rows):
        lines.append(f"  … and {len(rows) - len(shown)} more: --all shows them")
    return "\n".join(lines)
