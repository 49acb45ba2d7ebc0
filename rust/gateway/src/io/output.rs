//! What leaves in one direction of a connection.

use std::collections::VecDeque;
use std::io::IoSlice;
use std::ops::Range;

use bytes::Bytes;
use streamward_wire::kafka::Parts;

use super::buffer::Input;

/// Bytes of our own that wait to be sent before nothing more is taken in.
const OWNED_BYTES_MAX: usize = 1024 * 1024;

/// What is to be sent, in order: ranges of the other side's [`Input`], or bytes of our own.
#[derive(Debug, Default)]
pub struct Output {
    segments: VecDeque<Segment>,
    sent_of_first: usize,
    input_segments: usize,
    owned_bytes: usize,
    bytes: usize,
    spent: Vec<Vec<u8>>,
}

#[derive(Debug)]
enum Segment {
    Input(Range<usize>),
    Owned(Vec<u8>),
    /// What others may still look at; it counts as our own. With it goes what only its neighbours kept in memory.
    Shared(Bytes, usize),
}

impl Segment {
    fn bytes<'a>(&'a self, input: &'a Input) -> &'a [u8] {
        match self {
            Self::Input(range) => input.slice(range.clone()),
            Self::Owned(bytes) => bytes,
            Self::Shared(bytes, _) => bytes,
        }
    }
}

impl Output {
    /// Is there nothing to send?
    pub fn is_empty(&self) -> bool {
        self.segments.is_empty()
    }

    /// Bytes that wait to be sent.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Are there so many bytes of our own that no more should be made before some are sent?
    pub fn is_backed_up(&self) -> bool {
        self.owned_bytes >= OWNED_BYTES_MAX
    }

    /// Bytes of our own that wait.
    pub fn owned_bytes(&self) -> usize {
        self.owned_bytes
    }

    /// Does anything still lie in the input buffer?
    pub fn refers_to_input(&self) -> bool {
        self.input_segments > 0
    }

    /// Sends a range of the input as it lies.
    pub fn push_input(&mut self, range: Range<usize>) {
        self.bytes += range.len();
        if let Some(Segment::Input(last)) = self.segments.back_mut()
            && last.end == range.start
        {
            last.end = range.end;
            return;
        }
        self.input_segments += 1;
        self.segments.push_back(Segment::Input(range));
    }

    /// Sends bytes of our own.
    pub fn push_owned(&mut self, bytes: Vec<u8>) {
        if !bytes.is_empty() {
            self.owned_bytes += bytes.len();
            self.bytes += bytes.len();
            self.segments.push_back(Segment::Owned(bytes));
        }
    }

    /// Sends a frame that lies in a buffer of its own.
    pub fn push_shared(&mut self, bytes: Bytes) {
        if !bytes.is_empty() {
            self.owned_bytes += bytes.len();
            self.bytes += bytes.len();
            self.segments.push_back(Segment::Shared(bytes, 0));
        }
    }

    /// Sends a frame of our own that lies in parts.
    pub fn push_parts(&mut self, parts: Parts) {
        let (bytes, held) = (parts.bytes(), parts.held_bytes());
        self.owned_bytes += held;
        self.bytes += bytes;
        let segments = parts.into_segments().map(|it| Segment::Shared(it, 0));
        self.segments.extend(segments);
        // SECURITY: a small field keeps all of the frame that it came in. The last one to leave gives it back.
        if let Some(Segment::Shared(_, unseen)) = self.segments.back_mut() {
            *unseen = held.saturating_sub(bytes);
        }
    }

    /// Buffers whose bytes have been sent, to be used again.
    pub fn take_spent(&mut self) -> impl Iterator<Item = Vec<u8>> {
        self.spent.drain(..)
    }

    /// The next bytes to write, which may lie in `input`, as many pieces as there is room for in `slices`.
    pub fn next<'a, 's>(
        &'a self,
        input: &'a Input,
        slices: &'s mut [IoSlice<'a>],
    ) -> &'s [IoSlice<'a>] {
        let mut count = 0;
        for (segment, slice) in self.segments.iter().zip(slices.iter_mut()) {
            let sent = if count == 0 { self.sent_of_first } else { 0 };
            *slice = IoSlice::new(&segment.bytes(input)[sent..]);
            count += 1;
        }
        &slices[..count]
    }

    /// Counts `length` bytes as written.
    pub fn advance(&mut self, length: usize) {
        self.sent_of_first += length;
        self.bytes = self.bytes.saturating_sub(length);
        while let Some(first) = self.segments.front() {
            let total = match first {
                Segment::Input(range) => range.len(),
                Segment::Owned(bytes) => bytes.len(),
                Segment::Shared(bytes, _) => bytes.len(),
            };
            if self.sent_of_first < total {
                return;
            }
            self.sent_of_first -= total;
            match self.segments.pop_front() {
                Some(Segment::Input(_)) => self.input_segments -= 1,
                Some(Segment::Owned(bytes)) => {
                    self.owned_bytes -= total;
                    self.spent.push(bytes);
                }
                Some(Segment::Shared(_, unseen)) => self.owned_bytes -= total + unseen,
                None => {}
            }
        }
        self.sent_of_first = 0;
    }
}

