"""Every mistake that a bundle can make about its keys, with its line; and the life-cycle report."""

from pathlib import Path

import pytest

from streamward.app import read_bundle
from streamward.keys.hygiene import DAY, hygiene
from tests.unit.keys.conftest import Room, ring

BUNDLE = """\
{kind: Bundle, name: keys, environment: development, owner: t}
---
{kind: DataClass, name: health, level: restricted, owner: t, seal: {ring: health}}
---
{kind: Stream, name: visits, classes: [health]}
---
{kind: Role, name: doctor}
---
{kind: AccessClass, name: clinical, readers: ["role:doctor"], owner: t}
---
{kind: KeyProvider, name: local, type: local-file}
---
{kind: KeyRing, name: health, data_class: health, access_class: clinical, provider: local, key: a}
"""


@pytest.mark.parametrize(
    ("old", "new", "line", "what"),
    [
        ("development", "production", 11, "refused in environment `production`"),
        ("role:doctor", "role:docter", 9, "there is no Role `docter`"),
        ("role:doctor", "group:doctor", 9, "is not a valid entry"),
        ("provider: local,", "provider: vault,", 13, "there is no KeyProvider `vault`"),
        ("type: local-file", "type: vault-transit", 11, "`type: vault-transit` needs"),
        ("type: local-file", "type: local-file, pkcs11: {}", 11, "`token` is missing"),
        ("key: a}", "key: a, destruction: {approvals: 3}}", 13, "approvals"),
        ("key: a}", "key: a, data_keys: {lifetime: 1s}}", 13, "`lifetime` is between"),
        ("key: a}", "key: a, data_keys: {records_max: 4294967297}}", 13, "4294967296"),
        (
            "key: a}",
            "key: a}\n---\n{kind: KeyRing, name: more, data_class: health, "
            "access_class: clinical, provider: local, key: a}",
            15,
            "is that of `health` too",
        ),
        (
            "key: a}",
            "key: a}\n---\n{kind: KeyStore, name: a}\n---\n{kind: KeyStore, name: b}",
            17,
            "a bundle has one key store",
        ),
        ("seal: {ring: health}", "description: none", 13, "nothing is sealed under the ring"),
        ('["role:doctor"]', "[]", 9, "nobody is in the access class"),
    ],
)
def test_each_mistake_is_told_where_it_stands(
    tmp_path: Path, old: str, new: str, line: int, what: str
) -> None:
    assert old in BUNDLE
    (tmp_path / "streamward.yaml").write_text(BUNDLE.replace(old, new))

    found = read_bundle(tmp_path, materials=False).mistakes

    told = [one for one in found if what in one.what or what in one.where]
    assert [one.place.line for one in told] == [line], [str(one) for one in found]


def test_keys_in_order_are_not_in_the_report(room: Room) -> None:
    room.answers.data_key({"ring": "clinical"})

    assert list(hygiene(room.keys.show("clinical"), room.time.now)) == []


def test_the_report_names_what_is_old_unused_or_elsewhere(room: Room) -> None:
    assert [one.what for one in hygiene(room.keys.show("clinical"), 0)] == ["it was never used"]
    room.answers.data_key({"ring": "clinical"})
    room.holder.configure(room.settings(ring(rotate="30d", key="another")))
    later = room.time.now + 100 * DAY

    found = {one.what for one in hygiene(room.keys.show("clinical"), later)}

    assert found == {
        "the bundle names another provider or key than the one that wraps its data keys",
        "its provider's key was not rotated for 100 days",
        "nothing was sealed or opened for 100 days",
    }
    room.holder.configure(room.settings(ring("other")))
    [gone] = hygiene(room.keys.show("clinical"), later)
    assert (gone.severity, "no longer declares" in gone.what) == ("high", True)
