"""One customer behind several records: what is put together follows the matcher, in every table, and nothing else moves."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from crmlib.border.company import load_description
from crmlib.border.identity import entities, verdicts
from crmlib.border.identity.resolution import NO_FIELD, Resolved, Told
from crmlib.border.ingest import check, ingest
from crmlib.facts.company import read_company
from crmlib.vocabulary import language
from crmlib.vocabulary.policy import Policy
from tests.small_company import row_code

POLICY = Policy.model_validate({"privacy": {"k": 1}})
"""Two customers: what words they hold shows only where nobody is too few."""
COMPANY = """
name = "acme"
currency = "EUR"
time_zone = "Europe/Berlin"
[customers]
from = "customers.csv"
[customers.fields]
customer_id = "id"
name = "name"
city = "city"
type = "type"
phone = "phone"
owner = "owner"
acquired_on = "since"
updated_at = "changed"
source_system = "system"
[orders]
from = "orders.csv"
[orders.fields]
order_id = "no"
customer_id = "id"
ordered_at = "at"
amount = "amount"
[consents]
from = "consents.csv"
[consents.fields]
customer_id = "id"
channel = "channel"
purpose = "purpose"
granted_at = "granted"
withdrawn_at = "withdrawn"
[activity]
from = "activity.csv"
[activity.fields]
customer_id = "id"
day = "day"
logins = "logins"
"""
FILES = {
    "customers.csv": """id,name,city,type,phone,owner,since,changed,system
A,Ann Lee,,person,0301234567,Kim,2024-05-01,2025-01-01,crm
B,Ann Lee,Berlin,,12,,2024-02-01,2024-06-01,shop
C,Ann Lee,Bonn,,,,2024-03-01,2025-06-01,desk
D,Bob Ray,Ulm,person,,Kim,2024-01-01,,crm
""",
    "orders.csv": "no,id,at,amount\n1,A,2025-01-01,10\n2,B,2025-02-01,20\n3,D,2025-03-01,5\n4,Z,2025-12-31,1\n",
    "consents.csv": """id,channel,purpose,granted,withdrawn
