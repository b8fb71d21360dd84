"""Figures: thirteen for every study and one for each of its settings, as SVG, PDF and PNG.

In:   epochs.parquet, runs.parquet, first_epoch.parquet (collect); confusion.csv, mistakes.npz (evaluate); summary.csv,
      pairs.csv, optimizers.csv, best_of.csv, reported.csv, measures.parquet (analyse)
Out:  results/studies/<study>/figures/curves/<setting>.svg, and beside that folder those named
      below, all also as PDF and as PNG
"""


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
        best_settings=report(
            "results/studies/{study}/figures/best_settings.svg",
            caption="../report/best_settings.rst",
            category="{study}",
            subcategory="1. Settings compared",
            labels={"figure": "best setting of each optimizer"},
        ),
        validation_curves=report(
            "results/studies/{study}/figures/validation_curves.svg",
            caption="../report/validation_curves.rst",
            category="{study}",
            subcategory="1. Settings compared",
            labels={"figure": "validation accuracy over epochs"},
        ),
        loss_curves=report(
            "results/studies/{study}/figures/loss_curves.svg",
            caption="../report/loss_curves.rst",
            category="{study}",
            subcategory="2. Settings compared",
            labels={"figure": "training loss over epochs"},
        ),
        first_epoch=report(
            "results/studies/{study}/figures/first_epoch.svg",
            caption="../report/first_epoch.rst",
            category="{study}",
            subcategory="2. Settings compared",
            labels={"figure": "loss during the first epoch"},
        ),
        pairs=report(
            "results/studies/{study}/figures/pairs.svg",
            caption="../report/pairs.rst",
            category="{study}",
            subcategory="1. Settings compared",
            labels={"figure": "differences between settings"},
        ),
        accuracy_over_time=report(
            "results/studies/{study}/figures/accuracy_over_time.svg",
            caption="../report/accuracy_over_time.rst",
            category="{study}",
            subcategory="1. Settings compared",
            labels={"figure": "validation accuracy against seconds"},
        ),
        time_to_target=report(
            "results/studies/{study}/figures/time_to_target.svg",
            caption="../report/time_to_target.rst",
            category="{study}",
            subcategory="1. Settings compared",
            labels={"figure": "time to a target accuracy"},
        ),
        sensitivity=report(
            "results/studies/{study}/figures/sensitivity.svg",
            caption="../report/sensitivity.rst",
            category="{study}",
            subcategory="2. Learning rate",
            labels={"figure": "final accuracy against learning rate"},
        ),
        heatmap=report(
            "results/studies/{study}/figures/heatmap.svg",
            caption="../report/heatmap.rst",
            category="{study}",
            subcategory="2. Learning rate",
            labels={"figure": "optimizer by learning rate"},
        ),
        stability=report(
            "results/studies/{study}/figures/stability.svg",
            caption="../report/stability.rst",
            category="{study}",
            subcategory="2. Learning rate",
            labels={"figure": "stability against learning rate"},
        ),
        best_of=report(
            "results/studies/{study}/figures/best_of.svg",
            caption="../report/best_of.rst",
            category="{study}",
            subcategory="2. Learning rate",
            labels={"figure": "expected best of k settings"},
        ),
        confusion=report(
            "results/studies/{study}/figures/confusion.svg",
            caption="../report/confusion.rst",
            category="{study}",
            subcategory="3. Test images",
            labels={"figure": "accuracy class by class"},
        ),
        mistakes=report(
            "results/studies/{study}/figures/mistakes.svg",
            caption="../report/mistakes.rst",
            category="{study}",
            subcategory="3. Test images",
            labels={"figure": "what the best model gets wrong"},
        ),
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
            "best_settings.pdf",
            "best_settings.png",
            "validation_curves.pdf",
            "validation_curves.png",
            "first_epoch.pdf",
            "first_epoch.png",
            "loss_curves.pdf",
            "loss_curves.png",
            "pairs.pdf",
            "pairs.png",
            "accuracy_over_time.pdf",
            "accuracy_over_time.png",
            "time_to_target.pdf",
            "time_to_target.png",
            "sensitivity.pdf",
            "sensitivity.png",
            "heatmap.pdf",
            "heatmap.png",
            "stability.pdf",
            "stability.png",
            "best_of.pdf",
            "best_of.png",
            "confusion.pdf",
            "confusion.png",
            "mistakes.pdf",
            "mistakes.png",
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
