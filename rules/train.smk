"""Train: one job per run, that is per setting and seed.

In:   the images (the test images only for studies with `validation: test`)
Out:  results/runs/<run>/epochs-<n>/history.csv, timing.csv, run.json, model.pt, code-<fingerprint>
Also: results/checkpoints/ (or the cache), which no rule declares, so that Snakemake leaves it alone
"""


rule train:
    """Train one run, from the furthest checkpoint on; one that diverges ends well, as run.json says."""
    input:
        # What the images are is part of the run's name, so their time does not matter.
        train=ancient(training_images),
        test=ancient(test_images),
    output:
        history=f"results/runs/{{run}}/epochs-{{epochs}}/{HISTORY}",
        timing=f"results/runs/{{run}}/epochs-{{epochs}}/{TIMING}",
        description=f"results/runs/{{run}}/epochs-{{epochs}}/{DESCRIPTION}",
        model=f"results/runs/{{run}}/epochs-{{epochs}}/{MODEL}",
        stamp=f"results/runs/{{run}}/epochs-{{epochs}}/{STAMP}",
    log:
        "results/logs/train/{run}/epochs-{epochs}.log",
    benchmark:
        "results/benchmarks/train/{run}/epochs-{epochs}.tsv"
    priority: longer_runs
    conda:
        "../envs/training.yaml"
    threads: ATLAS.configuration.compute.threads
    resources:
        script=script("train.py"),
        device=ATLAS.configuration.compute.device,
        gpu=gpu_slots,
        cache=cache_directory,
        on_new_torch=on_new_torch,
    params:
        configuration=run_configuration,
        code=code("train.py"),
    shell:
        "python {resources.script:q}"
        " --configuration {params.configuration:q} --epochs {wildcards.epochs}"
        " --training-images {input.train:q} --test-images {input.test:q}"
        " --device {resources.device} --on-new-torch {resources.on_new_torch}"
        " --checkpoints {resources.cache:q} results/checkpoints"
        " --output-directory results/runs/{wildcards.run}/epochs-{wildcards.epochs}"
        " --code {params.code:q} 2> {log:q}"
