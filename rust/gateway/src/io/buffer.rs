//! What arrives in one direction of a connection: bytes are read once into an [`Input`], and what needs no
//! change leaves from where it lies, through an [`Output`] that only remembers ranges.

use std::ops::Range;

use super::output::Output;

/// What a fresh connection gets; grown while reads fill it.
const INITIAL_BYTES: usize = 16 * 1024;
/// Reads larger than this bring nothing, unless one frame needs it.
const BUSY_BYTES: usize = 256 * 1024;
/// Buffers of a frame's size are a multiple of this, so that one of them serves for the next frame, too.
const STEP_BYTES: usize = 64 * 1024;
/// A smaller frame is copied where it is to be kept.
const LENT_BYTES_MIN: usize = 64 * 1024;
/// A frame is lent where what stands behind it is at most this part of it.
const LENT_PER_COPIED: usize = 4;
/// An emptied buffer above this is given back.
const KEPT_BYTES: usize = 2 * 1024 * 1024;

/// Bytes that came from a peer: `[0, parsed)` is done with, `[parsed, filled)` waits to be parsed.
#[derive(Debug)]
pub struct Input {
    bytes: Vec<u8>,
    parsed: usize,
    filled: usize,
    /// Has anything arrived since [`Input::rest`] was last called?
    busy: bool,
}

impl Input {
    /// An empty buffer.
    pub fn new() -> Self {
        Self {
            bytes: vec![0; INITIAL_BYTES],
            parsed: 0,
            filled: 0,
            busy: false,
        }
    }

    /// Bytes that the buffer takes.
    pub fn capacity(&self) -> usize {
        self.bytes.len()
    }

    /// Is everything that came parsed?
    pub fn is_drained(&self) -> bool {
        self.parsed == self.filled
    }

    /// Gives back what is not needed for what waits to be parsed, down to a fresh connection's buffer.
    pub fn give_back(&mut self, output: &Output) {
        let waiting = self.filled - self.parsed;
        let enough = INITIAL_BYTES.max(waiting.saturating_mul(2));
        if output.refers_to_input() || self.bytes.len() <= enough {
            return;
        }
        let mut smaller = vec![0; enough];
        if let Some(start) = smaller.get_mut(..waiting) {
            start.copy_from_slice(&self.bytes[self.parsed..self.filled]);
        }
        self.bytes = smaller;
        self.parsed = 0;
        self.filled = waiting;
    }

    /// To be called at regular times: gives the buffer back where nothing arrived since the last.
    pub fn rest(&mut self, output: &Output) {
        if !std::mem::take(&mut self.busy) {
            self.give_back(output);
        }
    }

    /// By how many bytes [`Input::spare`] makes the buffer larger than it is.
    pub fn growth(&self, output: &Output, needed: Option<usize>) -> usize {
        if output.refers_to_input() {
            return 0;
        }
        self.grown(needed).saturating_sub(self.bytes.len())
    }

    /// What is not parsed yet.
    pub fn unparsed(&self) -> &[u8] {
        &self.bytes[self.parsed..self.filled]
    }

    /// The same, to be patched where it lies.
    pub fn unparsed_mut(&mut self) -> &mut [u8] {
        &mut self.bytes[self.parsed..self.filled]
    }

    /// Marks the next `length` unparsed bytes as one frame and says where it lies.
    pub fn take_frame(&mut self, length: usize) -> Range<usize> {
        let frame = self.parsed..self.parsed + length.min(self.filled - self.parsed);
        self.parsed = frame.end;
        frame
    }

    /// Takes the next `length` unparsed bytes away as one frame, in the buffer that they lie in, and says where; another one, which `other` gives for
    /// so many bytes, takes its place. None where that would cost more than a copy of the frame, or the buffer is still
    /// being sent from.
    pub fn lend(
        &mut self,
        length: usize,
        output: &Output,
        other: impl FnOnce(usize) -> Vec<u8>,
    ) -> Option<(Vec<u8>, Range<usize>)> {
        let behind = (self.filled - self.parsed).checked_sub(length)?;
        let pays = length >= LENT_BYTES_MIN
            && length >= self.bytes.len() / 2
            && behind <= length / LENT_PER_COPIED;
        if !pays || output.refers_to_input() {
            return None;
        }
        let place = self.parsed..self.parsed + length;
        let mut other = other(self.bytes.len());
        other
            .get_mut(..behind)?
            .copy_from_slice(&self.bytes[place.end..self.filled]);
        self.parsed = 0;
        self.filled = behind;
        Some((std::mem::replace(&mut self.bytes, other), place))
    }

