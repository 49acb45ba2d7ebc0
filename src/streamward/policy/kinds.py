"""The documents and files that say who may do what."""

from streamward.model.approval import Approval
from streamward.model.document import DocumentKind
from streamward.model.grant import Grant
from streamward.model.invariant import Invariant
from streamward.model.network import Network
from streamward.model.policy_test import PolicyTest
from streamward.policy.cedar_file import CEDAR_FILE

DOCUMENT_KINDS = (
    DocumentKind("Network", Network, room="policy"),
    DocumentKind("Grant", Grant, room="policy", key=("id",)),
    DocumentKind("Approval", Approval, room="policy", key=("id",)),
    DocumentKind("Invariant", Invariant, room="policy", key=("id",)),
    DocumentKind("PolicyTest", PolicyTest, room="policy"),
)

FILE_KINDS = (CEDAR_FILE,)
