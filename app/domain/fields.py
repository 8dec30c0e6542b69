"""The fields of a submission and their lengths; `app.domain.labels` has what forms call them."""

from __future__ import annotations

#: Longest value of each text field, in characters (the address has limits of its own).
LENGTHS_MAX = {
    "first_name": 200,
    "last_name": 200,
    "phone": 50,
    "title": 200,
    "linkedin_url": 500,
    "source_detail": 500,
}
