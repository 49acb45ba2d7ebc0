//! Shows that the event loop turns, for as long as it does.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::Shared;
use super::clock::now_milliseconds;

/// How often it shows.
const BEAT: Duration = Duration::from_secs(1);

/// Says the time again and again, on the runtime of the clients' connections.
pub async fn keep_beating(shared: Arc<Shared>) {
    loop {
        shared.beat.store(now_milliseconds(), Ordering::Relaxed);
        tokio::time::sleep(BEAT).await;
    }
}
