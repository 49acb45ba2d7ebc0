"""Fields, keys and headers that contracts mask less than before, whether anybody reads them or not.

SECURITY: a mask that nobody sees through today can go unnoticed, and the next change gives somebody
the right to read "with masks".
"""

from collections.abc import Collection, Iterator

from streamward.contracts.contract import ContractField, fields_of, masked_reading
from streamward.contracts.difference import places
from streamward.contracts.difference.topics import LessProtected, classes_between
from streamward.model.contract import DataContract
from streamward.model.document import Bundle

_NO_KEY = "withhold"
_KEYS = (_NO_KEY, "hash", "keep")


def less_masked(
    old: Bundle, new: Bundle, told: Collection[tuple[str, str]] = ()
) -> Iterator[LessProtected]:
    """Every such way, but of fields (stream and name; keys and headers have none) of which it is
    told who sees more of them.
    """
    contracts = {contract.object.stream: contract for contract in new.of(DataContract)}
    for before in old.of(DataContract):
        stream = before.object.stream
        after = contracts.get(stream)
        if after == before:
            continue
        now = {} if after is None else {field.path: field for field in fields_of(after)}
        source = places.of_contract(new, stream)
        classes = classes_between(old, new, stream)
        for field in fields_of(before):
            there = now.get(field.path)
            what = _less(field, there)
            if what is not None and (stream, field.name) not in told:
                known = field.classification
                of_field = frozenset({known}) if known is not None else classes
                path = () if there is None else there.mask_place
                at = places.of_contract(new, stream, *path)
                yield LessProtected(stream, of_field, what, at)
        for what in _beside_fields(before, after):
            if (stream, "") not in told:
                yield LessProtected(stream, classes, what, source)


def _less(before: ContractField, after: ContractField | None) -> str | None:
    was, now = before.masks, None if after is None else after.masks
    if was is None or was == now:
        return None
    if now is None:
        return f"`{before.name}` has no mask any more"
    if not _hides(now.others, was.others):
        return f"`{before.name}` is `{now.others}`, before `{was.others}`"
    for name in dict.fromkeys((*was.access_classes, *now.access_classes)):
        seen, saw = (
            now.access_classes.get(name, now.others),
            was.access_classes.get(name, was.others),
        )
        if not _hides(seen, saw):
            return f"`{before.name}` is `{seen}` for `{name}`, before `{saw}`"
    if now.hash_group not in (None, was.hash_group):
        return f"`{before.name}` has hashes of the group `{now.hash_group}`"
    return None


def _hides(mask: str, before: str) -> bool:
    """Whether a mask surely shows no more than another one; `none` is no mask."""
    return mask in (before, "redact") or before == "none"


def _beside_fields(before: DataContract, after: DataContract | None) -> Iterator[str]:
    was, now = masked_reading(before), None if after is None else masked_reading(after)
    if now is None:
        return
    key = _NO_KEY if was is None else was.key
    if _KEYS.index(now.key) > _KEYS.index(key):
        yield f"readers with masks see keys as `{now.key}`, before `{key}`"
    for header in now.headers:
        if was is not None and header not in was.headers:
            yield f"readers with masks see the header `{header}`"
