"""The figures of a month as a workbook: the numbers of kpis.csv, called as the pages call them, and nothing that computes."""

import io

import pandas as pd
import pytest
from openpyxl import load_workbook

from crmlib.run import workbooks
from crmlib.run.collect import KPIS_CSV
from crmlib.vocabulary.language import using


def kpis(**row: object) -> pd.DataFrame:
    rate = {
        "chapter": "01_importance",
        "kpi": "repurchase_rate",
        "period": "2026-10",
        "segment": "",
        "value": 0.25,
        "low": 0.2,
    }
    rate |= {"high": 0.3, "n": 400, "unit": "share", "without": "", "customers": 400, "status": "fresh"}
    return pd.DataFrame([rate, {**rate, **row}], columns=KPIS_CSV)


def read(made: bytes) -> list[tuple[object, ...]]:
    return list(load_workbook(io.BytesIO(made)).active.values)


@pytest.mark.parametrize(("language", "called"), [("en", "Repurchase rate"), ("zh", "复购率")])
def test_each_figure_is_a_row_of_numbers_under_its_name(language: str, called: str) -> None:
    nothing = float("nan")
    with using(language, "CNY"):
        made = workbooks.figures(kpis(segment="=1+1", value=nothing, low=nothing, high=nothing, status="withheld"))
        again = workbooks.figures(kpis(segment="=1+1", value=nothing, low=nothing, high=nothing, status="withheld"))
    heads, first, second = read(made)
    assert len(heads) == len(set(heads)) == len(first)
    assert first[:2] == (1, called)
    assert first[4:8] == (0.25, 0.2, 0.3, 400)
    assert second[4:7] == (None, None, None)
    assert str(second[2]).startswith("'"), "a formula is a text"
    assert made == again
