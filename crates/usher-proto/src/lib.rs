//! The wire contract of usher.
