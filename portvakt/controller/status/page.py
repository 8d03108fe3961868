"""What does the controller's own page look like? One page, no script, no link to anywhere, nothing about persons."""

from collections.abc import Iterator, Mapping
from html import escape

from portvakt.controller.clock_watch import ClockFacts
from portvakt.controller.status import words
from portvakt.controller.status.facts import Facts, troubles
from portvakt.controller.status.words import Language, Words

STYLE = """
:root { color-scheme: light dark; --line: light-dark(#ccc, #555); --bad: light-dark(#b00020, #ff8a80);
  --good: light-dark(#1b5e20, #81c784); }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 1.5rem auto; padding: 0 1rem;
  overflow-wrap: break-word; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
table { border-collapse: collapse; width: 100%; } tbody th { font-weight: 400; }
th, td { text-align: left; vertical-align: top; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid var(--line); }
.good { color: var(--good); } .bad { color: var(--bad); font-weight: 600; }
"""


def page(facts: Facts, language: Language) -> str:
    """The page as HTML5, complete."""
    title = words.TITLE[language]
    body = "\n".join(_body(facts, language))
    return (
        f'<!doctype html>\n<html lang="{language.value}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)} – Portvakt</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        f"<h1>{escape(title)} {escape(facts.controller)}</h1>\n{body}\n</body>\n</html>\n"
    )


def _body(facts: Facts, language: Language) -> Iterator[str]:
    yield _verdict(facts, language)
    rows = "".join(_row(name[language], value) for name, value in _rows(facts, language))
    yield f"<table><tbody>{rows}</tbody></table>"
    yield _things(words.DOORS, facts.doors, language)
    yield _things(words.READERS, facts.readers, language)


def _verdict(facts: Facts, language: Language) -> str:
    found = troubles(facts)
    if not found:
        return f'<p class="good">{escape(words.ALL_IS_WELL[language])}</p>'
    items = "".join(f'<li class="bad">{escape(words.TROUBLES[trouble][language])}</li>' for trouble in found)
    return f"<h2>{escape(words.TO_DO[language])}</h2>\n<ul>{items}</ul>"


def _rows(facts: Facts, language: Language) -> Iterator[tuple[Words, str]]:
    yield words.LINK, f"{(words.UP if facts.link_up else words.DOWN)[language]}, {facts.server}"
    yield words.SNAPSHOT, _snapshot(facts, language)
    yield words.WAITING, _waiting(facts, language)
    yield words.CLOCK, f"{facts.at.isoformat(sep=' ', timespec='seconds')}; {_clock(facts.clock, language)}"
    yield words.RUNNING, _span(facts.up_seconds)
    yield words.SOFTWARE, facts.software


def _snapshot(facts: Facts, language: Language) -> str:
    age = facts.snapshot_age_seconds
    if not facts.snapshot_version or age is None:
        return words.NONE[language]
    return words.VERSION[language].format(version=facts.snapshot_version, age=_span(age))


def _waiting(facts: Facts, language: Language) -> str:
    count = words.UNKNOWN[language] if facts.events_waiting is None else str(facts.events_waiting)
    return f"{count}, {words.IN_MEMORY[language]}" if facts.events_in_memory else count


def _clock(clock: ClockFacts, language: Language) -> str:
    parts = [(words.TRUSTED if clock.trusted else words.NOT_TRUSTED)[language]]
    if clock.kernel is None:
        parts.append(f"NTP {words.UNKNOWN[language]}")
    elif clock.kernel.synchronised:
        parts.append(words.STEERED[language].format(error=f"{clock.kernel.max_error_seconds:.3f}"))
    else:
        parts.append(words.NOT_STEERED[language])
    if clock.jumps:
        parts.append(words.JUMPED[language].format(times=clock.jumps, seconds=f"{clock.last_jump_seconds:+.0f}"))
    return ", ".join(parts)


def _things(name: Words, states: Mapping[str, str], language: Language) -> str:
    rows = "".join(
        _row(thing, words.STATES[state][language] if state in words.STATES else state)
        for thing, state in sorted(states.items())
    )
    head = f'<thead><tr><th scope="col">Id</th><th scope="col">{escape(words.STATE[language])}</th></tr></thead>'
    return f"<h2>{escape(name[language])}</h2>\n<table>{head}<tbody>{rows}</tbody></table>"


def _row(name: str, value: str) -> str:
    return f'<tr><th scope="row">{escape(name)}</th><td>{escape(value)}</td></tr>\n'


def _span(seconds: float) -> str:
    """As "3 d 04:05:06", in both languages; a clock that was set back can make it negative."""
    sign, whole = ("-" if seconds < 0 else ""), abs(int(seconds))
    days, rest = divmod(whole, 86_400)
    clock = f"{rest // 3600:02}:{rest // 60 % 60:02}:{rest % 60:02}"
    return f"{sign}{days} d {clock}" if days else f"{sign}{clock}"
