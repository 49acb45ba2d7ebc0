//! Questions of our own to the broker, in the place of one request of the client's.
//!
//! Some requests can be answered as Kafka does only by somebody who knows what exists, and in what order. The
//! session then asks the broker itself, as often as it takes, and composes the answer. Meanwhile it takes no
//! further request, so the broker's answers stay in the order of the client's requests.

use streamward_wire::kafka::{self, ApiKey, Direction, Struct};

use super::{Close, Exchange, Head, Pending, Session, Shaping, Verdict, encode_response, schema};
use crate::session::Answer;

/// What follows from an answer of the broker's.
pub enum Next {
    /// The client gets this, in the version of its request.
    Answer(Struct),
    /// The broker is asked again.
    Ask(Question),
}

/// What to do with the answer to a question.
type Then = Box<dyn FnOnce(&mut Session, Struct, i64) -> Result<Next, Close> + Send>;

/// One question to the broker.
pub struct Question {
    key: ApiKey,
    version: i16,
    request: Struct,
    then: Then,
}

impl Question {
    /// Asks `request`, which is of this API and version.
    pub fn new(
        (key, version): (ApiKey, i16),
        request: Struct,
        then: impl FnOnce(&mut Session, Struct, i64) -> Result<Next, Close> + Send + 'static,
    ) -> Self {
        Self {
            key,
            version,
            request,
            then: Box::new(then),
        }
    }
}

/// A client's request that is being answered by questions.
pub struct Inquiry {
    head: Head,
    client_id: Option<String>,
    then: Then,
}

impl Inquiry {
    /// The API and version of the client's request.
    pub(super) const fn api(&self) -> (ApiKey, i16) {
        (self.head.key, self.head.version)
    }
}

impl Session {
    /// Asks the broker this instead of what the client sent.
    pub(super) fn inquire(
        &mut self,
        head: &Head,
        frame: &[u8],
        question: Question,
    ) -> Result<Verdict, Close> {
        let malformed = |source| Close::Malformed {
            what: "request",
            source,
        };
        let header = kafka::request_header(frame, &self.limits).map_err(malformed)?;
        let client_id = header.client_id.map(str::to_owned);
        let (exchange, frame) = asked(*head, client_id, question)?;
        self.pending.push_back(Pending::Upstream(exchange));
        Ok(Verdict::Rewrite(frame))
    }

    /// Is a request being answered by questions?
    pub(super) fn inquires(&self) -> bool {
        matches!(
            self.pending.back(),
            Some(Pending::Upstream(Exchange {
                shaping: Shaping::Inquire(_),
                ..
            }))
        )
    }

    /// The broker has answered one question.
    pub(super) fn learnt(
        &mut self,
        (key, version): (ApiKey, i16),
        inquiry: Inquiry,
        frame: &[u8],
        now: i64,
    ) -> Result<Answer, Close> {
        let answer = self.decode_response(key, version, frame)?;
        let Inquiry {
            head,
            client_id,
            then,
        } = inquiry;
        match then(self, answer, now)? {
            Next::Answer(answer) => {
                encode_response(head.key, head.version, head.correlation_id, &answer)
                    .map(Answer::Rewrite)
            }
            Next::Ask(question) => {
                let (exchange, frame) = asked(head, client_id, question)?;
                self.pending.push_front(Pending::Upstream(exchange));
                Ok(Answer::Ask(frame))
            }
        }
    }

    /// The newest version up to `wanted` that the brokers serve; `None`: they serve none that is newer
    /// than `oldest`.
    pub(super) fn upstream_version(&self, key: ApiKey, oldest: i16, wanted: i16) -> Option<i16> {
        let served = self.cluster.versions();
        let newest = served.map_or(Some(wanted), |served| served.get(&key).map(|it| it.1))?;
        (newest >= oldest).then_some(newest.min(wanted))
    }
}

/// A new request of this API and version, with Kafka's defaults.
pub fn blank_request((key, version): (ApiKey, i16)) -> Result<Struct, Close> {
    schema(key, version, Direction::Request)
        .map(Struct::new)
        .map_err(|source| Close::Malformed {
            what: "request",
            source,
        })
}

fn asked(
    head: Head,
    client_id: Option<String>,
    question: Question,
) -> Result<(Exchange, Vec<u8>), Close> {
    let Question {
        key,
        version,
        request,
        then,
    } = question;
    let mut frame = Vec::new();
    kafka::write_request(
        &mut frame,
        key,
        version,
        head.correlation_id,
        client_id.as_deref(),
        &request,
    )
    .map_err(|source| Close::Malformed {
        what: "request",
        source,
    })?;
    let exchange = Exchange {
        key,
        version,
        correlation_id: head.correlation_id,
        bytes: 0,
        shaping: Shaping::Inquire(Inquiry {
            head,
            client_id,
            then,
        }),
    };
    Ok((exchange, frame))
}
