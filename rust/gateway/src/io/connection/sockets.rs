//! One read, or as many writes as a socket takes.

use std::io::IoSlice;
use std::pin::Pin;
use std::task::{Context, Poll};

use streamward_wire::frame::LENGTH_BYTES;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::io::buffer::Input;
use crate::io::output::Output;

/// Pieces that one write takes, so that the head of a frame does not leave as a packet of its own.
const SLICES_MAX: usize = 16;

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

/// Reads once; `None`: nothing is there yet. The end of the stream is an error.
pub(super) fn receive<S: AsyncRead + Unpin>(
    stream: &mut S,
    room: &mut [u8],
    context: &mut Context<'_>,
) -> std::io::Result<Option<usize>> {
    let mut buffer = ReadBuf::new(room);
    match Pin::new(stream).poll_read(context, &mut buffer) {
        Poll::Pending => Ok(None),
        Poll::Ready(Err(error)) => Err(error),
        Poll::Ready(Ok(())) if buffer.filled().is_empty() => {
            Err(std::io::ErrorKind::UnexpectedEof.into())
        }
        Poll::Ready(Ok(())) => Ok(Some(buffer.filled().len())),
    }
}
