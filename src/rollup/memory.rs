//! Gives freed memory back to the system. By itself the allocator keeps it for a while, and one phase's tables
//! would add to the next one's.

#![expect(unsafe_code, reason = "the allocator is a C library")]

use mimalloc as _;

unsafe extern "C" {
    fn mi_collect(force: bool);
}

/// To be called between phases: it takes some milliseconds.
pub fn give_back() {
    // SAFETY: declared as in mimalloc.h; it may be called at any time from any thread.
    unsafe { mi_collect(true) }
}
