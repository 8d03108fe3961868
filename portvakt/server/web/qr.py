"""How does a text become a QR code that a page shows, a printer prints or a mail carries?"""

import io

import segno

# Modules around the code that must stay white (ISO/IEC 18004), and points per module in a picture.
QUIET = 4
POINTS = 10


def svg(text: str) -> bytes:
    """Return the QR code of a text as an SVG file, black on white, of any size."""
    return _drawn(text, "svg", unit="", omitsize=True, xmldecl=True)


def inline_svg(text: str) -> str:
    """Return the QR code of a text as an <svg> element for a page; it is a drawing only and holds none of the text."""
    code = segno.make_qr(text, error="m")
    return str(code.svg_inline(border=QUIET, omitsize=True, light="#fff", svgclass="qr-drawing", lineclass=None))


def png(text: str) -> bytes:
    """Return the QR code of a text as a PNG picture, black on white."""
    return _drawn(text, "png", scale=POINTS)


def _drawn(text: str, kind: str, **how: object) -> bytes:
    out = io.BytesIO()
    segno.make_qr(text, error="m").save(out, kind=kind, border=QUIET, light="#fff", **how)
    return out.getvalue()
