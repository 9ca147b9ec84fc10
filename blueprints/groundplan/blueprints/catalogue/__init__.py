"""What AWS offers, as dated data."""

from groundplan.blueprints.catalogue.absences import is_absent, nearest_present
from groundplan.blueprints.catalogue.instances import InstanceType, instance_types
from groundplan.blueprints.catalogue.near import suggest
from groundplan.blueprints.catalogue.price_book import PriceBook, price_book
from groundplan.blueprints.catalogue.prices import Component, Payment, PlanRate, Price, ServicePrice
from groundplan.blueprints.catalogue.regions import Region, regions

__all__ = [
    "Component",
    "InstanceType",
    "Payment",
    "PlanRate",
    "Price",
    "PriceBook",
    "Region",
    "ServicePrice",
    "instance_types",
    "is_absent",
    "nearest_present",
    "price_book",
    "regions",
    "suggest",
]
