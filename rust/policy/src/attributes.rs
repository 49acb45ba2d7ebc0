//! Attributes of the context that may be known or not: texts, and ages in whole seconds.
//!
//! An attribute that is not known is absent, so that a condition on it (`context has mfa_age && …`)
//! does not hold.

use crate::request::Context;

/// Texts, in the order of [`texts_of`].
pub(crate) const TEXTS: [&str; 6] = [
    "tls_version",
    "tls_cipher",
    "client_software_name",
    "client_software_version",
    "device_posture",
    "device_status",
];

/// Ages, in the order of [`begins_of`].
pub(crate) const AGES: [&str; 3] = ["credential_age", "authentication_age", "mfa_age"];

/// The values of [`TEXTS`].
pub(crate) type Texts<'a> = [Option<&'a str>; TEXTS.len()];
/// When each of [`AGES`] began, ms since 1970.
pub(crate) type Begins = [Option<i64>; AGES.len()];
/// The values of [`AGES`], in seconds.
pub(crate) type Ages = [Option<i64>; AGES.len()];

pub(crate) fn texts_of(context: &Context) -> Texts<'_> {
    [
        context.tls_version,
        context.tls_cipher.as_deref(),
        context.client_software_name.as_deref(),
        context.client_software_version.as_deref(),
        context.device_posture.as_deref(),
        context.device_status.as_deref(),
    ]
}

pub(crate) fn begins_of(context: &Context) -> Begins {
    [
        context.issued_at_milliseconds,
        context.authenticated_at_milliseconds,
        context.mfa_at_milliseconds,
    ]
}

/// Whole seconds since `begin`. What begins later (clocks differ) is new.
pub(crate) fn age(begin: i64, now_milliseconds: i64) -> i64 {
    now_milliseconds.saturating_sub(begin).max(0) / 1000
}

pub(crate) fn ages_of(begins: &Begins, now_milliseconds: i64) -> Ages {
    begins.map(|begin| begin.map(|begin| age(begin, now_milliseconds)))
}
