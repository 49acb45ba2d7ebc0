//! What a client sent before it left is still delivered.

use std::future::poll_fn;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::AsyncWriteExt;

use super::{Broker, Connection, Socket};
use crate::io::clock::now_milliseconds;
use crate::session::Close;

/// What a client sent before it left is on its way to the broker within this time, or given up.
const DELIVERY_SECONDS_MAX: u64 = 10;

impl<C: Socket> Connection<C> {
    /// The client has left, and the broker still gets what it sent: with acks=0 nobody would miss it.
    pub(super) async fn deliver(&mut self) {
        let delivered = poll_fn(|context| self.poll_deliver(context));
        let within = Duration::from_secs(DELIVERY_SECONDS_MAX);
        if !matches!(tokio::time::timeout(within, delivered).await, Ok(Ok(()))) {
            return;
        }
        let Broker::Open(broker) = &mut self.broker else {
            return;
        };
        // To close with answers unread would reset the connection, and the broker might lose requests.
        let goodbye = async {
            broker.shutdown().await?;
            tokio::io::copy(broker, &mut tokio::io::sink()).await
        };
        let _ = tokio::time::timeout(Duration::from_secs(1), goodbye).await;
    }

    pub(super) fn poll_deliver(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Close>> {
        loop {
            // SECURITY: whoever is revoked meanwhile is not heard any more, although it has left.
            let mut moved = self.poll_change(context, now_milliseconds())?;
            moved |= self.poll_dial(context)?;
            moved |= self.send_to_broker(context)?;
            if !self.owes_broker() {
                return Poll::Ready(Ok(()));
            }
            if !moved {
                return Poll::Pending;
            }
        }
    }
}
