//! Figures of the process, as the kernel tells them. Where it doesn't (other than Linux), there are none.

use std::fs;

use rustix::param::{clock_ticks_per_second, page_size};

const NANOSECONDS: u64 = 1_000_000_000;

/// What the kernel says of this process now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Process {
    /// Processor time, in nanoseconds.
    pub cpu: u64,
    /// Bytes in memory.
    pub resident: u64,
    /// Bytes of address space.
    pub virtual_memory: u64,
    /// Threads.
    pub threads: u64,
    /// Open descriptors.
    pub open_fds: u64,
    /// How many it may have; 0: unlimited or unknown.
    pub max_fds: u64,
    /// When it started, in nanoseconds since 1970.
    pub started: u64,
}

impl Process {
    /// Asks the kernel.
    pub fn read() -> Option<Self> {
        let ticks = clock_ticks_per_second().max(1);
        let stat = fs::read_to_string("/proc/self/stat").ok()?;
        // The name is in parentheses and may hold anything, so fields are counted from behind it: the
        // state is the third of proc(5).
        let fields: Vec<&str> = stat.rsplit_once(") ")?.1.split_ascii_whitespace().collect();
        let field = |number: usize| fields.get(number - 3)?.parse::<u64>().ok();
        let of_ticks = |number: u64| number.saturating_mul(NANOSECONDS / ticks);
        let booted = booted_seconds()?.saturating_mul(NANOSECONDS);
        Some(Self {
            cpu: of_ticks(field(14)?.saturating_add(field(15)?)),
            threads: field(20)?,
            started: booted.saturating_add(of_ticks(field(22)?)),
            virtual_memory: field(23)?,
            resident: field(24)?.saturating_mul(page_size() as u64),
            // One of them is the folder that is being counted.
            open_fds: (fs::read_dir("/proc/self/fd").ok()?.count() as u64).saturating_sub(1),
            max_fds: descriptors_max().unwrap_or(0),
        })
    }
}

fn booted_seconds() -> Option<u64> {
    let stat = fs::read_to_string("/proc/stat").ok()?;
    let line = stat.lines().find_map(|line| line.strip_prefix("btime "))?;
    line.trim().parse().ok()
}

fn descriptors_max() -> Option<u64> {
    let limits = fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits
        .lines()
        .find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_ascii_whitespace().next()?.parse().ok()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_knows_this_process() {
        let process = Process::read().unwrap();
        assert!(process.resident > 100_000 && process.virtual_memory > process.resident);
        assert!(process.threads >= 1 && process.open_fds >= 3);
        assert!(process.started > 1_500_000_000 * NANOSECONDS);
    }
}
