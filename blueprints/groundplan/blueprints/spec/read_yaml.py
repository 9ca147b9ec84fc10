"""Reads YAML into a document: the core schema, without tags, merge keys and surprises."""

import re
from typing import Any

import yaml

from groundplan.blueprints.spec.document import Document, Path, Position, show

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the same events without libyaml

_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,30})")
_FLOAT = re.compile(r"[-+]?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]{1,4})?")
_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
}


def read_yaml(text: str, file: str) -> Document:
    """Return the document in ``text``.

    Unquoted text stays text unless it is a number, true, false or null of YAML 1.2: ``yes``,
    ``12:30`` and ``012345678901`` are text.

    Raises:
        SpecErrors: If it is not one YAML document, or is too deep or too large.
    """
    document = Document(file)
    loader = _Loader(text)
    try:
        _Reader(loader, document).read()
    except yaml.reader.ReaderError as exc:
        line = text.count("\n", 0, exc.position) + 1
        column = exc.position - (text.rfind("\n", 0, exc.position) + 1) + 1
        raise document.fail(
            "not text that YAML allows", f"character {exc.character!r}", "remove it",
            Position(line, column),
        ) from exc  # fmt: skip
    except yaml.MarkedYAMLError as exc:
        mark = exc.problem_mark or exc.context_mark
        lines = text.splitlines()[mark.line : mark.line + 1] if mark else []
        raise document.fail(
            f"not YAML: {exc.problem or exc.context}",
            show(lines[0].strip()) if lines and lines[0].strip() else "the end of the file",
            "correct the quotes, brackets or indentation here or above",
            Position(mark.line + 1, mark.column + 1) if mark else None,
        ) from exc
    finally:
        loader.dispose()
    return document


class _Reader:
    """Builds data from the parser's events, so that nothing recurses deeper than is allowed."""

    def __init__(self, loader: Any, document: Document) -> None:
        self._loader = loader
        self._document = document
        self._anchors: dict[str, tuple[object, int]] = {}

    def read(self) -> None:
        self._next()  # stream start
        if isinstance(self._next(), yaml.StreamEndEvent):
            return
        self._document.data = self._value(self._next(), ())
        self._next()  # document end
        event = self._next()
        if not isinstance(event, yaml.StreamEndEvent):
            raise self._document.fail(
                "more than one document", "'---'", "keep one spec a file", _at(event)
            )

    def _next(self) -> Any:
        return self._loader.get_event()

    def _value(self, event: Any, path: Path) -> object:
        document, position = self._document, _at(event)
        if isinstance(event, yaml.AliasEvent):
            if event.anchor not in self._anchors:
                problem = "an alias of something that is not defined before it"
                raise document.fail(
                    problem, show(f"*{event.anchor}"), "write the value out", position, path
                )
            value, nodes = self._anchors[event.anchor]
            document.add(path, position, nodes)
            return value
        before = document.nodes
        document.add(path, position)
        if event.tag is not None and event.tag != "!":
            fix = "remove the tag, values have the type that they look like"
            document.note(path, "tags are not supported", show(event.tag), fix, position)
        result: object
        if isinstance(event, yaml.MappingStartEvent):
            result = self._mapping(path)
        elif isinstance(event, yaml.SequenceStartEvent):
            result = self._sequence(path)
        else:
            result = event.value if event.style else _plain(event.value)
        if event.anchor is not None:
            self._anchors[event.anchor] = (result, document.nodes - before)
        return result

    def _sequence(self, path: Path) -> list[object]:
        items: list[object] = []
        while not isinstance(event := self._next(), yaml.SequenceEndEvent):
            items.append(self._value(event, (*path, len(items))))
        return items

    def _mapping(self, path: Path) -> dict[str, object]:
        entries: dict[str, object] = {}
        while not isinstance(event := self._next(), yaml.MappingEndEvent):
            key, position = self._key(event, path), _at(event)
            known = key is not None and self._document.add_key(path, key, position)
            value = self._value(self._next(), (*path, key if known and key is not None else "?"))
            if known and key is not None:
                entries[key] = value
        return entries

    def _key(self, event: Any, path: Path) -> str | None:
        """Return the text of a key; None, and note the mistake, if it is no usable key."""
        note, position = self._document.note, _at(event)
        if not isinstance(event, yaml.ScalarEvent):
            self._value(event, (*path, "?"))
            note(path, "a key must be text", "a list, mapping or alias", "use a word", position)
            return None
        if event.value == "<<" and not event.style:
            note(path, "merge keys are not supported", "'<<'", "write the fields out", position)
            return None
        return str(event.value)


def _at(event: Any) -> Position:
    return Position(event.start_mark.line + 1, event.start_mark.column + 1)


def _plain(text: str) -> object:
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    return text
