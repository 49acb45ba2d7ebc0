//! What all connections together hold in their buffers, and who may still grow.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

/// What each connection may hold in any case, so that a small request always finds room: its first
/// buffers, and a frame of a few KiB both ways.
pub const GUARANTEED_BYTES: usize = 64 * 1024;

/// The bytes that are held, against the budget of the whole gateway.
#[derive(Debug, Default)]
pub struct Memory {
    held: AtomicUsize,
    /// One connection at a time may grow beyond the budget, so that frames that fill it half arrived
    /// don't wait for each other.
    turn: AtomicBool,
    /// How often a connection was told to wait.
    pub waits: AtomicU64,
}

/// What one connection holds; given back when it ends.
#[derive(Debug)]
pub struct Share {
    memory: Arc<Memory>,
    held: usize,
    has_turn: bool,
}

impl Memory {
    /// Bytes that all connections hold.
    pub fn held(&self) -> usize {
        self.held.load(Ordering::Relaxed)
    }
}

impl Share {
    /// The share of a connection that holds nothing yet.
    pub const fn new(memory: Arc<Memory>) -> Self {
        Self {
            memory,
            held: 0,
            has_turn: false,
        }
    }

    /// The connection holds so much now.
    pub fn hold(&mut self, bytes: usize) {
        if bytes > self.held {
            self.memory
                .held
                .fetch_add(bytes - self.held, Ordering::Relaxed);
        } else if bytes < self.held {
            self.memory
                .held
                .fetch_sub(self.held - bytes, Ordering::Relaxed);
        }
        self.held = bytes;
    }

    /// May this connection hold `more` bytes more, under this budget? Whoever has the turn may.
    pub fn may_grow(&mut self, more: usize, budget: usize) -> bool {
        if self.has_turn || self.held.saturating_add(more) <= GUARANTEED_BYTES {
            return true;
        }
        self.fits(more, budget) || self.takes_turn()
    }

    /// Do `more` bytes more fit into this budget? Nobody has to wait where they don't.
    pub fn fits(&self, more: usize, budget: usize) -> bool {
        self.memory.held().saturating_add(more) <= budget
    }

    /// Takes the turn to grow beyond the budget, where nobody has it.
    fn takes_turn(&mut self) -> bool {
        let free =
            self.memory
                .turn
                .compare_exchange(false, true, Ordering::Relaxed, Ordering::Relaxed);
        self.has_turn = free.is_ok();
        if !self.has_turn {
            self.memory.waits.fetch_add(1, Ordering::Relaxed);
        }
        self.has_turn
    }

    /// May this connection hold `more` bytes more for what it seals or opens? That can become much larger than it
    /// came, so nothing of it is guaranteed.
    pub fn may_rewrite(&mut self, more: usize, budget: usize) -> bool {
        self.has_turn || self.fits(more, budget) || self.takes_turn()
    }

    /// Does this connection have the turn to grow beyond the budget?
    pub const fn has_turn(&self) -> bool {
        self.has_turn
    }

    /// Gives the turn on: what it was needed for has been dealt with.
    pub fn give_turn(&mut self) {
        if self.has_turn {
            self.has_turn = false;
            self.memory.turn.store(false, Ordering::Relaxed);
        }
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.hold(0);
        self.give_turn();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MIB: usize = 1024 * 1024;

    #[test]
    fn a_connection_that_ends_gives_back_what_it_held() {
        let memory = Arc::new(Memory::default());
        let mut share = Share::new(memory.clone());
        share.hold(3 * MIB);
        share.hold(MIB);
        assert_eq!(memory.held(), MIB);
        drop(share);
        assert_eq!(memory.held(), 0);
    }

    #[test]
    fn one_may_go_beyond_the_budget_and_the_others_wait_for_it() {
        let memory = Arc::new(Memory::default());
        let mut shares: Vec<Share> = (0..3).map(|_| Share::new(memory.clone())).collect();
        for share in &mut shares {
            assert!(share.may_grow(MIB, 3 * MIB));
            share.hold(MIB);
        }
        assert!(shares[0].may_grow(MIB, 3 * MIB));
        assert!(!shares[1].may_grow(MIB, 3 * MIB));
        shares[0].give_turn();
        assert!(shares[1].may_grow(MIB, 3 * MIB));
        drop(shares.remove(1));
        assert!(shares[0].may_grow(MIB, 3 * MIB), "what was held is free");
    }

    #[test]
    fn a_small_request_always_finds_room() {
        let memory = Arc::new(Memory::default());
        let mut large = Share::new(memory.clone());
        large.hold(10 * MIB);
        assert!(large.may_grow(MIB, MIB));
        let mut small = Share::new(memory);
        assert!(small.may_grow(GUARANTEED_BYTES, MIB));
        assert!(!small.may_grow(GUARANTEED_BYTES + 1, MIB));
    }

    #[test]
    fn nothing_that_grows_is_guaranteed_beyond_the_budget() {
        let memory = Arc::new(Memory::default());
        let mut shares: Vec<Share> = (0..3).map(|_| Share::new(memory.clone())).collect();
        assert!(shares[0].may_rewrite(10, MIB));
        shares[0].hold(2 * MIB);
        assert!(shares[1].may_rewrite(10, MIB), "one may all the same");
        assert!(shares[1].may_rewrite(10, MIB));
        assert!(!shares[2].may_rewrite(10, MIB));
        shares[0].hold(0);
        assert!(shares[2].may_rewrite(10, MIB));
    }

    proptest! {
        /// Whatever connections do, all of them together hold the budget, what each is guaranteed,
        /// and what one of them needs beyond it.
        #[test]
        fn the_budget_holds(steps in prop::collection::vec((0_usize..8, 1_usize..512, any::<bool>()), 1..300)) {
            let (budget, frame_max) = (4 * MIB, 2 * MIB);
            let memory = Arc::new(Memory::default());
            let mut shares: Vec<Share> = (0..8).map(|_| Share::new(memory.clone())).collect();
            for (number, kibibytes, ends) in steps {
                let share = &mut shares[number];
                let more = kibibytes * 1024;
                if ends || share.held + more > frame_max {
                    share.hold(0);
                    share.give_turn();
                } else if share.may_grow(more, budget) {
                    let held = share.held + more;
                    share.hold(held);
                }
                let most = budget + 8 * GUARANTEED_BYTES + frame_max;
                prop_assert!(memory.held() <= most);
                prop_assert_eq!(memory.held(), shares.iter().map(|it| it.held).sum::<usize>());
                prop_assert!(shares.iter().filter(|it| it.has_turn).count() <= 1);
            }
        }
    }
}
