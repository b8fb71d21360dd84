"""Find: range tests of a study that says `find`, to be held against what its grid has measured.

In:   the training images (and the test images where the study validates on them)
Out:  results/studies/<study>/range_tests.csv

They take seconds, so there are no checkpoints, and one job makes all of a study.
"""


rule find_rates:
    """Train each optimizer of one study while its learning rate rises, with several seeds."""
    input:
        # The images are part of the runs' names, so their time does not matter.
        images=ancient(images_of_study),
    output:
        tests="results/studies/{study}/range_tests.csv",
    log:
        "results/logs/find_rates/{study}.log",
    benchmark:
        "results/benchmarks/find_rates/{study}.tsv"
    localrule: True
    conda:
        "../envs/training.yaml"
    threads: 1
    resources:
        script=script("find_rates.py"),
        started=STARTED,
        device=ATLAS.configuration.compute.device,
        own_files=str(own_files_folder()),
    params:
        tests=range_tests_of_study,
        # They are made by the same training code as the runs.
        stamp=stamps_of_study,
        code=code("find_rates.py"),
    shell:
        "python {resources.script:q} --tests {params.tests:q} --images {input.images:q}"
        " --device {resources.device} --own-files {resources.own_files:q}"
        " --output {output.tests:q} --started {resources.started:q} 2> {log:q}"
