"""LR Atlas: how optimizer and learning rate shape the training of a neural network.

The studies stand in config.yaml and in the files that it includes; each goes one way through the
stages below. Targets beside `all`: the name of a study, or any file under results/.
"""

from snakemake.utils import min_version

min_version("9.27")


report: "report/workflow.rst"


include: "rules/common.smk"
include: "rules/studies.smk"
include: "rules/runs.smk"
include: "rules/jobs.smk"
include: "rules/failure.smk"
include: "rules/terminal.smk"


rule all:
    input:
        "results/report.html",
        [other_figures(study) for study in ATLAS.plans],
        [runs_to_do(study) for study in ATLAS.plans],


for study in ATLAS.plans:

    rule:
        name:
            study
        input:
            study_results(study),
            other_figures(study),
            runs_to_do(study),


# The stages, in the order in which data goes through them.
include: "rules/data.smk"
include: "rules/train.smk"
include: "rules/import.smk"
include: "rules/collect.smk"
include: "rules/evaluate.smk"
include: "rules/find.smk"
include: "rules/analyse.smk"
include: "rules/figures.smk"
include: "rules/report.smk"
include: "rules/answers.smk"


onstart:
    write_down(
        PLACES, THIS, attempts(), plain_packs(ATLAS, PACKS, PLACES.results), CONFIGURATION
    )
    STOPPED.listen(tell_stopped)
    if TERMINAL:
        TERMINAL.begin(confirming_runs_to_come())


onsuccess:
    refuse_to_end_early()
    SUCCESSES.append(True)


onerror:
    leave_terminal()
    report_failure()
