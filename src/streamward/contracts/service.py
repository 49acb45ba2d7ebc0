"""What people ask of contracts: what they say, what a change breaks, whether a sample passes."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from streamward.contracts.compatibility import (
    Breaks,
    Change,
    layout_changes,
    protection_changes,
    schema_changes,
)
from streamward.contracts.compiled import (
    Mask,
    SchemaInvalid,
    ValueRefused,
    compile_schema,
    core,
    text_of,
)
from streamward.contracts.contract import (
    contract_of,
    contracts,
    fields_of,
    masked_reading,
    owner_of,
    patterns_of,
    required_controls,
    retention_milliseconds,
    schema_of,
    unmasked_for,
    validation_of,
)
from streamward.errors import NotFound
from streamward.model.contract import DataContract
from streamward.model.document import Bundle
from streamward.model.duration import format_duration
from streamward.model.nearest import meant


def contract_document(contract: DataContract) -> dict[str, Any]:
    """What a contract says, as JSON values."""
    found = schema_of(contract)
    source = None if found is None else found[1]
    kept = retention_milliseconds(contract)
    reading = masked_reading(contract)
    return {
        "stream": contract.object.stream,
        "id": contract.id,
        "version": contract.version,
        "status": contract.status,
        "owner": owner_of(contract),
        "schema": None if source is None else source.model_dump(exclude_none=True),
        "validate": validation_of(contract).model_dump(),
        "content": list(patterns_of(contract)),
        "requires": list(required_controls(contract)[1]),
        "retention": None if kept is None else format_duration(kept),
        "unmasked": list(unmasked_for(contract)),
        "masked": None if reading is None else reading.model_dump(mode="json"),
        "fields": [
            {
                "name": field.name,
                "class": field.classification,
                "mask": None if field.masks is None else field.masks.others,
                "masks": {} if field.masks is None else dict(field.masks.access_classes),
            }
            for field in fields_of(contract)
        ],
    }


def contract_documents(bundle: Bundle, stream: str | None = None) -> list[dict[str, Any]]:
    """What the contracts of a bundle say, or that of one stream. Raises NotFound."""
    if stream is None:
        return [contract_document(contract) for _, contract in contracts(bundle)]
    return [contract_document(named_contract(bundle, stream))]


def named_contract(bundle: Bundle, stream: str) -> DataContract:
    """The contract of a stream. Raises NotFound with the nearest name."""
    found = contract_of(bundle, stream)
    if found is None:
        hint = meant(stream, (contract.object.stream for _, contract in contracts(bundle)))
        raise NotFound(f"the stream `{stream}` has no contract" + (f": {hint}" if hint else ""))
    return found[1]


@dataclass(frozen=True, slots=True)
class StreamChange:
    """One difference in the contract of a stream."""

    stream: str
    change: Change


def changes(old: Bundle, new: Bundle) -> Iterator[StreamChange]:
    """What differs between the contracts of two bundles. Raises SchemaInvalid."""
    before = {contract.object.stream: contract for _, contract in contracts(old)}
    after = {contract.object.stream: contract for _, contract in contracts(new)}
    for stream in sorted({*before, *after}):
        was, now = before.get(stream), after.get(stream)
        if was is None:
            yield StreamChange(stream, Change("it has a contract now", Breaks.NOBODY))
        elif now is None:
            yield StreamChange(stream, Change("its contract is gone", Breaks.PROTECTION))
        else:
            for change in _changes((old, was), (new, now)):
                yield StreamChange(stream, change)


def _changes(
    old: tuple[Bundle, DataContract], new: tuple[Bundle, DataContract]
) -> Iterator[Change]:
    yield from protection_changes(old[1], new[1])
    found = [schema_of(contract) for _, contract in (old, new)]
    if found[0] is None or found[1] is None:
        return
    texts = [text_of(old[0], found[0][1]), text_of(new[0], found[1][1])]
    if texts[0] is not None and texts[1] is not None:
        yield from schema_changes(texts[0], texts[1])
        if not found[1][1].schema_ids:
            yield from layout_changes((old[1], new[1]), texts[0], texts[1])


@dataclass(frozen=True, slots=True)
class Sample:
    """A value held to its contract: what is wrong with it, or else how others see it."""

    problem: str | None
    masked: bytes | None


def try_sample(bundle: Bundle, stream: str, value: bytes, secret: bytes) -> Sample:
    """Hold a value to the contract of its stream, as the gateway does.

    `secret` is the key of `hash`. Raises NotFound without a contract or a schema in a file,
    SchemaInvalid, ValueRefused where a mask doesn't fit what stands there.
    """
    contract = named_contract(bundle, stream)
    found = schema_of(contract)
    text = None if found is None else text_of(bundle, found[1])
    if text is None:
        raise NotFound(f"the contract of `{stream}` names no schema file that the bundle holds")
    schema = compile_schema(text)
    problem = schema.problem(value, list(patterns_of(contract)))
    if problem is not None:
        return Sample(problem, None)
    masks: list[Mask] = [
        (list(field.path), field.masks.others, field.masks.hash_group)
        for field in fields_of(contract)
        if field.masks is not None
    ]
    module = core()
    try:
        return Sample(None, schema.mask(value, masks, secret, stream))
    except module.CoreError as error:
        raise ValueRefused(str(error.args[-1])) from error


__all__ = [
    "Sample",
    "SchemaInvalid",
    "StreamChange",
    "changes",
    "contract_documents",
    "named_contract",
    "try_sample",
]
