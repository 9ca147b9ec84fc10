"""Endpoints that can be updated, and a model registry that other accounts use."""

from groundplan.stacks.rehearsal.emulator.endpoints.api import patched

__all__ = ["patched"]
