import json
import re
import time
from pathlib import Path

import duckdb
import pytest

from crmlib.border import expressions, lines, locked
from crmlib.border.company import load_description
from crmlib.border.ingest import IngestError, border, check, ingest
from crmlib.border.locked import connect, limited
from crmlib.border.propose import init
from crmlib.border.sources import write_parquet
from crmlib.run.recut import draft
from crmlib.vocabulary.policy import Policy

POLICY = Policy.model_validate({})
DATASETS = Path(__file__).parents[1] / "datasets"
HEAD = 'name = "shop"\ncurrency = "CNY"\ntime_zone = "Asia/Shanghai"\n'
SECRET = "the-key-of-the-house"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A company's folder, which is the working directory too; a file that is no source lies in it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "secret.csv").write_text(f"word\n{SECRET}\n", encoding="utf-8")
    (tmp_path / "orders.csv").write_text(
        "No,Customer,Date,Amount,Note,Tags\n1,a,2026-01-01,1.50,x,u;v\n2,b,2026-01-02,2.50,y,w\n", encoding="utf-8"
    )
    return tmp_path


def mapped(folder: Path, field: str = "Note", filter_: str = "true") -> None:
    given = {"order_id": "No", "customer_id": "Customer", "ordered_at": "Date", "amount": "Amount", "category": field}
    fields = "".join(f"{k} = {json.dumps(v, ensure_ascii=False)}\n" for k, v in given.items())
    text = f'[orders]\nfrom = "orders.csv"\n[orders.filter]\nkept = {json.dumps(filter_)}\n[orders.fields]\n{fields}'
    (folder / "company.toml").write_text(HEAD + text, encoding="utf-8")


ATTACKS = [
    "x' then 1 end) from (select 1 as __file, 'x' as Returned); copy (select 'owned') to 'owned.csv'; describe select 1, (2 --",
    "x' then 1 end); copy (select 'owned') to 'owned.csv' --",
    "x' then (select content from read_text('secret.csv')) end --",
    "it's back",
    '"returned"',
    "\\",
    "'",
    "x\ny = 1",
    "退回'; drop table raw_orders_0; --",
]


@pytest.mark.parametrize("mark", ATTACKS)
def test_a_cell_of_a_file_is_a_value_to_init_whatever_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mark: str
) -> None:
    monkeypatch.chdir(tmp_path)
    rows = "".join(f"{i},a{i % 7},2026-01-{1 + i % 28:02},{i + 1}\n" for i in range(60))
    (tmp_path / "orders.csv").write_text("Order ID,Customer ID,Order Date,Amount\n" + rows, encoding="utf-8")
    cell = '"' + mark.replace('"', '""') + '"'
    (tmp_path / "returns.csv").write_text(f"Order ID,Returned\n3,{cell}\n4,{cell}\n", encoding="utf-8")
    init(tmp_path)
    draft(tmp_path / "company.toml")
    assert {p.name for p in tmp_path.iterdir()} - {".crmlib"} == {
        "orders.csv",
        "returns.csv",
        "company.toml",
        "policy.toml",
        "company.schema.json",
    }
    if mark.isprintable():
        ingest(load_description(tmp_path), tmp_path / "out", policy=POLICY)
        path = tmp_path / "out" / "tables" / "orders.parquet"
        assert duckdb.execute(f"select sum(refunded) from '{path}'").fetchall() == [(9,)]


def test_a_heading_is_a_name_to_init_whatever_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    heading = '"Amount"") from (select 1 __file); copy (select 1) to \'owned.csv\' --\n[orders]"'
    (tmp_path / "orders.csv").write_text(
        f"Order ID,Customer ID,Order Date,{heading}\n" + "".join(f"{i},a,2026-01-01,1\n" for i in range(9)), "utf-8"
    )
    (tmp_path / "returns.csv").write_text("Order ID,Returned\n3,yes\n", encoding="utf-8")
    init(tmp_path)
    assert not (tmp_path / "owned.csv").exists()
    assert float(check(load_description(tmp_path), POLICY).tables["amount"].iloc[0]) == 9


