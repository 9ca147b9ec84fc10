"""Condition operators of IAM.

Sources: IAM User Guide, "IAM JSON policy elements: Condition operators", "Conditions with multiple
context keys or values" and "Set operators for multivalued context keys" (2026-11-21).
"""

import base64
import binascii
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from ipaddress import ip_address, ip_network

from groundplan.blueprints.prove.evaluate.patterns import (
    Context,
    Match,
    arn,
    glob,
    has_variable,
    literal,
    resolve,
)

Test = Callable[[Context], bool]
MULTIVALUED = frozenset(
    {
        "aws:calledvia",
        "aws:principalorgpaths",
        "aws:principalservicenameslist",
        "aws:resourceorgpaths",
        "aws:sourceorgpaths",
        "aws:tagkeys",
        "dynamodb:attributes",
        "dynamodb:leadingkeys",
        "kms:encryptioncontextkeys",
        "kms:grantoperations",
        "kms:resourcealiases",
        "s3:requestobjecttagkeys",
        "sagemaker:imagearns",
        "sagemaker:instancetypes",
        "sagemaker:vpcsecuritygroupids",
        "sagemaker:vpcsubnets",
        "sts:transitivetagkeys",
    }
)
"""Keys that hold lists: only operators with a quantifier match them (Service Authorization Reference,
types ``ArrayOf...``, 2026-10-27; IAM User Guide, "Single-valued vs. multivalued context keys")."""
Operator = Callable[[str], Match]
"""From the policy's value to a test of the request's."""


def condition(operator: str, key: str, values: tuple[str, ...]) -> Test:
    """Return the test of one operator and key.

    Raises:
        ValueError: If IAM has no such operator.
    """
    quantifier, _, name = operator.lower().rpartition(":")
    if_exists = name.endswith("ifexists")
    name = name.removesuffix("ifexists")
    key = key.lower()
    if name == "null":
        absent = values[0].lower() == "true"
        return lambda context: (not context.get(key)) is absent
    if name not in _OPERATORS or quantifier not in _QUANTIFIERS:
        raise ValueError(f"{operator} is no condition operator of IAM")
    compare, negated = _OPERATORS[name]
    matches = _any_of(compare, values, variables=compare in _WITH_VARIABLES)
    absent = if_exists or _QUANTIFIERS[quantifier](negated)

    def test(context: Context) -> bool:
        actual = context.get(key, ())
        if quantifier == "forallvalues":
            actual = tuple(value for value in actual if value)
        if not actual:
            return absent
        if not quantifier and (len(actual) > 1 or key in MULTIVALUED):
            return False
        found = (matches(value, context) != negated for value in actual)
        return all(found) if quantifier == "forallvalues" else any(found)

    return test


def _any_of(
    compare: Operator, values: tuple[str, ...], *, variables: bool
) -> Callable[[str, Context], bool]:
    """Return whether a value of the request is one of the policy's."""
    fixed = [compare(value) for value in values if not (variables and has_variable(value))]
    templates = [value for value in values if variables and has_variable(value)]

    def matches(actual: str, context: Context) -> bool:
        if any(match(actual) for match in fixed):
            return True
        resolved = (resolve(template, context) for template in templates)
        return any(value is not None and compare(value)(actual) for value in resolved)

    return matches


def _string_equals(expected: str) -> Match:
    return literal(expected).__eq__


def _ignoring_case(expected: str) -> Match:
    wanted = literal(expected).lower()
    return lambda actual: actual.lower() == wanted


def _bool(expected: str) -> Match:
    wanted = expected.lower()
    return lambda actual: actual.lower() == wanted


def _binary(expected: str) -> Match:
    wanted = _bytes(expected)
    return lambda actual: wanted is not None and _bytes(actual) == wanted


def _numeric(holds: Callable[[Decimal, Decimal], bool]) -> Operator:
    return _ordered(_number, holds)


def _date(holds: Callable[[Decimal, Decimal], bool]) -> Operator:
    return _ordered(_epoch, holds)


def _ordered(
    read: Callable[[str], Decimal | None], holds: Callable[[Decimal, Decimal], bool]
) -> Operator:
    """Return the operator of an order; what cannot be read matches nothing."""

    def operator(expected: str) -> Match:
        limit = read(expected)

        def match(actual: str) -> bool:
            value = read(actual)
            return value is not None and limit is not None and holds(value, limit)

        return match

    return operator


def _ip(expected: str) -> Match:
    try:
        network = ip_network(expected, strict=False)
    except ValueError:
        return lambda _: False

    def match(actual: str) -> bool:
        try:
            return ip_address(actual) in network
        except ValueError:
            return False

    return match


@lru_cache(maxsize=4096)
def _number(text: str) -> Decimal | None:
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    return value if value.is_finite() else None


@lru_cache(maxsize=4096)
def _epoch(text: str) -> Decimal | None:
    """Return seconds since 1970 of a date: ISO 8601, UTC where it names no zone, or such seconds."""
    number = _number(text)
    if number is not None and len(text) > 4:
        return number
    try:
        value = datetime.fromisoformat(text if len(text) > 4 else f"{text}-01-01")
    except ValueError:
        return None
    return Decimal(str((value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp()))


def _bytes(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


_QUANTIFIERS: dict[str, Callable[[bool], bool]] = {
    "": lambda negated: negated,
    "forallvalues": lambda _: True,
    "foranyvalue": lambda _: False,
}
"""What a missing key means: nothing matches, so that only what is negated holds; every value of
none matches; no value of none matches."""

_NUMERIC_EQUALS = _numeric(lambda actual, limit: actual == limit)
_DATE_EQUALS = _date(lambda actual, limit: actual == limit)
_OPERATORS: dict[str, tuple[Operator, bool]] = {
    "stringequals": (_string_equals, False),
    "stringnotequals": (_string_equals, True),
    "stringequalsignorecase": (_ignoring_case, False),
    "stringnotequalsignorecase": (_ignoring_case, True),
    "stringlike": (glob, False),
    "stringnotlike": (glob, True),
    "arnequals": (arn, False),
    "arnlike": (arn, False),
    "arnnotequals": (arn, True),
    "arnnotlike": (arn, True),
    "bool": (_bool, False),
    "binaryequals": (_binary, False),
    "ipaddress": (_ip, False),
    "notipaddress": (_ip, True),
    "numericequals": (_NUMERIC_EQUALS, False),
    "numericnotequals": (_NUMERIC_EQUALS, True),
    "numericlessthan": (_numeric(lambda actual, limit: actual < limit), False),
    "numericlessthanequals": (_numeric(lambda actual, limit: actual <= limit), False),
    "numericgreaterthan": (_numeric(lambda actual, limit: actual > limit), False),
    "numericgreaterthanequals": (_numeric(lambda actual, limit: actual >= limit), False),
    "dateequals": (_DATE_EQUALS, False),
    "datenotequals": (_DATE_EQUALS, True),
    "datelessthan": (_date(lambda actual, limit: actual < limit), False),
    "datelessthanequals": (_date(lambda actual, limit: actual <= limit), False),
    "dategreaterthan": (_date(lambda actual, limit: actual > limit), False),
    "dategreaterthanequals": (_date(lambda actual, limit: actual >= limit), False),
}
"""Each operator, and whether it is the opposite of its comparison."""
_WITH_VARIABLES: tuple[Operator, ...] = (_string_equals, _ignoring_case, glob, arn)
"""Policy variables stand in strings and ARNs only."""
