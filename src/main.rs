//! The binary: hands its arguments to `cli` and ends with the code that comes back.

use mimalloc::MiMalloc;

/// glibc keeps an arena for each of many threads, and what one has freed the others cannot use.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> std::process::ExitCode {
    pressroom::cli::main()
}
