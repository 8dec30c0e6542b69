"""What forms call the fields of a submission.

A label is compared by its letters and digits alone, in lower case, without what only points at
the field: "E-Mail", `your-email`, `input_email`, `q4_email4` and "What is your e-mail?" are all
`email`. An exact name always wins over a label that merely means it.
"""

from __future__ import annotations

import re
from functools import lru_cache

from app.domain.contact_fields import LEAD_FIELDS

#: A first and a last name in one; it is split.
FULL_NAME = "full_name"

#: Longest label that may mean a field, in characters; a longer one is prose.
_LABEL_CHARS_MAX = 80

#: What fields are called besides their own names.
_LABELS = {
    "email": "emailaddress emailaddr emailid mail mailaddress useremail workemail businessemail"
    " companyemail emailadresse correo correoelectronico courriel",
    "first_name": "fname givenname forename namefirst vorname prenom",
    "last_name": "lname surname familyname namelast nachname",
    FULL_NAME: "name completename firstandlastname displayname",
    "phone": "phonenumber phoneno tel telephone telephonenumber mobile mobilephone mobilenumber"
    " cell cellphone cellnumber workphone businessphone telefon telefono",
    "title": "jobtitle jobposition position jobrole",
    "linkedin_url": "linkedin linkedinprofile linkedinprofileurl linkedinlink",
    "source": "leadsource",
    "source_detail": "sourcedetails leadsourcedetail",
}
_FIELD_BY_LABEL = {
    label: field
    for field in (*LEAD_FIELDS, FULL_NAME)
    for label in (field.replace("_", ""), *_LABELS.get(field, "").split())
}

_NOT_ALPHANUMERIC = re.compile(r"[\W_]+")
_NUMBERING = re.compile(r"\Aq?\d+|\d+\Z")
_POINTING = re.compile(r"\A(?:.*your|input|contact|visitor|lead|customer|my)(?=.)")


def field_of_label(label: str) -> str | None:
    """The field (or FULL_NAME) that a form's label means, or None."""
    return _field_of_label(label) if len(label) <= _LABEL_CHARS_MAX else None


@lru_cache(maxsize=4096)
def _field_of_label(label: str) -> str | None:
    bare = _NUMBERING.sub("", _NOT_ALPHANUMERIC.sub("", label).lower())
    return _FIELD_BY_LABEL.get(bare) or _FIELD_BY_LABEL.get(_POINTING.sub("", bare))
