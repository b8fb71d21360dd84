"""Figures: those of lr_atlas.figures.drawn for every study, and one for each of its settings.

In:   epochs.parquet, runs.parquet, first_epoch.parquet (collect); confusion.csv, mistakes.npz (evaluate); summary.csv,
      pairs.csv, optimizers.csv, best_of.csv, reported.csv, measures.parquet (analyse)
Out:  results/studies/<study>/figures/<figure>.svg and figures/curves/<setting>.svg, all also as PDF
      and as PNG
"""

from lr_atlas.figures.drawn import figures


rule figures:
    """Draw all figures of one study in one process, since starting it costs more than drawing."""
    input:
        epochs="results/studies/{study}/epochs.parquet",
        runs="results/studies/{study}/runs.parquet",
        first_epoch="results/studies/{study}/first_epoch.parquet",
        measures="results/studies/{study}/measures.parquet",
        summary="results/studies/{study}/summary.csv",
        pairs="results/studies/{study}/pairs.csv",
        optimizers="results/studies/{study}/optimizers.csv",
        best_of="results/studies/{study}/best_of.csv",
        reported="results/studies/{study}/reported.csv",
        confusion="results/studies/{study}/confusion.csv",
        mistakes="results/studies/{study}/mistakes.npz",
    output:
        **{
            name: report(
                f"results/studies/{{study}}/figures/{name}.svg",
                caption=f"../report/{name}.rst",
                category="{study}",
                subcategory=figure.section,
                labels={"figure": figure.title},
            )
            for name, figure in figures().items()
        },
        curves=report(
            directory("results/studies/{study}/figures/curves"),
            patterns=["{setting}.svg"],
            caption="../report/curves.rst",
            category="{study}",
            subcategory="4. Curves of each setting",
            labels={"figure": "loss and accuracy", "setting": "{setting}"},
        ),
        others=multiext(
            "results/studies/{study}/figures/",
            *(f"{name}.{kind}" for name in figures() for kind in ("pdf", "png")),
        ),
    log:
        "results/logs/figures/{study}.log",
    benchmark:
        "results/benchmarks/figures/{study}.tsv"
    localrule: True
    conda:
        "../envs/analysis.yaml"
    # The last study that has runs to train, or the only one, finds all cores idle.
    threads: max(1, (workflow.resource_settings.cores or 1) // len(ATLAS.configuration.studies))
    resources:
        script=script("draw_figures.py"),
        started=str(STARTED),
        results=RESULTS,
    params:
        study=title_of,
        dataset=dataset_of,
        classes=classes_of,
        validation=validation_of,
        loss=loss_of,
        style=figures_style,
        language=figures_language,
        titles=figures_titles,
        # For the captions alone.
        seeds=seeds_text,
        validation_note=validation_note,
        code=code("draw_figures.py"),
    shell:
        "python {resources.script:q}"
        " --tables-directory {resources.results:q}/studies/{wildcards.study}"
        " --study {params.study:q} --dataset {params.dataset}"
        " --classes {params.classes:q} --validation {params.validation} --loss {params.loss}"
        " --style {params.style} --language {params.language} --titles {params.titles}"
        " --output-directory {resources.results:q}/studies/{wildcards.study}/figures"
        " --processes {threads}"
        " --started {resources.started:q} 2> {log:q}"
