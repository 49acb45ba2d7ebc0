"""A provider's key is one ring's: whoever destroys that ring must not destroy another with it."""

from streamward.errors import InvalidArgument
from streamward.keys.data_key import RingState
from streamward.keys.holder import KeyHolder


def others_with(holder: KeyHolder, ring: str, provider: str, key: str) -> list[str]:
    """Rings besides this one whose data keys the same key of a provider wraps, or ever wrapped,
    also where the bundle declares that provider under two names; not those that are destroyed.
    """
    gone = {one.name for one in holder.store.rings() if one.state is RingState.DESTROYED}
    wanted = holder.backend(provider), key
    return sorted(
        {
            place.ring
            for place in holder.store.places()
            if place.ring != ring
            and place.ring not in gone
            and (holder.backend(place.provider), place.provider_key) == wanted
        }
    )


def must_be_its_own(holder: KeyHolder, ring: str, provider: str, key: str) -> None:
    """Raises InvalidArgument where that key is another ring's."""
    for other in others_with(holder, ring, provider, key):
        what = f"the key `{key}` of `{provider}` is that of the ring `{other}`"
        raise InvalidArgument(f"{what}; give the ring `{ring}` one of its own")