A,email,sales,2025-01-01,
B,email,sales,2025-02-01,2025-03-01
A,email,sales,2025-04-01,
D,email,sales,2025-01-01,
""",
    "activity.csv": "id,day,logins\nA,2025-01-01,2\nB,2025-01-01,3\nC,2025-01-02,1\n",
}


def resolved(records: pd.DataFrame, **_limits: object) -> Resolved:
    """A, B and C are one; of B and D it is doubtful."""
    ids = records["record_id"].tolist()
    one = [i for i in ids if i in "ABC"]
    groups = pd.DataFrame({"record_id": ids, "entity_id": [max(one) if i in one else i for i in ids]})
    pairs = pd.DataFrame(
        [("A", "B", 0.99, "equal"), ("B", "D", 0.6, "different")],
        columns=["record_a", "record_b", "probability", "name"],
    )
    pairs = pairs[pairs["record_a"].isin(ids) & pairs["record_b"].isin(ids)]
    return Resolved(groups, pairs, told=Told(0.95))


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("crmlib.border.identity.entities.resolve", resolved)
    (tmp_path / "company.toml").write_text(COMPANY, encoding="utf-8")
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def frozen(folder: Path, name: str) -> pd.DataFrame:
    frame = duckdb.sql(f"select * from '{folder}/out/tables/{name}.parquet'").df()
    ids = duckdb.sql(f"select * from '{folder}/out/private/ids.parquet'").df()
    names = ids[ids["chosen"]].set_index("pseudonym")["id"]
    return frame.replace(dict(names)) if "customer_id" in frame else frame


def run(folder: Path, **more: str) -> None:
    ingest(load_description(folder), folder / "out", policy=POLICY, **more)


def test_a_customer_is_one_row_under_the_id_of_the_oldest_record(made: Path) -> None:
    run(made)
    customers = frozen(made, "customers").set_index("customer_id")
    assert sorted(customers.index) == ["B", "D"]
    ann = customers.loc["B"]
    assert (ann["city"], ann["type"], ann["source_system"]) == ("Bonn", "person", "shop"), "what was last stated"
    assert (ann["phone_status"], ann["name_status"]) == ("valid", "valid"), "one good number is enough"
    assert (ann["acquired_on"], ann["updated_at"]) == (pd.Timestamp("2024-02-01"), pd.Timestamp("2025-06-01"))
    assert customers.loc["D", "phone_status"] == "missing"


def test_every_table_follows_and_money_stays_the_same(made: Path) -> None:
    run(made)
    orders = frozen(made, "orders").set_index("order_id")["customer_id"]
    assert list(orders.loc[[row_code(made, number) for number in "123"]]) == ["B", "B", "D"]
    assert frozen(made, "orders")["amount"].sum() == Decimal(36)
    activity = frozen(made, "activity").set_index(["customer_id", "day"])["logins"]
    assert list(activity) == [5, 1], "one row a customer and day"


def test_a_withdrawal_under_one_record_holds_for_the_others_until_consent_is_given_again(made: Path) -> None:
    run(made)
    consents = frozen(made, "consents").sort_values(["customer_id", "granted_at"])
    march = pd.Timestamp("2025-03-01")
    assert [w if pd.notna(w) else None for w in consents["withdrawn_at"]] == [march, march, None, None]


def test_records_and_pairs_are_told_by_pseudonym_and_listed_for_a_person_by_id(made: Path) -> None:
    run(made)
    c = read_company(made / "out" / "tables", as_of=date(2025, 12, 31))
    records = c.tables.records.execute()
    assert len(records) == 4
    assert records["customer_id"].nunique() == 2
    links = c.tables.links.execute()
    assert sorted(links["same"]) == [False, True]
    assert set(links["record_a"]) <= set(records["record_id"])
    assert c.about["records_compared"] == "yes"
    pairs = pd.read_csv(made / "out" / "private" / "doubtful_pairs.csv")
    assert list(pairs["record_a"]) == ["A", "B"], "those nearest to the limit first"
    assert "Ann" not in (made / "out" / "private" / "doubtful_pairs.csv").read_text(encoding="utf-8")


def test_records_acquired_after_the_month_are_not_compared(made: Path) -> None:
    run(made, month="2024-03")
    assert sorted(frozen(made, "customers")["customer_id"]) == ["A", "B", "D"], "B and C were there by March, A was not"


def test_an_id_once_chosen_stays_when_records_of_known_or_unknown_day_come_later(
    made: Path,
) -> None:
    file = made / "customers.csv"
    file.write_text(FILES["customers.csv"].replace("B,Ann Lee,Berlin,,12,,2024-02-01", "B,Ann Lee,Berlin,,12,,"))
    for month in ("2024-01", "2024-03", "2025-12"):
        run(made, month=month)
        customers = frozen(made, "customers")["customer_id"]
        assert "B" in set(customers), "the day of B is not known, so it is there from the start"
    assert sorted(customers) == ["B", "D"]


def test_earlier_actions_under_any_of_the_ids_count_for_the_customer(made: Path) -> None:
    actions = pd.DataFrame({"action_id": ["1", "2"], "customer_id": ["A", "B"], "arm": ["act", "hold_out"]})
    actions = actions.assign(proposed_on="2025-01-31", other_ids="")
    for name in ("why", "what", "channel", "owner", "due_on", "done_at", "outcome"):
        actions[name] = ""
    actions.to_csv(made / "actions.csv", index=False)
    ingest(load_description(made), made / "out", policy=POLICY, actions=[made / "actions.csv"])
    assert list(frozen(made, "actions")["customer_id"]) == ["B", "B"]


def test_order_of_rows_changes_no_byte_and_later_rows_no_result(made: Path) -> None:
    def written() -> dict[str, bytes]:
        run(made, month="2025-02")
        return {p.name: p.read_bytes() for p in sorted((made / "out").rglob("*")) if p.is_file()}

    once = written()
    for name, text in FILES.items():
        head, *rows = text.strip().split("\n")
        (made / name).write_text("\n".join([head, *reversed(rows)]) + "\n")
    assert written() == once
    as_of = date(2025, 2, 28)
    full = read_company(made / "out" / "tables", as_of=as_of)
    later = "E,Ann Lee,Bonn,,0301234567,,2025-03-01,2025-03-02,desk\n"
    (made / "customers.csv").write_text(FILES["customers.csv"] + later)
    (made / "consents.csv").write_text(FILES["consents.csv"] + "E,email,sales,2025-03-01,2025-03-05\n")
    run(made, month="2025-02")
    more = read_company(made / "out" / "tables", as_of=as_of)
    for name in ("customers", "orders", "consents", "activity"):
        pd.testing.assert_frame_equal(getattr(more.tables, name).execute(), getattr(full.tables, name).execute())


def test_customers_of_whom_no_row_can_be_used(made: Path) -> None:
    (made / "customers.csv").write_text(FILES["customers.csv"].split("\n")[0] + "\n")
    assert "nothing to bring together" in " ".join(check(load_description(made), POLICY).notes)
    run(made)
    assert frozen(made, "customers").empty
    assert frozen(made, "orders")["customer_id"].nunique() == 4


def test_why_nothing_was_brought_together_is_said_in_the_company_s_language() -> None:
    with language.using("zh"):
        said = entities.notes(Resolved(pd.DataFrame(), pd.DataFrame(), NO_FIELD))
    assert said != [NO_FIELD]


def test_check_says_how_many_customers_there_are(made: Path) -> None:
    assert "4 records count as 2 customers" in " ".join(check(load_description(made), POLICY).notes)


def test_without_customers_there_is_nothing_to_put_together(made: Path) -> None:
    text = COMPANY[: COMPANY.index("[customers]")] + COMPANY[COMPANY.index("[orders]") :]
    (made / "company.toml").write_text(text, encoding="utf-8")
    run(made)
    assert not (made / "out" / "tables" / "records.parquet").exists()
    assert frozen(made, "orders")["customer_id"].nunique() == 4
    assert entities.notes(Resolved(pd.DataFrame(), pd.DataFrame(), "why not")) == ["why not"]


def test_a_person_s_verdicts_decide_in_the_next_month_and_stand_in_its_list(
    made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    kept = made / "2025-11" / "private"
    kept.mkdir(parents=True)
    said = "record_a;record_b;same\nA;B;是\nB;C;1\nC;D;否\nA;D;vielleicht\n"
    (kept / "doubtful_pairs.csv").write_bytes(said.encode("gb18030"))
    run(made)
    assert frozen(made, "customers")["customer_id"].nunique() == 4, "nothing else tells that A, B and C are one"
    done = ingest(load_description(made), made / "out", policy=POLICY, verdicts=[kept / "doubtful_pairs.csv"])
    assert sorted(frozen(made, "customers")["customer_id"]) == ["B", "D"]
    notes = " ".join(done.notes)
    assert "said of 3 pairs" in notes
    assert "2025-11/doubtful_pairs.csv:5: vielleicht" in notes
    listed = pd.read_csv(made / "out" / "private" / "doubtful_pairs.csv").set_index(["record_a", "record_b"])["same"]
    assert listed[[("A", "B"), ("B", "C"), ("C", "D")]].tolist() == ["yes", "yes", "no"]


def test_verdicts_that_contradict_each_other_are_told_and_keep_apart(
    made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    file = made / "doubtful_pairs.csv"
    file.write_text("record_a,record_b,same\nA,B,yes\nB,C,yes\nA,C,no\n")
    done = ingest(load_description(made), made / "out", policy=POLICY, verdicts=[file])
    assert any("A ≠ C" in note for note in done.notes)
    entity = frozen(made, "records").groupby("customer_id").size()
    assert sorted(entity) == [1, 1, 2]


@pytest.mark.parametrize(
    ("cell", "meant"),
    [
        ("yes", True),
        ("是", True),
        ("1", True),
        ("TRUE", True),
        ("no", False),
        ("否", False),
        ("0", False),
        ("False", False),
    ],
)
@pytest.mark.parametrize(("mark", "encoding"), [(",", "utf-8-sig"), (";", "gb18030"), ("\t", "utf-16")])
def test_verdicts_are_read_however_they_were_saved(
    tmp_path: Path, cell: str, meant: bool, mark: str, encoding: str
) -> None:
    earlier, later = tmp_path / "1.csv", tmp_path / "2.csv"
    earlier.write_text("record_a,record_b,same\nb,a,no\nc,d,\n")
    later.write_bytes(
        "\n".join([mark.join(["record_a", "record_b", "same"]), mark.join(["a", "b", cell])]).encode(encoding)
    )
    assert verdicts.read([earlier, later]).same == {("a", "b"): meant}


def test_the_list_for_a_person_is_whole_and_begins_with_the_most_doubtful(
    made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [f"c{i:03},Name {i},,,,,2024-01-01,,crm" for i in range(50)]
    (made / "customers.csv").write_text(FILES["customers.csv"] + "\n".join(rows) + "\n")

    def many(records: pd.DataFrame, **_limits: object) -> Resolved:
        ids = sorted(records["record_id"])
        chance = [
            (a, b, 0.5 + 0.001 * (i + j) % 0.499, "similar")
            for i, a in enumerate(ids)
            for j, b in enumerate(ids)
            if i < j
        ]
        pairs = pd.DataFrame(chance, columns=["record_a", "record_b", "probability", "name"])
        return Resolved(pd.DataFrame({"record_id": ids, "entity_id": ids}), pairs, told=Told(0.9))

    monkeypatch.setattr("crmlib.border.identity.entities.resolve", many)
    run(made)
    listed = pd.read_csv(made / "out" / "private" / "doubtful_pairs.csv")
    assert len(listed) == 54 * 53 / 2
    away = (listed["probability"] - 0.9).abs()
    assert away.is_monotonic_increasing
    assert listed["same"].isna().all(), "a column for a person to fill in"
