"""Public companies' orders by day: CDNOW from the package lifetimes, the others from ../shared/data where that stands beside."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import duckdb
import pandas as pd

SHARED = Path(__file__).parents[2] / "shared" / "data"
CDNOW = Path(str(find_spec("lifetimes").origin)).parent / "datasets" / "CDNOW_master.txt"  # type: ignore[union-attr]
FILES = {
    "online_retail_ii": "online_retail_ii.parquet",
    "superstore": "orders.parquet",
    "grocery_campaigns": "companies/grocery_campaigns/transactions.parquet",
}
QUERIES = {
    "cdnow": "select customer_id, strptime(date, '%Y%m%d') as day, dollar_value as amount from "
    "(select string_split_regex(trim(line), '\\s+') as p, p[1] as customer_id, p[2] as date, p[4]::double as dollar_value "
    "from read_csv('{file}', columns = {{'line': 'varchar'}}, delim = '\\t', header = true))",
    "online_retail_ii": "select CustomerID as customer_id, InvoiceDate as day, Quantity * Price as amount from "
    "(select distinct * exclude (sheet) from '{file}') "
    "where CustomerID is not null and not starts_with(Invoice, 'C') and Quantity > 0 and Price > 0",
    "superstore": 'select "客户 ID" as customer_id, "订单日期" as day, "销售额" as amount from \'{file}\'',
    "grocery_campaigns": "select household_id as customer_id, transaction_timestamp as day, sales_value as amount from '{file}'",
}


def there() -> list[str]:
    """The companies whose files are here."""
    return [name for name in QUERIES if name not in FILES or (SHARED / FILES[name]).exists()]


def orders(name: str) -> pd.DataFrame:
    """One row per customer and day with an order, as a frozen table of orders."""
    file = SHARED / FILES[name] if name in FILES else CDNOW
    rows = QUERIES[name].format(file=file)
    days = duckdb.sql(
        f"select customer_id::varchar as customer_id, day::date::timestamp as ordered_at, sum(amount)::decimal(18, 4) as amount "
        f"from ({rows}) group by all having sum(amount) > 0 order by all"
    ).df()
    return days.assign(order_id=[f"o{i}" for i in range(len(days))])
