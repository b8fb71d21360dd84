"""Import: runs that were trained elsewhere, as tables of ours, read once for all later stages.

In:   the files that `runs` of a study names; their content is in the name of the folder
Out:  results/imported/<digest>/runs.parquet, epochs.parquet, settings.json
"""


rule import_runs:
    """Read the runs of one study from elsewhere. Other content has another folder."""
    output:
        runs="results/imported/{imported}/runs.parquet",
        epochs="results/imported/{imported}/epochs.parquet",
        settings="results/imported/{imported}/settings.json",
    log:
        "results/logs/import_runs/{imported}.log",
    benchmark:
        "results/benchmarks/import_runs/{imported}.tsv"
    localrule: True
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        script=script("import_runs.py"),
        started=STARTED,
        results=RESULTS,
        # Files at another place with the same content are the same.
        files=files_elsewhere,
        names=names_elsewhere,
    params:
        columns=columns_elsewhere,
        code=code("import_runs.py"),
    shell:
        "python {resources.script:q} --files {resources.files:q} --names {resources.names:q}"
        " --columns {params.columns:q} --digest {wildcards.imported}"
        " --output-directory {resources.results:q}/imported/{wildcards.imported}"
        " --started {resources.started:q} 2> {log:q}"
