//! The binary: hands its arguments to `cli` and ends with the code that comes back.

use tikv_jemallocator::Jemalloc;

/// With few arenas (`.cargo/config.toml`), so that what one of the store's many threads has freed another can use.
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

fn main() -> std::process::ExitCode {
    pressroom::cli::main()
}
