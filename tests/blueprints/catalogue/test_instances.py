from dataclasses import FrozenInstanceError

import botocore.session
import pytest

from groundplan.blueprints.catalogue import instance_types

USES = {
    "training": "TrainingInstanceType",
    "hosting": "ProductionVariantInstanceType",
    "processing": "ProcessingInstanceType",
    "batch": "TransformInstanceType",
}


def test_shape_and_price_of_one_type() -> None:
    shape = instance_types()["ml.g5.12xlarge"]

    assert (shape.vcpus, shape.memory_gib, shape.accelerators) == (48, 192, 4)
    assert (shape.accelerator_name, shape.accelerator_memory_gib) == ("NVIDIA A10G", 22.4)
    assert shape.local_nvme is True
    assert shape.spot == "yes"
    assert (shape.on_demand_usd_per_hour, shape.price_date) == (7.09, "2026-08")
    assert (shape.price_use, shape.price_confidence) == ("training and hosting", "high")


def test_what_is_not_known_is_not_invented() -> None:
    shape = instance_types()["ml.p3.2xlarge"]

    assert shape.accelerators is None
    assert shape.local_nvme is None
    assert shape.on_demand_usd_per_hour is None
    assert shape.price_source is None


@pytest.mark.parametrize(("use", "enumeration"), USES.items())
def test_uses_are_those_of_the_api(use: str, enumeration: str) -> None:
    model = botocore.session.Session().get_service_model("sagemaker")
    allowed = set(model.shape_for(enumeration).enum)  # type: ignore[attr-defined]

    ours = {name for name, shape in instance_types().items() if getattr(shape, use)}

    assert ours == allowed & set(instance_types())


def test_every_price_has_a_source_a_date_and_a_confidence() -> None:
    priced = [s for s in instance_types().values() if s.on_demand_usd_per_hour is not None]

    assert len(priced) > 40
    for shape in priced:
        assert shape.on_demand_usd_per_hour and shape.on_demand_usd_per_hour > 0
        assert (
            shape.price_source and shape.price_date and shape.price_confidence and shape.price_use
        )


def test_the_catalogue_cannot_be_changed() -> None:
    shapes = instance_types()

    with pytest.raises(TypeError):
        shapes["ml.x"] = shapes["ml.m5.large"]  # type: ignore[index]
    with pytest.raises(FrozenInstanceError):
        shapes["ml.m5.large"].vcpus = 1  # type: ignore[misc]
    assert instance_types() is shapes


def test_names_are_sagemaker_names_without_duplicates() -> None:
    assert all(
        name == shape.name and name.startswith("ml.") for name, shape in instance_types().items()
    )
    assert len(instance_types()) == 145
