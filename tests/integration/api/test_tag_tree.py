"""The tag tree over the API: aliases, merges, files, search, the report."""

import pytest

from tests.integration.api.conftest import Client

pytestmark = pytest.mark.anyio


async def grow(api: Client, *tags: tuple[str, int | None]) -> None:
    for name, parent_id in tags:
        await api.post("/tags", {"name": name, "parent_id": parent_id}, 201)


async def customers(api: Client, *tag_ids: int) -> None:
    """One customer per tag id, who carries it since the epoch."""
    for number, tag_id in enumerate(tag_ids, start=1):
        await api.run(
            f"INSERT INTO customer (id, external_userid, name, created_at) VALUES ({number}, 'wm{number}', '', 0)",
            "INSERT INTO tag_edge (customer_id, tag_id, source, evidence, hits, created_at, last_at, removed_reason)"
            f" VALUES ({number}, {tag_id}, 'rule:1:gone', '', 1, 0, 0, '')",
        )


async def test_a_tag_has_aliases_and_an_expiry_that_an_edit_leaves_alone_or_ends(api: Client) -> None:
    tag = {"name": "价格", "aliases": ["报价", "Price"], "expires_after_days": 30}

    created = await api.post("/tags", tag, 201)
    renamed = await api.patch("/tags/1", {"name": "问价"})
    ended = await api.patch("/tags/1", {"aliases": [], "expires_after_days": 0})

    assert (created["aliases"], created["expires_after_days"]) == (["报价", "Price"], 30)
    assert (renamed["aliases"], renamed["expires_after_days"]) == (["报价", "Price"], 30)
    assert (ended["aliases"], ended["expires_after_days"]) == ([], None)


async def test_an_alias_that_a_sibling_has_is_refused(api: Client) -> None:
    await api.post("/tags", {"name": "价格", "aliases": ["报价"]}, 201)

    refused = await api.post("/tags", {"name": "報價"}, 409)

    assert refused["problems"][0]["path"] == "name"


async def test_a_tag_is_found_by_name_alias_and_pinyin(api: Client) -> None:
    await api.post("/tags", {"name": "价格", "aliases": ["cost"]}, 201)
    await grow(api, ("衬衫", None))
    await api.post("/tags/2/archive")

    found = [(await api.get("/tags", search=text))["items"] for text in ("jg", "COST", "價格", "衬衫")]
    archived = (await api.get("/tags", search="cs", archived="true"))["items"]

    assert [[tag["id"] for tag in each] for each in found] == [[1], [1], [1], []]
    assert [tag["id"] for tag in archived] == [2]


async def test_a_merge_is_shown_done_and_taken_back(api: Client) -> None:
    await grow(api, ("价格", None), ("便宜", 1), ("费用", None))
    await customers(api, 1, 2)

    preview = await api.get("/tags/1/merge", into_id=3)
    into = await api.post("/tags/1/merge", {"into_id": 3})
    gone = await api.get("/tags/1")
    back = await api.post("/tags/1/undo-merge")
    again = await api.post("/tags/1/undo-merge", status=409)

    assert (preview["customers"], preview["moved"], preview["joined"]) == (
        1,
        ["价格 / 便宜"],
        [{"tag": "价格", "into": "费用"}],
    )
    assert (into["id"], into["aliases"], into["customers"]) == (3, ["价格"], 1)
    assert (gone["merged_into_id"], gone["customers"]) == (3, 0)
    assert (back["archived_at"], back["customers"]) == (None, 1)
    assert again["code"] == "conflict"


async def test_a_merge_into_its_own_branch_is_refused(api: Client) -> None:
    await grow(api, ("价格", None), ("便宜", 1))

    refused = await api.post("/tags/1/merge", {"into_id": 2}, 409)
    unknown = await api.post("/tags/1/merge", {"into_id": 9}, 404)

    assert refused["problems"][0]["path"] == "into_id"
    assert unknown["code"] == "not_found"


async def test_what_is_exported_is_imported_without_a_change(api: Client) -> None:
    await api.post("/tags", {"name": "产品", "exclusive": True}, 201)
    await api.post("/tags", {"name": "衬衫", "parent_id": 1, "aliases": ["Shirt"], "expires_after_days": 7}, 201)

    file = await api.get("/tags/file")
    preview = await api.post("/tags/file/preview", {"tags": file["tags"], "by": "id"})
    imported = await api.post("/tags/file", {"tags": file["tags"]})

    assert [tag["path"] for tag in file["tags"]] == [["产品"], ["产品", "衬衫"]]
    assert [line["outcome"] for line in preview["lines"]] == ["unchanged", "unchanged"]
    assert imported == {"added": 0, "changed": 0, "moved": 0, "unchanged": 2, "bad": []}


async def test_a_file_with_a_bad_row_is_refused_as_a_whole_unless_the_good_rows_are_asked_for(api: Client) -> None:
    tags = [{"path": ["会员"]}, {"path": ["会员", "金卡"], "weight": 5}, {"path": ["谁", "下级"]}, {"path": [1]}]

    refused = await api.post("/tags/file", {"tags": tags}, 409)
    none = (await api.get("/tags"))["items"]
    taken = await api.post("/tags/file", {"tags": tags, "rows": "good"})

    assert [each["path"] for each in refused["problems"]] == ["rows[3].path", "rows[4].path[0]"]
    assert none == []
    assert (taken["added"], [(each["row"], each["column"]) for each in taken["bad"]]) == (
        2,
        [(3, "path"), (4, "path[0]")],
    )
    assert [(tag["name"], tag["weight"]) for tag in (await api.get("/tags"))["items"]] == [("会员", 0), ("金卡", 5)]


async def test_a_branch_is_archived_as_a_whole_when_that_is_said(api: Client) -> None:
    await grow(api, ("产品", None), ("衬衫", 1))

    await api.post("/tags/1/archive", status=409)
    await api.post("/tags/1/archive?whole_branch=true")
    gone = (await api.get("/tags"))["items"]
    await api.post("/tags/1/restore")

    assert gone == []
    assert [tag["id"] for tag in (await api.get("/tags"))["items"]] == [1, 2]


async def test_the_report_tells_unused_and_dead_tags_apart(api: Client) -> None:
    await grow(api, ("产品", None), ("衬衫", 1), ("裤子", 1), ("规则里的", None), ("手动的", None))
    await api.post("/rule-sets", {"name": "s"}, 201)
    rule = {
        "id": "a",
        "name": "a",
        "priority": 1,
        "when": {"kind": "contains", "words": ["x"]},
        "then": [{"do": "add_tag", "tag_id": 4}],
    }
    await api.put("/rule-sets/1/draft", {"rules": [rule]})
    await customers(api, 2)
    await api.put("/customers/wm1/tags/5")

    report = await api.get("/tags/report")
    far = await api.get("/tags/report", days=3650)

    assert [each["path"] for each in report["unused"]] == ["产品 / 裤子"]
    assert [(each["path"], each["why"]) for each in report["dead"]] == [("产品 / 衬衫", "nothing_puts_it_on")]
    assert far == report
