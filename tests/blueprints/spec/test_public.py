from groundplan.blueprints import spec


def test_public_functions() -> None:
    functions = {name for name in spec.__all__ if name.islower()}
    assert functions == {"load_spec", "parse_spec", "spec_schema", "validate_spec"}


def test_every_public_name_exists_and_models_are_documented() -> None:
    for name in spec.__all__:
        public = getattr(spec, name)
        if isinstance(public, type):
            assert public.__doc__, name
