//! Properties of the core under random commands by random actors at any clock, with any policy that passes its validation.
//!
//! A story is a policy, a submission and a list of acts; `properties/story.rs` makes them, `properties/world.rs` plays them. A
//! property looks at every turn of a story, or at the world that it leaves behind.

#[cfg(test)]
mod properties {
    mod policy;
    mod props;
    mod story;
    mod world;
}
