"""What tells of a person leaves the border in no column of codes, and codes do."""

from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import crmlib
from crmlib.border.company import CompanyError, load_description
from crmlib.border.ingest import Ingested, check, ingest
from crmlib.border.privacy.recognisers import Recogniser, numbering
from crmlib.facts.company import read_company
from crmlib.measures import quality
from crmlib.vocabulary.codes import OTHER
from crmlib.vocabulary.policy import Policy, load
from crmlib.vocabulary.schema import TABLES
from tests import planted

LATEST = date(2026, 10, 31)
PERSONAL = """
138.1234.5678|0049 171 1234567|004917112345678|01711234567|0171 1234567|0171/1234567|(212) 555-0123|212-555-0187
+1 212 555 0123|021-62345678|0571 87654321|(021)62345678|010 8888 1234|+44 20 7946 0958|020 7946 0958|13812345678
１３８１２３４５６７８|138 1234 5678|139 1234 1234|+8613912341234|0086 139-1234-1234|8613912341234
１３９１２３４１２３４|call +49 170 1234567 now|x13812345678|zhangsan13912341234
9a15712345678b0c4d5e6f7a8b9c0d1e 139 1234 1234|+86-138-1234-5678|call 6234 5678|电话62345678
手机：13812345678|+33 6 12 34 56 78|06 12 34 56 78|0033 6 12 34 56 78|tel. 555 1234|+49 (0)30 901820|030/901820 12
00 86 138 1234 5678|1 (212) 555-0123|1-800-555-1234|138-1234-5678 张伟|1３8 1２34 56７8|110101199003078515
11010119900307851X|110101 19900307 8515|320311770706001|DE89 3704 0044 0532 0130 00|DE89370400440532013000
GB29 NWBK 6016 1331 9268 19|de89 3704 0044 0532 0130 00 Meier|4111 1111 1111 1111|4111111111111111|378282246310005
123-45-6789|wxid_abc123xyz|微信：lily_2020|WeChat id: zhang_wei88|微信号 zhangwei88|QQ 123456789|QQ号：12345678
qq123456|加微信 lily2020|王@公司.中国|zhang.wei@example.com|zhang.wei＠example.com|zhang.wei at example.com
zhangwei [at] example [dot] com|zhang wei (at) example.com|born 1990-05-17|1990-05-17|17.05.1990|17/05/1990
May 17, 1990|17 May 1990|1990年5月17日|19900517|生日5月17日|出生于2015年3月2日|221b Baker Street
221 Baker Street, London|中山路12号|浙江省杭州市西湖区文三路90号3幢501室|中山东一路十二号|3栋2单元501室|〒100-0001
Hauptstraße 12|Hauptstr. 5, 10115 Berlin|12 rue de la Paix|742 Evergreen Terrace|10 Downing St, London
350 Fifth Avenue|1600 Pennsylvania Ave NW|Via Roma 12|Calle Mayor 5|PO Box 1234|京A12345|沪B·8D231|粤BD12345
passport E12345678|护照号：E12345678|https://shop.example.com/reset?token=abc123def
https://x.com/u/3f9a8b7c6d5e4f3a2b1c0d9e|https://lee:secret@shop.example.com/
"""
CODES = """
Order 20251234567890|Room 12, +12%|2025-01-01 10:00:00+08|order 20251234567890|SO1046033|Kitchen|22423|85123A
500 GB Hard Drive|500 GB Hard Drive, Black|16 GB USB Flash Drive|3 Piece Place Setting|2 Way Speaker|5号电池
1.234.567,89|12345678.90|1234567|double 11 2026-11-11|双11 2026|birthday 2026-03|birthday-2026-03-01|11.11.2026
Nov 11, 2026|1000-2000|Q3 2026|v1.2.3.4|12-34567-89|WeChat mini-program|wechat campaign|QQ音乐|Sold at amazon.com
https://shop.example.com/spring?utm_source=mail|Canon EOS 5D 2024|A4 paper 80g 500 sheets|Xerox 1967|Newell 310
第3大街|Route 66|ISO 9001:2015|EN 60335-1|4006381333931|5901234123457|0.123456789|Hon 4070 Series Pagoda Armless
SAP 0000012345|000000000012345678|192 kbps|8 oz. 12 pk|120,000,000|China Mobile 10086|3M 8210 N95
#10- 4 1/8" x 9 1/2" Security|9-3/4 Diameter|2 in 1|24/7|Shanghai|上海市|浙江省|华东|新街口店|南京路店|一号店|1号店
中关村店|2024/25|Avery 4027 File Folder Labels|Ring 4|Email Blast 2026|Email at checkout|Phone 15 Pro
iPhone 15 Pro Max 256|Model 2026-10|Euro 2024|Batch 20261031|技术-电话-10004015|062570 1 CT
dc05a07c0cc70e26e10e274313034ad3|ad925a533d94cee42707026949892c7e|Samsung Galaxy S21 5G
9a15712345678b0c4d5e6f7a8b9c0d1e|0f8fad5b-d9cb-469f-a165-c13812345678
"""


