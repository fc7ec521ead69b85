//! From domain values to what readers see. Pure: it cannot reach a store, a clock or the network.

pub mod mime;