HOSTILE = [
    # a second statement, a second expression, a clause of its own
    "1) from (select 1 as __file); copy (select 'owned') to 'owned.csv'; describe select 1, (2",
    "Note); copy (select 'owned') to 'owned.csv' --",
    "Note) from raw_orders_0; copy (select 'owned') to 'owned.csv'; select (1",
    "1) from (select 1 as __file); copy (select 'owned') to 'owned.csv' --",
    "1; copy (select 'owned') to 'owned.csv'",
    "1); attach 'owned.db' as o; --",
    "1); install httpfs; load httpfs; --",
    "1); set lock_configuration = false; --",
    "1); create macro lower(x) as x; --",
    "1); pragma database_list; --",
    "1); export database 'owned'; --",
    "1), (2",
    "1) + (2",
    "1) from raw_orders_0 where (true",
    "1) union all select (2",
    "1) limit (1",
    "Note /*",
    "Note */",
    "Note '",
    "Note $$",
    "1 as x",
    "",
    ";",
    "copy (select 1) to 'owned.csv'",
    "(copy (select 1) to 'owned.csv')",
    # tables inside
    "(select content from read_text('secret.csv'))",
    "(select word from read_csv('secret.csv'))",
    "(select word from 'secret.csv')",
    "(select content from read_blob('secret.csv'))",
    "(select string_agg(file) from glob('*'))",
    "(select string_agg(name) from sniff_csv('secret.csv'))",
    "(select count(*) from parquet_metadata('x.parquet'))",
    "(select content from read_text('http://127.0.0.1:9/x'))",
    "(select 1 from read_csv('http://169.254.169.254/latest'))",
    "(select string_agg(value) from duckdb_settings())",
    "(select string_agg(secret_string) from duckdb_secrets())",
    "(select count(*) from generate_series(1, 1000000000000))",
    "(select count(*) from range(1e12) a, range(1e12) b)",
    "(from query('select 1'))",
    "(select * from query_table('raw_orders_0'))",
    "(with recursive r as (select 1 as n union all select n + 1 from r) select max(n) from r)",
    "exists (select 1 from read_text('secret.csv'))",
    "Note in (select word from read_csv('secret.csv'))",
    "Note = any (select word from read_csv('secret.csv'))",
    "array(select word from read_csv('secret.csv'))",
    "case when true then (select word from read_csv('secret.csv')) end",
    "lower((select word from read_csv('secret.csv')))",
    "max(Note) over (order by (select word from read_csv('secret.csv')))",
    "max(Note) over (rows between (select 1) preceding and current row)",
    "list_transform(['a'], x -> (select word from read_csv('secret.csv')))[1]",
    # functions that read, change or depend on what is no cell
    "read_text('secret.csv')",
    "glob('*')",
    "getenv('HOME')",
    "current_setting('temp_directory')",
    "set_config('memory_limit', '1TB', false)",
    "getvariable('x')",
    "nextval('s')",
    "which_secret('s3://x', 's3')",
    "pg_catalog.current_setting('temp_directory')",
    "system.main.current_setting('temp_directory')",
    "main.getvariable('x')",
    "now()",
    "random()",
    "gen_random_uuid()",
    "version()",
    "current_database()",
    "current_user",
    "current_date",
    "current_timestamp",
    "current_user -> '$'",
    "list_transform(current_user -> '$', x -> x)[1]",
    "txid_current()",
    "error(Note)",
    "in_search_path('main', 'main')",
    "raw_orders_0",
    "rowid",
    # what makes much of little
    "range(1000000000000)",
    "len(generate_series(1, 1000000000000))",
    "repeat('x', 1000000000)",
    "lpad(Note, 1000000000, 'x')",
    "rpad(Note, 1000000000, 'x')",
    "rpad(Note, cast(Amount as integer), 'x')",
    "list_resize([1], 1000000000)[1]",
    "printf('%1000000000d', 1)",
    "format('{:>1000000000}', 'x')",
    "bar(1, 0, 1, 1000000000)",
    "string_agg(Note) over ()",
    "list(Note) over ()",
    "list_reduce([1, 2, 3], (a, b) -> a)",
    "replace(" * 9 + "Note" + ", 'x', 'xxxxxxxxxx')" * 9,
    "regexp_replace(" * 9 + "Note" + ", '.', '\\0\\0\\0\\0', 'g')" * 9,
    "replace(replace(Note, 'x', Tags), 'x', replace(Tags, 'u', Tags))",
    "list_transform([1], x -> list_transform([1], y -> x))[1]",
    "list_transform(" * 15 + "[Note]" + ", x -> x || x)" * 15,
    "number(" * 12 + "Note" + ")" * 12,
    "cast(null as integer[100000])",
    "cast(Note as integer[])",
    "cast(Note as struct(a integer))",
    "cast(Note as enum('a'))",
    "cast(Note as nowhere.kind)",
    "not " * 5000 + "true",
    "'" + "x" * 20_000 + "'",
    # what is no cell
    "*",
    "columns('.*')",
    "unnest(['a', 'b'])",
    "?",
    "$1",
    "#1",
    "default",
    "Note collate nocase",
    "grouping(Note)",
    "count(*)",
]


