"""What a newcomer finds after ``make run``: agents, pools, tags, rules and a live code, planted through the API."""

from typing import Any

import httpx

Json = dict[str, Any]

AGENTS = (
    ("chenyu", "陈雨", 2),
    ("lihua", "李华", 1),
    ("wangqi", "王琦", 1),
    ("zhaomin", "赵敏", 1),
)
DAILY_CAP = 20
WELCOME = "您好 {customer}，我是您的专属顾问{agent}。想看价格请回复“报价”，需要人工请回复“人工”。"
CODE = "spring-poster"
TAGS = (
    ("渠道", False, "#2f6fde", (("门店海报", 20),)),
    ("意向", True, "#c2410c", (("高意向", 90), ("普通", 30))),
    ("需求", False, "#0f766e", (("问报价", 60), ("退换货", 50), ("企业采购", 70))),
)
CATALOGUE = (
    ("product", "衬衫", "衬衣、襯衫、shirt"),
    ("product", "T恤", "t恤、短袖、半袖"),
    ("product", "羽绒服", "羽绒衣、羽绒外套"),
    ("product", "连衣裙", "裙子、连身裙"),
    ("product", "牛仔裤", "仔裤、牛子裤"),
    ("product", "卫衣", "帽衫"),
    ("product", "毛衣", "针织衫、线衫"),
    ("product", "风衣", "大衣"),
    ("product", "运动鞋", "球鞋、跑鞋"),
    ("colour", "雾霾蓝", "灰蓝、灰蓝色"),
    ("brand", "春晓", "春晓系列"),
)


def plant(service_url: str, api_token: str) -> None:
    """Plant once: a service that has a live code already is left as it is. Raises `httpx.HTTPError`."""
    headers = {"Authorization": f"Bearer {api_token}"}
    with httpx.Client(base_url=f"{service_url}/api/v1", headers=headers, timeout=30.0) as api:
        if _get(api, "/live-codes", limit=1)["items"]:
            return
        agents = {userid: _plant_agent(api, userid, name, weight) for userid, name, weight in AGENTS}
        vip = _post(api, "/pools", name="企业客户组", agent_ids=[agents["zhaomin"]])["id"]
        members = [agents[userid] for userid in ("chenyu", "lihua", "wangqi")]
        spill = {"kind": "fallback_pool", "pool_id": vip}
        pool = _post(api, "/pools", name="门店接待组", agent_ids=members, spill_policy=spill)["id"]
        tags = _plant_tags(api)
        _post(
            api,
            "/live-codes",
            name="春季海报",
            slug=CODE,
            pool_id=pool,
            welcome=WELCOME,
            tag_ids=[tags["门店海报"]],
        )
        _plant_rules(api, tags, vip)
        _post(api, "/catalogue/import", rows=[list(row) for row in CATALOGUE], apply=True)


def _plant_agent(api: httpx.Client, userid: str, name: str, weight: int) -> int:
    agent = _post(api, "/agents", userid=userid, name=name, weight=weight, caps={"day": DAILY_CAP})
    return int(agent["id"])


def _plant_tags(api: httpx.Client) -> dict[str, int]:
    ids = {}
    for root, exclusive, colour, children in TAGS:
        ids[root] = _post(api, "/tags", name=root, exclusive=exclusive, colour=colour)["id"]
        for name, weight in children:
            ids[name] = _post(api, "/tags", name=name, parent_id=ids[root], weight=weight, colour=colour)["id"]
    return ids


def _plant_rules(api: httpx.Client, tags: dict[str, int], vip_pool: int) -> None:
    rule_set = _post(api, "/rule-sets", name="门店规则")["id"]
    _answer(api.put(f"/rule-sets/{rule_set}/draft", json={"rules": demo_rules(tags, vip_pool)}))
    _post(api, f"/rule-sets/{rule_set}/publish")


def demo_rules(tags: dict[str, int], vip_pool: int) -> list[Json]:
    """One rule of each kind of condition: contains, RE2 pattern, exact, all of."""
    return [
        {
            "id": "company",
            "name": "企业采购",
            "priority": 300,
            "when": {"kind": "contains", "words": ["企业采购", "团购", "批发"]},
            "then": [
                {"do": "add_tag", "tag_id": tags["企业采购"]},
                {"do": "add_tag", "tag_id": tags["高意向"]},
                {"do": "reply", "text": "您好，企业采购由专人负责，{agent}马上为您服务。"},
                {"do": "move_to_pool", "pool_id": vip_pool},
            ],
            "stop": True,
        },
        {
            "id": "price",
            "name": "问报价",
            "priority": 200,
            "when": {
                "kind": "any_of",
                "conditions": [
                    {"kind": "contains", "words": ["报价", "价格", "价钱", "多少钱"]},
                    {"kind": "pattern", "pattern": "价.{0,3}格"},
                ],
            },
            "then": [
                {"do": "add_tag", "tag_id": tags["问报价"]},
                {"do": "add_tag", "tag_id": tags["高意向"]},
                {
                    "do": "reply",
                    "text": "{customer}您好，最新报价单：https://example.test/price。需要人工请回复“人工”。",
                },
            ],
        },
        {
            "id": "return",
            "name": "退换货",
            "priority": 150,
            "when": {"kind": "contains", "words": ["退货", "换货", "退换"]},
            "then": [
                {"do": "add_tag", "tag_id": tags["退换货"]},
                {
                    "do": "reply",
                    "text": "退换货请在七天内提交：https://example.test/return?item={product}&colour={colour}",
                },
            ],
        },
        {
            "id": "greeting",
            "name": "打招呼",
            "priority": 10,
            "when": {"kind": "exact", "words": ["你好", "您好", "在吗", "hi", "hello"]},
            "then": [{"do": "reply", "text": "在的，请问想了解什么？回复“报价”看价格，回复“人工”找顾问。"}],
        },
    ]


def _get(api: httpx.Client, path: str, **query: str | int) -> Json:
    return _answer(api.get(path, params=query))


def _post(api: httpx.Client, path: str, **body: Any) -> Json:
    return _answer(api.post(path, json=body))


def _answer(response: httpx.Response) -> Json:
    if response.is_error:
        message = f"{response.request.method} {response.request.url.path}: {response.status_code} {response.text[:500]}"
        raise httpx.HTTPStatusError(message, request=response.request, response=response)
    answer: Json = response.json()
    return answer
