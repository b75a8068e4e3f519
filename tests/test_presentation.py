"""What the map shows of a run agrees with the summary of the run."""

from __future__ import annotations

import pytest

from routing.presentation.option import map_option


def test_the_cost_items_of_an_option_add_up_to_its_total(finished_run):
    plans = {plan.wanted.id: plan for plan in finished_run.planned.options}
    for table in finished_run.summary["options"]:
        option = map_option(table, plans[table["id"]])
        assert len({label for label, _ in option.items}) == len(option.items)
        # The summary rounds each item to cents.
        assert sum(usd for _, usd in option.items) == pytest.approx(option.total_usd, abs=0.01 * len(option.items))
