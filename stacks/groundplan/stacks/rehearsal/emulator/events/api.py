"""PutEvents, and what other services send to the default bus of their account."""

import json
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any
from unittest import mock

from moto.core.exceptions import JsonRESTError
from moto.events.exceptions import ResourceNotFoundException, ValidationException
from moto.events.models import EventsBackend, events_backends

from groundplan.stacks.rehearsal.emulator.events import sources
from groundplan.stacks.rehearsal.emulator.events.delivery import Delivery, Undelivered, may_put
from groundplan.stacks.rehearsal.emulator.events.event import new_event

if TYPE_CHECKING:
    from groundplan.stacks.rehearsal.emulator import Emulator

_REQUIRED = ("Source", "DetailType", "Detail")
_MOST_ENTRIES = 10
_deliveries: "weakref.WeakKeyDictionary[Emulator, Delivery]" = weakref.WeakKeyDictionary()


@contextmanager
def patched(emulator: "Emulator") -> Iterator[None]:
    """Deliver events until the context ends."""
    delivery = _deliveries[emulator] = Delivery(emulator)

    def put_events(self: Any, events: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if len(events) > _MOST_ENTRIES:
            raise ValidationException(
                f"1 validation error detected: Value at 'entries' failed to satisfy constraint: "
                f"Member must have length less than or equal to {_MOST_ENTRIES}"
            )
        places = [_place(self, entry) for entry in events]  # refuses all before any is sent
        return [
            _put(delivery, self, entry, place) for entry, place in zip(events, places, strict=True)
        ]

    def send(**event: Any) -> None:
        publish(emulator, **event)

    with ExitStack() as stack:
        stack.enter_context(mock.patch.object(EventsBackend, "put_events", put_events))
        for owner, name, new in sources.replacements(emulator, send):
            stack.enter_context(mock.patch.object(owner, name, new))
        yield


def publish(
    emulator: "Emulator",
    *,
    account: str,
    region: str,
    source: str,
    detail_type: str,
    detail: Mapping[str, Any],
    resources: Sequence[str] = (),
) -> None:
    """Send an event to the default bus of an account, as AWS's services do."""
    event = new_event(
        account,
        region,
        source=source,
        detail_type=detail_type,
        detail=detail,
        resources=resources,
    )
    _deliveries[emulator].put(event, account, region, forwarded=False)


def undelivered(emulator: "Emulator") -> tuple[Undelivered, ...]:
    """What matched a rule and did not arrive, in order."""
    return tuple(_deliveries[emulator].undelivered)


def _place(backend: Any, entry: Mapping[str, Any]) -> tuple[str, str, str]:
    """Account, region and name of the bus of an entry.

    Raises:
        JsonRESTError: Its policy does not let the caller's account.
        ResourceNotFoundException: There is no such bus.
    """
    given = entry.get("EventBusName") or "default"
    account, region, name = backend.account_id, backend.region_name, given
    if given.startswith("arn:"):
        region, account, resource = given.split(":", 5)[3:]
        name = resource.removeprefix("event-bus/")
    if name not in events_backends[account][region].event_buses:
        raise ResourceNotFoundException(f"Event bus {name} does not exist.")
    if account != backend.account_id and not may_put(account, region, name, backend.account_id):
        raise JsonRESTError(
            "AccessDeniedException",
            f"Account {backend.account_id} is not authorized to perform events:PutEvents on {given} "
            "because no resource-based policy allows it",
        )
    return account, region, name


def _put(
    delivery: Delivery, backend: Any, entry: Mapping[str, Any], place: tuple[str, str, str]
) -> dict[str, Any]:
    for name in _REQUIRED:
        if not entry.get(name):
            return _refused("InvalidArgument", f"Parameter {name} is not valid. Reason: required.")
    if str(entry["Source"]).startswith("aws."):
        return _refused("NotAuthorizedForSourceException", "Not authorized for the source.")
    try:
        detail = json.loads(entry["Detail"])
    except ValueError:
        detail = None
    if not isinstance(detail, dict):
        return _refused("MalformedDetail", "Detail is malformed.")
    event = new_event(
        backend.account_id,
        backend.region_name,
        source=entry["Source"],
        detail_type=entry["DetailType"],
        detail=detail,
        resources=entry.get("Resources", ()),
    )
    account, region, name = place
    # from another account straight to this bus is one way only: nothing passes it on
    delivery.put(event, account, region, name, forwarded=account != backend.account_id)
    return {"EventId": event["id"]}


def _refused(code: str, message: str) -> dict[str, Any]:
    return {"ErrorCode": code, "ErrorMessage": message}
