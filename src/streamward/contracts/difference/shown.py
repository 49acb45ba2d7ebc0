"""Whether one sight of a stream shows more of its records than another one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from streamward.contracts.sight import Form, Masking, Reading, Sight


@dataclass(frozen=True, slots=True)
class _Shown:
    """What of records can be read by somebody who is not refused."""

    value: bool
    hidden: Mapping[str, str]
    """Fields that are not seen as they are, and what stands there."""
    key: int
    """0: nothing of it, 1: which are equal, 2: all."""
    key_group: str | None
    """The group that hashes of it are of."""
    all_but: bool
    headers: frozenset[str]
    """Those that are seen, or with `all_but` those that are not."""


_KEYS: Final[Mapping[str | None, int]] = {"withhold": 0, "hash": 1, "keep": 2}
_NOTHING: Final = ("redact", "sealed")
"""Of what stands there instead of a field, that which tells nothing of it."""


def shows_more(now: Sight, reading: Reading, was: Sight, read_before: Reading) -> bool:
    """Whether something can be read of a stream that could not; of masks that can't be compared,
    another one shows more.
    """
    after, before = _shown(now, reading), _shown(was, read_before)
    if after is None or before is None:
        return after is not None
    if after.value:
        if not before.value:
            return True
        for field, how in before.hidden.items():
            is_hash = how.startswith("hash")
            less = (how, *_NOTHING, "hash") if is_hash else (how, *_NOTHING)
            if after.hidden.get(field) not in less:
                return True
    return _more_of_keys(after, before) or _more_headers(after, before)


def _more_of_keys(after: _Shown, before: _Shown) -> bool:
    if after.key == before.key == 1:
        return after.key_group not in (None, before.key_group)
    return after.key > before.key


def _more_headers(after: _Shown, before: _Shown) -> bool:
    if after.all_but:
        return not before.all_but or not before.headers <= after.headers
    if before.all_but:
        return bool(after.headers & before.headers)
    return not after.headers <= before.headers


def _shown(sight: Sight, reading: Reading) -> _Shown | None:
    if sight.form is Form.REFUSED:
        return None
    seal, masking = reading.seal, reading.masking
    value, key = True, 2
    hidden = _masked(sight, masking)
    sealed_headers: frozenset[str] = frozenset()
    if sight.stays_sealed and seal is not None:
        value = not seal.value
        hidden |= dict.fromkeys(seal.fields, "sealed")
        sealed_headers = frozenset(seal.headers)
        key = 1 if seal.key == "deterministic" else 2
    if sight.form is not Form.MASKED:
        return _Shown(value, hidden, key, None, all_but=True, headers=sealed_headers)
    masked = None if masking is None else masking.masked
    return _Shown(
        value,
        hidden,
        min(key, _KEYS.get(sight.key, 2)),
        None if masked is None else masked.key_hash_group,
        all_but=False,
        headers=frozenset(sight.headers or ()) - sealed_headers,
    )


def _masked(sight: Sight, masking: Masking | None) -> dict[str, str]:
    """What stands for each field; hashes of a group are equal to those of other streams."""
    groups = {} if masking is None else {it.name: it.hash_group for it in masking.fields}
    return {
        name: f"hash of group {groups[name]}" if mask == "hash" and groups.get(name) else mask
        for name, mask in sight.masks
    }
