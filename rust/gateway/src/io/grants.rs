//! A listener that hands out data keys: one request over TLS, its decision in the log, its answer, and the end.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::oneshot;
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::Shared;
use super::clock::now_milliseconds;
use super::questions::ANSWER_WITHIN;
use super::trust::Shown;
use crate::grants::{
    BODY_BYTES_MAX, Given, Grant, Granted, GrantsSection, HEAD_BYTES_MAX, KeyReply, Operation,
    PATH, Problem, Read, Ruling, Wish, read, refresh,
};
use crate::metrics::Timeout;
use crate::session::{Close, Session};

/// All keys of one request together wait no longer than this.
const KEYS_WITHIN: Duration = Duration::from_secs(10);
/// What is read and thrown away behind an answer.
const LINGER_BYTES_MAX: usize = 64 * 1024;
/// And for how long.
const LINGER: Duration = Duration::from_secs(1);
/// Questions for keys of programs that are open at one time: those of passwords, and of keys that the gateway seals with,
/// find somebody to answer them however slow a provider is.
pub const QUESTIONS_MAX: usize = 2;
/// What is read at once.
const CHUNK_BYTES: usize = 4 * 1024;

/// Who asks: a session, and the certificate by which it was proved.
pub struct Program {
    /// What it may is asked of it.
    pub session: Session,
    /// Whatever vouches for it may change while it asks.
    pub shown: Option<Shown>,
}

/// Serves one request of a peer that has proved who it is.
pub async fn serve<S>(
    shared: &Arc<Shared>,
    mut program: Program,
    section: GrantsSection,
    mut stream: S,
) -> Close
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let within = Within::of(&program.session);
    let asked = match within.ask(&mut stream).await {
        Ok(asked) => asked,
        Err(close) => return close,
    };
    let answered = match asked {
        Ok(wish) => answer(shared, &mut program, section, &wish).await,
        Err(problem) => Ok(Err(problem)),
    };
    let (bytes, close) = match answered {
        Ok(Ok(bytes)) => (bytes, Close::ClientGone),
        Ok(Err(problem)) => {
            let close = problem.is_over_rate().then_some(Close::OverLimit {
                limit: "grants_per_second",
            });
            let close = close.unwrap_or(Close::ClientGone);
            (problem.into_bytes().into(), close)
        }
        Err(close) => (problem_of(&close).into_bytes().into(), close),
    };
    // Its authentication, and its decision, are in the log before anything leaves.
    let entered = program.session.durable_before_answer();
    let (bytes, close) = match durable(shared, entered).await {
        Ok(()) => (bytes, close),
        Err(close) => (problem_of(&close).into_bytes().into(), close),
    };
    match within.send(&mut stream, &bytes).await {
        Ok(()) => close,
        Err(close) => close,
    }
}

/// Tells a peer that did not prove who it is that it gets nothing, and no more than that.
pub async fn refuse<S>(shared: &Shared, session: Session, close: Close, mut stream: S) -> Close
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let (within, entered) = (Within::of(&session), session.durable_before_answer());
    drop(session);
    if durable(shared, entered).await.is_ok() && within.ask(&mut stream).await.is_ok() {
        let problem = match &close {
            Close::OverLimit { .. } => {
                Problem::crowded("the principal has as many connections as it may")
            }
            Close::Unrecorded { .. } => problem_of(&close),
            _ => Problem::denied("authentication failed"),
        };
        // What is to be told of this connection is why it was refused.
        let _ = within.send(&mut stream, &problem.into_bytes()).await;
    }
    close
}

fn problem_of(close: &Close) -> Problem {
    match close {
        Close::Unrecorded { .. } => Problem::unavailable("the grant can't be recorded"),
        _ => Problem::denied("the principal's rights have ended"),
    }
}

/// How long a program may take.
#[derive(Clone, Copy)]
struct Within {
    /// To send its request, from the first byte to the last.
    request: Duration,
    /// To take its answer.
    answer: Duration,
}

impl Within {
    fn of(session: &Session) -> Self {
        let timeouts = session.bounds().timeout_milliseconds;
        Self {
            request: Duration::from_millis(timeouts.request),
            answer: Duration::from_millis(timeouts.answer),
        }
    }

