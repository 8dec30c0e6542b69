"""Whatever the parser accepts, PostgreSQL gives back as it was."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import HealthCheck, given, reject, settings

from app.domain.errors import InvalidCapture
from app.domain.org.org import Org
from app.domain.submission.submission import parse_fields
from app.domain.times import now
from app.storage.capture.captures import payload_of
from app.storage.contact import contacts
from app.storage.database import Database, transaction
from app.storage.recording import record
from tests.domain.submission.test_submission_properties import objects
from tests.factories import make_capture, make_org


@pytest.mark.parametrize("examples", [25, pytest.param(300, marks=pytest.mark.all_only)])
def test_what_was_accepted_comes_back_unchanged(database: Database, examples: int) -> None:
    org = make_org(database)

    @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))
    @given(objects)
    def comes_back(fields: dict[str, object]) -> None:
        try:
            submission = parse_fields({"email": "ann@example.com", **fields})
        except InvalidCapture:
            reject()
        _check_round_trip(database, org, msgspec.structs.asdict(submission))

    comes_back()


def _check_round_trip(database: Database, org: Org, values: dict[str, object]) -> None:
    del values["controls"]
    capture = make_capture(org, str(values.pop("email")), **values)
    with transaction(database) as cursor:
        cursor.execute("DELETE FROM contacts")
        record(cursor, [capture], now())
        cursor.execute("SELECT payload FROM captures WHERE id = %s", (capture.id,))
        (payload,) = cursor.fetchone() or (None,)
        contact = contacts.find(cursor, org.id, capture.contact_id)
    assert payload == msgspec.to_builtins(payload_of(capture))
    assert contact is not None
    assert contact.metadata == capture.metadata
    assert contact.first_name == capture.first_name
