"""A table asks for the room that its rows need: half of the page, the page beside no other section, or more than the words."""

import pandas as pd
import pytest

from crmlib.run.rendering import SHEET
from crmlib.show import listing


@pytest.mark.parametrize(("columns", "asks"), [(5, ""), (8, " crm-across"), (12, " crm-across crm-broad")])
def test_a_table_says_how_much_room_its_rows_need(columns: int, asks: str) -> None:
    table = listing.table(pd.DataFrame({f"c{i}": ["eight_ab"] for i in range(columns)}))
    assert f'class="crm-scroll{asks}"' in table


def test_a_section_whose_table_needs_more_than_half_of_the_page_stands_beside_no_other() -> None:
    rules = [line for line in SHEET.read_text(encoding="utf-8").splitlines() if "crm-across" in line]
    assert all("grid-column: 1 / -1" in rule for rule in rules)
    assert [rule for rule in rules if ".crm-part:has(> .crm-cell > .crm-card > .crm-across)" in rule]
