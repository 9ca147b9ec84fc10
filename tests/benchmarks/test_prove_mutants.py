"""Mutants change what they say and nothing else, and the hunter finds which claim catches them."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from benchmarks.prove_mutants import Mutant, mutants
from benchmarks.prove_mutations import Hunter, Outcome, distinct, survivors
from tests_support import example_spec

from groundplan.blueprints.prove.case import case
from groundplan.blueprints.prove.claim import Case, Claim, Finding, Verdict
from groundplan.blueprints.prove.model import Policy, PolicyStatement, Resource, Role, World

READER = "arn:aws:iam::111111111111:role/groundplan/shop/reader"
WRITER = "arn:aws:iam::111111111111:role/groundplan/shop/writer"
BUCKET = "arn:aws:s3:::shop-data"
BOUNDARY = "arn:aws:iam::111111111111:policy/groundplan-stage-0/shop/boundary"


def policy(kind: str, owner: str, *statements: PolicyStatement) -> Policy:
    return Policy(kind=kind, name=f"{kind} policy", owner=owner, statements=statements)  # type: ignore[arg-type]


def role(arn: str, *statements: PolicyStatement) -> Role:
    trust = PolicyStatement(
        sid="Assume",
        effect="Allow",
        actions=("sts:AssumeRole",),
        principals={"Service": ("sagemaker.amazonaws.com",)},
    )
    bound = PolicyStatement(sid="Most", effect="Allow", actions=("s3:GetObject",), resources=("*",))
    return Role(
        arn=arn,
        kind="workload",
        scope="prod",
        description="a role",
        policies=(policy("identity", arn, *statements),) if statements else (),
        trust=policy("trust", arn, trust),
        boundary=policy("boundary", BOUNDARY, bound),
    )


def world() -> World:
    read = PolicyStatement(
        sid="Read",
        effect="Allow",
        actions=("s3:GetObject", "s3:PutObject"),
        resources=(f"{BUCKET}/in/*",),
        condition={"StringEquals": {"aws:ResourceAccount": ("111111111111",)}},
    )
    only = PolicyStatement(
        sid="Only",
        effect="Allow",
        actions=("s3:GetObject",),
        resources=(f"{BUCKET}/*",),
        principals={"AWS": ("arn:aws:iam::111111111111:root",)},
        condition={"ArnEquals": {"aws:PrincipalArn": (READER,)}},
    )
    secure = PolicyStatement(
        sid="Tls",
        effect="Deny",
        actions=("s3:*",),
        resources=("*",),
        principals={"*": ("*",)},
        condition={"Bool": {"aws:SecureTransport": ("false",)}},
    )
    bucket = Resource(
        arn=BUCKET,
        kind="AWS::S3::Bucket",
        account="111111111111",
        scope="prod",
        stack="state",
        unit=None,
        policy=policy("resource", BUCKET, only, secure),
    )
    return World(
        roles=(role(READER, read), role(WRITER)),
        resources=(bucket,),
        service_control={},
        organizations={},
    )


def found(subject: str, kind: str = "") -> list[str]:
    return [
        f"{one.kind}: {one.detail}"
        for one in mutants(world())
        if one.subject == subject and kind in ("", one.policy)
    ]


def test_mutants_of_a_roles_policies_and_trust() -> None:
    assert found(READER) == [
        "remove-statement: Allow",
        "remove-action: s3:GetObject",
        "remove-action: s3:PutObject",
        "widen-action: s3:*",
        f"widen-resource: {BUCKET}/in/*",
        f"widen-last-part: {BUCKET}/in/* to {BUCKET}/*",
        "drop-condition: StringEquals aws:ResourceAccount",
        "remove-statement: Allow",
        "widen-action: sts:*",
        "swap-principal: Service sagemaker.amazonaws.com to ec2.amazonaws.com",
        "widen-principal: *",
        "remove-boundary: boundary policy",
    ]
    assert found(WRITER, "identity") == ["give-to-another-role: identity policy"]


def test_mutants_of_a_bucket_take_denials_away_and_swap_principals() -> None:
    assert found(BUCKET) == [
        "remove-policy: resource policy",
        "remove-statement: Allow",
        "widen-action: s3:*",
        f"widen-resource: {BUCKET}/*",
        f"widen-last-part: {BUCKET}/* to arn:aws:s3:::*",
        "drop-condition: ArnEquals aws:PrincipalArn",
        f"swap-principal: aws:PrincipalArn {READER} to {WRITER}",
        "swap-principal: AWS arn:aws:iam::111111111111:root to arn:aws:iam::999999999999:root",
        "widen-principal: *",
        "remove-statement: Deny",
        "drop-condition: Bool aws:SecureTransport",
    ]


def test_a_boundary_changes_for_all_roles_at_once() -> None:
    [_, wider] = [one for one in mutants(world()) if one.subject == BOUNDARY]
    assert (wider.kind, wider.detail) == ("widen-action", "s3:*")
    changed = [one.boundary for one in wider.apply(world()).roles]
    assert [one and one.statements[0].actions for one in changed] == [("s3:*",), ("s3:*",)]


def test_a_mutant_changes_one_policy_and_says_which() -> None:
    whole = world()
    for one in mutants(whole):
        now = one.apply(whole)
        differing = [role.arn for role in now.roles if role not in whole.roles]
        differing += [item.arn for item in now.resources if item not in whole.resources]
        assert differing, one
        said: list[Role | Resource] = [*one.roles, *([one.resource] if one.resource else [])]
        assert differing == [item.arn for item in said], one
    assert whole == world()


def holds_conditions() -> Claim:
    """A claim that every Allow of the first role has a condition."""

    def check_roles(case: Case, roles: Iterable[Role]) -> Iterator[Finding]:
        for role in roles:
            for own in role.policies:
                for statement in own.statements:
                    if not statement.condition:
                        yield Finding(
                            subject=role.arn, where=statement.sid, problem="no condition", fix="add"
                        )

    def check(case: Case) -> Verdict:
        findings = tuple(check_roles(case, case.world.roles))
        return Verdict(claim="conditions", checked=1, evidence=(), findings=findings)

    return Claim(id="conditions", sentence="Conditions.", check=check, check_roles=check_roles)


def test_the_hunter_says_which_claim_catches_a_mutant_and_what_survives() -> None:
    small = replace(case(example_spec("sandbox")), world=world())
    hunter = Hunter(small, [holds_conditions()])
    caught = {
        f"{one.kind} {one.detail}": hunter.caught_by(one)
        for one in mutants(world())
        if one.policy == "identity" and one.subject == READER
    }
    assert caught.pop("drop-condition StringEquals aws:ResourceAccount") == "conditions"
    assert set(caught.values()) == {None}


def test_mutants_that_differ_in_a_models_name_only_are_one() -> None:
    whole = case(example_spec("sandbox"))
    model = whole.spec.models[0].name
    [base, *_] = mutants(world())
    twins = [replace(base, subject=f"{READER}-{name}") for name in (model, "other")]
    same = replace(base, subject=f"{READER}-MODEL")
    assert [count for _, count in distinct(whole, [*twins, same])] == [2, 1]


def test_survivors_are_listed_with_an_example() -> None:
    base: Mutant = next(iter(mutants(world())))
    row = Outcome(example="shop", mutant=base, caught_by=None, count=3)
    assert survivors([row]).splitlines()[2] == (
        "| OPEN | identity Read | remove-statement | 3 | "
        "shop: `role/groundplan/shop/reader`: `Allow` |"
    )
