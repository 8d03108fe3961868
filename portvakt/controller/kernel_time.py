"""What does the kernel know of how right its clock is?"""

import ctypes

import msgspec

# linux/timex.h
TIME_ERROR = 5
STA_UNSYNC, STA_NANO = 0x0040, 0x2000


class KernelTime(msgspec.Struct, frozen=True):
    """Whether a time server steers the clock, how wrong it can be at most, and what is yet to be corrected; seconds."""

    synchronised: bool
    max_error_seconds: float
    offset_seconds: float


class _Timex(ctypes.Structure):
    """The beginning of struct timex, which is all we read, and room for the rest, which the kernel writes."""

    _fields_ = [
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_char * 512),
    ]


def ask_kernel() -> KernelTime | None:
    """Ask with adjtimex(2), which changes nothing as long as `modes` is 0; None where it cannot be asked."""
    try:
        adjtimex = ctypes.CDLL(None, use_errno=True).adjtimex
    except (OSError, AttributeError):
        return None
    answer = _Timex(modes=0)
    state = adjtimex(ctypes.byref(answer))
    if state < 0:
        # A sandbox that forbids the call.
        return None
    return KernelTime(
        synchronised=state != TIME_ERROR and not answer.status & STA_UNSYNC,
        max_error_seconds=answer.maxerror / 1e6,
        offset_seconds=answer.offset / (1e9 if answer.status & STA_NANO else 1e6),
    )
