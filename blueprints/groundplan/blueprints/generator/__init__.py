"""Renders a project as a repository that a team owns from then on, and updates it."""

from groundplan.blueprints.generator.context import Context, Environment, Image, context
from groundplan.blueprints.generator.generate import Generated, generate
from groundplan.blueprints.generator.render import Tree, render
from groundplan.blueprints.generator.update import update
from groundplan.blueprints.generator.updated import Updated

__all__ = [
    "Context",
    "Environment",
    "Generated",
    "Image",
    "Tree",
    "Updated",
    "context",
    "generate",
    "render",
    "update",
]
