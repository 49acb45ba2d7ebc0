//! The rows, by what they are about. A row is data: what it says is enforced by the gateway's sessions and
//! held against Kafka's schemas by the tests of this crate.

mod brokers;
mod callers;
mod cluster;
mod connection;
mod groups;
mod records;
mod topics;
mod transactions;

use super::Row;

/// Every row, in no order.
pub(super) fn all() -> impl Iterator<Item = &'static Row> {
    [
        brokers::ROWS,
        callers::ROWS,
        cluster::ROWS,
        connection::ROWS,
        groups::ROWS,
        records::ROWS,
        topics::ROWS,
        transactions::ROWS,
    ]
    .into_iter()
    .flatten()
}
