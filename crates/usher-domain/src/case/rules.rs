//! The rules of cases, one verb a file: the rule, then its table of cases.
//!
//! | from \ verb | cover | uncover | set aside |
//! |---|---|---|---|
//! | needed | met | - | set aside |
//! | met | - | needed | - |
//! | set aside | met | - | - |
//!
//! `register`, `enter_stage` raise requirements; `take_off` ends none: what was needed yesterday is set aside by a person or asked.

pub(super) mod acknowledge;
pub(super) mod advance;
#[cfg(test)]
pub(super) mod cases;
pub(super) mod cover;
pub(super) mod enter_stage;
pub(super) mod need;
pub(super) mod reassign;
pub(super) mod register;
pub(super) mod set_aside;
pub(super) mod settle;
pub(super) mod take_off;
pub(super) mod uncover;
pub(super) mod view;
pub(super) mod weigh;
