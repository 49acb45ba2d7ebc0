//! The only place of the data plane that asks what time it is.

use std::sync::LazyLock;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Milliseconds since 1970, UTC.
#[allow(clippy::disallowed_methods, reason = "this is the clock")]
pub fn now_milliseconds() -> i64 {
    let elapsed = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX)
}

/// Nanoseconds since some moment of this process; never goes back. For measuring, not for deciding.
#[allow(clippy::disallowed_methods, reason = "this is the clock")]
pub fn now_nanoseconds() -> u64 {
    static BEGUN: LazyLock<Instant> = LazyLock::new(Instant::now);
    u64::try_from(BEGUN.elapsed().as_nanos()).unwrap_or(u64::MAX)
}