    async fn ask<S>(self, stream: &mut S) -> Result<Result<Wish, Problem>, Close>
    where
        S: AsyncRead + Unpin,
    {
        let asked = timeout(self.request, request(stream)).await;
        asked.unwrap_or(Err(Close::TooSlow {
            what: Timeout::Request,
        }))
    }

    async fn send<S>(self, stream: &mut S, bytes: &[u8]) -> Result<(), Close>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let sending = async {
            stream.write_all(bytes).await?;
            stream.flush().await?;
            stream.shutdown().await
        };
        match timeout(self.answer, sending).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return Err(Close::ClientGone),
            Err(_) => {
                return Err(Close::TooSlow {
                    what: Timeout::Answer,
                });
            }
        }
        let _ = timeout(LINGER, linger(stream)).await;
        Ok(())
    }
}

/// Reads what is still under way, up to a bound: to close before would take the answer away from whoever has not read
/// it yet.
async fn linger<S: AsyncRead + Unpin>(stream: &mut S) {
    let mut left = LINGER_BYTES_MAX;
    let mut chunk = [0; CHUNK_BYTES];
    while left > 0 {
        match stream.read(&mut chunk).await {
            Ok(0) | Err(_) => break,
            Ok(length) => left = left.saturating_sub(length),
        }
    }
}

/// Reads a request. `Ok(Err)`: it has come, and means nothing.
async fn request<S: AsyncRead + Unpin>(stream: &mut S) -> Result<Result<Wish, Problem>, Close> {
    let mut held = Vec::with_capacity(CHUNK_BYTES);
    loop {
        match read(&held) {
            Read::Part if held.len() < HEAD_BYTES_MAX + BODY_BYTES_MAX => {}
            Read::Part => return Ok(Err(Problem::invalid(413, "the request is too large"))),
            Read::Malformed(status, what) => return Ok(Err(Problem::invalid(status, what))),
            Read::Whole { method, path, body } => {
                let body = held.get(body..).unwrap_or_default();
                return Ok(wish(&method, &path, body));
            }
        }
        let mut chunk = [0; CHUNK_BYTES];
        let length = stream.read(&mut chunk).await;
        let length = length.map_err(|_| Close::ClientGone)?;
        if length == 0 {
            return Err(Close::ClientGone);
        }
        held.extend_from_slice(chunk.get(..length).unwrap_or_default());
    }
}

fn wish(method: &str, path: &str, body: &[u8]) -> Result<Wish, Problem> {
    if path != PATH {
        let what = format!("there is only `{PATH}` here; the rest is at the control socket");
        return Err(Problem::invalid(404, what));
    }
    if method != "POST" {
        return Err(Problem::invalid(405, "keys are asked for with POST"));
    }
    Wish::read(body).map_err(|what| Problem::invalid(422, what))
}

type Answered = Result<Result<Zeroizing<Vec<u8>>, Problem>, Close>;

async fn answer(
    shared: &Arc<Shared>,
    program: &mut Program,
    section: GrantsSection,
    wish: &Wish,
) -> Answered {
    let Some(principal) = program.session.principal() else {
        return Err(Close::Unauthenticated { api: "a request" });
    };
    let now = now_milliseconds();
    let GrantsSection {
        per_second, burst, ..
    } = section;
    if let Err(wait) = shared.ledger.grant(&principal, per_second, burst, now) {
        return Ok(Err(Problem::too_many(wait)));
    }
    let granted = match rule(shared, program, section, wish)? {
        Ok(granted) => granted,
        Err(unlike) => return Ok(unlike),
    };
    let gathered = timeout(
        KEYS_WITHIN,
        gather(shared, &principal, wish, &granted.terms.ring),
    );
    let keys = match gathered.await {
        Ok(Ok(keys)) => keys,
        Ok(Err(error)) => {
            tracing::warn!(principal = &*principal, target = wish.stream, %error, "no keys to grant");
            return Ok(Err(Problem::unavailable("the keys can't be had now")));
        }
        Err(_) => return Ok(Err(Problem::unavailable("the keys can't be had in time"))),
    };
    // SECURITY: the rights of this moment decide, not those of before the keys were waited for.
    let granted = match rule(shared, program, section, wish)? {
        Ok(again) if again.terms == granted.terms => again,
        Ok(_) => {
            return Ok(Err(Problem::unavailable(
                "the stream was declared anew meanwhile",
            )));
        }
        Err(unlike) => return Ok(unlike),
    };
    let now = now_milliseconds();
    let grant = Grant {
        stream: Some(&granted.terms),
        now,
        until: granted.until,
        refresh: refresh(now, granted.until),
        data_key: keys.data_key,
        deterministic_key: keys.deterministic_key,
        keys: keys.named,
    };
    program
        .session
        .enter_grant(wish, &granted, &grant.kids(), now)?;
    Ok(grant.into_bytes())
}

