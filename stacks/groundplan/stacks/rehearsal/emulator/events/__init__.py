"""EventBridge: events of services and of projects, delivered to the targets of matching rules."""

from groundplan.stacks.rehearsal.emulator.events.api import patched, publish, undelivered
from groundplan.stacks.rehearsal.emulator.events.delivery import Undelivered

__all__ = ["Undelivered", "patched", "publish", "undelivered"]
