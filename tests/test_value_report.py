"""The customer value report: an account's own figures by hand, and nothing of anybody else."""

import pandas as pd
import pytest

from crmlib.facts.company import company_from
from crmlib.measures import value_report
from crmlib.run import reports
from crmlib.run.worklists import Own
from crmlib.vocabulary import language
from tests.small_company import AS_OF, orders


@pytest.mark.deck("D076")
@pytest.mark.parametrize("spoken", ["en", "zh"])
def test_a_value_report_tells_the_accounts_own_figures_and_asks_no_network(spoken: str) -> None:
    bought = orders({"a": [30, 100, 500], "b": [10]}).assign(category=["chairs", "chairs", "desks", "lamps"])
    c = company_from({"orders": bought}, as_of=AS_OF)
    ids = pd.DataFrame(
        [("a", "customer", "ACME & <Sons>", True), ("b", "customer", "B", True)],
        columns=["pseudonym", "kind", "id", "chosen"],
    )
    with language.using(spoken, "EUR"):
        made = reports.files(c, ["a"], Own(ids), "Firm")
        money = language.money(200)
    (page,) = made.values()
    text = str(page)
    assert text.count("ACME &amp; &lt;Sons&gt;") >= 1
    assert money in text
    assert "chairs" in text
    assert "lamps" not in text
    assert "<svg" in text
    assert "http" not in text.replace("http-equiv", "")
    assert "src=" not in text
    assert ("Days of use" in text) is False, "use is not on record, and is not nought"
    assert "NaN" not in text
    assert "nan" not in text.casefold().replace("finance", "")


def test_the_figures_of_a_report_by_hand_and_unknown_where_not_recorded() -> None:
    bought = orders({"a": [30, 100, 500], "b": [10]})
    c = company_from({"orders": bought}, as_of=AS_OF)
    found = value_report.summary(c, ["b", "a", "new"]).set_index("customer_id")
    assert found["net"].tolist() == [100, 200, 0]
    assert found["net_before"].tolist() == [0, 100, 0]
    assert found.loc["a", ["use_days", "cases", "solved", "promised"]].isna().all()
    months = value_report.months(c, ["a"])
    assert len(months) == 25
    assert months["year_net"].iloc[-1] == 200
    assert str(months["month"].iloc[-1]) == "2026-10-31"
    assert value_report.months(company_from({}, as_of=AS_OF), ["a"]).empty
