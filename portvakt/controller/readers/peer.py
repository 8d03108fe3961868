"""How does one reader stand, and what passes between it and us?

libosdp leaves a lost reader alone for 300 seconds; `tend` starts the handshake anew every second instead. It also
resends an unanswered command for 8 seconds, which would release a strike long after the person has gone; `write`
refuses that.

A reader that is being adopted has a peer of its own, `installing`: nothing it sends is taken and nothing is shown at it, only
the keys pass.
"""

import logging
from collections.abc import Callable
from itertools import zip_longest
from typing import Protocol

from portvakt.controller.readers import libosdp, translate
from portvakt.controller.readers.frames import Frame, Scanner
from portvakt.controller.readers.keys import Held
from portvakt.controller.readers.model import (
    Language,
    ReaderChanged,
    ReaderDetails,
    ReaderInput,
    ReaderState,
    Signal,
)
from portvakt.controller.readers.witness import Witness
from portvakt.core import snapshot

RESTART_SECONDS = 1.0
COMMAND_SECONDS = 1.0  # A signal or an output later than this is worse than none.
TRIES_ONLINE = 2  # libosdp asks again a second after the first try, so a silent reader is lost after two seconds.
SILENT_TRIES = 2
REFUSED = -1

InputWatcher = Callable[[str, int, bool], None]
log = logging.getLogger(__name__)


class Line(Protocol):
    """The bus as one reader's channel uses it."""

    def take(self, peer: "Peer", at_most: int) -> bytes: ...
    def send(self, peer: "Peer", data: bytes) -> int: ...


class _Channel:
    """What libosdp holds; it keeps it for ever, so `close` cuts it off from everything else."""

    id = 0

    def __init__(self, peer: "Peer", line: Line) -> None:
        self._ends: tuple[Peer, Line] | None = (peer, line)

    def read(self, at_most: int) -> bytes:
        return self._ends[1].take(self._ends[0], at_most) if self._ends else b""

    def write(self, data: bytes) -> int:
        return self._ends[0].write(self._ends[1], data) if self._ends else REFUSED

    def flush(self) -> None:
        """Nothing is kept here: the bus drops what arrived unasked before each send."""

    def close(self) -> None:
        self._ends = None


