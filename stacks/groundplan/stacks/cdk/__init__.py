"""CDK stacks of a project, and the app that holds them."""

from groundplan.stacks.cdk.app import add_plan, add_project, errors_as_text, new_app

__all__ = ["add_plan", "add_project", "errors_as_text", "new_app"]
