"""Train: one job per run, that is per setting and seed.

In:   the images (the test images only for studies with `validation: test`)
Out:  results/runs/<run>/epochs-<n>/history.csv, timing.csv, run.json, model.pt
"""


rule train:
    """Train one run. A run that diverges ends well, with that status in run.json."""
    input:
        # What the images are is part of the run's name, so their time does not matter.
        train=ancient(training_images),
        test=ancient(test_images),
    output:
        history=f"results/runs/{{run}}/epochs-{{epochs}}/{HISTORY}",
        timing=f"results/runs/{{run}}/epochs-{{epochs}}/{TIMING}",
        description=f"results/runs/{{run}}/epochs-{{epochs}}/{DESCRIPTION}",
        model=f"results/runs/{{run}}/epochs-{{epochs}}/{MODEL}",
    log:
        "results/logs/train/{run}/epochs-{epochs}.log",
    benchmark:
        "results/benchmarks/train/{run}/epochs-{epochs}.tsv"
    conda:
        "../envs/training.yaml"
    threads: ATLAS.configuration.compute.threads
    resources:
        script=script("train.py"),
        device=ATLAS.configuration.compute.device,
        gpu=gpu_slots,
    params:
        configuration=run_configuration,
        code=fingerprint("train.py"),
    shell:
        "python {resources.script:q}"
        " --configuration {params.configuration:q} --epochs {wildcards.epochs}"
        " --training-images {input.train:q} --test-images {input.test:q}"
        " --device {resources.device}"
        " --output-directory results/runs/{wildcards.run}/epochs-{wildcards.epochs}"
        " 2> {log:q}"
