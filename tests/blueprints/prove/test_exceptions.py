from groundplan.blueprints.plan import Plan, exceptions
from groundplan.blueprints.prove.exceptions import AcknowledgedException
from groundplan.blueprints.prove.exceptions import exceptions as accepted

MOST_REASONS = 10


def test_every_exception_has_a_named_reason_and_they_are_few(decided: Plan) -> None:
    found = accepted(decided)
    named = {value for value in vars(exceptions).values() if isinstance(value, str)}
    assert {item.reason for item in found} <= named
    assert 0 < len({item.reason for item in found}) <= MOST_REASONS


def test_an_exception_names_its_resource(churn: Plan) -> None:
    found = accepted(churn)
    assert found == tuple(sorted(set(found)))
    assert (
        AcknowledgedException(
            rule="NIST.800.53.R5-VPCDefaultSecurityGroupClosed",
            resource="prod/network/Network",
            reason=exceptions.NO_SUCH_SETTING,
        )
        in found
    )
    assert (
        AcknowledgedException(
            rule="cloudsplaining-CredentialsExposure[ecr:GetAuthorizationToken]",
            resource="tooling/images/BuildChurn/Role",
            reason=exceptions.NO_NARROWER,
        )
        in found
    )


def test_wildcards_of_stage_0_are_no_acknowledgments(churn: Plan) -> None:
    """cdk-nag does not read plain templates, so there is nothing to acknowledge for it."""
    stage_0 = [item for item in accepted(churn) if item.resource.startswith("stage-0/")]
    assert not [item for item in stage_0 if item.rule.startswith("AwsSolutions-")]