@pytest.mark.parametrize("given", HOSTILE)
@pytest.mark.parametrize("place", ["fields.category", "filter.kept"])
def test_what_is_no_expression_over_cells_is_one_line_and_leaves_nothing(folder: Path, place: str, given: str) -> None:
    mapped(folder, given) if place == "fields.category" else mapped(folder, filter_=given)
    before = {p: p.read_bytes() for p in folder.iterdir()}
    start = time.monotonic()
    with pytest.raises(IngestError, match=rf"^company\.toml: orders\.{place}: ") as raised:
        check(load_description(folder), POLICY)
    assert "\n" not in str(raised.value)
    assert SECRET not in str(raised.value)
    assert len(str(raised.value)) < 700
    assert time.monotonic() - start < 10
    assert {p: p.read_bytes() for p in folder.iterdir()} == before


LEGITIMATE = {
    "Note": "x",
    "'gift'": "gift",
    "'gift' -- a remark": "gift",
    "Note /* a remark */": "x",
    "'it''s'": "it's",
    "'); copy (select 1) to ''owned.csv'' --'": "); copy (select 1) to 'owned.csv' --",
    "upper(Note) || '-' || lpad(No, 4, '0')": "X-0001",
    "concat_ws(' ', Note, Customer)": "x a",
    "case when number(Amount) > 1 then 'much' else 'little' end": "much",
    "case Note when 'x' then 'first' when 'y' then 'second' end": "first",
    "if(Note = 'x', 'a', 'b')": "a",
    "coalesce(nullif(trim(both ' ' from Note), ''), 'none')": "x",
    "cast(number(Amount) * 2 as integer)": "3",
    'cast(year(moment("Date")) as varchar)': "2026",
    'extract(month from moment("Date"))::varchar': "1",
    "strftime(moment(\"Date\") + interval 1 month, '%Y-%m')": "2026-02",
    "date_diff('day', date '2025-12-31', moment(\"Date\")::date)::varchar": "1",
    "dayname(moment(\"Date\") at time zone 'UTC' at time zone 'Asia/Shanghai')": "Thursday",
    "split_part(Tags, ';', 2)": "v",
    "string_split(Tags, ';')[1]": "u",
    "list_transform(string_split(Tags, ';'), t -> t || Note)[2]": "vx",
    "list_transform(string_split(Tags, ';'), lambda t: upper(t))[1]": "U",
    "[upper(t) for t in string_split(Tags, ';')][1]": "U",
    "replace(replace(Note, 'x', 'long'), 'l', 's')": "song",
    "regexp_replace(Tags, '[^a-z]', '', 'g')": "uv",
    "regexp_extract(Tags, '([a-z]);', 1)": "u",
    "substring(Tags from 1 for 1)": "u",
    "Tags[1]": "u",
    "case when Note like 'x%' and Note not ilike 'Y' and Tags ~ '.*;.*' then 'both' end": "both",
    "case when Note in ('x', 'z') and number(Amount) between 1 and 2 then 'in' end": "in",
    "case when Note is distinct from 'y' or not Note is null then 'yes' end": "yes",
    "max(Note) over (partition by Customer)": "x",
    "lead(Note) over (order by No)": "y",
    "cast(count(*) over () as varchar)": "2",
    "row_number() over (order by __line desc)::varchar": "2",
    "cast(round(greatest(number(Amount), 1), 1) as varchar)": "1.5",
    "try_cast(Note as integer)::varchar": None,
    "try(Note::integer::varchar)": None,
}


@pytest.mark.parametrize("given", LEGITIMATE)
def test_what_a_mapping_needs_is_run(folder: Path, given: str) -> None:
    mapped(folder, given)
    with border(load_description(folder)) as read:
        found = read.engine.execute("select category from rows_orders order by order_id").fetchall()
    assert found[0] == (LEGITIMATE[given],)


