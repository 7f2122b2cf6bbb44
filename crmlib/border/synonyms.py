"""What headings are called, in English and Chinese: the dictionary behind a proposed mapping.

First in a list is what is surest. Headings are compared in lower case without spaces, underscores, hyphens and brackets.
"""

from __future__ import annotations

FIELDS: dict[str, dict[str, str]] = {
    "orders": {
        "order_id": "order id|order number|order no|orderid|invoice|invoice no|invoice number|so number|"
        "sales order number|transaction id|receipt|record id|订单 id|订单编号|订单号|订单编码|"
        "销售订单编号|单号|发票号|交易号|流水号|order|订单|id|name",
        "customer_id": "customer id|customer number|customer no|customerid|client id|account id|accountid|"
        "member id|user id|buyer id|associated company ids (primary)|account name|customer|email|"
        "客户 id|客户编号|客户号|客户编码|会员编号|会员号|会员 id|用户 id|买家 id|客户名称|客户",
        "ordered_at": "order date|ordered at|order time|invoice date|invoicedate|created at|purchase date|"
        "transaction date|close date|closedate|closing date|created time|date|订单日期|下单时间|"
        "下单日期|订单时间|购买时间|交易时间|成交时间|付款时间|开票日期|日期",
        "amount": "amount|total|sales|order amount|order total|grand total|revenue|total price|net amount|"
        "价税合计|销售额|订单金额|销售订单金额(元)|销售订单金额|实付金额|成交金额|交易金额|"
        "总金额|金额|合计",
        "margin": "margin|profit|contribution margin|gross profit|利润|毛利|毛利额",
        "refunded": "refunded amount|refunded|refund|refund amount|退款金额|退款金额(元)|退款",
        "refunded_at": "refunded at|refund date|refund time|退款时间|退款日期",
        "discount": "discount|discount rate|折扣|折扣率",
        "channel": "channel|sales channel|source|order source|渠道|销售渠道|订单来源|来源渠道",
        "category": "category|product category|deal type|type|类别|品类|商品类别|产品类别|产品分类",
        "recorded_at": "recorded at|entered at|录入时间|创建时间",
    },
    "customers": {
        "customer_id": "customer id|customer number|customer no|customerid|client id|account id|record id|id|"
        "account name|member id|user id|email|客户 id|客户编号|客户号|客户编码|会员编号|会员号|"
        "会员 id|用户 id|客户名称",
        "name": "name|customer name|full name|company name|account name|first name|客户名称|客户姓名|"
        "姓名|名称|公司名称|会员姓名",
        "type": "type|customer type|segment|客户类型|类型|细分|客户性质",
        "region": "region|state|province|billing state|billingstate|state/region|country|"
        "default address province code|地区|省/自治区|省份|省|区域|大区|国家",
        "city": "city|billing city|billingcity|default address city|城市|市",
        "industry": "industry|sector|行业|所属行业|1级行业",
        "role": "role|job role|角色|决策角色",
        "acquired_on": "acquired on|created date|createddate|create date|created time|created at|signup date|"
        "registration date|注册时间|注册日期|创建时间|建档日期|首次购买日期",
        "acquisition_channel": "acquisition channel|lead source|leadsource|account source|accountsource|"
        "original traffic source|original source|来源|客户来源|获客渠道",
        "birthday": "birthday|date of birth|birth date|dob|生日|出生日期",
        "owner": "owner|owner id|ownerid|account owner|company owner|contact owner|sales rep|"
        "account manager|负责人|客户经理|地区经理|所有者|销售代表|业务员",
        "phone": "phone|phone number|mobile|mobile phone|telephone|电话|手机|手机号|联系电话|手机号码",
        "email": "email|e-mail|email address|邮箱|邮件|电子邮箱|电子邮件",
        "wechat": "wechat|wechat id|weixin|微信|微信号",
        "address": "address|street|street address|billing address|shipping address|address 1|地址|详细地址|收货地址|街道",
        "postcode": "postcode|postal code|zip|zip code|zipcode|billing zip|邮编|邮政编码",
        "updated_at": "updated at|last modified date|lastmodifieddate|modified time|最后修改时间|更新时间|修改时间",
    },
    "interactions": {
        "interaction_id": "interaction id|contact id|task id|activity id|record id|id|联系编号|记录编号|沟通编号|"
        "销售记录编号|跟进编号",
        "customer_id": "customer id|customer no|account id|accountid|客户 id|客户编号|会员编号|客户名称",
        "at": "at|contacted at|contact time|activity date|activitydate|sent at|date|联系时间|沟通时间|"
        "跟进时间|发送时间|创建时间",
        "channel": "channel|contact channel|task subtype|tasksubtype|type|渠道|联系方式|沟通方式|跟进方式|销售记录类型",
        "direction": "direction|inbound outbound|方向",
        "purpose": "purpose|contact purpose|目的|联系目的",
        "campaign": "campaign|campaign id|活动|营销活动",
        "cost": "cost|费用|成本",
        "opened_at": "opened at|open time|打开时间|阅读时间",
        "responded_at": "responded at|reply time|回复时间|响应时间",
    },
    "tickets": {
        "ticket_id": "ticket id|ticket number|case number|casenumber|case id|工单编号|工单号|服务单号|投诉编号",
        "customer_id": "customer id|customer no|account id|accountid|account name|"
        "associated company ids (primary)|客户 id|客户编号|会员编号|客户名称",
        "opened_at": "opened at|created date|createddate|create date|created time|created at|提交时间|"
        "创建时间|报修时间|受理时间",
        "first_response_at": "first response at|first response|first agent email response date|首次响应时间|"
        "首次回复时间",
        "resolved_at": "resolved at|closed date|closeddate|close date|closed at|解决时间|关闭时间|完成时间",
        "severity": "severity|priority|严重程度|优先级|紧急程度",
        "category": "category|type|case type|问题类型|工单类型|分类",
        "cause": "cause|reason|case reason|原因|问题原因",
        "reopened_at": "reopened at|reopen time|重新打开时间|重开时间",
    },
}
"""Synonyms per canonical field, parted by |."""

HINTS = {
    "orders": "order|orders|sales|invoice|opportunity|deals|retail|订单|销售|交易",
    "customers": "customer|customers|account|accounts|company|companies|contacts|member|客户|会员|用户",
    "interactions": "interaction|contact log|task|activity|touch|销售记录|联系记录|跟进|沟通",
    "tickets": "ticket|tickets|case|cases|service|工单|投诉|服务",
}
"""Words of a file name that tell the table."""

RETURNED = "returned|return|退回|退货|是否退货"
"""Headings of a column that marks returned orders."""
