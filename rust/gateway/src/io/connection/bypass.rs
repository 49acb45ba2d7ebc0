//! Past the gateway's memory: bytes that the session need not see move from socket to socket inside the kernel
//! (splice(2), which neither copies them nor shows them to anybody).
//!
//! SECURITY: only what follows a batch's header, up to the batch's end, goes this way, and only while the right to it
//! holds. The header itself was copied and read, so nobody changes it afterwards.

use std::cell::RefCell;
use std::io;
use std::os::fd::OwnedFd;
use std::task::{Context, Poll};

use rustix::io::Errno;
use rustix::pipe::{
    PipeFlags, SpliceFlags, fcntl_getpipe_size, fcntl_setpipe_size, pipe_with, splice,
};
use tokio::io::Interest;
use tokio::net::TcpStream;

/// Where less is left of a batch, it is read and written as usual.
const BYPASS_BYTES_MIN: usize = 32 * 1024;
/// What a read asks for where a batch is expected next: what stands before it, and little of the batch.
const HEAD_BYTES: usize = 4 * 1024;
/// What a pipe is asked to take: as much as Linux grants without privilege (`fs.pipe-max-size`).
const PIPE_BYTES: usize = 1024 * 1024;
/// A user who has many pipes gets smaller ones (`fs.pipe-user-pages-soft`). Below this, reading and writing is cheaper.
const PIPE_BYTES_MIN: usize = 64 * 1024;
/// Empty pipes that a thread keeps.
const FREE_MAX: usize = 4;

thread_local! {
    /// Connections have a pipe while something lies in it; between batches it is anybody's of the thread.
    static FREE: RefCell<Vec<Pipe>> = const { RefCell::new(Vec::new()) };
}

/// The kernel's buffer between two sockets.
#[derive(Debug)]
struct Pipe {
    from: OwnedFd,
    to: OwnedFd,
}

impl Pipe {
    fn take_free() -> io::Result<Self> {
        if let Some(free) = FREE.with_borrow_mut(Vec::pop) {
            return Ok(free);
        }
        let (from, to) = pipe_with(PipeFlags::CLOEXEC)?;
        let granted = fcntl_setpipe_size(&to, PIPE_BYTES).or_else(|_| fcntl_getpipe_size(&to))?;
        if granted < PIPE_BYTES_MIN {
            return Err(io::ErrorKind::QuotaExceeded.into());
        }
        Ok(Self { from, to })
    }

    /// SECURITY: only an empty one is given on.
    fn give_back(self) {
        FREE.with_borrow_mut(|free| {
            if free.len() < FREE_MAX {
                free.push(self);
            }
        });
    }
}

/// The way past the gateway's memory in one direction of a connection.
#[derive(Debug, Default)]
pub(super) struct Bypass {
    /// Absent: nothing is on its way.
    pipe: Option<Pipe>,
    bytes: usize,
    /// The kernel can't do it, or has no pipe for us: everything is read and written.
    closed: bool,
    /// The last message came this way, so the next one may.
    pub(super) expected: bool,
}

impl Bypass {
    /// Bytes that have been taken from one side and not given to the other.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Is nothing on its way?
    pub(super) fn is_empty(&self) -> bool {
        self.bytes == 0
    }

    /// Does so much go this way?
    pub(super) fn is_open_for(&self, unseen: usize) -> bool {
        !self.closed && unseen >= BYPASS_BYTES_MIN
    }

    /// How much of it at once.
    pub(super) fn piece(unseen: usize) -> usize {
        unseen.min(PIPE_BYTES)
    }

    /// How much a read may bring into memory: where a batch is expected, not much of it. `needed` is the length of the
    /// frame that has begun, of which `here` bytes are there.
    pub(super) fn read_bytes_max(
        &self,
        unseen: usize,
        needed: Option<usize>,
        here: usize,
    ) -> usize {
        if self.closed || !self.expected {
            return usize::MAX;
        }
        let rest = needed.map_or(0, |frame| frame.saturating_sub(here));
        unseen.saturating_add(rest.max(HEAD_BYTES))
    }

