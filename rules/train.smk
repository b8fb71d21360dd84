"""Train: one job per run, that is per setting and seed; or one job per pack of runs.

In:   the images (the test images only for studies with `validation: test`)
Out:  results/runs/<run>/epochs-<n>/ (or steps-<n>/) history.csv, first_epoch.csv, timing.csv, run.json, model.pt,
      dynamics.csv, code-<fingerprint>
Also: results/checkpoints/ (or the cache), which no rule declares, so that Snakemake leaves it alone

The start of a job can cost more than a short run. So where there are many runs to do, or a profile
sets the resource `runs_per_job` of the rule `train_pack`, that rule trains up to so many, and leaves
the files of each in results/trained; `train` moves them to their place, a matter of 0.05 s where
Snakemake runs.
Snakemake's own groups cannot do this: when one run of a group fails, the outputs of all are lost.
"""


rule train_pack:
    """Train the runs of a pack that are not finished, one after the other; each fails for itself."""
    input:
        images=ancient(pack_images),
    output:
        # This file means only that all runs have been tried.
        done=temp("results/packs/{study}/{pack}"),
    log:
        "results/logs/train_pack/{study}/{pack}.log",
    benchmark:
        "results/benchmarks/train_pack/{study}/{pack}.tsv"
    priority: long_packs
    conda:
        "../envs/training.yaml"
    threads: ATLAS.configuration.compute.threads
    resources:
        script=script("train_pack.py"),
        started=STARTED,
        results=RESULTS,
        device=ATLAS.configuration.compute.device,
        gpu=gpu_slots,
        mem_mb=pack_memory,
        runtime=pack_minutes,
        cache=cache_directory,
        on_new_torch=on_new_torch,
        own_files=str(own_files_folder()),
        attempt=this_attempt,
        attempts=attempts,
        # A profile sets it where a GPU is to train runs of one shape at once, see docs/gpu.md.
        stacked=0,
    shell:
        "python {resources.script:q} --pack {wildcards.study}/{wildcards.pack}"
        " --attempt {resources.attempt} --attempts {resources.attempts}"
        " --stacked {resources.stacked}"
        " --device {resources.device} --on-new-torch {resources.on_new_torch}"
        " --checkpoints {resources.cache:q} {resources.results:q}/checkpoints"
        " --own-files {resources.own_files:q}"
        " --results {resources.results:q} --output {output.done:q}"
        " --started {resources.started:q} 2> {log:q}"


rule train:
    """Train one run, from the furthest checkpoint on; one that diverges ends well, as run.json says."""
    input:
        # The run's name holds which images they are, so the time of these files does not matter.
        train=ancient(training_images),
        test=ancient(test_images),
        pack=ancient(pack_of),
        start=start_if_stale,
    output:
        history=f"results/runs/{{run}}/{{unit}}-{{epochs}}/{HISTORY}",
        first_epoch=f"results/runs/{{run}}/{{unit}}-{{epochs}}/{FIRST_EPOCH}",
        timing=f"results/runs/{{run}}/{{unit}}-{{epochs}}/{TIMING}",
        description=f"results/runs/{{run}}/{{unit}}-{{epochs}}/{DESCRIPTION}",
        # Beside them the stamp, whose name differs from run to run, and dynamics.csv, which runs of
        # earlier versions do not have, and are finished all the same.
        model=f"results/runs/{{run}}/{{unit}}-{{epochs}}/{MODEL}",
    log:
        "results/logs/train/{run}/{unit}-{epochs}.log",
    benchmark:
        "results/benchmarks/train/{run}/{unit}-{epochs}.tsv"
    priority: longer_runs
    localrule: bool(PACKS)
    conda:
        "../envs/training.yaml"
    threads: ATLAS.configuration.compute.threads
    resources:
        script=script("train.py"),
        started=STARTED,
        results=RESULTS,
        device=ATLAS.configuration.compute.device,
        gpu=0 if PACKS else gpu_slots,
        mem_mb=run_memory,
        runtime=run_minutes,
        cache=cache_directory,
        on_new_torch=on_new_torch,
        own_files=str(own_files_folder()),
        folder=folder_of_run,
        stamps=stamps_pattern,
        finished=finished_in_pack,
        packed_log=packed_log,
        take_only="--take-only" if PACKS else "",
    params:
        configuration=run_configuration,
    shell:
        # A run that a pack has finished is moved, since starting Python takes six times as long. Where
        # that fails, or a link lies on the way, Python takes it from its checkpoint, or says why not.
        "if ls {resources.finished:q} 2> /dev/null | grep -qxE {resources.stamps:q}"
        ' && [ -z "$(find {resources.results:q}/trained/{wildcards.run}'
        ' {resources.results:q}/runs/{wildcards.run} -maxdepth 1 -type l)" ]'
        " && rm -f {resources.folder:q}/code-*"
        " && mv -f {resources.finished:q}/* {resources.folder:q} 2> {log:q};"
        # The folder above these stays: a pack may be about to make another run's in it.
        " then rmdir {resources.finished:q} {resources.results:q}/trained/{wildcards.run}"
        " 2> {log:q} || true;"
        " cat {resources.packed_log:q} > {log:q} || true;"
        " else python {resources.script:q}"
        " --configuration {params.configuration:q} --epochs {wildcards.epochs}"
        " --training-images {input.train:q} --test-images {input.test:q}"
        " --device {resources.device} --on-new-torch {resources.on_new_torch}"
        " --checkpoints {resources.cache:q} {resources.results:q}/checkpoints"
        " --own-files {resources.own_files:q}"
        " --output-directory {resources.folder:q}"
        " --packed-log {resources.packed_log:q} {resources.take_only}"
        " --started {resources.started:q} 2> {log:q}; fi"
