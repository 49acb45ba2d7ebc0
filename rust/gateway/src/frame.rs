//! A frame on its way through a session: it stays where it lies, or its buffer goes with it, so that what is taken from
//! it need not be copied.

use std::ops::{Deref, Range};
use std::sync::Arc;

use bytes::Bytes;
use streamward_wire::frame::LENGTH_BYTES;

use crate::buffers::Buffers;

/// A request or an answer. Reads as its bytes without the length that stands before them.
#[derive(Debug)]
pub enum Frame<'f> {
    /// It lies in a buffer that goes on to receive; without its length.
    Placed(&'f mut [u8]),
    /// It lies in this place of a buffer that came with it; with its length.
    Lent(Vec<u8>, Range<usize>),
    /// Parts of it are taken elsewhere, so it no longer changes; with its length.
    Shared(Bytes),
}

impl Frame<'_> {
    /// Its bytes, to be changed where they lie.
    pub fn patch(&mut self) -> &mut [u8] {
        if let Self::Shared(bytes) = self {
            let whole = 0..bytes.len();
            *self = Self::Lent(bytes.to_vec(), whole);
        }
        match self {
            Self::Placed(bytes) => bytes,
            Self::Lent(bytes, place) => bytes
                .get_mut(place.clone())
                .and_then(|framed| framed.get_mut(LENGTH_BYTES..))
                .unwrap_or_default(),
            Self::Shared(_) => &mut [],
        }
    }

    /// What begins at this place of it, to be kept. Only of a frame that stays where it lies is it a copy.
    pub fn share(&mut self, at: usize, buffers: &Arc<Buffers>) -> Bytes {
        match self {
            Self::Placed(bytes) => buffers.copy(bytes.get(at..).unwrap_or_default()),
            Self::Lent(..) | Self::Shared(_) => {
                let framed = self.framed(buffers).unwrap_or_default();
                framed.slice(framed.len().min(LENGTH_BYTES + at)..)
            }
        }
    }

    /// The whole of it with its length; none where it stays where it lies.
    pub fn framed(&mut self, buffers: &Arc<Buffers>) -> Option<Bytes> {
        if let Self::Lent(bytes, place) = self {
            let bytes = buffers.share(std::mem::take(bytes));
            let end = place.end.min(bytes.len());
            *self = Self::Shared(bytes.slice(place.start.min(end)..end));
        }
        match self {
            Self::Shared(bytes) => Some(bytes.clone()),
            Self::Placed(_) | Self::Lent(..) => None,
        }
    }
}

impl Deref for Frame<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        let framed = match self {
            Self::Placed(bytes) => return bytes,
            Self::Lent(bytes, place) => bytes.get(place.clone()).unwrap_or_default(),
            Self::Shared(bytes) => bytes,
        };
        framed.get(LENGTH_BYTES..).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `abcdefgh` as it lies in a buffer, between other bytes.
    fn lent() -> Frame<'static> {
        let bytes = b"before\0\0\0\x08abcdefghbehind".to_vec();
        Frame::Lent(bytes, 6..18)
    }

    #[test]
    fn what_is_taken_from_a_lent_frame_is_not_copied() {
        let buffers = Arc::new(Buffers::default());
        let mut frame = lent();
        let place = frame[2..].as_ptr();
        let taken = frame.share(2, &buffers);
        assert_eq!((&*taken, taken.as_ptr()), (&b"cdefgh"[..], place));
        assert_eq!(&*frame, b"abcdefgh");
        assert_eq!(
            frame.framed(&buffers).as_deref(),
            Some(&b"\0\0\0\x08abcdefgh"[..])
        );
        assert!(frame.share(100, &buffers).is_empty());
    }

    #[test]
    fn what_was_taken_does_not_change_with_the_frame() {
        let buffers = Arc::new(Buffers::default());
        let mut frame = lent();
        frame.patch()[0] = b'A';
        let taken = frame.share(0, &buffers);
        frame.patch()[1] = b'B';
        assert_eq!(&*taken, b"Abcdefgh");
        assert_eq!(&*frame, b"ABcdefgh");
    }

    #[test]
    fn a_frame_that_stays_is_copied_where_something_is_taken_from_it() {
        let buffers = Arc::new(Buffers::default());
        let mut bytes = b"abc".to_vec();
        let mut frame = Frame::Placed(&mut bytes);
        let taken = frame.share(1, &buffers);
        frame.patch()[1] = b'B';
        assert_eq!((&*taken, &*frame), (&b"bc"[..], &b"aBc"[..]));
        assert!(frame.framed(&buffers).is_none());
    }
}
