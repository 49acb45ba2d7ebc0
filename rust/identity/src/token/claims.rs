//! What a token says (RFC 7519, section 4.1; RFC 7662, section 2.2), once it is known to be the issuer's.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::{Presented, TokenIssuer, TokenRefusal};
use crate::attributes::Attributes;
use crate::plain::USER_BYTES_MAX;

/// The latest time that a claim may name: the end of the year 9999.
const SECONDS_MAX: f64 = 253_402_300_799.0;
/// Longest text of an attribute.
const ATTRIBUTE_BYTES_MAX: usize = 256;
/// Most elements of `aud`, `amr` or the claim of groups that are looked at.
const ELEMENTS_MAX: usize = 1_000;

type Checked<T> = Result<T, TokenRefusal>;

/// What a good token says of its bearer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims {
    /// Whom the issuer means.
    pub subject: String,
    /// What the token says of its bearer beside that.
    pub attributes: Attributes,
    /// When the token is no longer taken, clock skew included, ms since 1970.
    pub expires_milliseconds: i64,
}

/// How the claims were had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// From a signed token.
    Signed,
    /// From the issuer, which was asked about the token.
    Introspected,
}

pub(super) fn check(
    claims: &Map<String, Value>,
    issuer: &TokenIssuer,
    presented: &Presented<'_>,
    origin: Origin,
) -> Checked<Claims> {
    let now = presented.now_milliseconds;
    match (text(claims, "iss")?, origin) {
        (Some(found), _) if found == issuer.issuer => {}
        // Whoever answered is the issuer.
        (None, Origin::Introspected) => {}
        _ => return Err(TokenRefusal::Issuer),
    }
    let audiences = texts(claims.get("aud")).ok_or(TokenRefusal::Claim("aud"))?;
    if !audiences
        .iter()
        .any(|it| issuer.audiences.iter().any(|own| own == it))
    {
        return Err(TokenRefusal::Audience);
    }
    let (made, expires) = lifetime(claims, issuer, now, origin)?;
    bound(claims, issuer, presented)?;
    let names = &issuer.claims;
    let subject = attribute(claims, &names.subject)?.ok_or(TokenRefusal::NoSubject)?;
    let tenant = match &names.tenant {
        Some(name) => Some(attribute(claims, name)?.ok_or(TokenRefusal::NoTenant)?),
        None => None,
    };
    let mfa = second_factor(claims, issuer)?;
    let authenticated_at = time(claims, "auth_time")?;
    Ok(Claims {
        subject,
        attributes: Attributes {
            roles: roles(claims, issuer)?.into_iter().collect(),
            tenant,
            mfa,
            // Without `auth_time` nobody knows how old the second factor is.
            mfa_at_milliseconds: authenticated_at.filter(|_| mfa == Some(true)),
            device_posture: optional(claims, names.device_posture.as_deref())?,
            device_status: optional(claims, names.device_status.as_deref())?,
            issued_at_milliseconds: made,
            authenticated_at_milliseconds: authenticated_at,
        },
        expires_milliseconds: expires,
    })
}

/// When it was made, and until when it is taken.
fn lifetime(
    claims: &Map<String, Value>,
    issuer: &TokenIssuer,
    now: i64,
    origin: Origin,
) -> Checked<(Option<i64>, i64)> {
    let skew = issuer.clock_skew_milliseconds;
    let expires = time(claims, "exp")?.ok_or(TokenRefusal::Missing("exp"))?;
    if expires.saturating_add(skew) <= now {
        return Err(TokenRefusal::Expired);
    }
    let not_before = time(claims, "nbf")?;
    if not_before.is_some_and(|from| from.saturating_sub(skew) > now) {
        return Err(TokenRefusal::Early);
    }
    let made = time(claims, "iat")?;
    if made.is_none() && origin == Origin::Signed {
        return Err(TokenRefusal::Missing("iat"));
    }
    let from = made.unwrap_or(now);
    if from.saturating_sub(skew) > now {
        return Err(TokenRefusal::IssuedLater);
    }
    if expires.saturating_sub(from) > issuer.lifetime_milliseconds_max {
        return Err(TokenRefusal::LivesTooLong);
    }
    Ok((made, expires.saturating_add(skew)))
}

