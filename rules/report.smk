"""Report: the page of each study, and Snakemake's report over everything.

In:   the tables and figures of the studies; results/verification.json where `make verify` has left it
Out:  results/studies/<study>/report.html, results/report.html
"""

from lr_atlas.study_page.citation import project_version
from lr_atlas.study_page.images import FIGURES


rule study_page:
    """Write the answer, tables, figures and curves of one study as one page that needs no network."""
    input:
        epochs="results/studies/{study}/epochs.parquet",
        runs="results/studies/{study}/runs.parquet",
        tables=expand("results/studies/{{study}}/{table}.csv", table=TABLES),
        figures=expand("results/studies/{{study}}/figures/{name}.svg", name=FIGURES),
        # Of which it shows those of the chosen settings, and draws all others itself.
        curves="results/studies/{study}/figures/curves",
        verification=certificate,
    output:
        page=report(
            "results/studies/{study}/report.html",
            caption="../report/study.rst",
            category="{study}",
            subcategory="1. Report",
            labels={"figure": "answer, tables and curves"},
        ),
    log:
        "results/logs/study_page/{study}.log",
    benchmark:
        "results/benchmarks/study_page/{study}.tsv"
    localrule: True
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        script=script("write_study_page.py"),
        started=str(STARTED),
        results=RESULTS,
    params:
        definition=definition,
        missing=missing,
        # For the caption alone.
        completeness=completeness,
        verified=is_verified,
        version=project_version(PROJECT / "pyproject.toml"),
        stamp=STAMP,
        code=code("write_study_page.py"),
    shell:
        "python {resources.script:q} --study {params.definition:q}"
        " --tables-directory {resources.results:q}/studies/{wildcards.study}"
        " --figures {input.figures:q} --curves {input.curves:q}"
        " --runs-directory {resources.results:q}/runs"
        " --missing {params.missing:q}"
        " --verification {input.verification:q}"
        " --version {params.version:q} --stamp {params.stamp:q}"
        " --output {output.page:q} --started {resources.started:q} 2> {log:q}"


rule report:
    """Let Snakemake build its report, one HTML file that needs no network, from all studies."""
    input:
        studies=[study_results(study) for study in ATLAS.plans],
    output:
        report="results/report.html",
    log:
        "results/logs/report.log",
    benchmark:
        "results/benchmarks/report.tsv"
    localrule: True
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        snakemake=SNAKEMAKE,
    params:
        captions=captions_digest(),
        studies=sorted(ATLAS.plans),
    shell:
        # Snakemake's own option to report after a run also does so after a dry run, and fails there.
        "{resources.snakemake} --nolock --report {output.report:q} -- {input.studies:q} > {log:q} 2>&1"
