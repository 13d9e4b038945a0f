//! Integration tests, one binary: what no single module can prove.

mod tidy;
