"""What releases leave behind is deleted, and nothing else."""

from typing import Any


def history(prod: Any, facts: Any) -> dict[str, str]:
    """Two earlier releases, a failed one, another endpoint's, and what serves: names by role."""
    prod.configs.clear()
    prod.models.clear()
    oldest = prod.add_model(facts.old)
    names = {"oldest": prod.add_config([oldest])}
    shadow = prod.add_model(facts.new)
    names["shared"] = prod.add_config([oldest, shadow])
    other = prod.add_model(facts.old, "fraud")
    names["other"] = prod.add_config([other], "fraud")
    names["orphan"] = prod.add_model(facts.new)
    prod.serve(facts.old, "none")
    names["served"] = prod.endpoint
    names["newer"] = prod.add_config([prod.add_model(facts.new)])
    return names


def test_keeps_what_is_served_and_the_config_before(world: Any, facts: Any) -> None:
    prod = world()
    names = history(prod, facts)
    prod.run()

    assert set(prod.configs) == {names["other"], names["served"], prod.endpoint}
    packages = [(model["package"], model["endpoint"]) for model in prod.models.values()]
    assert packages == [(facts.old, "fraud"), (facts.old, "churn"), (facts.new, "churn")]
    assert "Old configs deleted: 3, not deleted: 0." in prod.messages[0]


def test_what_is_newer_than_the_served_config_stays(world: Any, facts: Any) -> None:
    """The stack may be on it while a guardrail has put the endpoint back."""
    prod = world()
    names = history(prod, facts)
    prod.run(version=facts.old)

    assert set(prod.configs) == {names["other"], names["served"], names["newer"]}


def test_what_something_else_uses_is_passed_over(
    world: Any, facts: Any, service_error: Any
) -> None:
    prod = world()
    names = history(prod, facts)
    delete = prod._on_deleteEndpointConfig

    def used(arguments: dict[str, Any]) -> Any:
        if arguments["EndpointConfigName"] == names["oldest"]:
            raise service_error("SageMaker.ResourceInUseException", "in use")
        return delete(arguments)

    prod._on_deleteEndpointConfig = used
    before = set(prod.models)
    prod.run()

    assert names["oldest"] in prod.configs and names["shared"] not in prod.configs
    assert before <= set(prod.models)
    assert "Old configs deleted: 2, not deleted: 1." in prod.messages[0]
    assert prod.detail_types == ["Release Succeeded"]


def test_deletes_at_most_forty_of_a_kind_in_one_run(world: Any, facts: Any) -> None:
    prod = world()
    history(prod, facts)
    model = prod.add_model(facts.old)
    before = {prod.add_config([model]) for _ in range(45)}
    prod._on_listModels = lambda arguments: {"Models": []}
    prod.run()

    assert prod.running.path.count("Collect config delete") == 40
    assert len(before & set(prod.configs)) >= 5
