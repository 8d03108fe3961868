"""With which one error does an action refuse?"""


class Refused(Exception):
    """An action that will not be done: a stable `code`, the form field it belongs to, and facts for the sentence."""

    def __init__(self, code: str, field: str = "", **facts: object) -> None:
        super().__init__(code)
        self.code = code
        self.field = field
        self.facts = facts
