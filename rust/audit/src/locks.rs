//! A lock that outlives a panic.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// A lock is only poisoned by a panic, which this crate does not do while it holds one.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
