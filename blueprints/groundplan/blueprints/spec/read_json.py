"""Reads JSON into a document with positions, which the standard library does not give."""

import re
from bisect import bisect_right
from json.decoder import JSONDecodeError, scanstring  # type: ignore[attr-defined]

from groundplan.blueprints.errors import SpecErrors
from groundplan.blueprints.spec.document import Document, Path, Position, show

_SPACE = re.compile(r"[ \t\r\n]*")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_WORDS = {"true": True, "false": False, "null": None}


def read_json(text: str, file: str) -> Document:
    """Return the document in ``text``.

    Raises:
        SpecErrors: If it is not one JSON value, or is too deep or too large.
    """
    document = Document(file)
    reader = _Reader(text, document)
    if reader.peek():
        document.data = reader.value(())
        if reader.peek():
            raise reader.fail("text after the end of the JSON value", "remove it")
    return document


class _Reader:
    """Recursive descent; its depth is limited by the document."""

    def __init__(self, text: str, document: Document) -> None:
        self._text = text
        self._document = document
        self._index = 0
        self._lines = [0, *(match.end() for match in re.finditer("\n", text))]

    def at(self) -> Position:
        line = bisect_right(self._lines, self._index)
        return Position(line, self._index - self._lines[line - 1] + 1)

    def peek(self) -> str:
        """Skip space; return the next character, or nothing at the end."""
        match = _SPACE.match(self._text, self._index)
        self._index = match.end() if match else self._index
        return self._text[self._index : self._index + 1]

    def fail(self, problem: str, fix: str, path: Path = ()) -> SpecErrors:
        rest = self._text[self._index : self._index + 20].split("\n")[0]
        got = show(rest) if rest else "the end of the file"
        return self._document.fail(f"not JSON: {problem}", got, fix, self.at(), path)

    def value(self, path: Path) -> object:
        char = self.peek()
        self._document.add(path, self.at())
        if char == "{":
            return self._mapping(path)
        if char == "[":
            return self._sequence(path)
        if char == '"':
            return self._string(path)
        for word, value in _WORDS.items():
            if self._text.startswith(word, self._index):
                self._index += len(word)
                return value
        match = _NUMBER.match(self._text, self._index)
        if match is None:
            raise self.fail("expected a value", "write one, text in double quotes", path)
        self._index = match.end()
        whole = match[1] is None and match[2] is None and len(match[0]) <= 32
        return int(match[0]) if whole else float(match[0])

    def _string(self, path: Path) -> str:
        try:
            text, end = scanstring(self._text, self._index + 1, True)
        except JSONDecodeError as exc:
            self._index = exc.pos
            raise self.fail(exc.msg.lower(), "correct the text in quotes", path) from exc
        self._index = end
        return str(text)

    def _sequence(self, path: Path) -> list[object]:
        items: list[object] = []
        self._index += 1
        if self.peek() == "]":
            self._index += 1
            return items
        while True:
            items.append(self.value((*path, len(items))))
            if self._ends("]", path):
                return items

    def _mapping(self, path: Path) -> dict[str, object]:
        entries: dict[str, object] = {}
        self._index += 1
        if self.peek() == "}":
            self._index += 1
            return entries
        while True:
            if self.peek() != '"':
                raise self.fail("expected a key", "write a key in double quotes", path)
            position = self.at()
            key = self._string(path)
            if self.peek() != ":":
                raise self.fail("expected a colon", "write ':' after the key", path)
            self._index += 1
            known = self._document.add_key(path, key, position)
            value = self.value((*path, key if known else "?"))
            if known:
                entries[key] = value
            if self._ends("}", path):
                return entries

    def _ends(self, bracket: str, path: Path) -> bool:
        char = self.peek()
        if char not in (",", bracket) or not char:
            raise self.fail(f"expected ',' or '{bracket}'", f"write ',' or '{bracket}'", path)
        self._index += 1
        return char == bracket
