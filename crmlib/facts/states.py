"""States: what a snapshot says of each customer, and which of its attributes says who left (D102, D104)."""

from __future__ import annotations

import re
from typing import Final

import ibis
import pandas as pd
from ibis import _
from ibis.expr.types import Table

from crmlib.facts import clusters
from crmlib.facts.company import Company, fact
from crmlib.facts.lookups import first_of
from crmlib.vocabulary.codes import OTHER

CHURN: Final = re.compile(
    r"(?<![a-z])(is|has)?(churn(ed)?|churner|attrition|attrited)(?![a-z])|流失|离网|销户", re.IGNORECASE
)
"""Words of leaving itself, within a heading split at underscores, spaces and capitals: what else is noted with them is known only
once a customer has left."""
LEFT: Final = re.compile(
    r"^(is |has |customer |account )*(left|exited|cancel(l)?ed|terminated|lapsed|closed)( flag| indicator| status)?$"
    r"|退订|解约|注销",
    re.IGNORECASE,
)
"""Other headings, as a whole, of the attribute that says who left."""
ABOUT: Final = re.compile(
    r"reason|score|date|probab|risk|month|category|type|原因|日期|时间|评分|概率|风险|得分", re.IGNORECASE
)
"""What else is noted of leaving, and does not say itself who left."""
YES: Final = frozenset(
    [
        "1",
        "1.0",
        "true",
        "t",
        "yes",
        "y",
        "是",
        "有",
        "left",
        "churn",
        "churned",
        "exited",
        "attrited",
        "cancelled",
        "canceled",
        "terminated",
        "lapsed",
        "流失",
        "已流失",
        "离网",
        "退订",
        "销户",
    ]
)
NO: Final = frozenset(
    [
        "0",
        "0.0",
        "false",
        "f",
        "no",
        "n",
        "否",
        "没有",
        "stayed",
        "stay",
        "active",
        "existing",
        "current",
        "retained",
        "未流失",
        "留存",
        "在网",
        "正常",
        "活跃",
    ]
)
"""Values by which an attribute of two values says that a customer left, and that they did not."""


@fact
def latest(c: Company) -> Table:
    """One row per customer and attribute: customer_id, attribute, value (text, as it was stated last), number (null where it is
    none), day. What is empty in the latest snapshot is null. Attributes that have no name here are left out.
    """
    rows = c.tables.states.filter(_.attribute != OTHER)
    last = first_of(rows, ["customer_id", "attribute"], ibis.desc("at"))
    return last.select(
        "customer_id", "attribute", "value", number=last.value.try_cast("float64"), day=last["at"].date()
    )


def label(c: Company) -> str:
    """The attribute that says who left: that of policy (`risk.left_attribute`), else by its name and two values; "" for none."""
    named = c.policy.risk.left_attribute
    for attribute, values in sorted(_values(c).items()):
        two = len(values) == 2 and len({reading(value) for value in values} - {None}) == 2
        if two and (attribute == named or (not named and says_leaving(attribute))):
            return attribute
    return ""


def says_leaving(attribute: str) -> bool:
    """Whether an attribute is by its name the one that says who left."""
    words = _words(attribute)
    return bool(CHURN.search(words) or LEFT.search(words)) and not ABOUT.search(words)


def touches_leaving(attribute: str) -> bool:
    """Whether an attribute speaks of leaving at all, so that it may be known only once a customer has left."""
    return bool(CHURN.search(_words(attribute)))


def _words(attribute: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])|[_\W]+", " ", attribute).strip()


def reading(value: str) -> bool | None:
    """Whether a value says that a customer left; None where it says neither."""
    word = value.strip().lower()
    if word in YES | NO:
        return word in YES
    words = set(re.split(r"[\W_]+", word))
    left, stayed = bool(words & YES - {"t", "y", "1"}), bool(words & NO - {"f", "n", "0"})
    return left if left != stayed else None


def wide(c: Company) -> pd.DataFrame:
    """One row per customer, one column per attribute with the text of its latest value, and `left` (true, false; null where it is
    not known), by what it holds, customer_id in the index. No rows where no attribute says who left.
    """
    said = label(c)
    if not said:
        return pd.DataFrame({"left": pd.Series(dtype="boolean")})
    long = latest(c).select("customer_id", "attribute", "value").order_by("customer_id", "attribute").to_pandas()
    frame = long.pivot(index="customer_id", columns="attribute", values="value")
    left = frame[said].map(reading, na_action="ignore").astype("boolean")
    return clusters.arranged(frame.drop(columns=said).assign(left=left))


def _values(c: Company) -> dict[str, list[str]]:
    """The values of the attributes that have two, by attribute."""
    held = latest(c).filter(_.value.notnull())
    counted = held.group_by("attribute").agg(low=_.value.min(), high=_.value.max(), values=_.value.nunique())
    two = counted.filter(_["values"] == 2).order_by("attribute").to_pandas()
    return {str(row.attribute): [str(row.low), str(row.high)] for row in two.itertuples()}
