"""What an endpoint that scales to zero cannot have."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from groundplan.blueprints.spec.document import Path
from groundplan.blueprints.spec.environment import ModelOverrides
from groundplan.blueprints.spec.finding import Finding
from groundplan.blueprints.spec.serving import RealtimeServing

if TYPE_CHECKING:
    from groundplan.blueprints.spec.project import ProjectSpec

FLAG = "allow_errors_while_waking"


def check_to_zero(spec: "ProjectSpec") -> Iterator[Finding]:
    """Yield what an inference component does not have, once for each place in the spec."""
    seen: set[Path] = set()
    for m, model in enumerate(spec.models):
        if not isinstance(model.serving, RealtimeServing):
            continue
        serving, path = model.serving, ("models", m, "serving")
        for e, environment in enumerate(spec.environments):
            own = environment.overrides.models.get(model.name) or ModelOverrides()
            over: Path = ("environments", e, "overrides", "models", model.name)
            asked = serving.sizing is not None and serving.sizing.allow_errors_while_waking
            flag: Path = (*path, "sizing", FLAG)
            if own.allow_errors_while_waking is not None:
                asked, flag = own.allow_errors_while_waking, (*over, FLAG)
            if not asked:
                continue
            for finding in _refused(serving, own, path, over, flag):
                if finding.path not in seen:
                    seen.add(finding.path)
                    yield finding


def _refused(
    serving: RealtimeServing, own: ModelOverrides, path: Path, over: Path, flag: Path
) -> Iterator[Finding]:
    """Yield the settings that replace whole fleets, or that no documentation promises.

    Guardrails and shadow variants are of models in variants; components roll (SageMaker developer
    guide, *Deployment guardrails* and *Shadow variants*, 2026-11). No page says that requests to
    components are captured.
    """
    rollout, where = serving.rollout, (*path, "rollout")
    if own.rollout is not None:
        rollout, where = own.rollout, (*over, "rollout")
    capture, kept = serving.capture, (*path, "capture")
    if own.capture is not None:
        capture, kept = own.capture, (*over, "capture")
    share = capture.percent if capture is not None else 0
    settings: tuple[tuple[Path, object, bool], ...] = (
        ((*where, "strategy"), rollout.strategy, rollout.strategy != "all_at_once"),
        ((*where, "shadow_first"), True, rollout.shadow_first),
        ((*kept, "percent"), share, share > 0),
    )
    for place, got, wrong in settings:
        if wrong:
            yield Finding(
                path=place,
                problem="an endpoint that scales to zero is an inference component, which has no "
                "such thing",
                got=got,
                fix=f"remove it, override it in this environment, or remove {FLAG}",
                needs=(flag,),
            )
