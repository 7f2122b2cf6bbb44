from pathlib import Path

import pytest

from crmlib.border.company import CompanyError, load_description
from crmlib.vocabulary.policy import load

ROOT = Path(__file__).parent.parent
READY = sorted((ROOT / "datasets" / "companies").glob("*/company.toml"))

TEXT = """
name = "shop"
currency = "CNY"
time_zone = "Asia/Shanghai"
[orders]
from = "orders.csv"
[orders.fields]
order_id = "No"
customer_id = "Customer"
ordered_at = "Date"
amount = "Amount"
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "company.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_minimal_company_loads_with_its_defaults(tmp_path: Path) -> None:
    company = load_description(written(tmp_path, TEXT))
    assert (company.title, company.language, company.business_model, company.policy) == ("shop", "en", "b2c", None)
    assert company.folder == company.home == tmp_path.resolve()
    assert company.sources("orders")[0].repeats is None
    assert company.sources("tickets") == []


def test_data_overrides_the_folder_and_a_folder_stands_for_its_company_file(tmp_path: Path) -> None:
    written(tmp_path, TEXT)
    assert load_description(tmp_path, data=tmp_path / "x").folder == (tmp_path / "x").resolve()


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('currency = "CNY"', 'curency = "CNY"', "did you mean 'currency'?"),
        ("[orders]", "[ordrs]", "did you mean 'orders'?"),
        ('from = "orders.csv"', 'form = "orders.csv"', "did you mean 'from'?"),
        ('amount = "Amount"', 'amonut = "Amount"', "did you mean 'amount'?"),
        ('ordered_at = "Date"', "", "'ordered_at' is missing"),
        ('currency = "CNY"', "", "currency: orders.amount is money; say in which currency"),
        ('currency = "CNY"', 'currency = "YUAN"', "ISO 4217"),
        ('time_zone = "Asia/Shanghai"', 'time_zone = "Asia/Shangai"', "IANA"),
        ('time_zone = "Asia/Shanghai"', 'time_zone = "/etc/passwd"', "IANA"),
        ('name = "shop"', 'name = "My Shop"', "name"),
        ('name = "shop"', 'name = "shop', "not valid TOML"),
        ('from = "orders.csv"', 'from = "orders.csv"\ndate_format = "%Q"', "unknown part %Q"),
        ('from = "orders.csv"', 'from = "orders.csv"\nrepeats = "maybe"', "'keep' or 'drop'"),
        ('from = "orders.csv"', 'from = "orders.csv"\nrepeat_columns = ["a"]\nrepeats_except = ["b"]', "not both"),
    ],
)
def test_a_wrong_key_or_value_is_one_line_with_the_closest_match(tmp_path: Path, old: str, new: str, says: str) -> None:
    assert old in TEXT
    with pytest.raises(CompanyError) as raised:
        load_description(written(tmp_path, TEXT.replace(old, new)))
    message = str(raised.value)
    assert says.lower() in message.lower()
    assert "\n" not in message
    assert "company.toml" in message


def test_a_missing_file_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(CompanyError, match="crmlib init"):
        load_description(tmp_path / "nowhere.toml")


def test_one_filter_or_several_and_one_source_or_several(tmp_path: Path) -> None:
    company = load_description(
        written(tmp_path, TEXT.replace('from = "orders.csv"', 'from = "orders.csv"\nfilter = "Amount <> \'0\'"'))
    )
    assert company.sources("orders")[0].filter == {"filter": "Amount <> '0'"}
    double = TEXT.replace("[orders]", "[[orders]]")
    again = double + double[double.index("[[orders]]") :]
    assert len(load_description(written(tmp_path, again)).sources("orders")) == 2


@pytest.mark.parametrize("path", READY, ids=lambda p: p.parent.name)
def test_each_ready_mapping_loads_and_names_the_source_of_its_headings(path: Path) -> None:
    company = load_description(path)
    assert company.name == path.parent.name
    assert "# Headings:" in path.read_text(encoding="utf-8") or "headings" in path.read_text(encoding="utf-8")
    assert load(company.policy) is not None


def test_the_ready_mappings_are_those_promised() -> None:
    promised = {"online_retail_ii", "superstore_cn", "zoho_crm", "fxiaoke", "salesforce", "hubspot", "shopify"}
    assert promised <= {p.parent.name for p in READY}


def test_a_company_without_tables_is_refused_and_a_password_is_never_told(tmp_path: Path) -> None:
    head = 'name = "a"\ncurrency = "CNY"\ntime_zone = "UTC"\n'
    with pytest.raises(CompanyError, match="no table; expected one or more of: customers, orders"):
        load_description(written(tmp_path, head + "orders = []\n"))
    with pytest.raises(CompanyError) as raised:
        load_description(
            written(tmp_path, head + '[orders]\nfrom = "postgresql://me:p@ss@host/db?password=x"\nfields = {}\n')
        )
    assert "'postgresql://host/db'" in str(raised.value)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (f'name = "{"a" * 65}"', "name: string should have at most 64 characters"),
        ('name = "a"\ntitle = "one\\ntwo"', r"title: expected one line of text, found 'one\\ntwo'"),
        (
            'name = "a"\nexported_on = 0001-01-01',
            "exported_on: expected at least 1900-01-01 and at most 2100-12-31, found 0001-01-01",
        ),
    ],
)
def test_what_no_chapter_can_carry_is_refused(tmp_path: Path, line: str, says: str) -> None:
    (tmp_path / "company.toml").write_text(line + "\n", encoding="utf-8")
    with pytest.raises(CompanyError, match=says):
        load_description(tmp_path)
