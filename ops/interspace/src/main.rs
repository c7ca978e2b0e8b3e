//! The one binary: a node, and the command line that speaks to it.

use std::process::ExitCode;

fn main() -> ExitCode {
    interspace::main()
}
