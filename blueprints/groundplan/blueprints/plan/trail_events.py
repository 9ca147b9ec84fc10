"""Decides which events an audit trail holds, as advanced event selectors of CloudTrail."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from groundplan.blueprints.plan.names import Place
from groundplan.blueprints.plan.ref import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class EventSelectorPlan:
    """Which events a trail holds: all of these fields must match."""

    name: str
    """What they are."""

    fields: tuple[Mapping[str, Json], ...]
    """Advanced field selectors of CloudTrail."""


def management_events() -> tuple[EventSelectorPlan, ...]:
    """Return what is done to the account; reading with keys is left out, since it is data's."""
    management: Mapping[str, Json] = {"Field": "eventCategory", "Equals": ["Management"]}
    return (
        EventSelectorPlan(
            name="Changes",
            fields=(management, {"Field": "readOnly", "Equals": ["false"]}),
        ),
        EventSelectorPlan(
            name="Look-ups, without uses of keys",
            fields=(
                management,
                {"Field": "readOnly", "Equals": ["true"]},
                {"Field": "eventSource", "NotEquals": ["kms.amazonaws.com"]},
            ),
        ),
    )


def data_events(
    place: Place, buckets: Sequence[str], trail_bucket: str
) -> tuple[EventSelectorPlan, ...]:
    """Return what is done to objects. Of the trail's own, only reading: writing would never end."""
    objects: tuple[Mapping[str, Json], ...] = (
        {"Field": "eventCategory", "Equals": ["Data"]},
        {"Field": "resources.type", "Equals": ["AWS::S3::Object"]},
    )

    def within(names: Sequence[str]) -> Mapping[str, Json]:
        starts: Json = [f"{place.bucket_arn(item)}/" for item in names]
        return {"Field": "resources.ARN", "StartsWith": starts}

    own = EventSelectorPlan(
        name="Readers of the trail",
        fields=(
            *objects, {"Field": "readOnly", "Equals": ["true"]}, within([trail_bucket]),
        ),
    )  # fmt: skip
    if not buckets:
        return (own,)
    return EventSelectorPlan(name="Objects of data", fields=(*objects, within(buckets))), own
