//! Serves figures and health over HTTP, on the runtime that moves the clients' bytes: so nothing of Python
//! can hold a scrape up, and an answer is itself the proof that the event loop turns.
//!
//! One request a connection, three paths, nothing read but the head: little enough to be written here.

use std::net::{SocketAddr, TcpListener as StdListener};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

use super::Shared;
use crate::error::GatewayError;
use crate::health::Health;
use crate::metrics::Format;
use crate::snapshot::MetricsSection;

/// Largest head of a request.
const HEAD_BYTES_MAX: usize = 8 * 1024;
/// Most headers of one.
const HEADERS_MAX: usize = 64;
/// A request and its answer take no longer than this.
const EXCHANGE: Duration = Duration::from_secs(10);
/// Requests at one time; more wait in the kernel.
const CONNECTIONS_MAX: usize = 16;
/// After accept fails, how long before it is tried again.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Binds where the snapshot says, if it does.
pub fn bind(section: Option<&MetricsSection>) -> Result<Option<StdListener>, GatewayError> {
    let Some(section) = section else {
        return Ok(None);
    };
    let bound = StdListener::bind((section.bind.as_str(), section.port));
    let bound = bound.and_then(|it| it.set_nonblocking(true).map(|()| it));
    bound.map(Some).map_err(|source| GatewayError::BindMetrics {
        address: format!("{}:{}", section.bind, section.port),
        source,
    })
}

/// Serves there for as long as the runtime lives.
pub fn spawn(
    runtime: &Runtime,
    shared: &Arc<Shared>,
    bound: Option<StdListener>,
) -> Result<Option<SocketAddr>, GatewayError> {
    let Some(bound) = bound else {
        return Ok(None);
    };
    let address = bound.local_addr().map_err(GatewayError::Runtime)?;
    let _inside = runtime.enter();
    let listener = TcpListener::from_std(bound).map_err(GatewayError::Runtime)?;
    runtime.spawn(serve(shared.clone(), listener));
    Ok(Some(address))
}

