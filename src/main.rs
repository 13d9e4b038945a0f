//! The program `usher`. Everything is in the library; `usher::cli` is the way in.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    usher::cli::main(std::env::args_os())
}
