"""The fields of a submission: their names, their lengths, and what forms call them.

A label from a form is compared by its letters and digits alone, in lower case, without what only
points at the field: "E-Mail", `your-email`, `input_email`, `q4_email4` and "What is your e-mail?"
are all `email`. An exact name always wins over a label that merely means it.
"""

from __future__ import annotations

import re
from functools import lru_cache

#: Longest value of each text field, in characters (the address has limits of its own).
LENGTHS_MAX = {
    "first_name": 200,
    "last_name": 200,
    "phone": 50,
    "title": 200,
    "linkedin_url": 500,
    "source_detail": 500,
}

#: A first and a last name in one; it is split.
FULL_NAME = "full_name"

#: Longest label that may mean a field, in characters; a longer one is prose.
_LABEL_CHARS_MAX = 80

_LABELS = {
    "email": "email emailaddress emailaddr emailid mail mailaddress useremail workemail"
    " businessemail companyemail emailadresse correo correoelectronico courriel",
    "first_name": "firstname fname givenname forename namefirst vorname prenom",
    "last_name": "lastname lname surname familyname namelast nachname",
    FULL_NAME: "name fullname completename firstandlastname displayname",
    "phone": "phone phonenumber phoneno tel telephone telephonenumber mobile mobilephone"
    " mobilenumber cell cellphone cellnumber workphone businessphone telefon telefono",
    "title": "title jobtitle jobposition position jobrole",
    "linkedin_url": "linkedin linkedinurl linkedinprofile linkedinprofileurl linkedinlink",
    "source": "source leadsource",
    "source_detail": "sourcedetail sourcedetails leadsourcedetail",
}
_FIELD_BY_LABEL = {label: field for field, labels in _LABELS.items() for label in labels.split()}

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
