"""A dataset is read by the jobs that were planned to, and by nobody else."""

import pytest
from benchmarks.prove_plant import (
    Plant,
    admit,
    allow,
    both,
    in_plan,
    in_resource,
    unbounded,
    without,
)
from prove_support import DATA, PROD, STAGING, example, root, said

from groundplan.blueprints.plan.access import every
from groundplan.blueprints.plan.pipeline import PipelinePlan
from groundplan.blueprints.prove.claim import Case
from groundplan.blueprints.prove.claims.exclusive_data import CLAIM
from groundplan.blueprints.prove.dataset_work import datasets

KEY = f"{PROD}:key/churn-data-customers"
KEY_ARN = "arn:aws:kms:eu-west-1:333333333333:key/churn-data-customers"
SERVING, TRAINING = "churn-prod-churn-serving", "churn-prod-churn-training"
LIMIT = "on this resource out of it, or limit it to the roles whose jobs read the dataset"


def test_readers_are_the_roles_of_jobs_that_the_definitions_start() -> None:
    [dataset] = datasets(example())
    assert sorted(arn.rpartition("/")[2] for arn in dataset.readers) == [
        "churn-prod-churn-processing",
        "churn-prod-churn-training",
    ]
    found = {item.name: item for item in datasets(example("nightly"))}
    transform, batch = found["new-biopsies"], found["new-patients"]
    for dataset, model in ((transform, "diagnosis"), (batch, "progression")):
        [reader] = dataset.readers
        assert reader.endswith(f"/nightly-prod-{model}-scoring")


@pytest.mark.parametrize(
    ("plant", "sentence"),
    [
        (
            allow(SERVING, "s3:GetObject", on=f"{DATA}/*"),
            f"{SERVING}: reads dataset customers: s3:GetObject on {DATA}/x; take s3:GetObject {LIMIT}",
        ),
        (
            both(
                allow("churn-staging-release", "s3:GetObject"),
                admit(DATA, root(STAGING), "s3:GetObject", on=f"{DATA}/*"),
            ),
            (f"{DATA}: an administrator of account {STAGING} reaches dataset customers: s3:GetObject "
            f"on {DATA}/x; take s3:GetObject {LIMIT}"),
        ),
        (
            admit(KEY, root(PROD), "kms:Decrypt"),
            (f"churn-data-customers: an administrator of account {PROD} reaches dataset customers: "
            f"kms:Decrypt on {KEY_ARN}; take kms:Decrypt {LIMIT}"),
        ),
        (
            in_resource(KEY, "ReadObjects", without("StringEquals", "kms:ViaService")),
            (f"{TRAINING}: the key's policy let it use the key of dataset customers otherwise than "
            f"through s3.eu-west-1.amazonaws.com: kms:Decrypt on {KEY_ARN} with kms:ResourceAliases "
            f"alias/churn-data-customers; take kms:Decrypt {LIMIT}"),
        ),
        (
            both(
                unbounded(TRAINING), allow(TRAINING, "s3:DeleteObjectVersion", on=f"{DATA}/train/*")
            ),
            (f"{TRAINING}: deletes from dataset customers: s3:DeleteObjectVersion on {DATA}/train/x; "
            f"take s3:DeleteObjectVersion {LIMIT}"),
        ),
    ],
)  # fmt: skip
def test_names_who_reaches_a_dataset_without_need(plant: Plant, sentence: str) -> None:
    assert sentence in said(CLAIM, plant)


def test_names_a_job_that_reads_where_the_spec_lets_nobody_read() -> None:
    def unread(case: Case) -> Case:
        [staging] = [m for m in every(case.plan.stages, PipelinePlan) if "staging" in m.name]
        [training] = [m for m in every(case.plan.stages, PipelinePlan) if "-training" in m.name]
        return in_plan(PipelinePlan, lambda one: one is staging, definition=training.definition)(
            case
        )

    [first, *_] = said(CLAIM, unread)
    assert first.startswith(
        "arn:aws:states:eu-west-1:222222222222:stateMachine:churn-staging-release"
    )
    assert first.endswith(
        "reads dataset customers in staging, which the spec lets only prod read; add staging to the "
        "dataset's readers, or take the step out"
    )


def test_one_role_can_be_checked_alone() -> None:
    case = allow(SERVING, "s3:GetObject", on=f"{DATA}/*")(example())
    [role] = [item for item in case.world.roles if item.arn.endswith(SERVING) and PROD in item.arn]
    assert CLAIM.check_roles is not None
    assert len(list(CLAIM.check_roles(case, [role]))) == 1
    assert not list(CLAIM.check_roles(case, [r for r in case.world.roles if r is not role]))