    /// The bytes of a range that [`Input::take_frame`] gave.
    pub fn slice(&self, range: Range<usize>) -> &[u8] {
        &self.bytes[range]
    }

    /// The same, to be patched where they lie.
    pub fn slice_mut(&mut self, range: Range<usize>) -> &mut [u8] {
        &mut self.bytes[range]
    }

    /// Room for the next read, or `None` while nothing can be read: the buffer is full of bytes that
    /// `output` has yet to send, or it may not grow. `needed` is the whole length of the frame that is being
    /// received, if known.
    pub fn spare(
        &mut self,
        output: &Output,
        needed: Option<usize>,
        may_grow: bool,
    ) -> Option<&mut [u8]> {
        if !output.refers_to_input() {
            self.make_room(needed, may_grow);
        }
        if self.filled == self.bytes.len() {
            return None;
        }
        Some(&mut self.bytes[self.filled..])
    }

    /// Counts `length` bytes that a read put into the spare room.
    pub fn fill(&mut self, length: usize) {
        self.filled = (self.filled + length).min(self.bytes.len());
        self.busy = true;
    }

    /// The size that the next read wants.
    fn grown(&self, needed: Option<usize>) -> usize {
        let (waiting, size) = (self.filled - self.parsed, self.bytes.len());
        let was_full = self.filled == size;
        if waiting < size && (!was_full || size >= BUSY_BYTES) {
            return size;
        }
        // SECURITY: grows with what has arrived, never with the length that a peer only claims.
        let doubled = size * 2;
        let whole = |frame: usize| frame.max(BUSY_BYTES).next_multiple_of(STEP_BYTES);
        let wanted = needed.map_or(doubled, |frame| doubled.min(whole(frame)));
        wanted.max(size + 1)
    }

