"""Compares what both engines deploy, fact by fact. Knows neither engine: only templates and registrations."""

from groundplan.stacks.parity.comparison import MISSING, Change, compare
from groundplan.stacks.parity.difference import Difference
from groundplan.stacks.parity.differences import DIFFERENCES, explain
from groundplan.stacks.parity.errors import ParityError
from groundplan.stacks.parity.inventory import Inventory, Item
from groundplan.stacks.parity.kinds import inventory_of_program, inventory_of_templates
from groundplan.stacks.parity.registrations import Answers
from groundplan.stacks.parity.templates import Template

__all__ = [
    "DIFFERENCES",
    "MISSING",
    "Answers",
    "Change",
    "Difference",
    "Inventory",
    "Item",
    "ParityError",
    "Template",
    "compare",
    "explain",
    "inventory_of_program",
    "inventory_of_templates",
]
