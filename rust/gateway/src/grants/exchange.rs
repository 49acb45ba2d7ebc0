//! One request of HTTP/1.1 on a connection, as far as it has come.

/// Largest head of a request.
pub const HEAD_BYTES_MAX: usize = 8 * 1024;
/// Largest body.
pub const BODY_BYTES_MAX: usize = 16 * 1024;
/// Most headers of one.
const HEADERS_MAX: usize = 32;

/// What has come of a request.
#[derive(Debug, PartialEq, Eq)]
pub enum Read {
    /// Not all of it.
    Part,
    /// All: its method, its path without a query, and where its body lies.
    Whole {
        /// The method.
        method: String,
        /// The path.
        path: String,
        /// Where the body begins; it goes to the end.
        body: usize,
    },
    /// It can't be read: a status, and what is wrong.
    Malformed(u16, &'static str),
}

/// Looks at what has come. Never asks for more than the head and the body may have together.
pub fn read(bytes: &[u8]) -> Read {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut request = httparse::Request::new(&mut headers);
    let head = match request.parse(bytes) {
        Ok(httparse::Status::Complete(length)) if length <= HEAD_BYTES_MAX => length,
        Ok(httparse::Status::Partial) if bytes.len() < HEAD_BYTES_MAX => return Read::Part,
        Ok(_) => return Read::Malformed(431, "the head of the request is too large"),
        Err(httparse::Error::TooManyHeaders) => {
            return Read::Malformed(431, "the request has too many headers");
        }
        Err(_) => return Read::Malformed(400, "this is not HTTP/1.1"),
    };
    let length = match body_length(request.headers) {
        Ok(length) => length,
        Err((status, what)) => return Read::Malformed(status, what),
    };
    let whole = head + length;
    if bytes.len() < whole {
        return Read::Part;
    }
    // SECURITY: one request a connection; what follows it is nothing that anybody looks at.
    if bytes.len() > whole {
        return Read::Malformed(400, "more follows than the request says");
    }
    let path = request.path.unwrap_or_default();
    Read::Whole {
        method: request.method.unwrap_or_default().to_owned(),
        path: path.split('?').next().unwrap_or_default().to_owned(),
        body: head,
    }
}

fn body_length(headers: &[httparse::Header<'_>]) -> Result<usize, (u16, &'static str)> {
    let named = |name: &'static str| {
        let headers = headers.iter();
        headers.filter(move |it| it.name.eq_ignore_ascii_case(name))
    };
    // SECURITY: two ways to tell where a body ends are how requests are smuggled (RFC 9112, section 6.3).
    if named("transfer-encoding").next().is_some() {
        return Err((
            411,
            "a request says its length; there is no `Transfer-Encoding`",
        ));
    }
    let mut lengths = named("content-length");
    let (first, second) = (lengths.next(), lengths.next());
    if second.is_some() {
        return Err((400, "`Content-Length` stands twice"));
    }
    let Some(first) = first else {
        return Ok(0);
    };
    if first.value.is_empty() || !first.value.iter().all(u8::is_ascii_digit) {
        return Err((400, "`Content-Length` is no number"));
    }
    let length = std::str::from_utf8(first.value).ok();
    match length.and_then(|it| it.parse::<usize>().ok()) {
        Some(length) if length <= BODY_BYTES_MAX => Ok(length),
        _ => Err((413, "the body of the request is too large")),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const POST: &str = "POST /v1/key-grants?x=1 HTTP/1.1\r\nHost: a\r\n";

    fn with(headers: &str, body: &str) -> Read {
        read(format!("{POST}{headers}\r\n{body}").as_bytes())
    }

    #[test]
    fn a_request_is_read_whole_or_not_at_all() {
        let whole = format!("{POST}CONTENT-LENGTH: 2\r\n\r\n{{}}");
        for length in 0..whole.len() {
            assert_eq!(read(&whole.as_bytes()[..length]), Read::Part, "{length}");
        }
        let Read::Whole { method, path, body } = read(whole.as_bytes()) else {
            panic!("a whole request")
        };
        assert_eq!((&*method, &*path), ("POST", "/v1/key-grants"));
        assert_eq!(&whole[body..], "{}");
        assert!(matches!(with("", ""), Read::Whole { .. }));
    }

    #[test]
    fn the_end_of_a_body_is_told_in_one_way() {
        for (headers, body, status) in [
            ("Transfer-Encoding: chunked\r\n", "0\r\n\r\n", 411),
            (
                "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n",
                "{}",
                411,
            ),
            ("Content-Length: 2\r\nContent-Length: 2\r\n", "{}", 400),
            ("Content-Length: +2\r\n", "{}", 400),
            ("Content-Length: -1\r\n", "", 400),
            ("Content-Length: 0x2\r\n", "{}", 400),
            ("Content-Length: \r\n", "", 400),
            ("Content-Length: 2, 2\r\n", "{}", 400),
            ("Content-Length: 2\r\n", "{}GET / HTTP/1.1\r\n\r\n", 400),
        ] {
            let found = with(headers, body);
            assert!(
                matches!(found, Read::Malformed(it, _) if it == status),
                "{headers}: {found:?}"
            );
        }
    }

    #[test]
    fn what_is_too_large_is_refused_before_it_has_come() {
        for length in [
            "16385",
            "99999999999999999999999999",
            "18446744073709551615",
        ] {
            let found = with(&format!("Content-Length: {length}\r\n"), "");
            assert!(matches!(found, Read::Malformed(413, _)), "{length}");
        }
        let endless = format!("{POST}a: {}", "b".repeat(HEAD_BYTES_MAX));
        assert!(matches!(read(endless.as_bytes()), Read::Malformed(431, _)));
        let many = "a: b\r\n".repeat(HEADERS_MAX);
        assert!(matches!(with(&many, ""), Read::Malformed(431, _)));
        assert!(matches!(read(b"\x16\x03\x01\x02"), Read::Malformed(400, _)));
    }

    proptest! {
        #[test]
        fn whatever_comes_is_read_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            let _ = read(&bytes);
            let mut headed = POST.as_bytes().to_vec();
            headed.extend(bytes);
            let _ = read(&headed);
        }
    }
}
