"""The texts below the fields of a class, which Python itself does not keep."""

import ast
import inspect
from collections.abc import Mapping
from itertools import pairwise
from textwrap import dedent


def attribute_docs(model: type) -> Mapping[str, str]:
    """Return the text below each annotated attribute of a class and its bases, by name."""
    found: dict[str, str] = {}
    for kind in reversed(model.__mro__):
        if not kind.__module__.startswith("groundplan."):
            continue
        [tree] = ast.parse(dedent(inspect.getsource(kind))).body
        for field, text in pairwise(getattr(tree, "body", ())):
            if (
                isinstance(field, ast.AnnAssign)
                and isinstance(field.target, ast.Name)
                and isinstance(text, ast.Expr)
                and isinstance(text.value, ast.Constant)
                and isinstance(text.value.value, str)
            ):
                found[field.target.id] = inspect.cleandoc(text.value.value)
    return found
