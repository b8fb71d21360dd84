"""Add to the site the pages that are no Markdown of docs/, and turn links so that all are in it.

Files of the project that pages link to are copied into it: Markdown as pages, all else as it is. The
tutorial is a notebook, executed here; an error in it ends the build. MkDocs calls the functions that
are named on_….
"""

import os
import re
import tempfile
from pathlib import Path

import nbformat
from mkdocs.structure.files import File
from nbconvert import MarkdownExporter
from nbconvert.preprocessors import ExecutePreprocessor

PROJECT = Path(__file__).parents[2]
DOCS = PROJECT / "docs"
PACKAGE = PROJECT / "scripts" / "lr_atlas"

#: Files outside docs/ that pages may link to, with the same path in the site.
BESIDE = [
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "CITATION.cff",
    "LICENSE",
    "bench/README.md",
    "config.yaml",
    "config.schema.json",
    *(path.relative_to(PROJECT).as_posix() for path in sorted(PROJECT.glob("studies/*.yaml"))),
]
#: Pages of the reference from docstrings: {name: (title, what is in it, places in the package)}.
REFERENCE = {
    "tables": ("Tables", "Reading what a study left, and the columns of its tables.", ["tables"]),
    "analysis": ("Analysis", "From tables to intervals, verdicts and findings.", ["analysis"]),
    "figures": ("Figures", "A study's figures, each a function of its tables.", ["figures"]),
    "training": (
        "Parts of a training",
        "Networks, losses, schedules, transforms and metrics, as a configuration names them.",
        [f"training/{part}" for part in ("models", "losses", "schedules", "transforms", "metrics")],
    ),
    "tools": ("Tools", "Plan, verify, prune, suggest, compare and judge.", ["tools"]),
}
LINK = re.compile(r"\]\((?![a-z]+:|#|/)([^)\s#]+)")
CODE = re.compile(r"^ *```.*?^ *```|`[^`\n]+`", re.MULTILINE | re.DOTALL)


def on_files(files, config):
    """Add the files beside docs/, the reference and the executed tutorial."""
    for path in BESIDE:
        files.append(File.generated(config, path, abs_src_path=str(PROJECT / path)))
    for name, page in REFERENCE.items():
        files.append(File.generated(config, f"reference/{name}.md", content=reference(*page)))
    for path, content in executed(DOCS / "tutorial.ipynb").items():
        files.append(File.generated(config, path, content=content))
    return files


def on_page_markdown(markdown, page, config, files):
    """Return the page with links as the site's folders ask for them."""
    return with_links(markdown, page.file.src_uri)


def with_links(markdown: str, page: str) -> str:
    """Return Markdown whose links lead from the page's place in the site, not in the project.

    There the folder docs/ is the top, and `page` is the path from it; code is left alone.
    """
    place = (PROJECT / page if page in BESIDE else DOCS / page).parent

    def turned(link: re.Match) -> str:
        target = Path(os.path.normpath(place / link[1]))
        top = DOCS if target.is_relative_to(DOCS) else PROJECT
        inside = target.relative_to(top) if target.is_relative_to(top) else Path(link[1])
        return "](" + os.path.relpath(inside, Path(page).parent).replace(os.sep, "/")

    pieces, after = [], 0
    for code in CODE.finditer(markdown):
        pieces += [LINK.sub(turned, markdown[after : code.start()]), code[0]]
        after = code.end()
    return "".join([*pieces, LINK.sub(turned, markdown[after:])])


def reference(title: str, text: str, places: list[str]) -> str:
    """Return a page that asks mkdocstrings for all modules of folders of the package."""
    modules = [
        path.relative_to(PACKAGE.parent).with_suffix("").as_posix().replace("/", ".")
        for place in places
        for path in sorted((PACKAGE / place).rglob("*.py"))
        if path.stem != "__init__"
    ]
    return "\n\n".join([f"# {title}", text, *(f"::: {module}" for module in modules)]) + "\n"


def executed(notebook: Path) -> dict[str, str | bytes]:
    """Execute a notebook; return the files of its page by their paths, the pictures among them.

    Raises nbclient's CellExecutionError if a cell does.
    """
    content = nbformat.read(notebook, as_version=4)
    with tempfile.TemporaryDirectory() as folder:
        # Its own settings and history, not those of whoever builds the site.
        for name in ("IPYTHONDIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR"):
            os.environ[name] = folder
        ExecutePreprocessor(timeout=300).preprocess(
            content, {"metadata": {"path": str(notebook.parent)}}
        )
    name = notebook.stem
    text, resources = MarkdownExporter().from_notebook_node(
        content, {"unique_key": name, "output_files_dir": f"{name}-files"}
    )
    return {f"{name}.md": text, **resources["outputs"]}
