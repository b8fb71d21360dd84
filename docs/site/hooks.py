"""Add to the site the pages that are no Markdown of docs/, and turn links so that all are in it.

Files of the project that pages link to are copied into it: Markdown as pages, all else as it is.
The tutorial is a notebook, executed here; an error in it ends the build. MkDocs calls the functions
that are named on_….
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
#: The site begins with docs/index.md in its place.
README = PROJECT / "README.md"

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
CODE = re.compile(r"(^ *```.*?^ *```|`[^`\n]+`)", re.MULTILINE | re.DOTALL)


def on_files(files, config):
    """Add the files beside docs/, the reference and the executed tutorial."""
    for path in sorted(beside()):
        files.append(
            File.generated(config, path.relative_to(PROJECT).as_posix(), abs_src_path=str(path))
        )
    for name, page in REFERENCE.items():
        files.append(File.generated(config, f"reference/{name}.md", content=reference(*page)))
    for path, content in executed(DOCS / "tutorial.ipynb").items():
        files.append(File.generated(config, path, content=content))
    return files


def on_page_markdown(markdown, page, config, files):
    """Return the page with links as the site's folders ask for them."""
    return with_links(markdown, page.file.src_uri)


def beside() -> set[Path]:
    """Return the files outside docs/ that its pages link to, and those that these link to."""
    found: set[Path] = set()
    waiting = [*DOCS.rglob("*.md"), *PROJECT.glob("*.md")]
    while waiting:
        page = waiting.pop()
        prose = "".join(CODE.split(page.read_text(encoding="utf-8"))[::2])
        targets = {Path(os.path.normpath(page.parent / link)) for link in LINK.findall(prose)}
        new = {
            path
            for path in targets - found - {README}
            if path.is_file() and not path.is_relative_to(DOCS)
        }
        found |= new
        waiting += [path for path in new if path.suffix == ".md"]
    return found


def with_links(markdown: str, page: str) -> str:
    """Return Markdown whose links lead from the page's place in the site, not in the project.

    There the folder docs/ is the top, and `page` is the path from it; code is left alone.
    """
    source = DOCS / page if (DOCS / page).is_file() else PROJECT / page

    def turned(link: re.Match) -> str:
        target = Path(os.path.normpath(source.parent / link[1]))
        top = DOCS if target.is_relative_to(DOCS) else PROJECT
        inside = target.relative_to(top) if target.is_relative_to(top) else Path(link[1])
        if target == README:
            inside = Path("index.md")
        if inside.suffix == ".ipynb":
            inside = inside.with_suffix(".md")
        return "](" + os.path.relpath(inside, Path(page).parent).replace(os.sep, "/")

    # Splitting by a pattern gives the code, which its brackets hold, as each second piece.
    pieces = CODE.split(markdown)
    pieces[::2] = [LINK.sub(turned, piece) for piece in pieces[::2]]
    return "".join(pieces)


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
        ExecutePreprocessor(timeout=1200).preprocess(
            content, {"metadata": {"path": str(notebook.parent)}}
        )
    name = notebook.stem
    text, resources = MarkdownExporter().from_notebook_node(
        content, {"unique_key": name, "output_files_dir": f"{name}-files"}
    )
    return {f"{name}.md": text, **resources["outputs"]}
