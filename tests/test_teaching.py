"""The teaching company is the same each time, its files are the committed ones, and what is planted came out at its true size."""

from __future__ import annotations

import re
from datetime import date
from functools import cache
from hashlib import sha256
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from ibis import _

from crmlib.border.company import load_description
from crmlib.facts.company import company_from
from crmlib.teaching import plan as plan
from crmlib.teaching.make import Teaching, main, make, write
from crmlib.teaching.sources import CASES, CONTACTS, MEMBERS, SALES, SHOP_ORDERS
from crmlib.teaching.world import ALL, tables, world
from crmlib.vocabulary import policy
from crmlib.vocabulary.schema import TABLES

HOME = Path(__file__).parents[1] / "datasets" / "teaching"


@cache
def small(defects: bool = True) -> Teaching:
    return make(1500, 7, defects=defects)


@cache
def canonical() -> dict[str, pd.DataFrame]:
    return tables(world(4000, 11, ALL), ALL)


def digests(folder: Path) -> dict[str, str]:
    return {
        f.name: sha256(f.read_bytes()).hexdigest() for f in sorted(folder.iterdir()) if f.suffix in (".gz", ".parquet")
    }


def test_two_makes_are_the_same_to_the_byte(tmp_path: Path) -> None:
    first, second = make(300, 5), make(300, 5)
    assert list(first.sources) == list(second.sources)
    for name, frame in first.sources.items():
        pd.testing.assert_frame_equal(frame, second.sources[name])
    write(tmp_path / "a", first)
    write(tmp_path / "b", second)
    assert digests(tmp_path / "a") == digests(tmp_path / "b")
    other = make(300, 6, only=("orders",)).sources
    assert not other["crm_sales.csv.gz"].equals(first.sources["crm_sales.csv.gz"])


def test_the_committed_files_are_what_the_code_makes(tmp_path: Path) -> None:
    main(tmp_path / "teaching")
    assert digests(tmp_path / "teaching") == digests(HOME)
    assert (tmp_path / "STORIES.md").read_text(encoding="utf-8") == (HOME.parent / "STORIES.md").read_text(
        encoding="utf-8"
    )
    assert sum(f.stat().st_size for f in (tmp_path / "teaching").iterdir()) < 10_000_000


def test_asking_for_one_table_changes_nothing_in_it() -> None:
    for table in ("orders", "customers", "tickets"):
        alone = make(300, 5, only=(table,), defects=False)
        whole = make(300, 5, defects=False)
        for name, frame in alone.sources.items():
            pd.testing.assert_frame_equal(frame, whole.sources[name])


@pytest.mark.parametrize("customers", [1, 2, 13])
def test_tiny_companies_are_made(customers: int) -> None:
    made = make(customers, 3)
    assert len(made.truth["customers"]) == customers


def test_a_wrong_size_or_table_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one customer"):
        make(0)
    with pytest.raises(ValueError, match="order"):
        make(10, only=("order",))


def test_canonical_tables_have_the_columns_of_the_dictionary_and_whole_keys() -> None:
    for name, frame in canonical().items():
        table = TABLES[name]
        mapped = {field for source in load_description(HOME / "company.toml").sources(name) for field in source.fields}
        assert set(frame.columns) == mapped, name
        assert not frame.duplicated([key for key in table.key if key != table.made or key in mapped]).any(), name
        for column in (c for c in table.columns if c.name in mapped):
            if column.required:
                assert frame[column.name].notna().all(), (name, column.name)
            if column.values:
                assert set(frame[column.name].dropna().astype(str)) <= set(column.values)


def test_every_event_is_of_a_known_record_and_not_after_the_end() -> None:
    frames = canonical()
    known, end = set(frames["customers"]["customer_id"]), pd.Timestamp(plan.END) + pd.Timedelta(days=1)
    for name, frame in frames.items():
        assert set(frame["customer_id"].astype(str)) <= known, name
        assert (frame[TABLES[name].time] < end).all(), name


def test_what_comes_late_is_not_read_before_it_came() -> None:
    made, frames = small(), tables(world(1500, 7, ALL), ALL)
    plain = {
        n: f.astype(dict.fromkeys(f.select_dtypes("category"), "str")) for n, f in frames.items() if n != "customers"
    }
    day = date.fromisoformat(plan.ACTION_DATES[-1])
    now = company_from(plain, as_of=plan.END)
    late, then = made.truth["late"].set_index(["table", "what"])["late"], now.at(day)
    for table, column in (
        ("orders", "refunded"),
        ("tickets", "cause"),
        ("tickets", "reopened"),
        ("actions", "outcome"),
    ):
        since = dict(TABLES[table].dated)[column]
        held = [
            getattr(c.tables, table).filter(_[TABLES[table].time].cast("date") <= day)[since].count().execute()
            for c in (now, then)
        ]
        assert held[0] - held[1] == late[table, column], column
    assert late["orders", "refunded"] > 0
    assert late["tickets", "cause"] > 0
    assert now.undated() == ()