def listed(text: str) -> list[str]:
    """The values of a list above."""
    return text.strip().replace("\n", "|").split("|")


@pytest.mark.parametrize("country", ["CN", "US", "DE", "ZZ"])
def test_what_tells_of_a_person_is_recognised_however_it_is_written(country: str) -> None:
    shapes = Recogniser(country, LATEST)
    assert [text for text in listed(PERSONAL) if not shapes.kind(text)] == []


@pytest.mark.parametrize("country", ["CN", "US", "DE", "ZZ"])
def test_names_of_goods_campaigns_and_places_are_not(country: str) -> None:
    shapes = Recogniser(country, LATEST)
    assert {text: kind for text in listed(CODES) if (kind := shapes.kind(text))} == {}


@pytest.mark.parametrize("text", listed(PERSONAL))
def test_a_recognised_value_is_recognised_in_a_sentence_too(text: str) -> None:
    assert Recogniser("CN", LATEST).kind(f"退款: {text}")


def test_a_column_of_numbered_goods_is_no_list_of_telephone_numbers() -> None:
    goods = [f"138{i:08}" for i in range(100)]
    assert Recogniser("CN", LATEST, numbering([*goods, "138.1234.5678"])).kind(goods[3]) == ""
    assert Recogniser("CN", LATEST, numbering([*goods, "138.1234.5678"])).kind("138.1234.5678") == "phone"
    assert Recogniser("CN", LATEST, numbering(["kettle", *goods[:3]])).kind(goods[3]) == "phone"


def test_a_text_too_long_to_be_looked_at_is_no_code() -> None:
    assert Recogniser("CN", LATEST).kind("tea " * 200 + "138.1234.5678")


@given(st.text(max_size=80))
def test_any_text_can_be_looked_at(text: str) -> None:
    assert isinstance(Recogniser("CN", LATEST).kind(text), str)


@given(
    st.from_regex(r"(13[0-9]|15[0-35-9]|18[0-9])[0-9]{8}", fullmatch=True),
    st.sampled_from(["", " ", "-", ".", "/", "  ", "·", "－"]),
)
def test_a_chinese_mobile_number_is_recognised_with_any_punctuation(digits: str, sign: str) -> None:
    written = sign.join((digits[:3], digits[3:7], digits[7:]))
    assert Recogniser("CN", LATEST).kind(f"找他 {written}") == "phone"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[planted.Planted], Ingested]:
    folder = tmp_path_factory.mktemp("planted")
    values = planted.write(folder / "data", frequencies=(1, 6))
    done = ingest(load_description(folder / "data"), folder / "out", policy=load(None))
    return folder, values, done


def test_nothing_planted_in_any_column_of_codes_is_frozen(world: tuple[Path, list[planted.Planted], Ingested]) -> None:
    folder, values, _done = world
    assert len(values) == len(planted.KINDS) * 2 * sum(map(len, planted.columns().values()))
    assert {one.text for _file, one in planted.found(folder / "data", values)} == {one.text for one in values}
    assert planted.found(folder / "out", values) == []


