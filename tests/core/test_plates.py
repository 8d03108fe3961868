"""Do a camera and a person mean the same plate, is it shown as it is on the car, and is a foreign one taken too?"""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portvakt.core.credentials import CredentialError, plate_digest
from portvakt.core.plates import normal_form, recognise

NORMAL = [
    ("ABC 123", "ABC123"),
    ("abc-123", "ABC123"),
    (" a b c · 1 2 3 ", "ABC123"),
    ("ABC\u200b123", "ABC123"),  # a separator that nobody sees
    ("ＡＢＣ１２３", "ABC123"),  # full width
    ("ÅLA-100", "ALA100"),
    ("ÅÄÖ 12", "AAO12"),
    ("A\u030aLA-100", "ALA100"),  # the ring as a character of its own
    ("TÖL-BA 218", "TOLBA218"),
    ("Ü 12", "U12"),
    ("ŠŽ 12", "SZ12"),
    ("ØRE 1", "ORE1"),
    ("ÆRØ 1", "AERO1"),
    ("ΥΧΗ-1234", "YXH1234"),  # Greek
    ("АВ 1234 СТ", "AB1234CT"),  # Cyrillic
    ("OO 00", "OO00"),  # never a digit for a letter
    ("I1", "I1"),
]


@pytest.mark.parametrize(("text", "normal"), NORMAL)
def test_normal_form(text: str, normal: str) -> None:
    assert normal_form(text) == normal
    assert recognise(text).normal == normal


# text, countries it must be recognised for, how it is shown
RECOGNISED = [
    ("abc123", "SE", "ABC 123"),
    ("ABC-12D", "SE", "ABC 12D"),
    ("AB123C", "SE NL", "AB 123 C"),
    ("AB 12345", "NO DK", "AB 12345"),
    ("EL1234", "NO DK LV LT", "EL 1234"),
    ("XW 12 345", "NO", "XW 12345"),
    ("QX 123", "FI LV LT", "QX-123"),
    ("ÅLA100", "FI", "ÅLA-100"),
    ("M-AE 2821", "DE", "M AE 2821"),
    ("TÖL-B218E", "DE", "TÖL B218E"),
    ("DW 3XY45", "PL", "DW 3XY45"),
    ("WA 12345", "PL", "WA 12345"),
    ("1234ab", "NL", "12-34-AB"),
    ("12ab34", "NL", "12-AB-34"),
    ("ab12cd", "NL", "AB-12-CD"),
    ("abcd12", "NL", "ABCD12"),
    ("12abcd", "NL", "12-AB-CD"),
    ("12bbb3", "NL", "12-BBB-3"),
    ("1bbb23", "NL", "1-BBB-23"),
    ("g123bb", "NL", "G-123-BB"),
    ("g12bbb", "NL", "G-12-BBB"),
    ("1gb123", "NL", "1-GB-123"),
    ("123gb1", "NL", "123-GB-1"),
    ("AA-123-AA", "FR IT", "AA 123 AA"),
    ("1234 AB 2A", "FR", "1234 AB 2A"),
    ("123 ABC 75", "FR", "123 ABC 75"),
    ("12 AB 971", "FR", "12 AB 971"),
    ("1abc123", "BE", "1-ABC-123"),
    ("123ABC", "BE EE", "123-ABC"),
    ("W 12345 A", "AT", "W 12345 A"),
    ("G KAISER1", "AT", "G KAISER1"),
    ("1234BCD", "ES", "1234 BCD"),
    ("M1234AB", "ES AT", "M1234AB"),
    ("AB 123 CD", "FR IT", "AB-123-CD"),
    ("12 ABC", "EE", "12 ABC"),
    ("LV 1", "LV", "LV-1"),
    ("ABC 123", "LT", "ABC 123"),
    ("123 AB", "LT", "123 AB"),
    ("SONNY", "SE", "SONNY"),
    ("ÅSA 1986", "SE", "ÅSA 1986"),
]


@pytest.mark.parametrize(("text", "countries", "shown"), RECOGNISED)
def test_recognise(text: str, countries: str, shown: str) -> None:
    plate = recognise(text)
    assert set(countries.split()) <= set(plate.countries)
    assert plate.shown == shown


# What a country does not issue is not recognised as its, though it is taken.
NOT_OF = [
    ("AIC 123", "SE"),
    ("AQC 123", "SE"),
    ("AVC 123", "SE"),
    ("ÅBC 123", "SE"),
    ("ABC 12O", "SE"),
    ("ABC 12I", "SE"),
    ("OB 12345", "NO"),
    ("WB 12345", "DK"),
    ("ABCD 12345", "DE"),
    ("TÖL BA 218 E", "DE"),
    ("M AE 0821", "DE"),
    ("DW ABCEF", "PL"),
    ("DW 3BI45", "PL"),
    ("SS-123-AA", "FR"),
    ("AI-123-AA", "FR"),
    ("0-ABC-123", "BE"),
    ("Q 12345 Q", "AT"),
    ("1234 ABC", "ES"),
    ("AO 123 AA", "IT"),
]


@pytest.mark.parametrize(("text", "country"), NOT_OF)
def test_what_a_country_does_not_issue(text: str, country: str) -> None:
    plate = recognise(text)
    assert country not in plate.countries
    assert plate.normal == normal_form(text)


def test_the_likeliest_country_comes_first_and_each_once() -> None:
    assert recognise("ABC 123").countries == ("SE", "FI", "DE", "PL", "BE", "AT", "LT")


@pytest.mark.parametrize("text", ["ABCDEFGH12", "1234567890", "ABČ 1234567"])
def test_a_plate_of_no_known_country_is_taken(text: str) -> None:
    assert recognise(text).countries == ()


REFUSED = [
    ("", "plate_length"),
    ("A", "plate_length"),
    (" - ", "plate_length"),
    ("ABCDEFGHIJK", "plate_length"),
    ("ÆÆÆÆÆ1", "plate_length"),  # eleven letters once written out
    ("A" * 65, "plate_text"),
    ("١٢٣", "plate_text"),
    ("ABC€1", "plate_text"),
    ("АБВ 123", "plate_text"),  # a Cyrillic letter without a Latin likeness
    ("京A 1234", "plate_text"),
]


@pytest.mark.parametrize(("text", "code"), REFUSED)
def test_what_is_no_plate(text: str, code: str) -> None:
    for read in (normal_form, recognise):
        with pytest.raises(CredentialError) as refused:
            read(text)
        assert refused.value.code == code
        assert not text or text not in str(refused.value)


@given(st.text(max_size=70))
@settings(derandomize=True, max_examples=500, deadline=None)
def test_every_text_is_a_plate_or_refused_and_its_spellings_agree(text: str) -> None:
    try:
        plate = recognise(text)
    except CredentialError:
        return
    assert plate.normal == normal_form(text) == normal_form(plate.normal) == normal_form(plate.shown)
    assert len(plate_digest(bytes(32), plate.normal)) == 16
