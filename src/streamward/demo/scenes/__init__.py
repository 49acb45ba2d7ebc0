"""The demo's scenes, in the order in which they are shown."""

from typing import Final

from streamward.demo.scenes.allowed import Allowed
from streamward.demo.scenes.contained import Contained
from streamward.demo.scenes.denied import Denied
from streamward.demo.scenes.ended import Ended
from streamward.demo.scenes.guessed import Guessed
from streamward.demo.scenes.intruder import Intruder
from streamward.demo.scenes.scene import Scene
from streamward.demo.scenes.sealed import Sealed
from streamward.demo.scenes.shredded import Shredded

SCENES: Final[tuple[type[Scene], ...]] = (
    Allowed,
    Sealed,
    Denied,
    Intruder,
    Guessed,
    Ended,
    Contained,
    Shredded,
)
