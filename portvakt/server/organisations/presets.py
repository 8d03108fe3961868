"""How long does the register suggest to keep the access log at a kind of premises, and how long may it be kept at all?"""

from portvakt.server.purpose import catalogue
from portvakt.server.purpose.register import Preset

# Longer than any preset or authority speaks of; two years is what operators' own acts are kept for.
MOST_DAYS = 730


def preset_of(premises: str) -> Preset:
    """Return the preset of a kind of premises; of one without, that of "other". Raises KeyError where the register has neither."""
    presets = {preset.premises: preset for preset in catalogue.in_force().presets}
    return presets[premises] if premises in presets else presets["other"]