#[cfg(test)]
mod tests {
    use streamward_wire::kafka::{self, ApiKey, Direction, PART_BYTES_MIN, Struct, Value};

    use super::*;

    /// What came, and is to be forwarded.
    fn received(bytes: &[u8]) -> Input {
        let mut input = Input::new();
        let spare = input.spare(&Output::default(), None, true).expect("room");
        spare[..bytes.len()].copy_from_slice(bytes);
        input.fill(bytes.len());
        input
    }

    #[test]
    fn a_frame_in_parts_leaves_in_as_many_writes_as_it_takes() {
        let input = received(b"before");
        let schema = kafka::schema(ApiKey::PRODUCE, 9, Direction::Request).expect("a schema");
        let mut request = Struct::new(schema);
        let mut topic = request.element("TopicData");
        let mut partitions = Vec::new();
        for length in [20_000, 10, 30_000] {
            let mut partition = topic.element("PartitionData");
            let records = Bytes::from(vec![u8::try_from(length % 251).unwrap(); length]);
            partition.set("Records", Value::Bytes(records));
            partitions.push(partition);
        }
        topic.set("PartitionData", partitions);
        request.set("TopicData", vec![topic]);
        let (mut parts, mut whole) = (Parts::default(), b"before".to_vec());
        let head = (ApiKey::PRODUCE, 9, 7, Some("client"));
        kafka::write_request_in_parts(&mut parts, head.0, head.1, head.2, head.3, &request)
            .expect("parts");
        kafka::write_request(&mut whole, head.0, head.1, head.2, head.3, &request)
            .expect("a frame");
        whole.extend(b"after");
        for step in [1, 7, 19_999, 20_001, 60_000] {
            let mut output = Output::default();
            output.push_input(0..6);
            output.push_parts(parts.clone());
            output.push_owned(b"after".to_vec());
            assert_eq!(output.owned_bytes(), whole.len() - 6);
            let mut sent = Vec::new();
            loop {
                assert_eq!(output.bytes(), whole.len() - sent.len());
                let mut slices = [IoSlice::new(&[]); 3];
                let next: Vec<u8> = output
                    .next(&input, &mut slices)
                    .iter()
                    .flat_map(|it| it.to_vec())
                    .take(step)
                    .collect();
                if next.is_empty() {
                    break;
                }
                output.advance(next.len());
                sent.extend(next);
            }
            assert_eq!(sent, whole, "{step}");
            assert!(output.is_empty() && !output.refers_to_input() && !output.is_backed_up());
            assert_eq!(output.owned_bytes(), 0);
        }
    }

    #[test]
    fn a_small_part_counts_as_the_frame_that_it_keeps_in_memory() {
        let schema = kafka::schema(ApiKey::PRODUCE, 9, Direction::Request).expect("a schema");
        let mut request = Struct::new(schema);
        let mut topic = request.element("TopicData");
        let mut partition = topic.element("PartitionData");
        let frame = Bytes::from(vec![0; 50_000_000]);
        partition.set("Records", Value::Bytes(frame.slice(..PART_BYTES_MIN)));
        topic.set("PartitionData", vec![partition]);
        request.set("TopicData", vec![topic]);
        let mut parts = Parts::taken_from(frame.len());
        kafka::write_request_in_parts(&mut parts, ApiKey::PRODUCE, 9, 7, None, &request)
            .expect("parts");
        let mut output = Output::default();
        output.push_parts(parts);
        assert!(output.bytes() < 2 * PART_BYTES_MIN);
        assert!(output.owned_bytes() >= frame.len() && output.is_backed_up());
        output.advance(output.bytes() - 1);
        assert!(output.is_backed_up());
        output.advance(1);
        assert_eq!((output.bytes(), output.owned_bytes()), (0, 0));
    }

    #[test]
    fn our_own_bytes_keep_their_place_among_forwarded_ones() {
        let mut input = received(b"aabb");
        let mut output = Output::default();
        let (first, second) = (input.take_frame(2), input.take_frame(2));
        output.push_input(first);
        output.push_owned(b"XX".to_vec());
        output.push_input(second);
        let mut sent = Vec::new();
        while let [first, ..] = output.next(&input, &mut [IoSlice::new(&[]); 4]) {
            sent.push(first[0]);
            output.advance(1);
        }
        assert_eq!(sent, b"aaXXbb");
    }
}
