"""Analyse: what the runs of a study say: tables of settings, pairs, optimizers, findings and claims.

In:   epochs.parquet, runs.parquet, defaults.parquet and dynamics.parquet of the study; test.csv,
      right_answers.parquet, varied_runs.csv; range_tests.csv where it says `find`
Out:  results/studies/<study>/summary, pairs, optimizers, best_of, sensitivity, seeds_and_images,
      variance, finder, findings, claims, looks and reported, each as CSV and JSON; measures.parquet;
      summary.md, summary.tex, answer.json; and results/looks/<study>.json, which counts looks and is
      kept from start to start, so that it is no output that Snakemake would remove
"""

from lr_atlas.analysis import TABLES


rule analyse:
    """Compute the statistics of one study."""
    input:
        epochs="results/studies/{study}/epochs.parquet",
        runs="results/studies/{study}/runs.parquet",
        defaults="results/studies/{study}/defaults.parquet",
        dynamics="results/studies/{study}/dynamics.parquet",
        range_tests=range_tests_table,
        test="results/studies/{study}/test.csv",
        right="results/studies/{study}/right_answers.parquet",
        varied="results/studies/{study}/varied_runs.csv",
        elsewhere=ancient(settings_elsewhere),
    output:
        tables=expand(
            "results/studies/{{study}}/{table}.{suffix}", table=TABLES, suffix=("csv", "json")
        ),
        measures="results/studies/{study}/measures.parquet",
        text="results/studies/{study}/summary.md",
        answer="results/studies/{study}/answer.json",
        latex="results/studies/{study}/summary.tex",
    log:
        "results/logs/analyse/{study}.log",
    benchmark:
        "results/benchmarks/analyse/{study}.tsv"
    localrule: True
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        script=script("analyse.py"),
        started=STARTED,
        results=RESULTS,
    params:
        definition=definition,
        missing=missing,
        code=code("analyse.py"),
    shell:
        "python {resources.script:q} --study {params.definition:q} --elsewhere {input.elsewhere:q}"
        " --epochs {input.epochs:q} --runs {input.runs:q} --defaults {input.defaults:q}"
        " --dynamics {input.dynamics:q} --range-tests {input.range_tests:q} --test {input.test:q}"
        " --right-answers {input.right:q} --varied-runs {input.varied:q}"
        " --missing {params.missing:q}"
        " --looks {resources.results:q}/looks/{wildcards.study}.json"
        " --output-directory {resources.results:q}/studies/{wildcards.study}"
        " --started {resources.started:q} 2> {log:q}"