    /// Takes up to `most` bytes (a [`Bypass::piece`]) from a socket, when nothing else is on its way. `None`: nothing is there yet, or the
    /// bypass has turned out to be closed. The end of the stream is an error.
    pub(super) fn take(
        &mut self,
        from: &TcpStream,
        most: usize,
        context: &mut Context<'_>,
    ) -> io::Result<Option<usize>> {
        let Ok(pipe) = Pipe::take_free() else {
            self.closed = true;
            return Ok(None);
        };
        let taken = loop {
            if from.poll_read_ready(context)?.is_pending() {
                break Ok(None);
            }
            let moved = from.try_io(Interest::READABLE, || {
                let flags = SpliceFlags::NONBLOCK | SpliceFlags::MOVE;
                Ok(splice(from, None, &pipe.to, None, most, flags)?)
            });
            match moved {
                Ok(0) => break Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(length) => break Ok(Some(length)),
                // What was said to be there is not; asked again, the runtime waits for it.
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) if is_unsupported(&error) => {
                    self.closed = true;
                    break Ok(None);
                }
                Err(error) => break Err(error),
            }
        };
        if let Ok(Some(length)) = taken {
            self.bytes = length;
            self.expected = true;
            self.pipe = Some(pipe);
        } else {
            pipe.give_back();
        }
        taken
    }

    /// Gives as much of it to the other socket as that takes; returns how many bytes.
    pub(super) fn give(&mut self, to: &TcpStream, context: &mut Context<'_>) -> io::Result<usize> {
        let mut given = 0;
        while let Some(pipe) = self.pipe.take() {
            let Poll::Ready(ready) = to.poll_write_ready(context) else {
                self.pipe = Some(pipe);
                break;
            };
            ready?;
            let moved = to.try_io(Interest::WRITABLE, || {
                let flags = SpliceFlags::NONBLOCK | SpliceFlags::MOVE;
                Ok(splice(&pipe.from, None, to, None, self.bytes, flags)?)
            });
            match moved {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(length) => {
                    given += length;
                    self.bytes = self.bytes.saturating_sub(length);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
            if self.bytes > 0 {
                self.pipe = Some(pipe);
            } else {
                pipe.give_back();
            }
        }
        Ok(given)
    }
}

/// Some sandboxes know no splice between sockets and pipes.
fn is_unsupported(error: &io::Error) -> bool {
    let unsupported = [Errno::INVAL, Errno::NOSYS, Errno::PERM].map(Errno::raw_os_error);
    error
        .raw_os_error()
        .is_some_and(|it| unsupported.contains(&it))
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    async fn pair() -> (TcpStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (near, far) = tokio::join!(TcpStream::connect(address), listener.accept());
        (near.unwrap(), far.unwrap().0)
    }

    async fn take(bypass: &mut Bypass, from: &TcpStream, most: usize) -> io::Result<usize> {
        poll_fn(|context| match bypass.take(from, most, context) {
            Ok(Some(length)) => Poll::Ready(Ok(length)),
            Ok(None) => Poll::Pending,
            Err(error) => Poll::Ready(Err(error)),
        })
        .await
    }

    async fn give(bypass: &mut Bypass, to: &TcpStream) {
        poll_fn(|context| match bypass.give(to, context) {
            Ok(_) if bypass.is_empty() => Poll::Ready(()),
            Ok(_) => Poll::Pending,
            Err(error) => panic!("{error}"),
        })
        .await;
    }

    #[tokio::test]
    async fn bytes_arrive_in_order_and_never_more_than_were_meant() {
        let (mut client, inside) = pair().await;
        let (outside, mut broker) = pair().await;
        let sent: Vec<u8> = (0..5_000_000_u32).map(|it| (it % 251) as u8).collect();
        let beyond = b"the next request";
        let writing = sent.clone();
        let client = tokio::spawn(async move {
            client.write_all(&writing).await.unwrap();
            client.write_all(beyond).await.unwrap();
            client
        });
        let expected = sent.len();
        let reading = tokio::spawn(async move {
            let mut got = vec![0; expected];
            broker.read_exact(&mut got).await.unwrap();
            got
        });
        let mut bypass = Bypass::default();
        let mut left = sent.len();
        while left > 0 {
            assert!(bypass.is_empty());
            left -= take(&mut bypass, &inside, left).await.unwrap();
            give(&mut bypass, &outside).await;
        }
        assert!(reading.await.unwrap() == sent);
        let mut client = client.await.unwrap();
        client.shutdown().await.unwrap();
        let mut inside = inside;
        let mut rest = Vec::new();
        inside.read_to_end(&mut rest).await.unwrap();
        assert_eq!(rest, beyond);
    }

    #[tokio::test]
    async fn a_peer_that_leaves_is_an_error_and_loses_nothing_that_was_taken() {
        let (mut client, inside) = pair().await;
        let (outside, mut broker) = pair().await;
        client.write_all(&[7; 1000]).await.unwrap();
        drop(client);
        let mut bypass = Bypass::default();
        assert_eq!(take(&mut bypass, &inside, 4000).await.unwrap(), 1000);
        give(&mut bypass, &outside).await;
        let mut got = [0; 1000];
        broker.read_exact(&mut got).await.unwrap();
        assert_eq!(got, [7; 1000]);
        assert!(take(&mut bypass, &inside, 3000).await.is_err());
    }

    #[tokio::test]
    async fn a_socket_that_is_full_keeps_the_rest_in_its_place() {
        let (mut client, inside) = pair().await;
        let (outside, mut broker) = pair().await;
        let sent: Vec<u8> = (0..20_000_000_u32).map(|it| (it % 253) as u8).collect();
        let writing = sent.clone();
        let client = tokio::spawn(async move { client.write_all(&writing).await.map(|()| client) });
        let mut bypass = Bypass::default();
        let mut taken = 0;
        // Nobody reads, so the socket fills up with something left in the pipe.
        loop {
            taken += take(&mut bypass, &inside, sent.len() - taken)
                .await
                .unwrap();
            poll_fn(|context| Poll::Ready(bypass.give(&outside, context).unwrap())).await;
            if !bypass.is_empty() {
                break;
            }
        }
        let expected = sent.len();
        let reading = tokio::spawn(async move {
            let mut got = vec![0; expected];
            broker.read_exact(&mut got).await.unwrap();
            got
        });
        give(&mut bypass, &outside).await;
        while taken < sent.len() {
            taken += take(&mut bypass, &inside, sent.len() - taken)
                .await
                .unwrap();
            give(&mut bypass, &outside).await;
        }
        assert!(reading.await.unwrap() == sent);
        drop(client.await.unwrap());
    }
}
