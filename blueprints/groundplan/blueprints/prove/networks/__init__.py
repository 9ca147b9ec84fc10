"""Networks of a plan, and everything that attaches to them."""

from groundplan.blueprints.prove.networks.attached import attached, expected
from groundplan.blueprints.prove.networks.isolated import FOREIGN_BUCKET, isolated, passes

__all__ = ["FOREIGN_BUCKET", "attached", "expected", "isolated", "passes"]
