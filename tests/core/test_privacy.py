"""Does a column carry its kind, and nothing else changed about it?"""

from portvakt.core.privacy import Keep, Kind, NotPersonal, OnErase, Privacy, Subject, kind_of, personal


class Column:
    """What a model's column is to these words: something that can carry a mark."""


def test_a_marked_column_is_the_same_column_and_knows_its_kind() -> None:
    column = Column()
    assert personal(column, Kind.CONTACT) is column
    assert kind_of(column) is Kind.CONTACT


def test_an_unmarked_column_is_not_personal() -> None:
    assert kind_of(Column()) is None


def test_how_long_a_row_is_kept() -> None:
    assert Keep.after("left_at", days=30) == Keep(field="left_at", days=30)
    assert Keep.until("ends_at", ahead=14) == Keep(field="ends_at", days=0, ahead=14)
    assert Keep.with_owner() == Keep()


def test_a_declaration_is_a_value() -> None:
    declared = Privacy(subject=Subject.HOLDER, keep=Keep.with_owner(), on_erase=OnErase.DELETE_ROW)
    assert declared == Privacy(Subject.HOLDER, Keep(), OnErase.DELETE_ROW)
    assert NotPersonal("describes a building").because == "describes a building"
