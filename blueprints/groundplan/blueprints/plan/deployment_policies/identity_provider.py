"""The CI system as IAM knows it: who issues its tokens, and for whom."""

from dataclasses import dataclass

from groundplan.blueprints.spec import DeliverySpec

GITHUB_ISSUER = "token.actions.githubusercontent.com"
"""Issuer of the tokens of GitHub Actions."""
AUDIENCE = "sts.amazonaws.com"
"""Audience that the tokens of GitHub Actions are made for."""
GITLAB_URL = "https://gitlab.com"
"""Address of GitLab where the spec names no other, and the default audience of its tokens (GitLab
documentation, "Configure OpenID Connect in AWS to retrieve temporary credentials", 2026-10)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityProviderPlan:
    """An OpenID Connect provider of IAM."""

    url: str
    """Address of the provider."""

    audience: str
    """Audience of its tokens."""

    @property
    def issuer(self) -> str:
        """Address without its scheme, as ARNs and condition keys have it."""
        return self.url.removeprefix("https://")


def identity_provider(delivery: DeliverySpec) -> IdentityProviderPlan:
    """Return the provider of a CI system's tokens."""
    if delivery.ci == "gitlab":
        url = delivery.url or GITLAB_URL
        return IdentityProviderPlan(url=url, audience=delivery.audience or url)
    return IdentityProviderPlan(url=f"https://{GITHUB_ISSUER}", audience=AUDIENCE)
