//! Properties of the core under random commands by random actors at any clock, with any policy that passes its validation.
//!
//! A story is a policy, a submission and a list of acts; `story.rs` makes them, `world.rs` plays them. A property looks at every
//! turn of a story, or at the world that it leaves behind. `cases.rs` has the same for cases, `report.rs` counts
//! what both leave behind.

#[cfg(test)]
mod cases;
#[cfg(test)]
mod policy;
#[cfg(test)]
mod props;
#[cfg(test)]
mod report;
#[cfg(test)]
mod story;
#[cfg(test)]
mod world;
