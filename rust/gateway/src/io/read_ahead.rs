//! Larger reads below TLS. rustls asks for 4 KiB at a time, which costs a system call for each of them; here a socket
//! is asked once for what it has, and rustls is served from that.

use std::cell::RefCell;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// What a socket is asked for at once: four records of TLS.
const AHEAD_BYTES: usize = 64 * 1024;

thread_local! {
    /// A buffer that nobody reads from at the moment. Connections that have nothing waiting share the one of their
    /// thread, so ten thousand idle ones cost one. It holds what came from the wire, still encrypted.
    static FREE: RefCell<Option<Box<[u8]>>> = const { RefCell::new(None) };
}

fn take_free() -> Box<[u8]> {
    let free = FREE.with_borrow_mut(Option::take);
    free.unwrap_or_else(|| vec![0; AHEAD_BYTES].into_boxed_slice())
}

/// A stream whose reads go ahead of what is asked for.
#[derive(Debug)]
pub struct ReadAhead<S> {
    stream: S,
    /// What was read and not asked for yet: `[at, filled)`. Absent: nothing.
    bytes: Option<Box<[u8]>>,
    at: usize,
    filled: usize,
}

impl<S> ReadAhead<S> {
    /// Nothing is read yet.
    pub fn new(stream: S) -> Self {
        Self {
            stream,
            bytes: None,
            at: 0,
            filled: 0,
        }
    }

    /// Hands out what is there.
    fn serve(&mut self, bytes: Box<[u8]>, buffer: &mut ReadBuf<'_>) {
        let waiting = bytes.get(self.at..self.filled).unwrap_or_default();
        let length = waiting.len().min(buffer.remaining());
        buffer.put_slice(waiting.get(..length).unwrap_or_default());
        self.at += length;
        if self.at < self.filled {
            self.bytes = Some(bytes);
        } else {
            FREE.set(Some(bytes));
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for ReadAhead<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if let Some(bytes) = this.bytes.take() {
            this.serve(bytes, buffer);
            return Poll::Ready(Ok(()));
        }
        if buffer.remaining() >= AHEAD_BYTES {
            return Pin::new(&mut this.stream).poll_read(context, buffer);
        }
        let mut bytes = take_free();
        let mut ahead = ReadBuf::new(&mut bytes);
        let read = Pin::new(&mut this.stream).poll_read(context, &mut ahead);
        (this.at, this.filled) = (0, ahead.filled().len());
        this.serve(bytes, buffer);
        ready!(read)?;
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for ReadAhead<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    #[tokio::test]
    async fn every_byte_is_served_once_and_in_order_however_little_is_asked_for() {
        let (mut far, near) = duplex(200_000);
        let sent: Vec<u8> = (0..150_000_u32).map(|it| (it % 251) as u8).collect();
        far.write_all(&sent).await.unwrap();
        drop(far);
        let mut near = ReadAhead::new(near);
        let mut got = Vec::new();
        for size in [1, 5, 4096, 16_384, 70_000].into_iter().cycle() {
            let mut piece = vec![0; size];
            let length = near.read(&mut piece).await.unwrap();
            if length == 0 {
                break;
            }
            got.extend_from_slice(&piece[..length]);
        }
        assert_eq!(got, sent);
    }

    #[tokio::test]
    async fn streams_that_share_a_thread_keep_apart_what_they_have_read() {
        let (mut one_far, one) = duplex(1000);
        let (mut two_far, two) = duplex(1000);
        one_far.write_all(&[1; 100]).await.unwrap();
        two_far.write_all(&[2; 100]).await.unwrap();
        let (mut one, mut two) = (ReadAhead::new(one), ReadAhead::new(two));
        for _ in 0..50 {
            assert_eq!(one.read_u16().await.unwrap(), 0x0101);
            assert_eq!(two.read_u16().await.unwrap(), 0x0202);
        }
    }

    #[tokio::test]
    async fn nothing_is_held_while_nothing_waits() {
        let (mut far, near) = duplex(1000);
        let mut near = ReadAhead::new(near);
        far.write_all(b"abcd").await.unwrap();
        assert_eq!(near.read_u16().await.unwrap(), 0x6162);
        assert!(near.bytes.is_some());
        assert_eq!(near.read_u16().await.unwrap(), 0x6364);
        assert!(near.bytes.is_none());
    }
}
