"""Images and runs: functions from the wildcards of an image folder or a run to plain values."""

from lr_atlas.common.lengths import unit_of


def source_of(wildcards):
    """Return the DataSource behind a folder of data."""
    return ATLAS.stores[wildcards.data]


def data_name(wildcards):
    return source_of(wildcards).name


def data_digest(wildcards):
    return source_of(wildcards).digest


def data_directory(wildcards):
    return source_of(wildcards).directory or ""


def own_data(wildcards):
    """Return what tells where data of one's own lies, as JSON; nothing for the catalogue's."""
    own = source_of(wildcards).own
    return canonical_json(own) if own else ""


def data_threads(wildcards):
    """Return how many processes may read image files at a time; other data needs one."""
    own = source_of(wildcards).own or {}
    return 8 if own.get("kind") == "folder" else 1


def run_of(wildcards):
    """Return the grid.Run that a path under results/runs names."""
    try:
        run = ATLAS.possible_runs[wildcards.run, int(wildcards.epochs)]
    except KeyError:
        run = None
    if run is None or unit_of(run.epochs) != wildcards.unit:
        raise WorkflowError(
            f"No study asks for the run {wildcards.run} with {wildcards.epochs} {wildcards.unit}."
        )
    return run


def run_configuration(wildcards):
    return canonical_json(run_of(wildcards).configuration)


def image_files(run):
    """Return the images that a run is trained on; then the test images, only if it validates on them."""
    return [str(path) for path in ATLAS.image_files(run, Path("results"))]


def training_images(wildcards):
    """Return the images that a run is trained on; none for a run of a program."""
    return image_files(run_of(wildcards))[:1]


def test_images(wildcards):
    """Return the test images if the run validates on them: other runs never see them."""
    return image_files(run_of(wildcards))[1:]


def cache_directory(wildcards):
    return ATLAS.configuration.cache.directory or ""


def on_new_torch(wildcards):
    return "recompute" if ATLAS.configuration.recompute.on_new_torch else "keep"


def longer_runs(wildcards):
    """Return the priority of a run: the number of longer runs that go on from it."""
    return ATLAS.longer_runs(wildcards.run, int(wildcards.epochs))
