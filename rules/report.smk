"""Report: the page of each study, and the page with the answers of all of them.

In:   the tables and figures of the studies; results/verification.json where `make verify` has left it
Out:  results/studies/<study>/report.html; results/report.html, results/index.html
"""

from lr_atlas.report.citation import project_version


rule study_page:
    """Write the answer, tables, figures and curves of one study as one page that needs no network."""
    input:
        epochs="results/studies/{study}/epochs.parquet",
        runs="results/studies/{study}/runs.parquet",
        tables=expand("results/studies/{{study}}/{table}.csv", table=TABLES),
        figures=expand("results/studies/{{study}}/figures/{name}.svg", name=figures()),
        # It shows the curves of the chosen settings as figures, and draws all others itself.
        # By time alone, as for the targets of studies (studies.smk).
        curves=ancient("results/studies/{study}/figures/curves"),
        verification=certificate,
        elsewhere=ancient(settings_elsewhere),
    output:
        page="results/studies/{study}/report.html",
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
        started=STARTED,
        results=RESULTS,
    params:
        definition=definition,
        missing=missing,
        verified=is_verified,
        version=project_version(PROJECT / "pyproject.toml"),
        stamp=stamps_of_study,
        code=code("write_study_page.py"),
    shell:
        "python {resources.script:q} --study {params.definition:q} --elsewhere {input.elsewhere:q}"
        " --tables-directory {resources.results:q}/studies/{wildcards.study}"
        " --figures {input.figures:q} --curves {input.curves:q}"
        " --runs-directory {resources.results:q}/runs"
        " --missing {params.missing:q}"
        " --verification {input.verification:q}"
        " --version {params.version:q} --stamp {params.stamp:q}"
        " --output {output.page:q} --started {resources.started:q} 2> {log:q}"


rule report:
    """Write the answers of all studies on one page, with links to what lies beside it."""
    input:
        answers=[f"results/studies/{study}/answer.json" for study in SHOWN],
        studies=[study_results(study) for study in SHOWN],
    output:
        report="results/report.html",
        index="results/index.html",
    log:
        "results/logs/report.log",
    benchmark:
        "results/benchmarks/report.tsv"
    localrule: True
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        script=script("write_report.py"),
        started=STARTED,
    params:
        studies=SHOWN,
        left_out=canonical_json(LEFT_OUT),
        language=ATLAS.configuration.language,
        version=project_version(PROJECT / "pyproject.toml"),
        code=code("write_report.py"),
    shell:
        "python {resources.script:q} --studies {params.studies:q} --left-out {params.left_out:q}"
        " --version {params.version:q} --language {params.language} --index {output.index:q}"
        " --output {output.report:q}"
        " --started {resources.started:q} 2> {log:q}"