def test_pairs_are_records_of_one_entity_and_namesakes_are_not() -> None:
    truth = small().truth
    entity = truth["records"].set_index("record_id")["entity_id"]
    pairs, names = truth["pairs"], truth["namesakes"]
    assert (entity[pairs["record_a"]].to_numpy() == entity[pairs["record_b"]].to_numpy()).all()
    assert (entity[names["record_a"]].to_numpy() != entity[names["record_b"]].to_numpy()).all()
    twice = entity.value_counts()
    assert len(pairs) == int((twice * (twice - 1) // 2).sum())
    assert len(entity) - 1500 == pytest.approx(1500 * plan.DUPLICATES * (1 + plan.THREE_RECORDS), rel=0.25)


def test_most_pairs_share_a_contact_point() -> None:
    people = canonical()["customers"].set_index("customer_id")
    pairs = make(4000, 11, only=("customers",), defects=False).truth["pairs"]
    a, b = people.loc[pairs["record_a"]], people.loc[pairs["record_b"]]
    shared = np.zeros(len(pairs), dtype=bool)
    for column in ("phone", "email", "wechat"):
        shared |= (a[column].to_numpy() == b[column].to_numpy()) & a[column].notna().to_numpy()
    assert shared.mean() > 0.9


def test_nobody_real_is_named_by_a_contact_point() -> None:
    people = canonical()["customers"]
    assert people["email"].dropna().str.fullmatch(r"[a-z.]+\d+@example\.(com|org|net)").all()
    assert people["phone"].dropna().str.fullmatch(r"1470\d{7}").all()
    assert people["wechat"].dropna().str.fullmatch(r"yx_[a-z]+\d+").all()
    held = people[people["source_system"] == "shop"]
    assert held["name"].str.contains(r"[\u4e00-\u9fff]").mean() > 0.6
    assert held["name"].str.fullmatch(r"[A-Za-z .,]+").mean() > 0.1


def test_a_clean_copy_has_no_defect() -> None:
    clean = small(False)
    assert len(clean.truth["defects"]) == 0
    assert len(clean.truth["unlawful"]) == 0
    members = clean.sources["shop_members.csv.gz"]
    assert members["邮箱"].dropna().str.contains("@").all()
    assert members["手机号"].dropna().str.fullmatch(r"\d{11}").all()
    assert members["生日"].dropna().between("1945", "2022").all()
    assert set(members["客户类型"]) <= {"个人", "企业"}
    assert (clean.sources["erp_invoices.parquet"]["amount_fen"] > 0).all()
    for name, frame in clean.sources.items():
        assert not frame.duplicated().any(), name
    arrived = clean.sources["erp_invoices.parquet"]
    assert (arrived["recorded_at"] - arrived["ordered_at"]).max() < pd.Timedelta(hours=48)
    lost = pd.Timestamp(plan.START) + pd.to_timedelta(range(plan.OUTAGE[0], plan.OUTAGE[1] + 1), unit="D")
    assert clean.sources["web_use.parquet"]["day"].isin(lost).any()
    assert not small().sources["web_use.parquet"]["day"].isin(lost).any()


def test_every_planted_defect_stands_where_the_truth_says() -> None:
    made = small()
    listed = made.truth["defects"]
    assert set(listed["kind"]) == {*plan.DEFECTS, "outage"}
    keys = {
        "shop_members": "会员编号",
        "crm_contacts": "Contact ID",
        "desk": "Case",
        "shop_orders": "订单号",
        "crm_sales": "Receipt",
        "erp_invoices": "invoice_no",
    }
    looks = {
        "email_without_at": lambda v: "@" not in str(v),
        "phone_too_short": lambda v: len(re.sub(r"\D", "", str(v))) < 7,
        "birthday_1900": lambda v: "1900" in str(v),
        "birthday_future": lambda v: "2031" in str(v),
        "wrong_date": lambda v: str(v) in ("2025/13/41 10:00:00", "31.02.2025 09:30:00"),
        "unknown_code": lambda v: v in ("机构", "P9"),
    }
    for row in listed[listed["kind"].isin(list(looks))].itertuples():
        key = next(column for start, column in keys.items() if row.file.startswith(start))
        cells = made.sources[row.file].loc[lambda f, k=key, v=row.key: f[k] == v, row.column]
        assert len(cells), row
        assert cells.map(looks[row.kind]).all(), row
    repeated = listed[listed["kind"] == "duplicate_row"].groupby("file").size()
    assert {f: int(made.sources[f].duplicated().sum()) for f in repeated.index} == repeated.to_dict()


def test_the_company_is_healthy_but_leaking() -> None:
    made = make(4000, 11, only=("orders",), defects=False)
    orders = tables(world(4000, 11, ("orders",)), ("orders",))["orders"].assign(
        entity=made.truth["orders"]["entity_id"]
    )
    by = orders.groupby("entity")["amount"].agg(["size", "sum"])
    top = by["sum"].sort_values(ascending=False).head(len(by) // 5).sum() / by["sum"].sum()
    assert 0.60 < (by["size"] > 1).mean() < 0.77
    assert 0.58 < top < 0.74
    month = orders["ordered_at"].dt.to_period("M").astype(str)
    count = orders.groupby(month).size()
    assert len(count) == plan.MONTHS
    assert count["2024-11"] > 1.2 * count["2024-10"]
    assert count["2025-10":].mean() < 1.5 * count["2024-10":"2025-09"].mean()
    truth = made.truth["customers"]
    assert (truth["alive"] & truth["left_at"].notna()).sum() == 0
    assert 0.3 < truth["alive"].mean() < 0.5


def test_who_left_buys_nothing_of_their_own_accord_afterwards() -> None:
    made = make(2000, 3, only=("orders",), defects=False)
    orders = tables(world(2000, 3, ("orders",)), ("orders",))["orders"]
    told = made.truth["orders"].merge(made.truth["customers"][["entity_id", "left_at"]], on="entity_id")
    own = (told["kind"] == "own").to_numpy()
    after = orders["ordered_at"].dt.normalize() > told["left_at"]
    assert not (after & own).any()


def test_the_programme_and_the_test_were_drawn_by_lot_and_have_their_effect() -> None:
    made = make(8000, 23, only=("actions", "orders"), defects=False)
    arms = made.truth["actions"].groupby("arm", observed=True)["ordered"].agg(["mean", "size"])
    error = np.sqrt((arms["mean"] * (1 - arms["mean"]) / arms["size"]).sum())
    acted = made.truth["actions"].query("arm == 'act'")[["extra_order", "lost_order"]].astype(float).mean()
    assert abs(arms["mean"]["act"] - arms["mean"]["hold_out"] - acted["extra_order"] + acted["lost_order"]) < 4 * error
    assert acted["extra_order"] - acted["lost_order"] > 4 * error
    assert arms["size"]["hold_out"] == pytest.approx(plan.ACTION_HOLD_OUT * arms["size"].sum(), abs=8)
    assert set(made.truth["actions"]["proposed_on"].astype(str)) == set(plan.ACTION_DATES)
    came = made.truth["channel_test"].groupby("arm")[["extra_order", "lost_order", "left"]].mean()
    assert came["extra_order"]["wechat"] > 0.09 > 0.07 > came["extra_order"]["sms"]
    assert came["extra_order"][["phone", "email", ""]].sum() == came.loc[""].sum() == 0
    assert came["lost_order"]["phone"] > 0.07 > came["lost_order"][["wechat", "sms", "email"]].max()


def test_the_telephone_only_seems_to_work() -> None:
    out = canonical()["interactions"].query("direction == 'out' and arm != 'not contacted'")
    out = out.assign(answered=lambda f: f["responded_at"].notna())
    sales = out[out["purpose"] == "sales"].groupby("channel", observed=True)["answered"].mean()
    test = (
        out[out["campaign"].astype(str).str.startswith("channel-test")]
        .groupby("channel", observed=True)["answered"]
        .mean()
    )
    assert sales["phone"] > sales["wechat"]
    assert test["wechat"] > 1.5 * test["phone"]


def test_quality_gaps_trial_and_incident_have_their_sizes() -> None:
    s = canonical()["surveys"].query("instrument == 'servqual'")
    gaps = (s["perception"] - s["expectation"]).groupby(s["item"]).agg(["mean", "std", "size"])
    for item, (_wish, gap) in plan.SERVQUAL.items():
        assert abs(gaps["mean"][item] - gap) < 4 * gaps["std"][item] / np.sqrt(gaps["size"][item]) + 0.05
    made = make(4000, 11, only=("activity",), defects=False)
    use = (
        made.sources["web_use.parquet"]
        .query("day >= '2026-07-01'")
        .merge(made.truth["trial"], left_on="customer_id", right_on="record_id")
    )
    sums = use.groupby("used")[["errors", "logins"]].sum()
    rate = sums["errors"] / sums["logins"]
    assert rate[True] / rate[False] == pytest.approx(plan.TRIAL_ERRORS, abs=0.12)


def test_company_and_policy_describe_the_files() -> None:
    company = load_description(HOME / "company.toml")
    cuts = policy.load(company.policy)
    assert (company.name, company.currency, cuts.contact.hold_out_share) == ("yunxi", "CNY", plan.ACTION_HOLD_OUT)
    assert cuts.contact.capacity == round(8000 * plan.ACTION_SHARE * (1 - plan.ACTION_HOLD_OUT))
    assert max(plan.MOVER_AMOUNT, cuts.tiers.high_value_from) == plan.MOVER_AMOUNT
    named = {v for table in TABLES for source in company.sources(table) for v in source.fields.values()}
    for headings in (MEMBERS, CONTACTS, SHOP_ORDERS, SALES, CASES):
        assert set(headings.values()) <= named
