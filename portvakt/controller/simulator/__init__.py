"""What does a site without hardware look like? Real OSDP readers on pseudo-terminals; doors and people of software."""

from portvakt.controller.simulator.fleet import Fleet, NoSuchDoor
from portvakt.controller.simulator.plan import DoorPlan, Plan, PlanFault, ReaderPlan, read_plan
from portvakt.controller.simulator.site import NoSuchThing, Simulator

__all__ = [
    "DoorPlan",
    "Fleet",
    "NoSuchDoor",
    "NoSuchThing",
    "Plan",
    "PlanFault",
    "ReaderPlan",
    "Simulator",
    "read_plan",
]
