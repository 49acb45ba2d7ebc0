//! SPIFFE IDs and what an X.509-SVID must be (the SPIFFE-ID and X509-SVID standards).

use std::fmt;

/// Longest SPIFFE ID (SPIFFE-ID, section 2.3).
pub const ID_BYTES_MAX: usize = 2048;
/// Longest name of a trust domain (SPIFFE-ID, section 2.3).
pub const TRUST_DOMAIN_BYTES_MAX: usize = 255;

const SCHEME: &str = "spiffe://";

/// The name of a workload, such as `spiffe://example.org/payments/api`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SpiffeId {
    text: String,
    trust_domain_ends: usize,
}

impl SpiffeId {
    /// Reads an ID. Nothing is normalised: what is not in the one form that the standard has is refused.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        if text.len() > ID_BYTES_MAX {
            return Err("it is longer than 2048 bytes");
        }
        let rest = text
            .strip_prefix(SCHEME)
            .ok_or("it does not begin with `spiffe://`")?;
        let (trust_domain, path) = match rest.split_once('/') {
            Some((trust_domain, path)) => (trust_domain, Some(path)),
            None => (rest, None),
        };
        check_trust_domain(trust_domain)?;
        if let Some(path) = path {
            path.split('/').try_for_each(check_segment)?;
        }
        Ok(Self {
            text: text.to_owned(),
            trust_domain_ends: SCHEME.len() + trust_domain.len(),
        })
    }

    /// The trust domain, such as `example.org`.
    pub fn trust_domain(&self) -> &str {
        let name = self.text.get(SCHEME.len()..self.trust_domain_ends);
        name.unwrap_or_default()
    }

    /// The path, from its slash on; empty for the trust domain itself.
    pub fn path(&self) -> &str {
        self.text.get(self.trust_domain_ends..).unwrap_or_default()
    }

    /// The whole ID.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for SpiffeId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

/// Is this the name of a trust domain? It has no port and no user information: their characters are not among its own.
///
/// # Errors
/// Says what is wrong with it.
pub fn check_trust_domain(name: &str) -> Result<(), &'static str> {
    if name.is_empty() {
        return Err("it has no trust domain");
    }
    if name.len() > TRUST_DOMAIN_BYTES_MAX {
        return Err("its trust domain is longer than 255 bytes");
    }
    let fits = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-' | b'_');
    if name.bytes().all(fits) {
        Ok(())
    } else {
        Err("its trust domain has other characters than `a-z`, `0-9`, `.`, `-` and `_`")
    }
}

fn check_segment(segment: &str) -> Result<(), &'static str> {
    if segment.is_empty() {
        return Err("a segment of its path is empty");
    }
    if matches!(segment, "." | "..") {
        return Err("its path has a relative segment");
    }
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    if segment.bytes().all(fits) {
        Ok(())
    } else {
        Err("its path has other characters than letters, digits, `.`, `-` and `_`")
    }
}

/// What of a leaf certificate decides whether it is an X.509-SVID.
#[derive(Debug, Clone, Copy, Default)]
pub struct Leaf<'a> {
    /// The URIs among its alternative names.
    pub uris: &'a [String],
    /// Has it the key usage `digitalSignature`?
    pub signs: bool,
    /// Has it a key usage of authorities, `keyCertSign` or `cRLSign`?
    pub issues: bool,
}

/// The SPIFFE ID of a leaf certificate. `None`: it claims none, and is no SVID.
///
/// # Errors
/// Where it claims one and is no valid X.509-SVID; says why.
pub fn of_leaf(leaf: Leaf<'_>) -> Result<Option<SpiffeId>, &'static str> {
    let claims = |uri: &String| {
        let scheme = uri.as_bytes().get(.."spiffe:".len());
        scheme.is_some_and(|it| it.eq_ignore_ascii_case(b"spiffe:"))
    };
    if !leaf.uris.iter().any(claims) {
        return Ok(None);
    }
    // X509-SVID, section 2: exactly one URI, lest two parties read two names.
    let [uri] = leaf.uris else {
        return Err("it has more than one URI among its alternative names");
    };
    let id = SpiffeId::parse(uri)?;
    if id.path().is_empty() {
        return Err("a workload's ID needs a path");
    }
    // X509-SVID, section 4.3.
    if !leaf.signs || leaf.issues {
        return Err("its key usage is not that of a workload");
    }
    Ok(Some(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_a_trust_domain_and_a_path() {
        let id = SpiffeId::parse("spiffe://example.org/ns/prod/sa/api").ok();
        let id = id.as_ref();
        assert_eq!(id.map(SpiffeId::trust_domain), Some("example.org"));
        assert_eq!(id.map(SpiffeId::path), Some("/ns/prod/sa/api"));
        let domain = SpiffeId::parse("spiffe://my_domain-1").ok();
        assert_eq!(domain.as_ref().map(SpiffeId::path), Some(""));
    }

    #[test]
    fn what_is_not_in_the_one_form_is_no_id() {
        let long = format!("spiffe://example.org/{}", "a".repeat(ID_BYTES_MAX));
        let wide = format!("spiffe://{}/a", "a".repeat(TRUST_DOMAIN_BYTES_MAX + 1));
        for text in [
            "",
            "spiffe:",
            "spiffe://",
            "spiffe:///a",
            "SPIFFE://example.org/a",
            "https://example.org/a",
            "spiffe://Example.org/a",
            "spiffe://example.org:8080/a",
            "spiffe://user@example.org/a",
            "spiffe://user:secret@example.org/a",
            "spiffe://[::1]/a",
            "spiffe://ex%61mple.org/a",
            "spiffe://exämple.org/a",
            "spiffe://example.org/",
            "spiffe://example.org/a/",
            "spiffe://example.org//a",
            "spiffe://example.org/./a",
            "spiffe://example.org/a/..",
            "spiffe://example.org/a%2fb",
            "spiffe://example.org/a b",
            "spiffe://example.org/ä",
            "spiffe://example.org/a?b=c",
            "spiffe://example.org/a#b",
            "spiffe://example.org?b",
            "spiffe://example.org/a\0",
            &long,
            &wide,
        ] {
            assert!(SpiffeId::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_leaf_has_one_uri_a_path_and_the_usage_of_a_workload() {
        let one = ["spiffe://example.org/api".to_owned()];
        let leaf = Leaf {
            uris: &one,
            signs: true,
            issues: false,
        };
        assert!(of_leaf(leaf).is_ok_and(|it| it.is_some_and(|id| id.as_str() == one[0])));
        assert!(
            of_leaf(Leaf {
                signs: false,
                ..leaf
            })
            .is_err()
        );
        assert!(
            of_leaf(Leaf {
                issues: true,
                ..leaf
            })
            .is_err()
        );
        let two = [one[0].clone(), "https://example.org".to_owned()];
        assert!(of_leaf(Leaf { uris: &two, ..leaf }).is_err());
        let bare = ["spiffe://example.org".to_owned()];
        assert!(
            of_leaf(Leaf {
                uris: &bare,
                ..leaf
            })
            .is_err()
        );
        let shouted = ["SPIFFE://example.org/api".to_owned()];
        assert!(
            of_leaf(Leaf {
                uris: &shouted,
                ..leaf
            })
            .is_err()
        );
        let other = ["https://example.org".to_owned()];
        assert_eq!(
            of_leaf(Leaf {
                uris: &other,
                ..leaf
            }),
            Ok(None)
        );
        assert_eq!(of_leaf(Leaf::default()), Ok(None));
    }
}
