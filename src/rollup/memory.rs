//! Returns freed memory to the system. The allocator would hold it for a while, and one phase's tables would add to
//! those of the next.

use mimalloc as _;

unsafe extern "C" {
    fn mi_collect(force: bool);
}

/// Call it between phases: it takes some milliseconds.
pub fn give_back() {
    // SAFETY: declared as in mimalloc.h; it may be called at any time from any thread.
    unsafe { mi_collect(true) }
}
