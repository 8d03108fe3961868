"""What protects the demo's doors beyond its access rules: an area, a lockdown plan, an unlock schedule and a guard rule?"""

from portvakt.server.access.actions import save_guard, set_unlock_schedule
from portvakt.server.access.models import GuardRule, Schedule
from portvakt.server.people.models import Category
from portvakt.server.places.actions import save_area, save_plan
from portvakt.server.places.models import Area, Controller, Door, LockdownPlan, Passback
from portvakt.server.purpose.actor import Actor


def protect(by: Actor, controller: Controller, doors: list[Door]) -> None:
    """Describe what belongs to the premises; its purpose is open."""
    door = {row.name: row for row in doors}
    # Soft: the simulated doors have no reader on the inside, so nobody is ever seen to leave.
    area = Area(controller=controller, name="Teknikrum", passback=Passback.SOFT, forgive_minutes=15)
    save_area(area, inside=[door["Teknikrum"].pk], outside=[], by=by)
    site = door["Port A"].section.site
    plan = LockdownPlan(site=site, name="Hela Björkgården", rank=5, ends_after_minutes=120)
    save_plan(plan, [door[name].pk for name in ("Port A", "Port B", "Tvättstuga", "Teknikrum")], by=by)


def unlock(by: Actor, doors: list[Door]) -> None:
    """Let a door stand unlocked on weekdays, once somebody has come; its purpose is open."""
    (door,) = (row for row in doors if row.name == "Cykelrum")
    schedule = Schedule.objects.get(name="Vardagar 07–18")
    set_unlock_schedule(door, schedule, first_person_in=True, by=by)


def guard(by: Actor, doors: list[Door]) -> None:
    """Keep contractors out of the technical room; its purpose is open."""
    (door,) = (row for row in doors if row.name == "Teknikrum")
    save_guard(GuardRule(name="Inga hantverkare i teknikrummet", category=Category.CONTRACTOR), [door.pk], by=by)