    fn make_room(&mut self, needed: Option<usize>, may_grow: bool) {
        let waiting = self.filled - self.parsed;
        let grown = self.grown(needed);
        if self.parsed > 0 {
            self.bytes.copy_within(self.parsed..self.filled, 0);
            self.parsed = 0;
            self.filled = waiting;
        }
        if waiting == 0 && self.bytes.len() > KEPT_BYTES && needed.is_none() {
            self.bytes = vec![0; BUSY_BYTES];
        } else if may_grow && grown > self.bytes.len() {
            self.bytes.reserve_exact(grown - self.bytes.len());
            self.bytes.resize(grown, 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::IoSlice;

    use super::*;

    fn receive(input: &mut Input, output: &Output, bytes: &[u8]) {
        let mut rest = bytes;
        while !rest.is_empty() {
            let spare = input.spare(output, Some(bytes.len()), true).expect("room");
            let length = spare.len().min(rest.len());
            spare[..length].copy_from_slice(&rest[..length]);
            input.fill(length);
            rest = &rest[length..];
        }
    }

    #[test]
    fn a_frame_larger_than_the_buffer_grows_it_as_it_arrives() {
        let mut input = Input::new();
        let frame: Vec<u8> = (0..1_000_000_u32)
            .map(|i| u8::try_from(i % 251).unwrap())
            .collect();
        receive(&mut input, &Output::default(), &frame);
        assert_eq!(input.unparsed(), frame.as_slice());
    }

    #[test]
    fn neighbouring_frames_leave_as_one_range_and_the_buffer_is_used_again() {
        let mut input = Input::new();
        let mut output = Output::default();
        receive(&mut input, &output, b"aaaabbbb");
        let first = input.take_frame(4);
        let second = input.take_frame(4);
        output.push_input(first);
        output.push_input(second);
        let mut slices = [IoSlice::new(&[]); 4];
        let [next] = output.next(&input, &mut slices) else {
            panic!("one piece");
        };
        assert_eq!(&**next, b"aaaabbbb");
        output.advance(8);
        assert!(output.is_empty() && !output.refers_to_input());
        receive(&mut input, &output, b"cc");
        assert_eq!(input.unparsed(), b"cc");
    }

    #[test]
    fn a_frame_is_lent_with_its_buffer_and_what_follows_it_stays() {
        let (mut input, mut output) = (Input::new(), Output::default());
        let frame: Vec<u8> = (0..100_000_u32)
            .map(|i| u8::try_from(i % 251).unwrap())
            .collect();
        receive(&mut input, &output, b"done");
        receive(&mut input, &output, &frame);
        receive(&mut input, &output, b"next");
        let done = input.take_frame(4);
        let (size, lies) = (input.capacity(), input.unparsed().as_ptr());
        output.push_input(done);
        assert!(
            input
                .lend(frame.len(), &output, |bytes| vec![0; bytes])
                .is_none()
        );
        output.advance(4);
        let lent = input.lend(frame.len(), &output, |bytes| vec![1; bytes]);
        let (bytes, place) = lent.expect("lent");
        assert_eq!(
            (&bytes[place.clone()], bytes[place].as_ptr()),
            (&*frame, lies)
        );
        assert_eq!((input.unparsed(), input.capacity()), (&b"next"[..], size));
        receive(&mut input, &output, b" one");
        assert_eq!(input.unparsed(), b"next one");
        assert!(
            input.lend(8, &output, |bytes| vec![0; bytes]).is_none(),
            "a copy is cheaper"
        );
        assert!(
            input
                .lend(100_000, &output, |bytes| vec![0; bytes])
                .is_none(),
            "it is not there"
        );
    }

    #[test]
    fn a_full_buffer_that_is_not_sent_yet_accepts_nothing() {
        let mut input = Input::new();
        let mut output = Output::default();
        receive(&mut input, &output, &vec![7; INITIAL_BYTES]);
        let frame = input.take_frame(INITIAL_BYTES);
        output.push_input(frame);
        assert!(input.spare(&output, None, true).is_none());
        output.advance(INITIAL_BYTES);
        assert!(input.spare(&output, None, true).is_some());
    }

    #[test]
    fn a_buffer_says_what_it_will_take_before_it_takes_it() {
        let (mut input, output) = (Input::new(), Output::default());
        let frame = 900_000;
        while input.unparsed().len() < frame {
            let expected = input.capacity() + input.growth(&output, Some(frame));
            let spare = input.spare(&output, Some(frame), true).expect("room").len();
            assert_eq!(input.capacity(), expected);
            input.fill(spare);
        }
    }

    #[test]
    fn a_buffer_that_may_not_grow_is_filled_all_the_same() {
        let (mut input, output) = (Input::new(), Output::default());
        receive(&mut input, &output, &vec![7; INITIAL_BYTES]);
        assert!(input.spare(&output, None, false).is_none());
        let _done = input.take_frame(INITIAL_BYTES - 10);
        assert_eq!(
            input.spare(&output, None, false).map(|it| it.len()),
            Some(INITIAL_BYTES - 10)
        );
        assert_eq!(input.unparsed(), [7; 10]);
    }

    #[test]
    fn a_buffer_is_given_back_once_nothing_came_for_a_while() {
        let (mut input, mut output) = (Input::new(), Output::default());
        receive(&mut input, &output, &vec![7; 100_000]);
        input.rest(&output);
        input.rest(&output);
        assert_eq!(
            input.unparsed(),
            vec![7; 100_000],
            "what is not parsed stays"
        );
        let frame = input.take_frame(100_000);
        output.push_input(frame);
        input.rest(&output);
        assert!(input.capacity() >= 100_000, "and what is not sent");
        output.advance(100_000);
        input.rest(&output);
        assert_eq!(input.capacity(), INITIAL_BYTES);
    }
}
