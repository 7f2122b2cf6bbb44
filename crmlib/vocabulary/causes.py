"""Kinds of causes for which customers leave, and the words that tell them in a company's own codes (D107, D108)."""

from __future__ import annotations

from typing import Final

from crmlib.vocabulary.language import N_

KINDS: Final = {
    "price": (
        "price", "pricing", "expensive", "discount", "budget", "cheaper", "costly", "价格", "太贵", "优惠", "折扣", "预算",
        "降价",
    ),
    "delivery": (
        "deliver", "carrier", "shipping", "shipment", "warehouse", "logistic", "late_order", "物流", "配送", "发货", "快递",
        "仓库",
    ),
    "service": (
        "service", "slow_answer", "support", "response", "staff", "rude", "invoice", "billing", "服务", "客服", "态度", "响应",
        "发票",
    ),
    "product": (
        "product", "quality", "fault", "defect", "material", "feature", "function", "missing", "bug", "产品", "质量", "功能",
        "故障", "缺陷",
    ),
    "need_ended": ("need_ended", "no_need", "no_longer", "closed_down", "moved_away", "不再需要", "停业"),
    "competitor": ("competitor", "competition", "switched", "竞争", "竞品", "同行"),
}  # fmt: skip
"""By kind, words of which one stands in a code; the first kind that matches counts."""
NAMES: Final = {
    "delivery": N_("delivery"),
    "product": N_("product"),
    "need_ended": N_("need ended"),
    "competitor": N_("competitor"),
    "carrier_delay": N_("carrier delay"),
    "material": N_("material"),
    "wrong_invoice": N_("wrong invoice"),
    "missing_guide": N_("missing guide"),
    "slow_answer": N_("slow answer"),
    "warehouse_system": N_("warehouse system"),
}
"""What causes are called: the kinds that no other code names, and usual codes of those found in service cases."""
SOURCES: Final = {
    "board": "board.cause", "endings": "events.reason", "contracts": "contracts.ended_reason", "tickets": "tickets.cause",
    "surveys": "surveys.score", "prices": "orders.discount",
}  # fmt: skip
"""Where a cause may be known from, the surest first, with the column."""
