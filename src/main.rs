//! The `outguide` program: arguments in, the application's exit code out.

use std::process::ExitCode;

/// SQLite and the rooms allocate many small pieces for each scan; this allocator takes half as long over them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    outguide::app::main()
}
