//! Parses, runs, and turns the result into an exit code.

#![expect(unsafe_code, reason = "the allocator is a C library")]

/// Decoding and folding make many small allocations on several threads; this allocator is made for that.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

unsafe extern "C" {
    fn mi_collect(force: bool);
}

/// Gives freed memory back to the system. By itself the allocator keeps it for a while, and one phase's tables
/// would add to the next one's. Takes some milliseconds.
fn release_memory() {
    // SAFETY: declared as in mimalloc.h; it may be called at any time from any thread.
    unsafe { mi_collect(true) }
}

fn main() -> std::process::ExitCode {
    incident::cli::main(release_memory)
}
