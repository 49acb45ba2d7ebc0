//! Tells whoever follows a journal that it has grown, so that nobody looks again and again.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

/// A descriptor that can be read from once the writer's mark was written.
///
/// It says nothing about a file system on which another machine writes.
#[derive(Debug)]
pub(crate) struct Growth(OwnedFd);

impl Growth {
    /// None where there is no mark yet, or the system has no such descriptor (left).
    #[cfg(target_os = "linux")]
    pub(crate) fn of(directory: &Path) -> Option<Self> {
        use rustix::fs::inotify::{CreateFlags, WatchFlags, add_watch, init};
        let told = init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC).ok()?;
        let mark = crate::layout::mark_path(directory);
        add_watch(&told, &mark, WatchFlags::MODIFY).ok()?;
        Some(Self(told))
    }

    /// None: elsewhere than on Linux, followers look now and then.
    #[cfg(not(target_os = "linux"))]
    pub(crate) fn of(_: &Path) -> Option<Self> {
        None
    }

    /// Takes what was told so far: the next thing to be told is about what comes later.
    pub(crate) fn clear(&self) {
        let mut events = [0; 1024];
        while rustix::io::read(&self.0, &mut events).is_ok_and(|read| read == events.len()) {}
    }
}

impl AsFd for Growth {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
