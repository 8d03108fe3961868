"""At which row of a packed column does this key lie?

A dictionary of a million keys costs some 150 bytes a key; here it is the key itself and four bytes a slot. Open
addressing with linear probing; the table is at most half full.
"""

from array import array

_EMPTY = -1


class Slots:
    """Row numbers by key. The keys lie in `keys`, each `width` bytes, in a column that belongs to the caller."""

    __slots__ = ("_count", "_keys", "_mask", "_slots", "_width")

    def __init__(self, keys: bytearray, width: int) -> None:
        self._keys = keys
        self._width = width
        self._count = 0
        self._slots = array("i", [_EMPTY]) * 8
        self._mask = 7

    def find(self, key: bytes) -> int:
        """Return the row whose key this is, -1 where there is none."""
        width = self._width
        if len(key) != width:
            return -1
        slots, mask = self._slots, self._mask
        # Python's own hash of bytes is keyed anew in every process: nobody can choose keys that meet.
        at = hash(key) & mask
        row = slots[at]
        while row != _EMPTY:
            if self._keys.startswith(key, row * width):
                return row
            at = at + 1 & mask
            row = slots[at]
        return -1

    def add(self, row: int) -> None:
        """Take in the key that lies at this row. Raises ValueError where an equal one is there already."""
        self.expect(1)
        key = self._key(row)
        if self.find(key) >= 0:
            raise ValueError("the key is there already")
        self._put(key, row)
        self._count += 1

    def remove(self, row: int) -> None:
        """Forget the key that lies at this row; it must be there, and its bytes still in place."""
        slots, mask = self._slots, self._mask
        at = hash(self._key(row)) & mask
        while slots[at] != row:
            at = at + 1 & mask
        slots[at] = _EMPTY
        self._count -= 1
        # What was pushed past this slot moves up, or a search would stop at the hole.
        at = at + 1 & mask
        while (moved := slots[at]) != _EMPTY:
            slots[at] = _EMPTY
            self._put(self._key(moved), moved)
            at = at + 1 & mask

    def expect(self, more: int) -> None:
        """Make room for so many more keys."""
        size = len(self._slots)
        if size >= 2 * (self._count + more):
            return
        while size < 2 * (self._count + more):
            size *= 2
        rows = [row for row in self._slots if row != _EMPTY]
        self._slots = array("i", [_EMPTY]) * size
        self._mask = size - 1
        for row in rows:
            self._put(self._key(row), row)

    def over(self, keys: bytearray) -> "Slots":
        """Return a copy for a copied column."""
        copy = Slots(keys, self._width)
        copy._slots, copy._mask, copy._count = self._slots[:], self._mask, self._count
        return copy

    def _key(self, row: int) -> bytes:
        return bytes(self._keys[row * self._width : (row + 1) * self._width])

    def _put(self, key: bytes, row: int) -> None:
        slots, mask = self._slots, self._mask
        at = hash(key) & mask
        while slots[at] != _EMPTY:
            at = at + 1 & mask
        slots[at] = row
