"""Reads a spec from a file or from text."""

from pathlib import Path
from typing import Literal

from groundplan.blueprints.errors import InputError, SpecErrors, SpecProblem
from groundplan.blueprints.spec.build import build
from groundplan.blueprints.spec.document import MAX_BYTES, Document, show
from groundplan.blueprints.spec.document import Path as Place
from groundplan.blueprints.spec.files import file_reader
from groundplan.blueprints.spec.project import ProjectSpec
from groundplan.blueprints.spec.serving import RealtimeServing


def load_spec(path: str | Path) -> ProjectSpec:
    """Return the spec in a file: JSON if its name ends in ``.json``, else YAML.

    Files of traffic profiles that it names are read too, relative to its directory.

    Raises:
        SpecErrors: If a file cannot be read or the spec has mistakes; holds all of them, with
            positions.
    """
    file = Path(path)
    try:
        with file.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except IsADirectoryError as exc:
        raise _error(str(path), "is a directory", show(str(path)), "name the file in it") from exc
    except FileNotFoundError as exc:
        raise _error(str(path), "no such file", show(str(path)), "check the path") from exc
    except (OSError, ValueError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) and exc.strerror else "a name with NUL"
        raise _error(str(path), "cannot be read", show(reason.lower()), "check the path") from exc
    document = _document(content, str(path), "json" if file.suffix.lower() == ".json" else "yaml")
    spec = build(document)
    files = _files(spec, document, path)
    return spec.with_files(files) if files else spec


def parse_spec(
    text: str | bytes, filename: str = "groundplan.yaml", format: Literal["yaml", "json"] = "yaml"
) -> ProjectSpec:
    """Return the spec in ``text``, without the files that it names: those stay unread.

    Args:
        text: The document; bytes must be UTF-8.
        filename: Name to use in errors.
        format: Language of the document.

    Raises:
        SpecErrors: If it has mistakes; holds all of them, with positions.
    """
    return build(_document(text, filename, format))


def _document(text: str | bytes, filename: str, format: str) -> Document:
    if len(text) > MAX_BYTES:
        raise _error(filename, f"larger than {MAX_BYTES} bytes", "more", "name a spec")
    decoded = _decode(text, filename).removeprefix("\ufeff")
    if format == "json":
        from groundplan.blueprints.spec.read_json import read_json

        return read_json(decoded, filename)
    from groundplan.blueprints.spec.read_yaml import read_yaml

    return read_yaml(decoded, filename)


def _files(spec: ProjectSpec, document: Document, path: str | Path) -> dict[str, str]:
    """Return the text of each file that the spec names, by its name there.

    Raises:
        SpecErrors: If one cannot be read; holds all of them, with their places in the spec.
    """
    read, found, problems = file_reader(path), dict[str, str](), []
    for number, model in enumerate(spec.models):
        traffic = model.serving.traffic if isinstance(model.serving, RealtimeServing) else None
        if traffic is None or traffic.profile is None:
            continue
        place: Place = ("models", number, "serving", "traffic", "profile")
        try:
            found[traffic.profile] = read(traffic.profile)
        except InputError as exc:
            problem, position = f"{exc.problem}: {exc.got}", document.position(place)
            got = show(traffic.profile)
            problems.append(document.problem(place, problem, got, exc.fix, position))
    if problems:
        raise SpecErrors(problems)
    return found


def _decode(text: str | bytes, filename: str) -> str:
    """Return ``text`` as text that can be written as UTF-8."""
    try:
        if isinstance(text, bytes):
            return text.decode("utf-8")
        text.encode("utf-8")
    except UnicodeError as exc:
        at = exc.start if isinstance(exc, UnicodeDecodeError | UnicodeEncodeError) else 0
        newline = b"\n" if isinstance(text, bytes) else "\n"
        before = text[:at]
        line = before.count(newline) + 1  # type: ignore[arg-type]
        column = at - before.rfind(newline)  # type: ignore[arg-type]
        raise _error(
            filename, "not UTF-8", "other bytes", "save it as UTF-8", line, column
        ) from exc
    return text


def _error(
    file: str, problem: str, got: str, fix: str, line: int | None = None, column: int | None = None
) -> SpecErrors:
    return SpecErrors(
        [
            SpecProblem(
                path="", problem=problem, got=got, fix=fix, file=file, line=line, column=column
            )
        ]
    )
