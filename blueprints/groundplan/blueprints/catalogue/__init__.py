"""What AWS offers, as dated data."""

from groundplan.blueprints.catalogue.absences import is_absent, nearest_present
from groundplan.blueprints.catalogue.instances import InstanceType, instance_types
from groundplan.blueprints.catalogue.near import suggest
from groundplan.blueprints.catalogue.regions import Region, regions

__all__ = [
    "InstanceType",
    "Region",
    "instance_types",
    "is_absent",
    "nearest_present",
    "regions",
    "suggest",
]
