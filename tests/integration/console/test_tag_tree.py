"""The pages of the tag tree: aliases, search, merges, files, the report."""

import io
import json

import httpx
import openpyxl
import pytest
from sqlalchemy import Connection

from router.db.ledger import Ledger
from router.db.queries.tags import load_tree
from router.web.console.pages import tags
from tagtree.tree import Tag
from tests import factories
from tests.integration.console.browsing import Browsers, text_of

pytestmark = pytest.mark.anyio


async def grow(ledger: Ledger, *tags: tuple[str, int | None]) -> None:
    for name, parent_id in tags:
        await ledger.write(factories.tag(name, parent_id))


async def upload(admin: httpx.AsyncClient, content: bytes, by: str = "path") -> httpx.Response:
    return await admin.post("/tags/import", data={"by": by}, files={"file": ("tags.xlsx", content)})


async def confirm(admin: httpx.AsyncClient, rows: object, **fields: str) -> httpx.Response:
    return await admin.post("/tags/import/rows", data={"by": "path", "rows": json.dumps(rows), **fields})


def table(*rows: tuple[object, ...]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.worksheets[0].append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


async def test_a_tag_is_given_aliases_and_an_expiry_and_found_by_them(ledger: Ledger, browsers: Browsers) -> None:
    admin = await browsers.signed_in("admin")

    await admin.post("/tags", data={"name": "价格", "aliases": "报价\n\n Price ", "expires_after_days": "30"})
    found = text_of(await admin.get("/tags", params={"search": "bj"}))
    nothing = text_of(await admin.get("/tags", params={"search": "zz"}))
    await admin.post("/tags/1", data={"name": "价格", "aliases": "报价"})

    assert "价格 报价, Price" in found
    assert "No tag is called like that" in nothing
    assert (await ledger.read(load_tree)).tags == (Tag(1, None, "价格", aliases=("报价",)),)


async def test_a_large_tree_is_drawn_one_branch_at_a_time(
    ledger: Ledger, browsers: Browsers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tags, "DRAWN_WHOLE", 3)
    await grow(ledger, ("产品", None), ("衬衫", 1), ("长袖", 2), ("阶段", None), ("意向", 4))
    admin = await browsers.signed_in("admin")

    closed = await admin.get("/tags")
    opened = await admin.get("/tags/1")

    assert [f'data-name="{name}"' in closed.text for name in ("产品", "衬衫", "意向")] == [True, False, False]
    assert [f'data-name="{name}"' in opened.text for name in ("衬衫", "长袖", "意向")] == [True, False, False]


async def test_a_merge_is_shown_before_it_is_done_and_can_be_taken_back(ledger: Ledger, browsers: Browsers) -> None:
    await grow(ledger, ("价格", None), ("便宜", 1), ("费用", None))
    admin = await browsers.signed_in("admin")

    shown = text_of(await admin.get("/tags/1/merge", params={"into_id": 3}))
    refused = await admin.get("/tags/1/merge", params={"into_id": 2})
    merged = await admin.post("/tags/1/merge", data={"into_id": "3"})
    archived = text_of(await admin.get("/tags?archived=yes"))
    await admin.post("/tags/1/undo-merge")

    assert "价格 费用 become one" in shown
    assert "价格 / 便宜 费用 moves under it" in shown
    assert (refused.status_code, "Choose a tag outside its branch." in text_of(refused)) == (422, True)
    assert merged.headers["location"] == "/console/tags/3?said=merged"
    assert "merged into 费用" in archived
    assert [(tag.name, tag.parent_id) for tag in (await ledger.read(load_tree)).tags] == [
        ("价格", None),
        ("便宜", 1),
        ("费用", None),
    ]


async def test_the_exported_table_is_read_back_as_it_is(ledger: Ledger, browsers: Browsers) -> None:
    await grow(ledger, ("产品", None), ("T恤/衬衫", 1), ("=1+1", None))
    admin = await browsers.signed_in("admin", language="zh")

    exported = await admin.get("/tags/export.xlsx")
    preview = text_of(await upload(admin, exported.content, by="id"))

    header = next(openpyxl.load_workbook(io.BytesIO(exported.content)).worksheets[0].values)
    assert header[:3] == ("编号", "路径", "别名")
    assert "不变 3 有误的行 0" in preview
    assert "文件没有带来变化" in preview


async def test_the_exported_json_is_read_back_as_it_is(ledger: Ledger, browsers: Browsers) -> None:
    await grow(ledger, ("产品", None), ("衬衫", 1))
    admin = await browsers.signed_in("admin")

    exported = await admin.get("/tags/export.json")
    preview = text_of(await upload(admin, exported.content))

    assert [tag["path"] for tag in exported.json()["tags"]] == [["产品"], ["产品", "衬衫"]]
    assert "Unchanged 2 Bad rows 0" in preview


async def test_bad_rows_are_named_and_the_good_ones_imported_when_that_is_said(
    ledger: Ledger, browsers: Browsers
) -> None:
    admin = await browsers.signed_in("admin")
    file = table(("路径", "权重", "别名"), ("会员", 3, None), ("会员 / 金卡", "重", None), ("谁 / 下级", None, "x"))

    preview = text_of(await upload(admin, file))
    refused = await confirm(admin, [{"path": ["会员"], "weight": 3}, {"path": ["谁", "下级"]}])
    untouched = await ledger.read(load_tree)
    done = await confirm(admin, [{"path": ["会员"], "weight": 3}, {"path": ["谁", "下级"]}], good_rows="yes")

    assert "3 Weight This is not a whole number in range." in preview
    assert "4 Path There is no tag at the path above it." in preview
    assert (refused.status_code, untouched.tags) == (422, ())
    assert done.headers["location"] == "/console/tags?said=tags_imported"
    assert (await ledger.read(load_tree)).tags == (Tag(1, None, "会员", weight=3),)


@pytest.mark.parametrize(
    "content", [b"", b"\x00\x01", b"{not json", b'{"tags": 3}', b"PK\x03\x04 no zip", b"name\nx", b"[" * 5_000]
)
async def test_a_file_that_is_none_is_refused_with_the_reason(browsers: Browsers, content: bytes) -> None:
    admin = await browsers.signed_in("admin")

    answer = await upload(admin, content)

    assert answer.status_code in (200, 422)
    assert "notice-bad" in answer.text or "field-problem" in answer.text or "tile-bad" in answer.text


async def test_the_report_names_what_is_of_no_use(ledger: Ledger, browsers: Browsers) -> None:
    await grow(ledger, ("产品", None), ("衬衫", 1), ("老客", None))

    def past(connection: Connection) -> None:
        factories.customer()(connection)
        connection.exec_driver_sql(
            "INSERT INTO tag_edge (customer_id, tag_id, source, evidence, hits, created_at, last_at, removed_reason)"
            " VALUES (1, 3, 'rule:9:x', '', 1, 0, 0, '')"
        )

    await ledger.write(past)
    admin = await browsers.signed_in("admin")

    report = text_of(await admin.get("/tags/report"))

    assert "产品 and 1 tag under it never put on, made" in report
    assert "产品 / 衬衫" not in report
    assert "老客 1 nothing puts it on" in report