/// Decides by what is in force now. `Ok(Err)`: there are no keys to be had, and this is the answer.
#[allow(
    clippy::type_complexity,
    reason = "an answer, or what it takes to make one"
)]
fn rule(
    shared: &Shared,
    Program { session, shown }: &mut Program,
    section: GrantsSection,
    wish: &Wish,
) -> Result<Result<Box<Granted>, Result<Zeroizing<Vec<u8>>, Problem>>, Close> {
    let now = now_milliseconds();
    let current = shared.current.borrow().clone();
    // SECURITY: what was proved when it connected need not hold any more.
    if let Some(shown) = shown {
        shown.judge_again(&current, session, now)?;
    }
    if session.still_proved(now).is_err() {
        return Err(session.disowned("the certificate has expired meanwhile", now));
    }
    session.on_snapshot(current.snapshot, now)?;
    let stream = &wish.stream;
    Ok(Err(match session.grant(wish, section, now)? {
        Ruling::Granted(granted) => return Ok(Ok(granted)),
        Ruling::Denied => {
            let principal = session.principal().unwrap_or_default();
            let what = format!("`{principal}` gets no keys of `{stream}` for this");
            Err(Problem::denied(what))
        }
        Ruling::ByGateway => {
            let what = format!("the gateway seals or opens `{stream}` itself");
            Err(Problem::by_gateway(what))
        }
        Ruling::Unsealed { until } => Grant {
            stream: None,
            now,
            until,
            refresh: refresh(now, until),
            data_key: None,
            deterministic_key: None,
            keys: BTreeMap::new(),
        }
        .into_bytes(),
    }))
}

struct Gathered {
    data_key: Option<Given>,
    deterministic_key: Option<Given>,
    named: BTreeMap<String, Given>,
}

/// Asks for the keys, one after the other. They are kept nowhere: a gateway that opens nothing holds no key.
async fn gather(
    shared: &Shared,
    principal: &str,
    wish: &Wish,
    ring: &str,
) -> Result<Gathered, String> {
    let mut gathered = Gathered {
        data_key: None,
        deterministic_key: None,
        named: BTreeMap::new(),
    };
    if wish.data_key {
        let question = json!({"type": "data_key", "ring": ring, "writer": principal});
        gathered.data_key = Some(ask(shared, question).await?.made()?);
    }
    if wish.deterministic_key {
        let question = json!({"type": "deterministic_key", "ring": ring});
        gathered.deterministic_key = Some(ask(shared, question).await?.made()?);
    }
    let opens = wish.operation == Operation::Open;
    let kind = if opens { "open_key" } else { "key_facts" };
    for kid in &wish.keys {
        let reply = ask(shared, json!({"type": kind, "kid": kid})).await?;
        gathered
            .named
            .insert(kid.clone(), reply.named(ring, opens)?);
    }
    Ok(gathered)
}

async fn ask(shared: &Shared, question: Value) -> Result<KeyReply, String> {
    let place = shared.granting.acquire().await;
    let _place = place.map_err(|_| "the gateway stops")?;
    let question = question.to_string().into_bytes();
    let answer = shared.questions.ask(question, ANSWER_WITHIN).await;
    let answer = answer.map(Zeroizing::new);
    KeyReply::read(answer.as_ref().map(|it| it.as_slice()))
}

/// Waits until all that was entered about this connection is on disk.
async fn durable(shared: &Shared, position: u64) -> Result<(), Close> {
    let journal = shared.recorder.journal();
    if journal.durable_position() >= position {
        return Ok(());
    }
    let (wake, waiting) = oneshot::channel();
    journal.when_durable(position, Box::new(move |outcome| drop(wake.send(outcome))));
    let unrecorded = |what: String| Err(Close::Unrecorded { what });
    match waiting.await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => unrecorded(error.to_string()),
        Err(_) => unrecorded("the journal is closed".into()),
    }
}
