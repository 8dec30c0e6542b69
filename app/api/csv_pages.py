"""Pages of lists as CSV, for callers who ask for it: `Accept: text/csv`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args, get_origin

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from app.api.lists import Page
from app.api.operation import Operation, operation_of
from app.api.queries import split_words
from app.domain.text.spreadsheet import csv_line

MEDIA_TYPE = "text/csv"


def wants_csv(request: Request) -> bool:
    """Whether the caller would rather have CSV than anything else."""
    first = request.headers.get("accept", "").partition(",")[0]
    return first.partition(";")[0].strip().lower() == MEDIA_TYPE


def csv_response(
    request: Request, endpoint: object, page: Page[Any], headers: Mapping[str, str]
) -> Response:
    """The page's items, one a line; `Link` leads to the next page. What has parts is JSON."""
    fields = request.query_params.get("fields")
    columns = split_words(fields) if fields else columns_of(operation_of(endpoint))
    rows = msgspec.json.decode(msgspec.json.encode(page.data))
    lines = [csv_line(columns), *(csv_line(row[name] for name in columns) for row in rows)]
    following = {}
    if page.next_cursor:
        url = request.url.include_query_params(cursor=page.next_cursor)
        following["Link"] = f'<{url.path}?{url.query}>; rel="next"'
    media_type = f"{MEDIA_TYPE}; charset=utf-8"
    return Response(b"".join(lines), media_type=media_type, headers={**headers, **following})


def columns_of(operation: Operation | None) -> tuple[str, ...]:
    """The fields of a list's items."""
    kinds = operation.answers.values() if operation else ()
    page = next(kind for kind in kinds if get_origin(kind) is Page)
    (item,) = get_args(page)
    names: tuple[str, ...] = item.__struct_fields__
    return names
