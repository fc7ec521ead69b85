//! The binary: hands its arguments to `cli` and ends with the code that comes back.

fn main() -> std::process::ExitCode {
    pressroom::cli::main()
}
