//! The one suite that every engine behind the store's traits must pass: stories told through the traits, generic over the engine.
//!
//! Compiled for tests only. `tests/` runs it; a story panics when the engine breaks the promise it tells about.

pub mod books;
