import pytest

from app.domain.labels.full_name import complete_names, split_name


@pytest.mark.parametrize(
    ("full", "names"),
    [
        ("Ann Lee", ("Ann", "Lee")),
        ("Ann", ("Ann", None)),
        ("Mary Jane Watson", ("Mary Jane", "Watson")),
        ("Lee, Ann", ("Ann", "Lee")),
        ("Ludwig van Beethoven", ("Ludwig", "van Beethoven")),
        ("van Beethoven, Ludwig", ("Ludwig", "van Beethoven")),
        ("Maria de la Cruz", ("Maria", "de la Cruz")),
        ("Van Morrison", ("Van", "Morrison")),
        ("山田太郎", ("山田太郎", None)),
        ("山田 太郎", ("太郎", "山田")),
        ("김 철수", ("철수", "김")),
        (",", (",", None)),
        ("Dr. Ann van der Lee Jr.", ("Ann", "van der Lee")),
        ("Prof. Dr. Ann Lee", ("Ann", "Lee")),
        ("Ann Lee, PhD", ("Ann", "Lee")),
        ("Lee, Ann, Jr.", ("Ann", "Lee")),
        ("Martin Luther King III", ("Martin Luther", "King")),
        ("Mr. Lee", (None, "Lee")),
        ("Ma Lee", ("Ma", "Lee")),
        ("Ann Lee <ann@example.com>", ("Ann", "Lee")),
        ("Ann Lee (ann@example.com)", ("Ann", "Lee")),
        ("ann@example.com", (None, None)),
        ("first = John\nlast = Smith", ("John", "Smith")),
        ("prefix = Dr.\nfirst = Ann\nmiddle = B\nlast = van der Lee", ("Ann", "van der Lee")),
        ("x" * 501, ("x" * 501, None)),
    ],
)
def test_a_full_name_is_split_before_its_last_word(
    full: str, names: tuple[str, str | None]
) -> None:
    assert split_name(full) == names


@pytest.mark.parametrize(
    ("full", "first", "last", "names"),
    [
        ("Ann Lee", None, None, ("Ann", "Lee")),
        ("Ann", None, "Lee", ("Ann", "Lee")),
        ("Ann Lee", None, "Lee", ("Ann", "Lee")),
        ("Ann Lee", "Ann", None, ("Ann", "Lee")),
        ("Bob Lee", "Ann", None, None),
        ("Lee", None, "Lee", None),
        ("Ann Lee", "Ann", "Lee", None),
    ],
)
def test_a_full_name_fills_in_what_is_missing(
    full: str, first: str | None, last: str | None, names: tuple[str, str] | None
) -> None:
    assert complete_names(full, first, last) == names
