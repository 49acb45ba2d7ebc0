//! As many reads and writes as a socket takes at once.

use std::io::IoSlice;
use std::pin::Pin;
use std::task::{Context, Poll};

use streamward_wire::frame::LENGTH_BYTES;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

use crate::io::broker::BrokerStream;
use crate::io::buffer::Input;
use crate::io::output::Output;

/// Pieces that one write takes, so that the head of a frame does not leave as a packet of its own.
const SLICES_MAX: usize = 16;

/// A connection as its task sees it.
pub trait Socket: AsyncRead + AsyncWrite + Unpin + Send {
    /// The socket itself, where bytes lie in it as they are.
    fn bare(&self) -> Option<&TcpStream>;
}

impl Socket for TcpStream {
    fn bare(&self) -> Option<&TcpStream> {
        Some(self)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Socket for TlsStream<S> {
    fn bare(&self) -> Option<&TcpStream> {
        None
    }
}

impl Socket for BrokerStream {
    fn bare(&self) -> Option<&TcpStream> {
        match self {
            Self::Plain(stream) => Some(stream),
            Self::Tls(_) => None,
        }
    }
}

/// The whole length of the frame that has begun to arrive.
pub(super) fn needed(unparsed: &[u8]) -> Option<usize> {
    let prefix = unparsed.first_chunk::<LENGTH_BYTES>()?;
    usize::try_from(i32::from_be_bytes(*prefix))
        .ok()
        .map(|length| length + LENGTH_BYTES)
}

/// Writes until the socket is full or nothing is left; returns how many bytes were written.
pub(super) fn send<S: AsyncWrite + Unpin>(
    stream: &mut S,
    output: &mut Output,
    input: &Input,
    unflushed: &mut bool,
    context: &mut Context<'_>,
) -> std::io::Result<usize> {
    let mut sent = 0;
    loop {
        let mut slices = [IoSlice::new(&[]); SLICES_MAX];
        let writing = match output.next(input, &mut slices) {
            [] => break,
            [bytes] => Pin::new(&mut *stream).poll_write(context, bytes),
            slices => Pin::new(&mut *stream).poll_write_vectored(context, slices),
        };
        match writing {
            Poll::Pending => return Ok(sent),
            Poll::Ready(Ok(0)) => return Err(std::io::ErrorKind::WriteZero.into()),
            Poll::Ready(Ok(length)) => {
                output.advance(length);
                *unflushed = true;
                sent += length;
            }
            Poll::Ready(Err(error)) => return Err(error),
        }
    }
    if *unflushed && Pin::new(stream).poll_flush(context)?.is_ready() {
        *unflushed = false;
    }
    Ok(sent)
}

/// Reads until there is no room or nothing more is there (TLS gives one record at a time); `None`: nothing is there
/// yet. The end of the stream is an error once all before it was taken.
pub(super) fn receive<S: AsyncRead + Unpin>(
    stream: &mut S,
    room: &mut [u8],
    context: &mut Context<'_>,
) -> std::io::Result<Option<usize>> {
    let mut buffer = ReadBuf::new(room);
    while buffer.remaining() > 0 {
        let before = buffer.filled().len();
        let ended = match Pin::new(&mut *stream).poll_read(context, &mut buffer) {
            Poll::Pending => break,
            Poll::Ready(Ok(())) if buffer.filled().len() > before => continue,
            Poll::Ready(Ok(())) => std::io::ErrorKind::UnexpectedEof.into(),
            Poll::Ready(Err(error)) => error,
        };
        // A stream that has ended says so again when it is asked again.
        if before == 0 {
            return Err(ended);
        }
        break;
    }
    let length = buffer.filled().len();
    Ok((length > 0).then_some(length))
}
