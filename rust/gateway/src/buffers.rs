//! Buffers of the size of requests and answers, used again: memory that is fresh costs a fault for each page of it,
//! which for a request of a megabyte is more than encrypting it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

/// What is smaller is made anew.
const KEPT_BYTES_MIN: usize = 64 * 1024;
/// What is larger is given back to the system.
const KEPT_BYTES_MAX: usize = 8 * 1024 * 1024;
/// All that is kept, for the whole gateway.
const ALL_BYTES_MAX: usize = 6 * 1024 * 1024;
/// Buffers that are kept, so that to look for one takes no time.
const COUNT_MAX: usize = 64;

/// The buffers that nobody uses now.
#[derive(Default)]
pub struct Buffers {
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    buffers: Vec<Vec<u8>>,
    bytes: usize,
}

impl std::fmt::Debug for Buffers {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Buffers(***)")
    }
}

impl Buffers {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An empty buffer for about so many bytes.
    pub fn take(&self, bytes: usize) -> Vec<u8> {
        if bytes >= KEPT_BYTES_MIN {
            let mut kept = self.kept();
            let fits = kept.buffers.iter().enumerate();
            let fits = fits.filter(|(_, it)| it.capacity() >= bytes);
            let closest = fits.min_by_key(|(_, it)| it.capacity());
            if let Some(place) = closest.map(|(place, _)| place) {
                let mut buffer = kept.buffers.swap_remove(place);
                kept.bytes -= buffer.capacity();
                buffer.clear();
                return buffer;
            }
        }
        Vec::with_capacity(bytes)
    }

    /// A buffer of so many bytes, or up to a quarter more, to be written over: whatever was there last still is.
    pub fn take_filled(&self, bytes: usize) -> Vec<u8> {
        let mut kept = self.kept();
        let fits = kept.buffers.iter().enumerate();
        let fits = fits.filter(|(_, it)| (bytes..=bytes + bytes / 4).contains(&it.len()));
        let closest = fits.min_by_key(|(_, it)| it.capacity());
        if let Some(place) = closest.map(|(place, _)| place) {
            let buffer = kept.buffers.swap_remove(place);
            kept.bytes -= buffer.capacity();
            return buffer;
        }
        drop(kept);
        vec![0; bytes]
    }

    /// Takes one back that nobody needs any more.
    pub fn give(&self, buffer: Vec<u8>) {
        let bytes = buffer.capacity();
        if !(KEPT_BYTES_MIN..=KEPT_BYTES_MAX).contains(&bytes) {
            return;
        }
        let mut kept = self.kept();
        if kept.buffers.len() >= COUNT_MAX {
            // Large ones are worth more.
            let smallest = kept.buffers.iter().enumerate();
            let smallest = smallest.min_by_key(|(_, it)| it.capacity());
            if let Some(place) = smallest.map(|(place, _)| place) {
                let smaller = kept.buffers.swap_remove(place);
                kept.bytes -= smaller.capacity();
            }
        }
        if kept.bytes + bytes <= ALL_BYTES_MAX {
            kept.bytes += bytes;
            kept.buffers.push(buffer);
        }
    }

    /// The same bytes, to be shared; the buffer comes back when the last of it is dropped.
    pub fn share(self: &Arc<Self>, bytes: Vec<u8>) -> Bytes {
        if bytes.capacity() < KEPT_BYTES_MIN {
            return bytes.into();
        }
        Bytes::from_owner(Lent {
            bytes,
            buffers: self.clone(),
        })
    }

    /// A copy, to be shared.
    pub fn copy(self: &Arc<Self>, bytes: &[u8]) -> Bytes {
        let mut buffer = self.take(bytes.len());
        buffer.extend_from_slice(bytes);
        self.share(buffer)
    }
}

struct Lent {
    bytes: Vec<u8>,
    buffers: Arc<Buffers>,
}

impl AsRef<[u8]> for Lent {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        self.buffers.give(std::mem::take(&mut self.bytes));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_back_is_used_again() {
        let buffers = Arc::new(Buffers::default());
        let shared = buffers.copy(&vec![7; 100_000]);
        let (place, slice) = (shared.as_ptr(), shared.slice(10..20));
        drop(shared);
        assert_eq!(buffers.kept().bytes, 0, "a part of it is still in use");
        assert_eq!(&*slice, [7; 10]);
        drop(slice);
        let again = buffers.take(90_000);
        assert_eq!(again.as_ptr(), place);
        assert!(again.is_empty());
        let another = buffers.take(90_000);
        assert!(another.as_ptr() != place);
    }

    #[test]
    fn a_buffer_that_is_written_over_is_as_large_as_it_was() {
        let buffers = Buffers::default();
        let full = vec![7; 100_000];
        let place = full.as_ptr();
        buffers.give(full);
        assert_eq!(
            buffers.take_filled(20_000).len(),
            20_000,
            "it would be too large"
        );
        assert_eq!(buffers.take_filled(200_000).len(), 200_000, "or too small");
        let again = buffers.take_filled(90_000);
        assert_eq!((again.as_ptr(), again.len()), (place, 100_000));
        buffers.give(again);
        assert!(
            buffers.take(90_000).is_empty(),
            "who asks for an empty one gets it"
        );
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let buffers = Buffers::default();
        for bytes in [10, 50_000, 9_000_000] {
            buffers.give(Vec::with_capacity(bytes));
        }
        assert_eq!(buffers.kept().buffers.len(), 0);
        for _ in 0..1_000 {
            buffers.give(Vec::with_capacity(100_000));
        }
        assert!(buffers.kept().buffers.len() <= COUNT_MAX);
        for _ in 0..1_000 {
            buffers.give(Vec::with_capacity(1_000_000));
        }
        let kept = buffers.kept();
        let held: usize = kept.buffers.iter().map(Vec::capacity).sum();
        assert_eq!(held, kept.bytes);
        assert!(held <= ALL_BYTES_MAX);
    }
}
