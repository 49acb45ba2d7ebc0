"""Certificates, keys and lists of revoked ones that change while the gateway runs."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Final

from streamward.gateway.materials import material_mistakes, references
from streamward.gateway.ports import ReadAnew
from streamward.model.document import Bundle, Place
from streamward.secrets import MaterialMissing, MaterialRefused, resolve

LOOK_SECONDS: Final = 0.25
"""How often the files are looked at. What stays as it is for one look is read: a certificate that
its authority's list revokes is out within a second."""

_FILE = "file:"


class MaterialsWatcher:
    """Looks at the files that the bundle in force refers to, and has what changed read anew."""

    def __init__(
        self, supply: Callable[[ReadAnew], Awaitable[None]], bundle: Callable[[], Bundle]
    ) -> None:
        self._supply = supply
        self._bundle = bundle
        self._in_force: dict[str, str] = {}
        self._files: tuple[Bundle, dict[str, Path]] | None = None

    async def run(self) -> None:
        """Watch until cancelled."""
        self._in_force = seen = await asyncio.to_thread(self._marks)
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            now = await asyncio.to_thread(self._marks)
            settled, seen = now == seen, now
            if settled and now != self._in_force:
                changed = {name for name in now if now[name] != self._in_force.get(name)}
                self._in_force = now
                await self._supply(partial(read_anew, changed=changed))

    def _marks(self) -> dict[str, str]:
        """Reference → what tells that its file is another one."""
        bundle = self._bundle()
        if self._files is None or self._files[0] is not bundle:
            # To walk a whole bundle again and again would cost more than to serve a client.
            found = {found for *_, found in references(bundle) if found.startswith(_FILE)}
            self._files = bundle, {each: bundle.root / each[len(_FILE) :] for each in found}
        return {reference: _mark(path) for reference, path in self._files[1].items()}


def _mark(path: Path) -> str:
    try:
        facts = path.stat()
    except OSError as error:
        return type(error).__name__
    return f"{facts.st_ino} {facts.st_mtime_ns} {facts.st_size}"


def read_anew(bundle: Bundle, changed: Iterable[str]) -> tuple[dict[str, bytes], dict[str, str]]:
    """The bytes of the materials that can be used, and what is wrong with the others."""
    wanted = set(changed)
    private: dict[str, bool] = {}
    places: dict[Place, str] = {}
    for document, path, material, reference in references(bundle):
        if reference in wanted:
            private[reference] = private.get(reference, False) or material.secret
            places[document.place(*path)] = reference
    unfit: dict[str, str] = {}
    for mistake in material_mistakes(bundle):
        if mistake.is_error and mistake.place in places:
            unfit.setdefault(places[mistake.place], mistake.what)
    fit: dict[str, bytes] = {}
    for reference in private.keys() - unfit.keys():
        try:
            fit[reference] = resolve(reference, bundle.root, private=private[reference]).value
        except (MaterialMissing, MaterialRefused) as error:
            unfit[reference] = str(error)  # it has gone since
    return fit, unfit
