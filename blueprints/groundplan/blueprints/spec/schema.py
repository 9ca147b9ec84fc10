"""JSON Schema of the spec, for editors."""

from typing import Any

from groundplan.blueprints.spec.project import ProjectSpec


def spec_schema() -> dict[str, Any]:
    """Return the JSON Schema of the spec: every field, with its text, values and patterns."""
    schema = ProjectSpec.model_json_schema()
    _close(schema)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:groundplan:spec:1",
        **schema,
        "title": "groundplan spec",
    }


def _close(schema: Any) -> None:
    """Let mappings have only keys of their pattern, which pydantic leaves open."""
    if isinstance(schema, dict):
        if "patternProperties" in schema:
            schema.setdefault("additionalProperties", False)
        for item in schema.values():
            _close(item)
    elif isinstance(schema, list):
        for item in schema:
            _close(item)
