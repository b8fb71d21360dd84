"""Collect: the tables of a study, from exactly the runs that it asks for; after a failure from those
that are finished (failure.smk).

In:   history.csv, first_epoch.csv, timing.csv and run.json of every run of the study
Also: their checkpoints and images, where they are still there: what runs hold is held against them
Out:  results/studies/<study>/epochs.csv, runs.csv, both also as Parquet; first_epoch.parquet
"""


rule collect:
    """Join the runs of one study into tables, and check that they are complete and agree."""
    input:
        runs=run_files,
        record=local(RECORD),
    output:
        epochs="results/studies/{study}/epochs.csv",
        epochs_parquet="results/studies/{study}/epochs.parquet",
        runs="results/studies/{study}/runs.csv",
        runs_parquet="results/studies/{study}/runs.parquet",
        first_epoch="results/studies/{study}/first_epoch.parquet",
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
        started=str(STARTED),
        results=RESULTS,
        cache=cache_directory,
        # Of another place they are the same, and without them there is nothing less to collect.
        images=data_folder,
    params:
        # With other training code other stamps are asked for: the runs of before are stale.
        stamp=stamps_of_study,
        definition=definition_of_runs,
        missing=missing,
        code=code("collect.py"),
    shell:
        "python {resources.script:q} --study {params.definition:q}"
        " --runs-directory {resources.results:q}/runs"
        " --checkpoints {resources.cache:q} {resources.results:q}/checkpoints"
        " --images {resources.results:q}/data/{resources.images:q}"
        " --missing {params.missing:q}"
        " --output-directory {resources.results:q}/studies/{wildcards.study}"
        " --started {resources.started:q} 2> {log:q}"
