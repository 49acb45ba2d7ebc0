//! Why a connection does not read for a while: its client was told to wait, or there is no memory left.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Context;
use std::time::Duration;

use tokio::time::{Sleep, sleep};

use super::Current;
use super::buffer::Input;
use super::clock::now_milliseconds;
use super::output::Output;
use crate::limits::{Memory, Share};
use crate::metrics::Side;
use crate::session::{Close, Session};

/// How often whoever waits for memory looks whether there is some.
const RETRY: Duration = Duration::from_millis(50);

/// Wakes a connection when the time is over for which its client was told to wait.
pub struct Muted {
    waking: Option<(i64, Pin<Box<Sleep>>)>,
}

impl Muted {
    /// Of a connection that is not muted.
    pub const fn new() -> Self {
        Self { waking: None }
    }

    /// Sees to it that the task wakes when the session may read on, and lets it.
    pub fn poll(&mut self, session: &mut Session, context: &mut Context<'_>, now: i64) {
        session.unmute(now);
        let Some(until) = session.muted_until(now) else {
            self.waking = None;
            return;
        };
        if self.waking.as_ref().is_none_or(|(at, _)| *at != until) {
            self.waking = Some((until, Box::pin(sleep(left(until, now)))));
        }
        while let Some((at, waking)) = &mut self.waking
            && waking.as_mut().poll(context).is_ready()
        {
            // The two clocks may disagree by a little; the wall clock may also have been set.
            let now = now_milliseconds();
            session.unmute(now);
            if session.is_muted() {
                *waking = Box::pin(sleep(left(*at, now)));
            } else {
                self.waking = None;
            }
        }
    }
}

/// Wakes a connection when its session ends.
#[derive(Default)]
pub struct Ending {
    waking: Option<(i64, Pin<Box<Sleep>>)>,
}

impl Ending {
    /// Sees to it that the task wakes then. `Err`: the session has ended.
    pub fn poll(
        &mut self,
        session: &Session,
        context: &mut Context<'_>,
        now: i64,
    ) -> Result<(), Close> {
        session.still_proved(now)?;
        let Some(ends) = session.ends() else {
            self.waking = None;
            return Ok(());
        };
        if self.waking.as_ref().is_none_or(|(at, _)| *at != ends) {
            self.waking = Some((ends, Box::pin(sleep(left(ends, now)))));
        }
        while let Some((at, waking)) = &mut self.waking
            && waking.as_mut().poll(context).is_ready()
        {
            let now = now_milliseconds();
            session.still_proved(now)?;
            *waking = Box::pin(sleep(left(*at, now)));
        }
        Ok(())
    }
}

fn left(until: i64, now: i64) -> Duration {
    Duration::from_millis(u64::try_from(until.saturating_sub(now)).unwrap_or(0).max(1))
}

/// Wakes the task after a moment, and again until whoever waits has what it waits for.
fn wake_again(retry: &mut Option<Pin<Box<Sleep>>>, context: &mut Context<'_>) {
    let retry = retry.get_or_insert_with(|| Box::pin(sleep(RETRY)));
    while retry.as_mut().poll(context).is_ready() {
        *retry = Box::pin(sleep(RETRY));
    }
}

/// What a connection's buffers hold, and its wait for more.
pub struct Room {
    share: Share,
    /// Of the client's and of the broker's bytes, where their buffer can't grow.
    retries: [Option<Pin<Box<Sleep>>>; 2],
    /// The same, where what is complete can't be sealed or opened.
    rewrites: [Option<Pin<Box<Sleep>>>; 2],
}

impl Room {
    /// Of a connection that holds nothing.
    pub const fn new(memory: Arc<Memory>) -> Self {
        Self {
            share: Share::new(memory),
            retries: [None, None],
            rewrites: [None, None],
        }
    }

    /// The buffers hold so much now.
    pub fn hold(&mut self, bytes: usize) {
        self.share.hold(bytes);
    }

    /// Where the next read may put its bytes, as [`Input::spare`] says; the buffer only grows where the
    /// budget of all connections allows it. If it must and can't, the task wakes to ask again.
    pub fn spare<'a>(
        &mut self,
        (side, input): (Side, &'a mut Input),
        output: &Output,
        needed: Option<usize>,
        current: &Current,
        context: &mut Context<'_>,
    ) -> Option<&'a mut [u8]> {
        let [client, broker] = &mut self.retries;
        let retry = match side {
            Side::Client => client,
            Side::Broker => broker,
        };
        let growth = input.growth(output, needed);
        let budget = current.snapshot.limits.buffered_bytes_max;
        let may_grow = growth == 0 || self.share.may_grow(growth, budget);
        if may_grow || input.unparsed().len() < input.capacity() {
            *retry = None;
            return input.spare(output, needed, may_grow);
        }
        wake_again(retry, context);
        None
    }

    /// May a frame of so many bytes, from this side, be sealed or opened now? If not, the task wakes to ask again.
    pub fn may_rewrite(
        &mut self,
        side: Side,
        bytes: usize,
        current: &Current,
        context: &mut Context<'_>,
    ) -> bool {
        let [client, broker] = &mut self.rewrites;
        let retry = match side {
            Side::Client => client,
            Side::Broker => broker,
        };
        let budget = current.snapshot.limits.buffered_bytes_max;
        if self.share.may_rewrite(bytes, budget) {
            *retry = None;
            return true;
        }
        wake_again(retry, context);
        false
    }

    /// May so many bytes lie in a pipe of the kernel? Where not, less of them is read into memory.
    pub fn may_pass(&self, bytes: usize, current: &Current) -> bool {
        self.share
            .fits(bytes, current.snapshot.limits.buffered_bytes_max)
    }

    /// Does a read wait for memory?
    pub fn waits(&self) -> bool {
        let mut all = self.retries.iter().chain(&self.rewrites);
        all.any(Option::is_some)
    }

    /// Is this the connection that may grow beyond the budget?
    pub const fn has_turn(&self) -> bool {
        self.share.has_turn()
    }

    /// Lets the next one.
    pub fn give_turn(&mut self) {
        self.share.give_turn();
    }
}