def test_the_codes_beside_them_are(world: tuple[Path, list[planted.Planted], Ingested]) -> None:
    folder, _values, _done = world
    for table, names in planted.columns().items():
        frame = pd.read_parquet(folder / "out" / "tables" / f"{table}.parquet")
        for name in names:
            assert {*frame[name]} == {*planted.CODES[name], OTHER}, f"{table}.{name}"


def test_every_planted_value_is_counted(world: tuple[Path, list[planted.Planted], Ingested]) -> None:
    folder, values, done = world
    c = read_company(folder / "out" / "tables", as_of=LATEST)
    counted = quality.unnamed(c).set_index(["table", "column"])
    for table, names in planted.columns().items():
        for name in names:
            texts = {one.text for one in values if one.column == f"{table}.{name}"}
            assert counted.loc[[(table, name)], "values"].sum() == len(texts), f"{table}.{name}"
            assert counted.loc[[(table, name)], "rows"].sum() == 7 * len(planted.KINDS)
    assert set(done.rejects["rule"]) == {"personal"}
    assert set(done.rejects["effect"]) == {"other"}
    assert done.account["rejected"].sum() == 0
    rejects = "".join(p.read_text("utf-8") for p in (folder / "out" / "private" / "rejects").iterdir())
    assert not [one for one in values if one.text in rejects]


def test_no_number_of_a_record_and_no_name_of_a_file_is_frozen(
    world: tuple[Path, list[planted.Planted], Ingested],
) -> None:
    folder, _values, _done = world
    assert len(planted.told(folder / "data")) > 1000
    assert planted.told(folder / "out") == []
    listed = pd.read_csv(folder / "out" / "private" / "files.csv")
    assert {*listed["name"]} == {p.name for p in (folder / "data").glob("*.csv")}


def test_words_that_share_a_key_once_they_are_unnamed_are_one_row_and_always_the_same(tmp_path: Path) -> None:
    days = ("2026-03-01", "", "2026-02-01", "2026-04-01")
    rows = [f"a,email,{word},2026-01-01,{day}\n" for word, day in zip("wxyz", days, strict=True)]
    kept = []
    for name, order in (("a", rows), ("b", rows[::-1])):
        fields = "".join(f'{c} = "{c}"\n' for c in ("customer_id", "channel", "purpose", "granted_at", "withdrawn_at"))
        made = small(
            tmp_path / name, {"tea": 9}, after=f'[consents]\nfrom = "consents.csv"\n[consents.fields]\n{fields}'
        )
        heading = "customer_id,channel,purpose,granted_at,withdrawn_at\n"
        (made / "consents.csv").write_text(heading + "".join(order), encoding="utf-8")
        ingest(load_description(made), made / "out", policy=load(None))
        frame = pd.read_parquet(made / "out" / "tables" / "consents.parquet")
        kept.append(frame[["purpose", "withdrawn_at"]].astype(str).values.tolist())
    assert kept == [[[OTHER, "2026-02-01"]]] * 2, "what was withdrawn counts as withdrawn"


SMALL = "No,Customer,Date,Amount,Group\n"


def small(folder: Path, groups: dict[str, int], *, more: str = "", after: str = "", group: str = "Group") -> Path:
    """A company whose orders are of these groups, each of so many customers."""
    who = [(name, i) for name, n in groups.items() for i in range(n)]
    rows = "".join(f'{j},c{i},2026-01-{1 + j % 28:02},1,"{name}"\n' for j, (name, i) in enumerate(who))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "orders.csv").write_text(SMALL + rows, encoding="utf-8")
    (folder / "company.toml").write_text(
        'name = "shop"\ncurrency = "CNY"\ntime_zone = "Asia/Shanghai"\n'
        f'[orders]\nfrom = "orders.csv"\n{more}[orders.fields]\norder_id = "No"\ncustomer_id = "Customer"\nordered_at = "Date"\n'
        f'amount = "Amount"\ncategory = "{group}"\n{after}',
        encoding="utf-8",
    )
    return folder