async fn serve(shared: Arc<Shared>, listener: TcpListener) {
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        let Ok(place) = places.clone().acquire_owned().await else {
            return;
        };
        match listener.accept().await {
            Ok((stream, _)) => {
                let shared = shared.clone();
                tokio::spawn(async move {
                    let _ = timeout(EXCHANGE, exchange(&shared, stream)).await;
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "can't accept a connection for metrics");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn exchange(shared: &Shared, mut stream: TcpStream) -> std::io::Result<()> {
    let mut head = Vec::new();
    let answer = loop {
        let mut bytes = [0; 1024];
        let length = stream.read(&mut bytes).await?;
        head.extend_from_slice(bytes.get(..length).unwrap_or_default());
        if length == 0 {
            return Ok(());
        }
        match read(&head) {
            Read::Whole(request) => break answer(shared, &request),
            Read::Part if head.len() < HEAD_BYTES_MAX => {}
            Read::Part => break Answer::plain(431, "the head of the request is too large"),
            Read::Malformed => break Answer::plain(400, "this is not HTTP/1.1"),
        }
    };
    stream.write_all(&answer.into_bytes()).await?;
    stream.shutdown().await
}

/// What is looked at of a request.
#[derive(Debug, PartialEq, Eq)]
struct Request {
    method: String,
    path: String,
    accept: String,
}

#[derive(Debug, PartialEq, Eq)]
enum Read {
    Whole(Request),
    Part,
    Malformed,
}

fn read(head: &[u8]) -> Read {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut request = httparse::Request::new(&mut headers);
    match request.parse(head) {
        Ok(httparse::Status::Complete(_)) => {}
        Ok(httparse::Status::Partial) => return Read::Part,
        Err(_) => return Read::Malformed,
    }
    let accept = request.headers.iter();
    let accept = accept.filter(|it| it.name.eq_ignore_ascii_case("accept"));
    let accept: Vec<_> = accept
        .filter_map(|it| std::str::from_utf8(it.value).ok())
        .collect();
    let path = request.path.unwrap_or_default();
    Read::Whole(Request {
        method: request.method.unwrap_or_default().to_owned(),
        path: path.split('?').next().unwrap_or_default().to_owned(),
        accept: accept.join(","),
    })
}

struct Answer {
    status: u16,
    content_type: &'static str,
    body: String,
    with_body: bool,
}

impl Answer {
    fn plain(status: u16, what: &str) -> Self {
        Self {
            status,
            content_type: "text/plain; charset=utf-8",
            body: format!("{what}\n"),
            with_body: true,
        }
    }

    fn json(ok: bool, body: &impl serde::Serialize) -> Self {
        Self {
            status: if ok { 200 } else { 503 },
            content_type: "application/json",
            body: serde_json::to_string(body).unwrap_or_default(),
            with_body: true,
        }
    }

    fn into_bytes(self) -> Vec<u8> {
        let Self {
            status,
            content_type,
            body,
            with_body,
        } = self;
        let reason = match status {
            200 => "OK",
            404 => "Not Found",
            405 => "Method Not Allowed",
            431 => "Request Header Fields Too Large",
            503 => "Service Unavailable",
            _ => "Bad Request",
        };
        let length = body.len();
        let head = format!(
            "HTTP/1.1 {status} {reason}\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\n\
             Cache-Control: no-store\r\nConnection: close\r\n\r\n"
        );
        let mut bytes = head.into_bytes();
        if with_body {
            bytes.extend_from_slice(body.as_bytes());
        }
        bytes
    }
}

fn answer(shared: &Shared, request: &Request) -> Answer {
    let with_body = match request.method.as_str() {
        "GET" => true,
        "HEAD" => false,
        _ => return Answer::plain(405, "only GET and HEAD"),
    };
    let answer = match request.path.as_str() {
        "/metrics" => {
            let format = Format::accepted(&request.accept);
            Answer {
                status: 200,
                content_type: format.content_type(),
                body: crate::scrape::scrape(shared, format),
                with_body,
            }
        }
        "/health/live" => {
            let health = Health::of(shared);
            Answer::json(health.live, &serde_json::json!({"live": health.live}))
        }
        "/health/ready" => {
            let health = Health::of(shared);
            Answer::json(health.ready, &health)
        }
        _ => Answer::plain(404, "there is /metrics, /health/live and /health/ready"),
    };
    Answer {
        with_body,
        ..answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_whole_or_not_at_all() {
        let head =
            b"GET /metrics?x=1 HTTP/1.1\r\nHost: a\r\nACCEPT: text/plain\r\naccept: a/b\r\n\r\n";
        for length in 0..head.len() {
            assert_eq!(read(&head[..length]), Read::Part, "{length}");
        }
        let Read::Whole(request) = read(head) else {
            panic!("a whole head")
        };
        assert_eq!((&*request.method, &*request.path), ("GET", "/metrics"));
        assert_eq!(request.accept, "text/plain,a/b");
    }

    #[test]
    fn what_is_no_request_is_malformed() {
        for head in [
            &b"\x16\x03\x01\x02\x00\x01"[..],
            b"GET\r\n\r\n",
            b"\0\0\0\x12\0\x12",
        ] {
            assert_eq!(read(head), Read::Malformed, "{head:?}");
        }
        let many = format!(
            "GET / HTTP/1.1\r\n{}\r\n",
            "a: b\r\n".repeat(HEADERS_MAX + 1)
        );
        assert_eq!(read(many.as_bytes()), Read::Malformed);
    }

    #[test]
    fn the_answer_to_head_has_the_length_and_no_body() {
        let answer = Answer {
            with_body: false,
            ..Answer::plain(404, "nothing")
        };
        let text = String::from_utf8(answer.into_bytes()).unwrap();
        assert!(text.starts_with("HTTP/1.1 404 Not Found\r\n"));
        assert!(text.contains("\r\nContent-Length: 8\r\n") && text.ends_with("\r\n\r\n"));
    }
}
