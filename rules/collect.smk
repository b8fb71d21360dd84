"""Collect: the tables of a study, from exactly the runs that it asks for; after a failure from those
that are finished (failure.smk).

In:   history.csv, first_epoch.csv, timing.csv and run.json of every run of the study; dynamics.csv of
      those that have one, which the job that writes the others writes beside them
Also: their checkpoints and images, where they are still there: what runs hold is held against them
Out:  results/studies/<study>/epochs.csv, runs.csv, defaults.csv, all also as Parquet;
      first_epoch.parquet, dynamics.parquet, schedules.csv
"""


rule collect:
    """Join the runs of one study into tables, and check that they are complete and agree."""
    input:
        runs=run_files,
        record=local(str(PLACES.record)),
        elsewhere=ancient(settings_elsewhere),
    output:
        epochs="results/studies/{study}/epochs.csv",
        epochs_parquet="results/studies/{study}/epochs.parquet",
        runs="results/studies/{study}/runs.csv",
        runs_parquet="results/studies/{study}/runs.parquet",
        defaults="results/studies/{study}/defaults.csv",
        defaults_parquet="results/studies/{study}/defaults.parquet",
        first_epoch="results/studies/{study}/first_epoch.parquet",
        dynamics="results/studies/{study}/dynamics.parquet",
        schedules="results/studies/{study}/schedules.csv",
    log:
        "results/logs/collect/{study}.log",
    benchmark:
        "results/benchmarks/collect/{study}.tsv"
    localrule: True
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        script=script("collect.py"),
        started=STARTED,
        results=RESULTS,
        cache=cache_directory,
        # Images at another place are the same, and without them there is no less to collect.
        images=data_folders,
    params:
        # Other training code asks for other stamps: the runs of before are stale.
        stamp=stamps_of_study,
        definition=definition_of_runs,
        missing=missing,
        code=code("collect.py"),
    shell:
        "python {resources.script:q} --study {params.definition:q} --elsewhere {input.elsewhere:q}"
        " --runs-directory {resources.results:q}/runs"
        " --checkpoints {resources.cache:q} {resources.results:q}/checkpoints"
        " --data-directory {resources.results:q}/data --images {resources.images}"
        " --missing {params.missing:q}"
        " --output-directory {resources.results:q}/studies/{wildcards.study}"
        " --started {resources.started:q} 2> {log:q}"
