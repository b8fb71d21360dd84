"""Figures: those of lr_atlas.figures.drawn for every study, and one for each of its settings.

In:   epochs.parquet, runs.parquet, first_epoch.parquet, dynamics.parquet, schedules.csv (collect);
      confusion.csv, mistakes.npz (evaluate); summary.csv, pairs.csv, optimizers.csv, best_of.csv,
      sensitivity.csv, variance.csv, finder.csv, reported.csv, measures.parquet (analyse);
      range_tests.csv (find_rates)
Out:  results/studies/<study>/figures/<figure>.svg and figures/curves/<setting>.svg, all also in the other
      formats that the configuration names: PDF, PNG
"""

from lr_atlas.figures.captions import report_words, write_captions
from lr_atlas.figures.drawn import figures
from lr_atlas.locale.speech import speaking

with speaking(ATLAS.configuration.language):
    WORDS = report_words(map(ATLAS.metric_of, ATLAS.plans))
    # A job reads the workflow too, but makes no report.
    if workflow.is_main_process:
        or_exit(write_captions, PLACES.captions)


rule figures:
    """Draw all figures of one study in one process, since starting it costs more than drawing."""
    input:
        epochs="results/studies/{study}/epochs.parquet",
        runs="results/studies/{study}/runs.parquet",
        first_epoch="results/studies/{study}/first_epoch.parquet",
        dynamics="results/studies/{study}/dynamics.parquet",
        schedules="results/studies/{study}/schedules.csv",
        measures="results/studies/{study}/measures.parquet",
        summary="results/studies/{study}/summary.csv",
        pairs="results/studies/{study}/pairs.csv",
        optimizers="results/studies/{study}/optimizers.csv",
        best_of="results/studies/{study}/best_of.csv",
        sensitivity="results/studies/{study}/sensitivity.csv",
        variance="results/studies/{study}/variance.csv",
        finder="results/studies/{study}/finder.csv",
        range_tests=range_tests_table,
        reported="results/studies/{study}/reported.csv",
        confusion="results/studies/{study}/confusion.csv",
        mistakes="results/studies/{study}/mistakes.npz",
    output:
        **{
            name: report(
                f"results/studies/{{study}}/figures/{name}.svg",
                caption=f"{PLACES.captions}/{name}.rst",
                category="{study}",
                subcategory=WORDS.sections[name],
                labels={WORDS.figure: WORDS.titles[name]},
            )
            for name in figures()
        },
        curves=report(
            directory("results/studies/{study}/figures/curves"),
            patterns=["{setting}.svg"],
            caption=f"{PLACES.captions}/curves.rst",
            category="{study}",
            subcategory=WORDS.curves_section,
            labels={WORDS.figure: WORDS.curves_title, WORDS.setting: "{setting}"},
        ),
        others=expand(
            "results/studies/{{study}}/figures/{name}.{kind}",
            name=figures(),
            kind=OTHER_FORMATS,
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
        started=STARTED,
        results=RESULTS,
        # No parameter: a format that is left out makes no figure stale.
        formats=" ".join(["svg", *OTHER_FORMATS]),
    params:
        study=title_of,
        dataset=dataset_of,
        classes=classes_of,
        validation=validation_of,
        loss=loss_of,
        style=figures_style,
        language=figures_language,
        titles=figures_titles,
        described=metric_of,
        # The captions alone use these.
        metric=metric_title,
        seeds=seeds_text,
        validation_note=validation_text,
        code=code("draw_figures.py"),
    shell:
        "python {resources.script:q}"
        " --tables-directory {resources.results:q}/studies/{wildcards.study}"
        " --study {params.study:q} --dataset {params.dataset}"
        " --classes {params.classes:q} --validation {params.validation} --loss {params.loss:q}"
        " --style {params.style} --language {params.language} --titles {params.titles}"
        " --formats {resources.formats}"
        " --metric {params.described:q}"
        " --output-directory {resources.results:q}/studies/{wildcards.study}/figures"
        " --processes {threads}"
        " --started {resources.started:q} 2> {log:q}"
