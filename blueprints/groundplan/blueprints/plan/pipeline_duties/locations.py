"""Which bucket and prefix a value of a step lies in, as far as it is known before it runs."""

from groundplan.blueprints.errors import PlanError
from groundplan.pipelines.values import Either, Join, Text


def location(uri: Text, *, path: str) -> tuple[str, str]:
    """Return the bucket of an S3 URI, and the part of the key that is known.

    Args:
        uri: A literal, or a concatenation that begins with one.
        path: Place that errors name.

    Raises:
        PlanError: If the bucket is not known before the pipeline runs.
    """
    known = _known(uri)
    bucket, slash, prefix = known.removeprefix("s3://").partition("/")
    if not known.startswith("s3://") or not slash:
        raise PlanError(
            path,
            "must begin with a literal bucket, so that a role can be limited to it",
            got=known or type(uri).__name__,
            fix="begin it with s3://BUCKET/PREFIX",
        )
    return bucket, prefix


def known_part(value: object) -> str:
    """Return the text that ``value`` begins with in every execution."""
    return _known(value)


def _known(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, Either):
        return _known(value.otherwise)
    if isinstance(value, Join):
        found = ""
        for part in value.parts:
            if not isinstance(part, str):
                break
            found += part
        return found
    return ""
