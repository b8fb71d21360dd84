"""Classes that some part of the data has too few of."""

from collections.abc import Iterable, Mapping, Sequence

from lr_atlas.data.data_folders import DataError


def check_counts(
    counts: Mapping[str, Iterable[int]], names: Sequence[str], where: Mapping[str, str]
) -> None:
    """Raise DataError for a class that a part lacks, or of which there is one input to train on.

    counts: of each class, by part. where: the file or folder of each part.
    """
    if len(names) < 2:
        found = f", '{names[0]}'" if names else ""
        raise DataError(f"{where['train']} holds one class alone{found}; at least two are needed")
    for name in names:
        if not name.isprintable() or not name.strip():
            raise DataError(f"{where['train']}: {name!r} is no name of a class: it cannot be shown")
    for part, of_each in counts.items():
        place = where.get(part, where["train"])
        for name, count in zip(names, of_each, strict=True):
            if count == 0:
                raise DataError(
                    f"{place}: the class '{name}' is missing in the {part} part; every part needs "
                    "all classes"
                )
            if count == 1 and part == "train":
                raise DataError(
                    f"{place}: there is one input alone of the class '{name}' to train on; at "
                    "least two are needed"
                )
