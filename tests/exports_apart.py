"""Which exports the words and rules of `init` were tuned by, and which were only looked at once they were done.

Drawn at random when the exports and what a careful person would map of them were written, before `init` had seen any.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from tests import exports_of_firms, exports_of_others, exports_of_shops
from tests.exports import Export

_HELD = """
chargebee distributor freshdesk gym hubspot intercom jingdong magento repairs salesforce sap shopify stripe_payments taobao telecom_bills typeform wecom wenjuanxing yonyou
"""
_TUNED = """
analytics bikes calls coupons donors dynamics hotel insurance kingdee lessons mailchimp meituan mobile_snapshot pinduoduo school square woocommerce workshop youzan zendesk
"""


def _made(names: str) -> tuple[Callable[[random.Random], Export], ...]:
    """The functions of these names."""
    every = vars(exports_of_shops) | vars(exports_of_firms) | vars(exports_of_others)
    return tuple(every[name] for name in names.split())


TUNED = _made(_TUNED)
HELD = _made(_HELD)
"""Exports, each made of a seed."""