/// RFC 8705, section 3.1: the token is for the holder of one certificate.
fn bound(
    claims: &Map<String, Value>,
    issuer: &TokenIssuer,
    presented: &Presented<'_>,
) -> Checked<()> {
    let Some(confirmation) = claims.get("cnf") else {
        return if issuer.require_bound || presented.require_bound {
            Err(TokenRefusal::Unbound)
        } else {
            Ok(())
        };
    };
    let confirmation = confirmation.as_object().ok_or(TokenRefusal::Claim("cnf"))?;
    // SECURITY: a binding that can't be checked (to a key that DPoP shows, say) is not ignored.
    if confirmation.len() != 1 {
        return Err(TokenRefusal::OtherBinding);
    }
    let thumbprint = confirmation.get("x5t#S256").and_then(Value::as_str);
    let thumbprint = thumbprint.ok_or(TokenRefusal::OtherBinding)?;
    let thumbprint = URL_SAFE_NO_PAD.decode(thumbprint);
    let thumbprint = thumbprint.map_err(|_| TokenRefusal::Claim("cnf"))?;
    match presented.certificate_thumbprint {
        None => Err(TokenRefusal::NoCertificate),
        Some(own) if *own == *thumbprint => Ok(()),
        Some(_) => Err(TokenRefusal::OtherCertificate),
    }
}

fn roles(claims: &Map<String, Value>, issuer: &TokenIssuer) -> Checked<BTreeSet<String>> {
    let Some(name) = &issuer.claims.roles else {
        return Ok(BTreeSet::new());
    };
    let groups = match find(claims, name) {
        None => Vec::new(),
        // As `scope` is written.
        Some(Value::String(text)) => text.split(' ').take(ELEMENTS_MAX).collect(),
        found => texts(found).ok_or(TokenRefusal::Claim("groups"))?,
    };
    let roles = groups
        .into_iter()
        .filter_map(|it| issuer.claims.role_of.get(it));
    Ok(roles.cloned().collect())
}

fn second_factor(claims: &Map<String, Value>, issuer: &TokenIssuer) -> Checked<Option<bool>> {
    let Some(values) = &issuer.claims.mfa else {
        return Ok(None);
    };
    let methods = match claims.get("amr") {
        None => Vec::new(),
        found => texts(found).ok_or(TokenRefusal::Claim("amr"))?,
    };
    let method = methods
        .iter()
        .any(|it| values.amr.iter().any(|own| own == it));
    let class = text(claims, "acr")?;
    Ok(Some(
        method || class.is_some_and(|it| values.acr.iter().any(|own| own == it)),
    ))
}

/// The claim of this name, or at this pointer.
fn find<'a>(claims: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    let Some(pointer) = name.strip_prefix('/') else {
        return claims.get(name);
    };
    let mut steps = pointer
        .split('/')
        .map(|it| it.replace("~1", "/").replace("~0", "~"));
    let first = claims.get(&steps.next()?);
    steps.fold(first, |at, step| at?.as_object()?.get(&step))
}

fn optional(claims: &Map<String, Value>, name: Option<&str>) -> Checked<Option<String>> {
    name.map_or(Ok(None), |name| attribute(claims, name))
}

/// A text that may stand in rules and in the log.
pub(super) fn attribute(claims: &Map<String, Value>, name: &str) -> Checked<Option<String>> {
    let Some(found) = find(claims, name) else {
        return Ok(None);
    };
    let fits = |text: &&str| {
        !text.is_empty()
            && text.len() <= ATTRIBUTE_BYTES_MAX.min(USER_BYTES_MAX)
            && !text.chars().any(char::is_control)
    };
    let text = found.as_str().filter(fits).ok_or(TokenRefusal::Attribute)?;
    Ok(Some(text.to_owned()))
}

fn text<'a>(claims: &'a Map<String, Value>, name: &'static str) -> Checked<Option<&'a str>> {
    match claims.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(TokenRefusal::Claim(name)),
    }
}

/// One text, or an array of nothing but texts.
fn texts(value: Option<&Value>) -> Option<Vec<&str>> {
    match value? {
        Value::String(text) => Some(vec![text]),
        Value::Array(all) if all.len() <= ELEMENTS_MAX => all.iter().map(Value::as_str).collect(),
        _ => None,
    }
}

/// A `NumericDate`, in milliseconds.
#[allow(clippy::cast_possible_truncation, reason = "the bounds are checked")]
fn time(claims: &Map<String, Value>, name: &'static str) -> Checked<Option<i64>> {
    let Some(found) = claims.get(name) else {
        return Ok(None);
    };
    let seconds = found.as_f64().filter(|it| (0.0..=SECONDS_MAX).contains(it));
    let seconds = seconds.ok_or(TokenRefusal::Claim(name))?;
    Ok(Some((seconds * 1_000.0) as i64))
}