def categories(folder: Path, policy: Policy | None = None) -> list[str]:
    """The categories that are frozen."""
    ingest(load_description(folder), folder / "out", policy=policy or load(None))
    return sorted({*pd.read_parquet(folder / "out" / "tables" / "orders.parquet")["category"]})


def test_a_word_is_published_from_k_customers_on(tmp_path: Path) -> None:
    groups = {"tea": 5, "grief": 4}
    assert categories(small(tmp_path, groups)) == ["other", "tea"]
    assert categories(tmp_path, Policy.model_validate({"privacy": {"k": 4}})) == ["grief", "tea"]
    assert categories(tmp_path, Policy.model_validate({"privacy": {"k": 6}})) == ["other"]
    found = check(load_description(tmp_path), load(None)).unnamed
    assert found.to_dict("records") == [{"table": "orders", "column": "category", "why": "few", "values": 1, "rows": 4}]


@pytest.mark.parametrize(
    ("after", "published"),
    [
        ('[orders.values]\ncategory = ["tea", "grief"]\n', ["grief", "other", "tea"]),
        ('[orders.values]\ncategory = ["t*", "*ef"]\n', ["grief", "other", "tea"]),
        ('[orders.values]\ncategory = ["*"]\n', ["grief", "other", "tea", "x_y"]),
        ('[orders.values]\ncategory = ["x%y", "x?y"]\n', ["other"]),
        ('[orders.values.category]\n"tea" = "hot"\n', ["hot", "other"]),
    ],
)
def test_a_word_that_is_declared_is_published_whoever_holds_it(
    tmp_path: Path, after: str, published: list[str]
) -> None:
    groups = {"tea": 1, "grief": 1, "x_y": 1, "13812345678": 9}
    assert categories(small(tmp_path, groups, after=after)) == published


def test_words_of_the_vocabulary_the_policy_and_an_expression_are_declared(tmp_path: Path) -> None:
    policy = Policy.model_validate({"loyalty": {"bought_only_here": ["grief"]}})
    assert categories(small(tmp_path / "a", {"complaint": 1, "grief": 1, "tea": 1}), policy) == [
        "complaint",
        "grief",
        "other",
    ]
    written = "case when number(Amount) > 0 then 'all sales' end"
    assert categories(small(tmp_path / "b", {"tea": 1}, group=written)) == ["all sales"]


def test_only_a_word_for_word_declaration_publishes_what_is_recognised(tmp_path: Path) -> None:
    declared = small(tmp_path / "a", {"400-123-4567": 9}, after='[orders.values]\ncategory = ["400-123-4567"]\n')
    assert categories(declared) == ["400-123-4567"]


def test_a_list_for_a_column_that_is_no_text_says_what_to_write(tmp_path: Path) -> None:
    made = small(tmp_path, {"tea": 5}, after='[orders.values]\nchannel = ["x"]\namount = ["1"]\n')
    with pytest.raises(CompanyError, match=r"orders\.values\.amount: a list declares codes of a text"):
        load_description(made)


def named(folder: Path, groups: dict[str, int], people: list[tuple[str, str]]) -> Path:
    """A company as `small`, with customers of these names and telephone numbers."""
    rows = "".join(f'c{i},"{name}",{phone}\n' for i, (name, phone) in enumerate(people))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "people.csv").write_text("id,name,phone\n" + rows, encoding="utf-8")
    fields = (
        '[customers]\nfrom = "people.csv"\n[customers.fields]\ncustomer_id = "id"\nname = "name"\nphone = "phone"\n'
    )
    return small(folder, groups, after=fields)


