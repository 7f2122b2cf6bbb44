"""The memo says what the front page says: each of its numbers is that of a row of kpis.csv, and no customer is in it."""

import re
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from crmlib.run import memo, month, tiles
from crmlib.run.collect import kpis_csv, read_kpis
from crmlib.show.withholding import using
from crmlib.vocabulary import language
from crmlib.vocabulary.kpis import KPIS
from tests.memos import untied, words

AS_OF = date(2026, 10, 31)
MONTHS = ("2026-08", "2026-09", "2026-10")
SCALE = {
    "money": 123_456.0,
    "count": 1_235.0,
    "share": 0.4321,
    "change": 0.0567,
    "hours": 31.7,
    "days": 9.4,
    "points": 3.21,
}
LISTED = {"overdue · phone": (45.0, 6_543.0, 5.0), "slipping · to_choose": (20.0, 987.0, 8.0)}
"""Groups of the list: customers, worth, days."""


def figures(of: str, seed: int) -> pd.DataFrame:
    """Every headline figure of a month, each a number of its own; one of them rests on too few, one has no interval."""
    rng = np.random.default_rng(seed)
    rows = []
    for i, kpi in enumerate(k for k in KPIS.values() if k.headline):
        value = SCALE.get(kpi.unit, 7.654) * rng.uniform(0.6, 1.4)
        value = 5 * round(value / 5) if kpi.unit == "count" else value
        wide = 0.0 if kpi.unit == "count" or i % 7 == 0 else abs(value) * rng.uniform(0.01, 0.05)
        row = {"kpi": kpi.name, "segment": "", "value": value, "n": int(rng.integers(100, 9_000)), "unit": kpi.unit}
        rows.append({**row, "low": value - wide or np.nan, "high": value + wide} if wide else row)
    rows += [
        {"kpi": kpi, "segment": segment, "value": value, "n": 45, "unit": KPIS[kpi].unit}
        for segment, values in LISTED.items()
        for kpi, value in zip(("group_customers", "group_worth", "group_due"), values, strict=True)
    ]
    rows.append({"kpi": "actions_proposed", "segment": "overdue", "value": 45.0, "n": 65, "unit": "count"})
    rows += [
        {"kpi": "list_worth", "segment": "", "value": 7_531.0, "n": 65, "unit": "money"},
        {
            "kpi": "incremental_margin",
            "segment": "",
            "value": 9_870.0,
            "low": 1_230.0,
            "high": 19_430.0,
            "n": 800,
            "unit": "money",
        },
    ]
    frame = pd.DataFrame(rows).assign(chapter="", period=of, status="fresh", customers=np.nan, without="")
    frame = frame.drop_duplicates(["kpi", "segment"], keep="last").reset_index(drop=True)
    frame.loc[frame["kpi"] == "repurchase_rate", ["value", "low", "high", "n"]] = np.nan
    frame.loc[frame["kpi"] == "repurchase_rate", "status"] = "withheld"
    return frame


def written(folder: Path, shape: str, spoken: str) -> tuple[dict[str, str], pd.DataFrame]:
    """The pages of the last month, and the rows of all."""
    for i, of in enumerate(MONTHS):
        (folder / of).mkdir()
        (folder / of / "kpis.csv").write_text(kpis_csv(figures(of, i)), encoding="utf-8")
    past, (now,) = [folder / of for of in MONTHS[:-1]], [folder / of for of in MONTHS[-1:]]
    kpis = read_kpis(now)
    listed = int(kpis.loc[(kpis["kpi"] == "actions_proposed") & (kpis["segment"] == ""), "value"].iloc[0])
    manifest = {
        "title": "Acme 24 Ltd", "as_of": AS_OF.isoformat(), "to_act_on": listed, "shape": shape, "notes": ["7 of 9 came back."],
        "chapters": [], "missing": [{"table": "lines", "tells": "x"}, {"table": "events", "tells": "y"}], "account": [],
        "unnamed": [], "crmlib": "0.1.0",
    }  # fmt: skip
    with language.using(spoken, "EUR"), using(5):
        made = month.files(manifest, kpis, past)
    return made, pd.concat([read_kpis(folder / of) for of in MONTHS], ignore_index=True)


def not_tied(made: dict[str, str], rows: pd.DataFrame, spoken: str) -> dict[str, list[str]]:
    with language.using(spoken, "EUR"), using(5):
        texts = {memo.TEXT: made[memo.TEXT], memo.PAGE: words(made[memo.PAGE])}
        return {name: untied(text, rows, MONTHS, AS_OF, "Acme 24 Ltd") for name, text in texts.items()}


@pytest.mark.parametrize("spoken", ["en", "zh"])
@pytest.mark.parametrize("shape", ["", *tiles.FIRST])
def test_every_number_of_the_memo_is_that_of_a_row_or_a_date(tmp_path: Path, shape: str, spoken: str) -> None:
    made, rows = written(tmp_path, shape, spoken)
    assert not_tied(made, rows, spoken) == {memo.TEXT: [], memo.PAGE: []}
    assert len(re.findall(r"\d+", made[memo.TEXT])) > 30, "there are numbers to be tied"


@pytest.mark.parametrize("spoken", ["en", "zh"])
def test_a_number_that_is_another_one_is_seen(tmp_path: Path, spoken: str) -> None:
    made, rows = written(tmp_path, "", spoken)
    lines = made[memo.TEXT].splitlines(keepends=True)
    seen = 0
    for i, line in enumerate(lines):
        for number in re.finditer(r"(?<![\d.,])[\d,.]*\d(?=[%\D])", line if line.startswith("- ") else ""):
            if "202" in number.group() or len(number.group()) < 2:
                continue
            other = f"{line[: number.start()]}{number.group()[:-1]}{9 - int(number.group()[-1])}{line[number.end() :]}"
            changed = {**made, memo.TEXT: "".join([*lines[:i], other, *lines[i + 1 :]])}
            assert not_tied(changed, rows, spoken)[memo.TEXT], other
            seen += 1
    assert seen > 15


def test_memo_and_front_page_say_the_same(tmp_path: Path) -> None:
    made, _rows = written(tmp_path, "", "en")
    page = words(made["index.html"])
    for line in made[memo.TEXT].split("\n\n")[1:4]:
        assert line in page
        assert line in words(made[memo.PAGE])
    assert made[memo.TEXT].startswith("Acme 24 Ltd · Oct 2026\n\n")
    assert (
        "- Silent beyond own rhythm (phone): 45 customers; expected margin €6,543; first due 5 Nov 2026.\n"
        in made[memo.TEXT]
    )
    assert "Not recorded here: Order lines and Events." in made[memo.TEXT]


def test_the_memo_of_a_company_of_which_nothing_can_be_told_is_still_one(tmp_path: Path) -> None:
    manifest = {
        "title": "Acme", "as_of": "2026-10-31", "to_act_on": None, "shape": "", "notes": [], "chapters": [], "missing": [],
        "account": [], "unnamed": [], "crmlib": "0.1.0",
    }  # fmt: skip
    with language.using("en", "EUR"):
        made = month.files(manifest, read_kpis(tmp_path), [])
    assert "Whom to act on cannot be told" in made[memo.TEXT]
    assert "The figures that matter" not in made[memo.TEXT]
