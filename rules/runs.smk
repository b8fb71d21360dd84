"""Images and runs: functions from the wildcards of an image folder or a run to plain values."""


def source_of(wildcards):
    """The DataSource behind a folder of data."""
    return next(source for source in ATLAS.data.values() if source.folder == wildcards.data)


def data_name(wildcards):
    return source_of(wildcards).name


def data_digest(wildcards):
    return source_of(wildcards).digest


def data_directory(wildcards):
    return source_of(wildcards).directory or ""


def run_of(wildcards):
    """The grid.Run that a path under results/runs names."""
    try:
        return ATLAS.possible_runs[wildcards.run, int(wildcards.epochs)]
    except KeyError:
        raise WorkflowError(
            f"No study asks for the run {wildcards.run} with {wildcards.epochs} epochs."
        )


def run_configuration(wildcards):
    return canonical_json(run_of(wildcards).configuration)


def image_files(run):
    """The images that a run is trained on; then the test images, only if it validates on them."""
    return [str(path) for path in ATLAS.image_files(run, Path("results"))]


def training_images(wildcards):
    return image_files(run_of(wildcards))[0]


def test_images(wildcards):
    """The test images, only where the run validates on them: other runs never see them."""
    return image_files(run_of(wildcards))[1:]


def cache_directory(wildcards):
    return ATLAS.configuration.cache.directory or ""


def on_new_torch(wildcards):
    return "recompute" if ATLAS.configuration.recompute.on_new_torch else "keep"


def longer_runs(wildcards):
    """Return the priority of a run: the number of longer runs that go on from it."""
    return ATLAS.longer_runs(wildcards.run, int(wildcards.epochs))