def test_a_customer_of_the_company_is_no_code_however_many_hold_the_name(tmp_path: Path) -> None:
    people = [("Ann Lee", "77 88 99 00 11"), ("张伟", "13812345678"), ("Maria da Silva", ""), ("Rose", "")]
    groups = dict.fromkeys(
        (
            "Ann Lee",
            "ANN  LEE",
            "Lee, Ann",
            "ask Ann Lee first",
            "客户张伟要求退款",
            "张 伟",
            "Silva Maria da",
            "Rose",
            "7788990011",
        ),
        9,
    )
    kept = dict.fromkeys(("Ann's tea", "rose tea", "伟业", "Leeds"), 9)
    assert categories(named(tmp_path, {**groups, **kept}, people)) == sorted([*kept, OTHER])


def test_a_name_that_many_records_bear_is_none(tmp_path: Path) -> None:
    people = [("walk in customer", "")] * 8 + [("Ann Lee", "")]
    assert categories(named(tmp_path, {"walk in customer": 9, "tea": 9}, people)) == ["tea", "walk in customer"]


def test_figures_of_a_snapshot_stay_and_numbers_of_customers_do_not(tmp_path: Path) -> None:
    rows = "".join(
        f"{700100 + i},2026-01-31,{i * 1.5},{700100 + i},{98210000 + 37 * i},{10 + i % 3}\n" for i in range(40)
    )
    (tmp_path / "customers.csv").write_text("id,day,balance,number,account,seats\n" + rows, encoding="utf-8")
    (tmp_path / "company.toml").write_text(
        'name = "bank"\n[states]\nfrom = "customers.csv"\nunpivot = ["balance", "number", "account", "seats"]\n'
        '[states.fields]\ncustomer_id = "id"\nat = "day"\nattribute = "name"\nvalue = "value"\n',
        encoding="utf-8",
    )
    ingest(load_description(tmp_path), tmp_path / "out", policy=load(None))
    frame = pd.read_parquet(tmp_path / "out" / "tables" / "states.parquet")
    held = frame.groupby("attribute")["value"].agg(lambda values: sorted({*values}))
    assert held["number"] == held["account"] == [OTHER]
    assert len(held["balance"]) == 40
    assert held["seats"] == ["10", "11", "12"]


def test_a_frame_that_tells_of_a_person_stops_where_it_does() -> None:
    orders = pd.DataFrame({"customer_id": ["a", "b"], "ordered_at": pd.Timestamp("2026-01-01"), "amount": 1.0})
    assert crmlib.open(orders.assign(category=["tea", "ad. 5"]), as_of="2026-10-31")
    with pytest.raises(crmlib.CrmlibError, match=r"'category', row 2 of the frame: a text tells of a person"):
        crmlib.open(orders.assign(category=["tea", "0171/1234567"]), as_of="2026-10-31")


def test_whether_only_codes_of_a_column_leave_is_said_by_the_schema_alone() -> None:
    for table in TABLES.values():
        for column in table.columns:
            assert column.is_code == (column.kind == "text" and not column.personal)


def test_a_campaign_that_enough_customers_got_is_named_where_few_answered_it(tmp_path: Path) -> None:
    sent = "".join(f"{i},c{i},2026-10-0{1 + i % 9},spring\n" for i in range(20))
    (tmp_path / "sent.csv").write_text("id,who,on,campaign\n" + sent, encoding="utf-8")
    (tmp_path / "used.csv").write_text(
        "who,on,campaign\nc1,2026-10-20,spring\nc2,2026-10-20,autumn\n", encoding="utf-8"
    )
    (tmp_path / "company.toml").write_text(
        'name = "acme"\n[interactions]\nfrom = "sent.csv"\n[interactions.fields]\ninteraction_id = "id"\ncustomer_id = "who"\n'
        'at = "on"\nchannel = "\'email\'"\ncampaign = "campaign"\n[outcomes]\nfrom = "used.csv"\n[outcomes.fields]\n'
        'customer_id = "who"\nat = "on"\nname = "\'used\'"\nvalue = "1"\ncampaign = "campaign"\n',
        encoding="utf-8",
    )
    ingest(load_description(tmp_path), tmp_path / "out", policy=load(None))
    outcomes = pd.read_parquet(tmp_path / "out" / "tables" / "outcomes.parquet")
    assert sorted(outcomes["campaign"]) == [OTHER, "spring"]