def test_every_expression_of_the_ready_mappings_is_parsed() -> None:
    engine, parsed, written = connect(), 0, re.compile(r"'|\*|\b[a-z_]+\(\w")
    for path in [DATASETS / "teaching", *sorted((DATASETS / "companies").iterdir())]:
        company = load_description(path)
        for source in (
            s for table in type(company).model_fields if table in lines.TABLES for s in company.sources(table)
        ):
            for given in [*source.filter.values(), *filter(written.search, source.fields.values())]:
                assert expressions.columns_of(engine, given) is not None
                parsed += 1
    assert parsed > 20


def test_what_may_be_called_gives_the_same_for_the_same_cells() -> None:
    """By the engine's own catalogue; the macros of its list are names for others of it."""
    of = dict(
        duckdb.execute("select function_name, any_value(stability) from duckdb_functions() group by 1").fetchall()
    )
    known = (expressions.FUNCTIONS | expressions.WINDOWED) & set(of)
    assert {name for name in known if of[name] not in ("CONSISTENT", None)} == set()
    windows = {"row_number", "rank", "dense_rank", "percent_rank", "cume_dist", "ntile", "lag", "lead", "nth_value"}
    own = {"number", "moment", "first_value", "last_value"}
    assert (expressions.FUNCTIONS | expressions.WINDOWED) - set(of) <= windows | own


@pytest.mark.parametrize(
    "statement",
    [
        "copy (select 1) to 'owned.csv'",
        "select * from read_text('secret.csv')",
        "select * from 'other.parquet'",
        "select * from glob('*')",
        "attach 'owned.db'",
        "install httpfs",
        "load httpfs",
        "select * from read_text('http://127.0.0.1:9/x')",
        "set enable_external_access = true",
        "set memory_limit = '1TB'",
        "set allowed_directories = ['/']",
        "set lock_configuration = false",
        "reset lock_configuration",
        "copy (select 1) to 'out/../owned.parquet'",
    ],
)
def test_the_engine_opens_its_files_only_and_keeps_its_settings(folder: Path, statement: str) -> None:
    for name in ("given", "other"):
        duckdb.execute(f"copy (select 7 as n) to '{folder / name}.parquet'")
    (folder / "out").mkdir()
    engine = connect([folder / "given.parquet"], folder / "out")
    assert engine.execute(f"select n from read_parquet('{folder / 'given.parquet'}')").fetchall() == [(7,)]
    write_parquet(engine, "select 8 as n", Path("out") / "new.parquet")
    assert (folder / "out" / "new.parquet").is_file()
    before = sorted(p for p in folder.rglob("*"))
    with pytest.raises(duckdb.Error):
        engine.execute(statement).fetchall()
    assert sorted(p for p in folder.rglob("*")) == before


def test_more_than_fits_in_memory_goes_to_disk_and_leaves_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    allowed, unit = duckdb.execute("select current_setting('memory_limit')").fetchall()[0][0].split()
    assert unit == "GiB"
    monkeypatch.setattr(locked, "MEMORY", 0.1 / float(allowed))
    engine = connect()
    engine.execute("create temp table t as select i, sha256(i::varchar) as h from range(3_000_000) r(i)")
    spilled = engine.execute("select sum(size) from duckdb_temporary_files()").fetchall()[0][0]
    assert spilled
    assert engine.execute("select count(distinct h) from t").fetchall() == [(3_000_000,)]
    engine.close()
    assert {p.name for p in folder.iterdir()} == {"orders.csv", "secret.csv"}


def test_expressions_that_take_too_long_are_stopped_in_one_line(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = "".join(f"{i},c{i % 9},2026-01-01,1,{i},t\n" for i in range(200_000))
    (folder / "orders.csv").write_text("No,Customer,Date,Amount,Note,Tags\n" + rows, encoding="utf-8")
    mapped(folder, "sha256(" * 200 + "Note" + ")" * 200)
    monkeypatch.setattr(lines, "SECONDS", 0.2)
    start = time.monotonic()
    with pytest.raises(IngestError, match=r"^company\.toml: orders from orders\.csv: .* longer than 0.2 seconds$"):
        check(load_description(folder), POLICY)
    assert time.monotonic() - start < 20


def test_a_limit_ends_with_the_work() -> None:
    engine = connect()
    with pytest.raises(duckdb.InterruptException), limited(engine, 0.1):
        engine.execute("select count(*) from range(10_000_000_000) a, range(1000) b").fetchall()
    with limited(engine, 60):
        assert engine.execute("select 1").fetchall() == [(1,)]
    assert engine.execute("select 2").fetchall() == [(2,)]
