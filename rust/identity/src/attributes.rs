//! What a proof says of its holder, beyond who it is.

/// What a credential or token asserts of its holder. What it does not say stays as the bundle declares it.
///
/// SECURITY: whoever fills this in answers for it: an issuer gives only what the bundle lets it give.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Attributes {
    /// Roles beside those that are declared; a name that is no declared role means nothing.
    pub roles: Vec<String>,
    /// The tenant. One that differs from the declared one is a proof of somebody else: refused.
    pub tenant: Option<String>,
    /// Whether a second factor was shown; instead of what is declared.
    pub mfa: Option<bool>,
    /// When the second factor was shown, ms since 1970.
    pub mfa_at_milliseconds: Option<i64>,
    /// State of the device, such as `compliant`; instead of what is declared.
    pub device_posture: Option<String>,
    /// Whether the device is in use, lost, retired…
    pub device_status: Option<String>,
    /// When the credential was issued, ms since 1970: a token's `iat`, a certificate's start.
    pub issued_at_milliseconds: Option<i64>,
    /// When its holder last proved who it is to the issuer, ms since 1970: a token's `auth_time`.
    pub authenticated_at_milliseconds: Option<i64>,
}
