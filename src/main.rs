//! Parses, runs, and turns the result into an exit code.

/// Decoding and folding make many small allocations on several threads; this allocator is made for that.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    incident::cli::main()
}
