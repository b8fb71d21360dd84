"""Evaluate: the test images, read once, for the settings that the validation images have chosen.

In:   epochs.parquet and runs.parquet of the study; then the weights of the chosen settings' runs and
      the test images
Out:  results/studies/<study>/selection.json; test.csv, confusion.csv, mistakes.npz,
      right_answers.parquet, varied_runs.csv
Steps: select -> train on fresh seeds, where the study says `confirm` or `variance` -> evaluate

Which settings are trained on fresh seeds is known only when the others are trained: so `select` is a checkpoint.
No other rule reads the test images, unless a study validates on them.
"""


checkpoint select:
    """Choose the setting of each optimizer that is tested: nothing but validation metrics is read."""
    input:
        epochs="results/studies/{study}/epochs.parquet",
        runs="results/studies/{study}/runs.parquet",
        elsewhere=ancient(settings_elsewhere),
    output:
        selection="results/studies/{study}/selection.json",
    log:
        "results/logs/select/{study}.log",
    benchmark:
        "results/benchmarks/select/{study}.tsv"
    localrule: True
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        script=script("select_settings.py"),
        started=STARTED,
    params:
        definition=definition_of_runs,
        code=code("select_settings.py"),
    shell:
        "python {resources.script:q} --study {params.definition:q} --elsewhere {input.elsewhere:q}"
        " --epochs {input.epochs:q} --runs {input.runs:q} --output {output.selection:q}"
        " --started {resources.started:q} 2> {log:q}"


rule evaluate:
    """Test the chosen settings: on runs with fresh seeds where there are, else on the study's own."""
    input:
        selection="results/studies/{study}/selection.json",
        # Changes with any metric of any run.
        runs="results/studies/{study}/runs.parquet",
        fresh=chosen_files,
        elsewhere=ancient(settings_elsewhere),
        # The runs' names hold which images they are, so the time of these files does not matter.
        test=ancient(study_test_images),
    output:
        test="results/studies/{study}/test.csv",
        confusion="results/studies/{study}/confusion.csv",
        mistakes="results/studies/{study}/mistakes.npz",
        right="results/studies/{study}/right_answers.parquet",
        varied="results/studies/{study}/varied_runs.csv",
    log:
        "results/logs/evaluate/{study}.log",
    benchmark:
        "results/benchmarks/evaluate/{study}.tsv"
    localrule: True
    conda:
        "../envs/evaluation.yaml"
    threads: 1
    resources:
        script=script("evaluate.py"),
        started=STARTED,
        results=RESULTS,
        own_files=str(own_files_folder()),
    params:
        # The weights may differ although no metric does.
        stamp=stamps_of_study,
        definition=definition_of_runs,
        missing=not_tested,
        code=code("evaluate.py"),
    shell:
        "python {resources.script:q} --study {params.definition:q} --elsewhere {input.elsewhere:q}"
        " --selection {input.selection:q} --missing {params.missing:q}"
        " --runs-directory {resources.results:q}/runs --test-images {input.test:q}"
        " --output-directory {resources.results:q}/studies/{wildcards.study}"
        " --own-files {resources.own_files:q}"
        " --started {resources.started:q} 2> {log:q}"
