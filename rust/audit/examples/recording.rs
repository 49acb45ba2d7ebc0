//! CPU that the record of a gateway's responses costs: `cargo run --release --example recording [RESPONSES]`.
//!
//! Each response is one range frame in one write, as in a gateway that is not busy enough to group them; the
//! journal's own thread fsyncs in the background. Prints one JSON object.
#![allow(
    clippy::print_stdout,
    clippy::disallowed_macros,
    reason = "it prints figures"
)]

use std::error::Error;

use streamward_audit::{Batch, Journal, Options, Range, State};

const RESPONSES: i64 = 500_000;
/// `USER_HZ` of Linux on every architecture that we build for.
const TICKS_PER_SECOND: u64 = 100;

/// CPU ticks that this process has used, in all its threads, in user and kernel mode.
fn ticks() -> Result<u64, Box<dyn Error>> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let after_name = stat.rsplit_once(") ").ok_or("no process name")?.1;
    let fields: Vec<&str> = after_name.split(' ').collect();
    let mut total = 0;
    for place in [11, 12] {
        total += fields.get(place).ok_or("too few fields")?.parse::<u64>()?;
    }
    Ok(total)
}

fn main() -> Result<(), Box<dyn Error>> {
    let responses = std::env::args()
        .nth(1)
        .map_or(Ok(RESPONSES), |it| it.parse())?;
    let directory = tempfile::tempdir()?;
    let (journal, _) = Journal::open(directory.path(), Options::default())?;
    let (before, mut batch) = (ticks()?, Batch::new());
    for first in 0..responses {
        let range = Range {
            partition: 1,
            first,
            last: first,
            records: 1,
            bytes: 1,
            state: State::Readable,
        };
        batch.range(7, &range);
        journal.write(&mut batch)?;
    }
    let used = ticks()? - before;
    journal.close()?;
    let milliseconds = used * 1_000 / TICKS_PER_SECOND;
    println!("{{\"responses\":{responses},\"cpu_milliseconds\":{milliseconds}}}");
    Ok(())
}
