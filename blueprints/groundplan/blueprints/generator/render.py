"""Renders the templates of a repository in memory."""

from importlib.resources import files
from pathlib import Path, PurePosixPath

from jinja2 import (
    BaseLoader,
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PrefixLoader,
    StrictUndefined,
    TemplateError,
    TemplateSyntaxError,
)

from groundplan.blueprints.errors import InputError
from groundplan.blueprints.generator.context import Context
from groundplan.blueprints.generator.layers import LAYERS, SHARED, Layer, layers
from groundplan.stacks.project_files import project_files

SUFFIX = ".jinja"
SHIPPED = "groundplan"
"""Prefix by which a template of one's own names a shipped one, in `extends` and `include`."""
PROGRAMS = (
    "fairness.py",
    "job.py",
    "quality.py",
    "references.py",
    "score.py",
    "serve.py",
    "tracking.py",
)
"""Standard programs that every rendered folder of an image gets, from `groundplan.pipelines.jobs`."""
_CACHES = ("__pycache__",)

Tree = dict[str, bytes]
"""Content of files, by their paths from the repository's root, sorted."""


def render(context: Context, *, own: Path | None = None) -> Tree:
    """Return every file of a repository that comes from templates.

    Args:
        context: What the templates know.
        own: Folder of templates that replace shipped ones of the same path, or add to them. A
            template that renders to nothing leaves a file out. Default: none.

    Raises:
        InputError: If a template is wrong or names what is not known; holds its file and line, or if
            a folder of ``own`` is none of the layers'.
    """
    shipped = _shipped()
    loaders: list[BaseLoader] = [FileSystemLoader(shipped)]
    if own is not None:
        _check_own(own)
        loaders = [FileSystemLoader(own), *loaders]
    environment = Environment(
        loader=ChoiceLoader([*loaders, PrefixLoader({SHIPPED: FileSystemLoader(shipped)})]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # what is rendered is text, code and YAML
    )
    tree: Tree = _pulumi_projects(context) if context.engine == "pulumi" else {}
    for layer in layers(context):
        if layer.templates == "ml/common":
            tree |= _programs(layer.into)
        sources = _sources(shipped / layer.templates)
        if own is not None:
            sources |= _sources(own / layer.templates)
        for target, source in sorted(sources.items()):
            _add(tree, environment, layer, target, source, context)
    return dict(sorted(tree.items()))


def _shipped() -> Path:
    return Path(str(files("groundplan.blueprints").joinpath("templates")))


def _pulumi_projects(context: Context) -> Tree:
    """A project file and a stack file in each environment's directory."""
    found = project_files(context.plan, spec="../../groundplan.yaml", virtualenv="../../.venv")
    return {
        f"{item.directory}/{name}": found[name].encode()
        for item in context.environments
        for name in ("Pulumi.yaml", f"Pulumi.{item.name}.yaml")
    }


def _programs(into: str) -> Tree:
    source = files("groundplan.pipelines.jobs")
    return {f"{into}/{name}": source.joinpath(name).read_bytes() for name in PROGRAMS}


def _sources(folder: Path) -> dict[str, Path]:
    """Templates of a folder, by what they become."""
    found = {}
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder)
        if path.is_file() and not any(part in _CACHES for part in relative.parts):
            found[relative.as_posix().removesuffix(SUFFIX)] = path
    return found


def _add(
    tree: Tree, environment: Environment, layer: Layer, target: str, source: Path, context: Context
) -> None:
    path = (PurePosixPath(layer.into) / target).as_posix()
    if source.suffix != SUFFIX:
        tree[path] = source.read_bytes()
        return
    try:
        template = environment.get_template(f"{layer.templates}/{target}{SUFFIX}")
        text = template.render(**context.names(), **layer.values)
    except TemplateSyntaxError as exc:
        raise _error(exc.filename or str(source), exc.lineno, exc) from exc
    except (
        TemplateError,
        ArithmeticError,
        AttributeError,
        LookupError,
        TypeError,
        ValueError,
    ) as exc:
        raise _error(*_position(exc, str(source)), exc) from exc
    if text.strip():
        tree[path] = text.encode()
    else:
        tree.pop(path, None)


def _position(exc: Exception, default: str) -> tuple[str, int]:
    """File and line of the innermost template that an error came through."""
    found = (default, 1)
    frame = exc.__traceback__
    while frame is not None:
        name = frame.tb_frame.f_code.co_filename
        if name.endswith(SUFFIX):
            found = (name, frame.tb_lineno)
        frame = frame.tb_next
    return found


def _error(file: str, line: int, exc: Exception) -> InputError:
    return InputError(
        f"{_short(file)}:{line}",
        "template cannot be rendered",
        got=f"{type(exc).__name__}: {exc}",
        fix="see docs/templates.md for what templates know",
    )


def _short(file: str) -> str:
    """A shipped template by its path among the shipped ones, others as they were given."""
    path, shipped = Path(file), _shipped()
    if path.is_relative_to(shipped):
        return f"{SHIPPED}/{path.relative_to(shipped).as_posix()}"
    return file


def _check_own(own: Path) -> None:
    """Refuse a file that no layer would ever use: its folder may be misspelt."""
    if not own.is_dir():
        raise InputError(str(own), "is no folder of templates", got=str(own), fix="name a folder")
    known = (*LAYERS, SHARED)
    for target, path in sorted(_sources(own).items()):
        if not target.startswith((".", *(f"{layer}/" for layer in known))) and "/" in target:
            raise InputError(
                str(path),
                "is in no layer of templates",
                got=target,
                fix=f"put it into one of {', '.join(known)}",
            )
