import botocore.session

from groundplan.blueprints.catalogue import regions


def test_regions_are_the_commercial_ones() -> None:
    session = botocore.session.Session()

    assert list(regions()) == sorted(session.get_available_regions("ec2", allow_non_regional=False))
    assert {region.partition for region in regions().values()} == {"aws"}


def test_a_region_says_where_it_is() -> None:
    assert regions()["eu-west-1"].place == "Europe (Ireland)"
