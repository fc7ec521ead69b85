//! The binary: arguments, logging, exit code.

fn main() {}