class Peer:
    """One reader on a bus; all times are the event loop's seconds, given as `now`."""

    def __init__(
        self, reader: snapshot.Reader, held: Held, line: Line, now: float, *, installing: bool = False
    ) -> None:
        """With the reader's key, or where none is proven yet with the pending one; `now` are the loop's seconds."""
        self.reader = reader
        self.state: ReaderState = ReaderState.OFFLINE
        self.installing = installing
        self.held = held
        self._key = held.key or held.pending
        self.witness = Witness(self._key, held.pending)
        self.silent_tries = 0
        self._inputs: list[bool] = []
        self._waiting: list[ReaderInput | tuple[int, bool]] = []
        self._tries = 0
        self._tampered = False
        self._told: ReaderState | None = None
        self._details: ReaderDetails | None = None
        self._restarting = self._was_secure = False
        self._restarted_at = self._heard_at = self._now = now
        self._commands_until: float | None = None
        self._sent_frames = Scanner()
        self._channel = _Channel(self, line)
        libosdp.stir_random()
        made = libosdp.installing_panel if installing else libosdp.panel
        self._panel = made(reader.address, self._channel, self._key)
        self._panel.set_event_callback(self._take_event)

    @property
    def secure(self) -> bool:
        """Whether the secure channel is up right now."""
        return bool(self._panel.status() & 1 and self._panel.sc_status() & 1)

    @property
    def proven(self) -> bytes:
        """The key of ours that the reader holds beyond doubt; empty while that is not known.

        An answer to our challenge is a proof; for the key we speak with, only a channel that is up counts.
        """
        if self.witness.proven == self._key and not self.secure:
            return b""
        return self.witness.proven

    @property
    def trouble(self) -> str:
        """Why no secure channel comes up, one sentence; empty while nothing is known or wrong."""
        if self.secure:
            return ""
        return "The reader does not answer." if self.silent_tries >= SILENT_TRIES else self.witness.finding

    def details(self) -> ReaderDetails | None:
        """What it says of itself; None before its channel was up."""
        return self._details

    @property
    def lost(self) -> bool:
        """Whether it is asked for only now and then, so that the others on the bus get their turns."""
        return self.silent_tries >= SILENT_TRIES or (not self.secure and self._told is not None)

    def refresh(self, now: float) -> None:
        """Lets libosdp go one step."""
        self._now = now
        self._panel.refresh()

    def write(self, line: Line, data: bytes) -> int:
        """Sends a frame of libosdp's, unless it has tried often enough; then the reader counts as lost."""
        limit = TRIES_ONLINE if self.secure else 1
        late = self._commands_until is not None and self._now > self._commands_until
        if self._tries >= limit or (self._tries and late):
            self._tries = 0
            return REFUSED
        self._tries += 1
        self.silent_tries += 1
        self._sent_frames.forget()
        for frame in self._sent_frames.feed(data):
            self.witness.sent(frame)
        return line.send(self, data)

    def heard(self, frame: Frame, now: float) -> None:
        """Takes note of a whole frame from this reader."""
        self._heard_at = now
        self._tries = self.silent_tries = 0
        self.witness.heard(frame)

    def tend(self, now: float) -> None:
        """Follows the state, and starts a lost reader's handshake anew."""
        if self._commands_until is not None and now > self._commands_until and not self._tries:
            self._drop_commands()
        if self.secure and self.silent_tries < SILENT_TRIES:
            self._up()
            return
        self._inputs = []
        if self._was_secure:  # Line noise is over in a moment: the first new handshake does not wait its second.
            self._was_secure, self._restarted_at, self._heard_at = False, now - RESTART_SECONDS, now - RESTART_SECONDS
        self._drop_commands()
        if not self.installing:
            self._judge(now)
        self._restart(now)

    def unplugged(self, detail: str) -> None:
        """The port is gone, and the reader with it."""
        self.silent_tries = SILENT_TRIES
        self._drop_commands()
        if not self.installing:
            self._become(ReaderState.OFFLINE, detail)

    def give_key(self, key: bytes, now: float) -> None:
        """Sends the key over the secure channel that is up; `proven` tells when the reader has come back with it."""
        self.witness.expect(key)
        self._command(translate.key_set(key), now)

    def signal(self, signal: Signal, language: Language, now: float) -> None:
        """Shows LED, buzzer and text where the reader has them."""
        if self._can(libosdp.CAN_LED):
            self._command(translate.led(signal), now)
        if self._can(libosdp.CAN_BUZZER):
            self._command(translate.buzzer(signal), now)
        if self._can(libosdp.CAN_TEXT):
            self._command(translate.text(signal, language), now)

    def output(self, number: int, seconds: float, now: float) -> None:
        """Switches an output for a while."""
        if self._can(libosdp.CAN_OUTPUTS):
            self._command(translate.output(number, seconds), now)

    def deliver(self, take: Callable[[ReaderInput], None], watch: InputWatcher) -> None:
        """Hands over what has come since, outside of libosdp's callbacks."""
        waiting, self._waiting = self._waiting, []
        for one in waiting:
            if isinstance(one, tuple):
                watch(self.reader.id, *one)
            else:
                take(one)

    def close(self) -> None:
        """Lets go of the library's objects; it would otherwise keep this one alive."""
        self._drop_commands()
        self._channel.close()
        self._panel.set_event_callback(_ignore)

    def _can(self, function: int) -> bool:
        # A command that a reader cannot do is answered with NAK, and libosdp drops the link on any NAK.
        listening = self.state in (ReaderState.ONLINE, ReaderState.TAMPERED)
        return listening and self._panel.check_capability(0, function)[0] > 0

    def _command(self, command: libosdp.Message, now: float) -> None:
        self._panel.submit_command(0, command)
        self._commands_until = now + COMMAND_SECONDS

    def _drop_commands(self) -> None:
        if self._commands_until is not None:
            self._panel.flush_commands(0)
            self._commands_until = None

    def _up(self) -> None:
        self._restarting, self._was_secure = False, True
        self.witness.clear()
        if self._details is None:
            self._details = self._asked_details()
        if self.installing:
            return
        if self._tampered:
            self._become(ReaderState.TAMPERED, "The reader's tamper contact is open.")
        else:
            self._become(ReaderState.ONLINE, "The secure channel is up.")

    def _asked_details(self) -> ReaderDetails:
        words = libosdp.CAPABILITIES.items()
        able = tuple(word for function, word in words if self._panel.check_capability(0, function)[0] > 0)
        return translate.details(self._panel.get_pd_id(0), able)

    def _judge(self, now: float) -> None:
        if self.silent_tries >= SILENT_TRIES:
            self._become(ReaderState.OFFLINE, "The reader does not answer.")
        elif self.witness.finding:
            more = "" if self.held.key else " Its adoption was not completed: adopt it again."
            self._become(ReaderState.INSECURE, self.witness.finding + more)
        elif self._told is not ReaderState.INSECURE and now - self._heard_at > 2 * RESTART_SECONDS:
            self._become(ReaderState.OFFLINE, "The reader does not answer rightly.")

    def _restart(self, now: float) -> None:
        if self._restarting and not self._panel.is_pd_enabled(0):
            self.witness.restarted()
            libosdp.stir_random()
            self._panel.enable_pd(0)
            self._tries = 0
            self._restarting = False
            self._restarted_at = now
        elif not self._restarting and now - max(self._restarted_at, self._heard_at) >= RESTART_SECONDS:
            self._restarting = True
            self._panel.disable_pd(0)

    def _become(self, state: ReaderState, detail: str) -> None:
        self.state = state
        if state is not self._told:
            self._told = state
            self._waiting.append(ReaderChanged(self.reader.id, state, detail))

    def _take_event(self, _index: int, event: libosdp.Message) -> int:
        # Called from C, where an exception would come out of some later, innocent call.
        try:
            if self.witness.last_secured and not self.installing:
                self._note(event)
        except Exception:
            log.exception("reader %s: an event could not be understood", self.reader.id)
        event.clear()  # libosdp never frees the dict; emptied, what stays behind is small.
        return 0

    def _note(self, event: libosdp.Message) -> None:
        kind = event.get("event")
        if kind == libosdp.CARD_READ:
            self._queue(translate.card(self.reader.id, event))
        elif kind == libosdp.KEY_PRESS:
            self._queue(translate.keys(self.reader.id, event))
        elif kind == libosdp.STATUS and event["type"] == libosdp.STATUS_LOCAL:
            self._tampered = bool(event["report"][0])
        elif kind == libosdp.STATUS and event["type"] == libosdp.STATUS_INPUT:
            self._note_inputs([bool(one) for one in event["report"]])

    def _note_inputs(self, now_active: list[bool]) -> None:
        for number, (before, after) in enumerate(zip_longest(self._inputs, now_active)):
            if after is not None and before is not after:
                self._waiting.append((number, after))
        self._inputs = now_active

    def _queue(self, one: ReaderInput | None) -> None:
        if one is not None:
            self._waiting.append(one)


def _ignore(_index: int, _event: libosdp.Message) -> int:
    return 0
