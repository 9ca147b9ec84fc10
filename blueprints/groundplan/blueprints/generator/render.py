"""Renders the templates of a repository in memory."""

from collections.abc import Iterator
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
from groundplan.blueprints.generator.layers import Layer, layers
from groundplan.stacks.project_files import project_files

SUFFIX = ".jinja"
SHIPPED = "groundplan"
"""Prefix by which a template of one's own names a shipped one, in `extends` and `include`."""
PROGRAMS = ("fairness.py", "job.py", "quality.py", "references.py", "score.py", "serve.py")
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
        folders = [shipped / layer.templates]
        if layer.templates.startswith("ml/common"):
            tree |= _programs(layer.into)
        if own is not None:
            folders.append(own / layer.templates)
        names = sorted({name for folder in folders for name in _names(folder)})
        for name in names:
            _add(tree, environment, folders, layer, name, context)
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


def _names(folder: Path) -> Iterator[str]:
    for path in folder.rglob("*"):
        relative = path.relative_to(folder)
        if path.is_file() and not any(part in _CACHES for part in relative.parts):
            yield relative.as_posix()


def _add(
    tree: Tree,
    environment: Environment,
    folders: list[Path],
    layer: Layer,
    name: str,
    context: Context,
) -> None:
    target = (PurePosixPath(layer.into) / name.removesuffix(SUFFIX)).as_posix()
    source = next(folder / name for folder in reversed(folders) if (folder / name).is_file())
    if not name.endswith(SUFFIX):
        tree[target] = source.read_bytes()
        return
    place = f"{layer.templates}/{name}"
    try:
        text = environment.get_template(place).render(**context.names(), **layer.values)
    except TemplateSyntaxError as exc:
        raise _error(exc.filename or place, exc.lineno, exc) from exc
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
        tree[target] = text.encode()
    else:
        tree.pop(target, None)


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
    known = sorted(path.name for path in _shipped().iterdir() if path.is_dir())
    if not own.is_dir():
        raise InputError(str(own), "is no folder of templates", got=str(own), fix="name a folder")
    for path in sorted(own.iterdir()):
        if path.is_dir() and path.name not in known and not path.name.startswith("."):
            raise InputError(
                str(path),
                "is no layer of templates",
                got=path.name,
                fix=f"use one of {', '.join(known)}",
            )
