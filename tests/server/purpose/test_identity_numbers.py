"""Is a personal identity number found however it is written, and are other numbers left alone?

The numbers were reckoned for the test, with low serial numbers; they stand for nobody.
"""

import pytest
from stdnum import luhn

from portvakt.server.purpose.identity_numbers import holds_personal_identity_number

# Born on 29 February 2000, and on a day that the calendar does not have; both with a right check digit.
LEAP = "000229238" + luhn.calc_check_digit("000229238")
NO_DAY = "010229238" + luhn.calc_check_digit("010229238")


@pytest.mark.parametrize(
    "text",
    [
        "900101-0017",
        "19900101-0017",
        "199001010017",
        "9001010017",
        "900101 0017",
        "900101 - 0017",
        "900101+0017",
        "900101\u20130017",
        "\uff19\uff10\uff10\uff11\uff10\uff11-\uff10\uff10\uff11\uff17",
        "Nyckel till 19900101-0017, lämnas ut på måndag.",
        "flat 4 (900101-0017)",
        "900161-0014",
        LEAP,
    ],
)
def test_one_is_found_however_it_is_written(text: str) -> None:
    assert holds_personal_identity_number(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Port 12, plan 3",
        "900101-0018",  # wrong check digit
        "901301-0013",  # no such month
        "556943-4656",  # an organisation number
        "070-123 45 67",  # a telephone number
        "1900101001755",  # longer than any
        NO_DAY,
        "2026-01-31 14:00",
    ],
)
def test_other_digits_are_left_alone(text: str) -> None:
    assert not holds_personal_identity_number(text)
