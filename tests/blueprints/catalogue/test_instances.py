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


def test_shape_of_one_type() -> None:
    shape = instance_types()["ml.g5.12xlarge"]

    assert (shape.vcpus, shape.memory_gib, shape.accelerators) == (48, 192, 4)
    assert (shape.accelerator_name, shape.accelerator_memory_gib) == ("NVIDIA A10G", 22.4)
    assert shape.local_nvme is True
    assert shape.spot == "yes"


def test_what_is_not_known_is_not_invented() -> None:
    shape = instance_types()["ml.p3.2xlarge"]

    assert shape.accelerators is None
    assert shape.local_nvme is None


@pytest.mark.parametrize(("use", "enumeration"), USES.items())
def test_uses_are_those_of_the_api(use: str, enumeration: str) -> None:
    model = botocore.session.Session().get_service_model("sagemaker")
    allowed = set(model.shape_for(enumeration).enum)  # type: ignore[attr-defined]

    ours = {name for name, shape in instance_types().items() if getattr(shape, use)}

    assert ours == allowed & set(instance_types())


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
