//! Names of share sessions.

/// Whose share session it is: the group and the member, as they name themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShareKey {
    /// The group.
    pub group: Box<str>,
    /// The member.
    pub member: Box<str>,
}
