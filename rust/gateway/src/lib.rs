//! The data plane: a gateway that speaks Kafka's protocol in front of unmodified brokers.
//!
//! `session` decides and records without a socket or clock; `io` is the only place that knows tokio and
//! rustls; `recorder` is the only door to the journal.
#![forbid(unsafe_code)]

mod buffers;
mod caller;
mod cluster;
mod committed;
mod contracts;
mod data_keys;
mod dead_letters;
mod devices;
mod entry;
mod error;
mod fields;
mod frame;
#[cfg(any(feature = "fuzz", test))]
#[allow(
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "a property that doesn't hold must stop the fuzzer"
)]
pub mod fuzz;
mod gateway;
mod grants;
mod health;
pub mod inspect;
mod io;
mod limits;
mod log;
mod masking;
mod materials;
mod metrics;
mod overlay;
mod privileges;
mod recorder;
mod recovery;
mod renewal;
mod schemas;
mod scrape;
mod sealing;
mod session;
mod signing;
mod snapshot;
mod supply;

pub use error::GatewayError;
pub use gateway::{Gateway, Status};
pub use health::Health;
pub use io::clock::now_milliseconds;
pub use materials::Materials;
pub use metrics::{Format, reference};
pub use recovery::open_journal;
pub use renewal::{Renewal, Unusable};
