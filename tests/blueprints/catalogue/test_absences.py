from groundplan.blueprints.catalogue import instance_types, is_absent, nearest_present, regions
from groundplan.blueprints.catalogue.absences import absences


def test_names_only_known_regions_and_types() -> None:
    assert set(absences()) <= set(regions())
    for absent in absences().values():
        assert absent <= set(instance_types())


def test_a_large_region_has_the_common_types_and_a_small_one_not() -> None:
    assert not is_absent("ml.g5.2xlarge", "eu-central-1")
    assert is_absent("ml.g5.2xlarge", "af-south-1")
    assert not is_absent("ml.g5.2xlarge", "a-region-of-tomorrow")


def test_the_nearest_type_is_there_and_fits_the_use() -> None:
    for region, absent in absences().items():
        for name in sorted(absent):
            near = nearest_present(name, region, "training")
            if near is not None:
                assert not is_absent(near, region)
                assert instance_types()[near].training
