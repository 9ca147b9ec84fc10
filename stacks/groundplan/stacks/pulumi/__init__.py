"""A project as Pulumi stacks."""
