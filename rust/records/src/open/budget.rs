//! How much of an answer may leave once it is opened.

/// What one answer may still become; its partitions draw on it one after the other. The first batch always fits,
/// so that whoever reads comes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    written: usize,
    opened: usize,
    begun: bool,
    spent: bool,
}

/// An answer of less may become this large all the same.
const WRITTEN_BYTES_MIN: usize = 1024 * 1024;
/// How many times the bytes of an answer are opened for it.
const OPENED_RATIO_MAX: usize = 4;
/// Of an answer of less, so many bytes are opened all the same.
const OPENED_BYTES_MIN: usize = 32 * 1024 * 1024;

impl Budget {
    /// Of an answer of so many bytes as the broker gave it. What leaves is no longer, but for its first batch: the
    /// client has said how much it takes, and the broker has kept to that.
    pub const fn of(answer_bytes: usize) -> Self {
        let opened = answer_bytes.saturating_mul(OPENED_RATIO_MAX);
        Self {
            written: if answer_bytes > WRITTEN_BYTES_MIN {
                answer_bytes
            } else {
                WRITTEN_BYTES_MIN
            },
            opened: if opened > OPENED_BYTES_MIN {
                opened
            } else {
                OPENED_BYTES_MIN
            },
            begun: false,
            spent: false,
        }
    }

    /// Is there nothing left for another batch?
    pub const fn is_spent(&self) -> bool {
        self.spent
    }

    /// Takes what one batch needs: its bytes as they leave, and those of its records before they were compressed.
    /// `false`: it does not fit, and nothing fits any more.
    pub const fn spend(&mut self, written: usize, opened: usize) -> bool {
        let fits = written <= self.written;
        self.written = self.written.saturating_sub(written);
        self.opened = self.opened.saturating_sub(opened);
        if !fits && self.begun {
            self.spent = true;
            return false;
        }
        self.begun = true;
        self.spent = self.written == 0 || self.opened == 0;
        true
    }
}
