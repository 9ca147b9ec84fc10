import pytest

from groundplan.blueprints.diff.covering import atoms, uncovered
from groundplan.blueprints.prove.model import ConditionValues, PolicyStatement


def allow(
    actions: str = "s3:GetObject",
    resources: str = "arn:aws:s3:::a/*",
    condition: ConditionValues | None = None,
    not_actions: str = "",
    principals: dict[str, tuple[str, ...]] | None = None,
) -> PolicyStatement:
    return PolicyStatement(
        sid="S",
        effect="Allow",
        actions=tuple(actions.split()),
        not_actions=tuple(not_actions.split()),
        resources=tuple(resources.split()),
        condition=condition or {},
        principals=principals,
    )


def covers(wide: PolicyStatement, narrow: PolicyStatement) -> bool:
    return not [rest for atom in atoms(narrow) for rest in uncovered(atom, [wide])]


def when(operator: str, *values: str, key: str = "aws:PrincipalArn") -> PolicyStatement:
    return allow(condition={operator: {key: values}})


ROLE = "arn:aws:iam::111111111111:role/"


@pytest.mark.parametrize(
    ("wide", "narrow"),
    [
        (allow(resources="arn:aws:s3:::a/*"), allow(resources="arn:aws:s3:::a/b")),
        (allow(resources="arn:aws:s3:::a/*"), allow(resources="arn:aws:s3:::a/b/*")),
        (allow(resources="*"), allow()),
        (allow(actions="s3:Get*"), allow(actions="S3:getObject")),
        (allow(actions="", not_actions="iam:*"), allow()),
        (allow(actions="", not_actions="iam:*"), allow(actions="", not_actions="iam:* s3:*")),
        (allow(), when("StringEquals", "x")),
        (when("StringLike", "x*"), when("StringEquals", "xy")),
        (when("StringEquals", "x", "y"), when("StringEquals", "y")),
        (when("StringNotEquals", "x"), when("StringNotEquals", "x", "y")),
        (when("ArnLike", f"{ROLE}*"), when("ArnEquals", f"{ROLE}a")),
        (when("StringEqualsIfExists", "x"), when("StringEquals", "x")),
        (when("BoolIfExists", "true"), when("Bool", "true")),
        (when("NumericLessThan", "10"), when("NumericLessThan", "5")),
        (
            allow(principals={"AWS": ("arn:aws:iam::111111111111:root",)}),
            allow(principals={"AWS": (f"{ROLE}a",)}),
        ),
        (allow(principals={"*": ("*",)}), allow(principals={"Service": ("s3.amazonaws.com",)})),
    ],
)
def test_covers_one_way_only(wide: PolicyStatement, narrow: PolicyStatement) -> None:
    assert covers(wide, narrow)
    assert not covers(narrow, wide)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (allow(resources="arn:aws:s3:::a?/*"), allow(resources="arn:aws:s3:::a*/*")),
        (when("ForAnyValue:StringEquals", "x"), when("StringEquals", "x")),
        (when("ForAllValues:StringEquals", "x"), when("ForAnyValue:StringEquals", "x")),
        (when("StringEquals", "x"), when("StringEquals", "x", key="aws:SourceArn")),
        (when("DateLessThan", "2026-01-01"), when("DateLessThan", "2027-01-01")),
    ],
)
def test_what_is_not_seen_to_be_contained_counts_as_wider(
    one: PolicyStatement, other: PolicyStatement
) -> None:
    assert not covers(one, other)


def test_values_may_be_spread_over_statements() -> None:
    [atom] = atoms(when("StringEquals", "a", "b", "c"))
    split = [when("StringEquals", "a"), when("StringEquals", "b")]
    [rest] = uncovered(atom, split)
    assert rest.condition == {"StringEquals": {"aws:PrincipalArn": ("c",)}}
    assert uncovered(atom, [*split, when("StringLike", "c*")]) == []


def test_all_values_cannot_be_spread() -> None:
    [atom] = atoms(when("ForAllValues:StringEquals", "a", "b"))
    split = [when("ForAllValues:StringEquals", "a"), when("ForAllValues:StringEquals", "b")]
    assert uncovered(atom, split) == [atom]


def test_an_account_admits_no_role_of_another_one() -> None:
    roots = ("arn:aws:iam::111111111111:root", "arn:aws:iam::222222222222:root")
    other = "arn:aws:iam::222222222222:role/b"
    statement = allow(
        condition={"ArnEquals": {"aws:PrincipalArn": (f"{ROLE}a", other)}},
        principals={"AWS": (*roots, "arn:aws:iam::333333333333:root")},
    )
    found = {atom.principal: atom.condition["ArnEquals"] for atom in atoms(statement)}
    assert found == {
        ("AWS", roots[0]): {"aws:PrincipalArn": (f"{ROLE}a",)},
        ("AWS", roots[1]): {"aws:PrincipalArn": (other,)},
    }
