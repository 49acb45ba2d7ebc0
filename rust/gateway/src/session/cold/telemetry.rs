//! Metrics that clients send of themselves (KIP-714). Kafka asks nobody for a right, and offers it only where a
//! broker has somebody to give them to; so does the gateway. What it adds is a bound.

use streamward_wire::kafka::{Struct, error};

use crate::session::{Close, Head, Session, Shaping, Verdict};

/// As many bytes of metrics pass at once: what brokers take unless told otherwise (`telemetry.max.bytes`).
pub const TELEMETRY_BYTES_MAX: usize = 1024 * 1024;
/// Kafka's highest number of a way to compress.
const COMPRESSION_TYPE_MAX: i64 = 4;

impl Session {
    pub(super) fn push_telemetry(
        &mut self,
        head: &Head,
        request: &Struct,
    ) -> Result<Verdict, Close> {
        let compression = request.int("CompressionType");
        let bytes = request.bytes("Metrics").map_or(0, bytes::Bytes::len);
        let code = if !(0..=COMPRESSION_TYPE_MAX).contains(&compression) {
            error::INVALID_REQUEST
        } else if bytes > TELEMETRY_BYTES_MAX {
            error::TELEMETRY_TOO_LARGE
        } else {
            self.expect(head, Shaping::Forward);
            return Ok(Verdict::Forward);
        };
        let mut answer = head.response()?;
        answer.set("ErrorCode", code);
        Ok(Verdict::Reply(head.reply(&answer)?))
    }
}
