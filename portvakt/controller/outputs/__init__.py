"""How does a decision reach the lock, and how does the door tell that it moved? These are the names for the rest."""

from portvakt.controller.outputs.gpio import WiringFault, gpio_outputs
from portvakt.controller.outputs.model import (
    ContactChanged,
    DoorInput,
    ExitPressed,
    FireChanged,
    Outputs,
    SiteInput,
    TamperChanged,
)
from portvakt.controller.outputs.readers import ReaderOutputs
from portvakt.controller.outputs.simulated import SimulatedOutputs

__all__ = [
    "ContactChanged",
    "DoorInput",
    "ExitPressed",
    "FireChanged",
    "Outputs",
    "ReaderOutputs",
    "SimulatedOutputs",
    "SiteInput",
    "TamperChanged",
    "WiringFault",
    "gpio_outputs",
]
