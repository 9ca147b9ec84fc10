"""Pulumi programs on the emulator: an engine of our own, and an adapter a resource type."""

from groundplan.stacks.rehearsal.pulumi.engine import PulumiEngine, PulumiError
from groundplan.stacks.rehearsal.pulumi.state import Changes, Deployer, Kept

__all__ = ["Changes", "Deployer", "Kept", "PulumiEngine", "PulumiError"]
