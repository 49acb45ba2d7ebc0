//! The protocol in which members assign among themselves: join, sync.

use streamward_wire::kafka::{ApiKey, Struct, Value, error};

use crate::session::{Close, Head, Verdict};

/// The first version of `SyncGroup` that names the protocol, and must.
const FIRST_WITH_PROTOCOL: i16 = 5;
/// The first version of `JoinGroup` that can say that there is no protocol.
const FIRST_WITHOUT_PROTOCOL: i16 = 7;

/// What a broker refuses before it asks who is calling.
pub(in crate::session::cold) fn malformed(
    head: &Head,
    request: &Struct,
) -> Result<Option<Verdict>, Close> {
    let names = |field| !request.get(field).is_null();
    if head.key != ApiKey::SYNC_GROUP
        || head.version < FIRST_WITH_PROTOCOL
        || (names("ProtocolType") && names("ProtocolName"))
    {
        return Ok(None);
    }
    let mut answer = head.response()?;
    answer.set("ErrorCode", error::INCONSISTENT_GROUP_PROTOCOL);
    Ok(Some(Verdict::Reply(head.reply(&answer)?)))
}

/// What a refused member gets besides the error.
pub(in crate::session::cold) fn complete_refusal(head: &Head, answer: &mut Struct) {
    if head.key == ApiKey::JOIN_GROUP && head.version >= FIRST_WITHOUT_PROTOCOL {
        answer.set("ProtocolName", Value::Null);
    }
}
