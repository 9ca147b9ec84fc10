"""The tables of the Savings Plans page: rules of thumb never beat the optimum, and it is fast."""

from benchmarks.commitment import PAGE, Row, compare, profiles, rules_table, timed, written

from groundplan.blueprints.cost import no_regret_commitment, sensitivity


def rows() -> list[Row]:
    return [compare(lines, name) for name, lines in profiles().items()]


def test_no_rule_of_thumb_is_cheaper_and_the_page_holds_the_table() -> None:
    found = rows()
    for row in found:
        others = [row.on_demand, *row.rules.values()]
        others += [low for low, _ in row.look_backs.values()]
        assert row.best <= min(others) + 1e-6, row.profile
    assert any(row.best < 0.97 * min(row.rules.values()) for row in found)
    assert rules_table(found) in PAGE.read_text(encoding="utf-8")


def test_a_table_is_put_between_its_marks() -> None:
    page = "a\n<!-- begin x -->\nold\n<!-- end x -->\nb\n"
    assert written(page, {"x": "new"}) == "a\n<!-- begin x -->\nnew\n<!-- end x -->\nb\n"


def test_two_hundred_endpoints_over_a_year_take_a_moment_and_little_memory() -> None:
    _, spent, memory = timed(200)  # 0.05 s and 1 MiB where this was written
    assert spent < 1.0
    assert memory < 60


def test_a_year_of_sensitivity_is_ordered() -> None:
    lines = profiles()["all of them pooled"]
    found = no_regret_commitment(lines, [0.3])
    assert 0 < found.maximin <= found.minimax_regret <= found.break_even
    losses = sensitivity(lines, found.break_even, [0.3])
    assert abs(losses[0].result.savings_usd) < 1
