"""Figures: five kinds for every study, each as SVG and PNG.

In:   epochs.parquet and runs.parquet of the study
Out:  results/studies/<study>/figures/curves/<setting>.svg, validation_curves.svg, sensitivity.svg,
      heatmap.svg, accuracy_over_time.svg, and the same as PNG
"""


rule figures:
    """Draw all figures of one study in one process, since starting it costs more than drawing."""
    input:
        epochs="results/studies/{study}/epochs.parquet",
        runs="results/studies/{study}/runs.parquet",
    output:
        curves=report(
            directory("results/studies/{study}/figures/curves"),
            patterns=["{setting}.svg"],
            caption="../report/curves.rst",
            category="{study}",
            subcategory="3. Curves of each setting",
            labels={"figure": "loss and accuracy", "setting": "{setting}"},
        ),
        validation_curves=report(
            "results/studies/{study}/figures/validation_curves.svg",
            caption="../report/validation_curves.rst",
            category="{study}",
            subcategory="2. Settings compared",
            labels={"figure": "validation accuracy over epochs"},
        ),
        sensitivity=report(
            "results/studies/{study}/figures/sensitivity.svg",
            caption="../report/sensitivity.rst",
            category="{study}",
            subcategory="2. Settings compared",
            labels={"figure": "final accuracy against learning rate"},
        ),
        heatmap=report(
            "results/studies/{study}/figures/heatmap.svg",
            caption="../report/heatmap.rst",
            category="{study}",
            subcategory="2. Settings compared",
            labels={"figure": "optimizer by learning rate"},
        ),
        accuracy_over_time=report(
            "results/studies/{study}/figures/accuracy_over_time.svg",
            caption="../report/accuracy_over_time.rst",
            category="{study}",
            subcategory="2. Settings compared",
            labels={"figure": "validation accuracy against seconds"},
        ),
        png=multiext(
            "results/studies/{study}/figures/",
            "validation_curves.png",
            "sensitivity.png",
            "heatmap.png",
            "accuracy_over_time.png",
        ),
    log:
        "results/logs/figures/{study}.log",
    benchmark:
        "results/benchmarks/figures/{study}.tsv"
    localrule: True
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        script=script("draw_figures.py"),
        started=str(STARTED),
        results=RESULTS,
    params:
        study="{study}",
        validation=validation_of,
        loss=loss_of,
        # For the captions alone.
        seeds=seeds_text,
        validation_note=validation_note,
        code=code("draw_figures.py"),
    shell:
        "python {resources.script:q} --epochs {input.epochs:q} --runs {input.runs:q}"
        " --study {wildcards.study} --validation {params.validation} --loss {params.loss}"
        " --output-directory {resources.results:q}/studies/{wildcards.study}/figures"
        " --started {resources.started:q} 2> {log:q}"
