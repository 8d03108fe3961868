"""How does a text become a QR code that a page shows, a printer prints or a mail carries?"""

from base64 import b64decode
from urllib.parse import unquote_to_bytes

import segno

# Modules around the code that must stay white (ISO/IEC 18004), and points per module in a picture.
QUIET = 4
POINTS = 10


def svg(text: str) -> bytes:
    """Return the QR code of a text as an SVG file, black on white, of any size."""
    return unquote_to_bytes(_body(_code(text).svg_data_uri(xmldecl=True, border=QUIET, omitsize=True, light="#fff")))


def inline_svg(text: str) -> str:
    """Return the QR code of a text as an <svg> element for a page; it is a drawing only and holds none of the text."""
    drawing = _code(text).svg_inline(border=QUIET, omitsize=True, light="#fff", svgclass="qr-drawing", lineclass=None)
    return str(drawing)


def png(text: str) -> bytes:
    """Return the QR code of a text as a PNG picture, black on white."""
    return b64decode(_body(_code(text).png_data_uri(scale=POINTS, border=QUIET, light="#fff")))


def _code(text: str) -> segno.QRCode:
    return segno.make_qr(text, error="m")


def _body(data_uri: str) -> str:
    return data_uri.partition(",")[2]
