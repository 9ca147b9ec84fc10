"""The deployment engine: templates, stacks, and what an operation on a stack does."""
