"""The fields that a submission's labels mean, within bounded work."""

from __future__ import annotations

import string

from app.domain.labels.labels import LABEL_CHARS_MAX, field_of_label, field_of_usual_label

#: Steps of reading in one submission, a quarter of a microsecond each; forms take some thousands.
#: With the last of them, labels are only compared with the usual ones.
STEPS_MAX, _STEPS_TO_COMPARE = 5_000, 1_800
_STEPS_OF_LABEL, _STEPS_OF_COMPARING = 2, 3
#: With more blanks it is a sentence, which does not begin with the words of a field.
_BLANKS_MAX = 8
#: Ids of machines have so many characters and digits, and nothing between them but a UUID's dashes.
_ID_CHARS_MIN, _ID_DIGITS_MIN, _UUID_CHARS, _UUID_DASHES = 10, 3, 36, 4
_WITHOUT_DIGITS = str.maketrans("", "", string.digits)


class LabelReader:
    """Looks labels up. When its steps are used up, what is left is not to be read."""

    def __init__(self) -> None:
        self.steps_left = STEPS_MAX
        self._fields: dict[str, str | None] = {}

    @property
    def only_compares(self) -> bool:
        """Whether labels are only compared with the usual ones any more."""
        return self.steps_left <= _STEPS_TO_COMPARE

    def field_of(self, label: str) -> str | None:
        """The field (or FULL_NAME, or COMPANY) that a label means, or None."""
        self.steps_left -= _STEPS_OF_LABEL
        if label not in self._fields:
            self._fields[label] = self._look_up(label)
        return self._fields[label]

    def _look_up(self, label: str) -> str | None:
        if len(label) > LABEL_CHARS_MAX or label.count(" ") > _BLANKS_MAX or _is_machine_id(label):
            return None
        self.steps_left -= _STEPS_OF_COMPARING
        field = field_of_usual_label(label)
        if field is None and not self.only_compares:
            self.steps_left -= _steps_of(label)
            field = field_of_label(label)
        return field


def _steps_of(label: str) -> int:
    steps = 20 + (len(label) // 2 if label.isascii() else 3 * len(label))
    return 2 * steps if "/" in label else steps  # then its first part is looked up as well


def _is_machine_id(label: str) -> bool:
    """Whether it is a UUID, a ULID or the like, which no person ever wrote."""
    if len(label) < _ID_CHARS_MIN:
        return False
    if label.isalnum():
        return len(label) - len(label.translate(_WITHOUT_DIGITS)) >= _ID_DIGITS_MIN
    return len(label) == _UUID_CHARS and label.count("-") == _UUID_DASHES
