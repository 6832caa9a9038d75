//! The `outguide` program: arguments in, the application's exit code out.

use std::process::ExitCode;

fn main() -> ExitCode {
    outguide::app::main()
}
