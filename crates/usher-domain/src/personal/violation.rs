//! What is wrong with the fields of a message: every fault at once, and never the value itself.

use core::fmt;

/// A field that cannot stay as it is. The value itself is never repeated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Path of the field, such as `personal.children[2].name.family`.
    pub field: String,
    /// What is wrong and what to do.
    pub why: String,
}

/// Collects violations along a path of fields.
#[derive(Debug, Default)]
pub struct Validator {
    found: Vec<Violation>,
}

impl Validator {
    /// Notes that `field` is wrong.
    pub fn fail(&mut self, field: impl fmt::Display, why: impl Into<String>) {
        self.found.push(Violation {
            field: field.to_string(),
            why: why.into(),
        });
    }

    /// Notes `field` when `text` is longer than `max` characters or holds control characters other than line breaks.
    pub fn text(&mut self, field: impl fmt::Display, text: &str, max: usize) {
        // No text has more characters than bytes.
        if text.len() > max && text.chars().count() > max {
            self.fail(field, format!("at most {max} characters"));
        } else if text
            .chars()
            .any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
        {
            self.fail(field, "no control characters");
        }
    }

    /// Notes `field` when a list is longer than `max`.
    pub fn list<T>(&mut self, field: impl fmt::Display, list: &[T], max: usize) {
        if list.len() > max {
            self.fail(field, format!("at most {max} entries"));
        }
    }

    /// What was found, in the order of the fields.
    ///
    /// # Errors
    /// The violations, when there are any.
    pub fn finish(self) -> Result<(), Vec<Violation>> {
        if self.found.is_empty() {
            Ok(())
        } else {
            Err(self.found)
        }
    }
}
