"""Words of a company's own are told as it writes them, and never mixed with codes that they happen to be spelled like."""

import pandas as pd
import pytest

from crmlib.show import charts, listing
from crmlib.show.findings import contrast, entries, segment_label, segments
from crmlib.vocabulary import language
from crmlib.vocabulary.labels import kinds_in
from crmlib.vocabulary.policy import Statistics

OWN = ["features", "budget", "competitor", "pricing"]
CODES = ["competitor", "need_ended", "price", "service"]
BY = [f"Referral source · {word}" for word in ("ads", "event", "organic", "other", "partner")]


@pytest.fixture(autouse=True)
def _chinese() -> object:
    with language.using("zh"):
        yield


def rows(kpi: str, words: list[str]) -> pd.DataFrame:
    parts = [
        {"kpi": kpi, "segment": word, "value": 0.1 * i, "low": 0.1 * i - 0.01, "high": 0.1 * i + 0.01, "n": 1000}
        for i, word in enumerate(words, 1)
    ]
    return pd.DataFrame(parts).assign(unit="share", customers=float("nan"))


@pytest.mark.parametrize("column", ["reason_of_ending", "reason", "industry"])
def test_a_column_is_told_in_codes_or_in_own_words_and_never_in_both(column: str) -> None:
    assert entries(OWN, *kinds_in(column)) == OWN
    assert entries(CODES, *kinds_in(column)) == ["竞争对手", "不再需要", "价格", "服务"]
    assert [word in listing.table(pd.DataFrame({column: OWN})) for word in (*OWN, "竞争对手")] == [True] * 4 + [False]


def test_a_value_of_an_attribute_is_told_as_the_company_writes_it_and_what_has_no_name_in_the_readers_language() -> (
    None
):
    told = entries(BY, *kinds_in("segment", "snapshot_left_by"))
    assert told == [f"Referral source · {word}" for word in ("ads", "event", "organic", "其他", "partner")]
    frame = rows("snapshot_left_by", BY)
    assert segments(frame) == {"snapshot_left_by": BY}
    assert segment_label(BY[1], "snapshot_left_by", BY) == "Referral source · event"
    assert "事件" not in listing.table(frame)
    picture = charts.bars(frame)
    assert picture is not None
    drawn = " ".join(text.get_text() for text in picture.figure.axes[0].get_yticklabels())
    assert "事件" not in drawn


def test_a_contrast_names_groups_as_the_company_does() -> None:
    assert "竞争对手" not in contrast(rows("ending_share", ["features", "budget", "competitor"]), Statistics())
    assert "竞争对手" in contrast(rows("ending_share", ["price", "competitor"]), Statistics())


def test_the_columns_of_this_programs_codes_keep_their_labels_beside_a_companys_own() -> None:
    assert entries(["wechat", "pigeon"], *kinds_in("channel")) == ["微信", "pigeon"]
