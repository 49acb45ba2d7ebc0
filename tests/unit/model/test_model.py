"""The nouns: what they hold to, and what they leave open."""

import pytest
from pydantic import ValidationError

from streamward.errors import InvalidArgument
from streamward.model import Action, Level, Resource, ResourceType, action_of, applies, implied
from streamward.model.document import Bundle, Document, Material, Place, RefersTo
from streamward.model.grant import Grant
from streamward.model.marks import marked
from streamward.model.nearest import meant, nearest
from streamward.model.principal import Principal
from streamward.model.topology import Listener


def test_every_action_has_a_word_that_leads_back_to_it() -> None:
    assert [action_of(action.word) for action in Action] == list(Action)
    assert Action.DESCRIBE_CONFIGS.word == "describe_configs"


def test_synonyms_are_for_the_command_line() -> None:
    assert action_of("produce", synonyms=True) is Action.WRITE
    with pytest.raises(InvalidArgument):
        action_of("produce")


def test_what_an_action_implies_can_be_done_to_the_same_resource() -> None:
    for action in Action:
        more = implied(action)
        if more is not None:
            missing = [t for t in ResourceType if applies(action, t) and not applies(more, t)]
            assert missing == []


def test_every_action_applies_to_something() -> None:
    assert all(any(applies(action, t) for t in ResourceType) for action in Action)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a.b", Resource(ResourceType.STREAM, "a.b")),
        ("stream:a", Resource(ResourceType.STREAM, "a")),
        ("group:a:b", Resource(ResourceType.GROUP, "a:b")),
        ("transaction:t", Resource(ResourceType.TRANSACTION, "t")),
        ("cluster", Resource(ResourceType.CLUSTER, "main")),
    ],
)
def test_a_resource_is_read_from_text(text: str, expected: Resource) -> None:
    assert Resource.parse(text, cluster="main") == expected


@pytest.mark.parametrize("text", ["", "group:", "topic:x", "cluster:x"])
def test_a_resource_that_is_none(text: str) -> None:
    with pytest.raises(InvalidArgument):
        Resource.parse(text, cluster="main")


def test_levels_rank_from_public_to_restricted() -> None:
    assert [level.rank for level in Level] == [0, 1, 2, 3]
    assert Level.RESTRICTED.rank == 3


def test_a_noun_is_frozen_and_takes_no_more_fields() -> None:
    grant = Grant(id="g", to=["role:r"], allow=["read"], on=["cluster"])

    with pytest.raises(ValidationError):
        grant.id = "other"
    with pytest.raises(ValidationError):
        Grant(id="g", to=["role:r"], allow=["read"], on=["cluster"], more=1)


def test_references_and_materials_are_found_wherever_they_stand() -> None:
    principal = Principal.model_validate(
        {
            "name": "p",
            "type": "service",
            "tenant": "t",
            "roles": ["a", "b"],
            "credentials": [
                {"id": "c", "type": "certificate", "subject": "CN=p"},
                {"id": "w", "type": "password", "verifier": "file:x"},
            ],
        }
    )

    references = [(path, mark.kind, name) for path, mark, name in marked(principal, RefersTo)]
    materials = [(path, mark.purpose, ref) for path, mark, ref in marked(principal, Material)]

    assert references == [
        (("tenant",), "Tenant", "t"),
        (("roles", 0), "Role", "a"),
        (("roles", 1), "Role", "b"),
    ]
    assert materials == [(("credentials", 1, "verifier"), "verifier", "file:x")]


def test_a_place_falls_back_to_what_is_around() -> None:
    places = {(): Place("f", 1), ("a",): Place("f", 2)}
    document = Document("Tenant", "t", Principal.model_construct(), "f", places)

    assert document.place("a", 3, "b") == Place("f", 2)
    assert document.place("z") == Place("f", 1)
    assert str(document.place("a")) == "f:2:1"


def test_names_of_broken_documents_count_for_their_kind_or_for_any(tmp_path) -> None:
    bundle = Bundle(tmp_path, broken=frozenset({("Role", "r"), ("*", "x")}))

    assert bundle.names("Role") == {"r", "x"}
    assert bundle.names("Tenant") == {"x"}


def test_the_ports_of_a_listener() -> None:
    listener = Listener.model_validate(
        {
            "name": "l",
            "cluster": "c",
            "advertise": "h",
            "ports": {"bootstrap": 1, "nodes": {"first_id": 5, "count": 2, "first_port": 10}},
        }
    )

    assert listener.used_ports() == (1, 10, 11)


def test_the_nearest_name() -> None:
    assert nearest("Rol", ["Role", "Tenant"]) == "Role"
    assert nearest("zzz", ["Role"]) is None
    assert meant("zzz", ["b", "a"]) == "one of `a`, `b`"
    assert meant("zzz", []) == ""
