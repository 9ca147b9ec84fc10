"""The engines that a plan can be for. Almost all of a plan is the same for both."""

from typing import Literal

Engine = Literal["cdk", "pulumi"]
ENGINES: tuple[Engine, ...] = ("cdk", "pulumi")
