//! Memory that was freed, given back to the system.

use pyo3::prelude::*;

/// Give freed memory back to the system. The allocator keeps it otherwise, up to what was once needed at one time: buffers
/// of large answers of many connections. Takes some milliseconds. Does nothing where the allocator has no such call.
#[pyfunction]
pub fn give_back_memory(python: Python<'_>) {
    python.detach(give_back);
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn give_back() {
    use std::ffi::c_int;
    unsafe extern "C" {
        /// `malloc_trim(3)`
        fn malloc_trim(pad: usize) -> c_int;
    }
    // SAFETY: it may be called at any time from any thread, and touches free memory only.
    unsafe {
        malloc_trim(0);
    }
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn give_back() {}
