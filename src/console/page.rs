//! Where a list goes on, as text that a link carries: places and ids, nothing about people.

use crate::broker::input::{Place, Position};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use std::convert::Infallible;
use usher_domain::id::RecordId;
use usher_domain::time::Timestamp;
use uuid::Uuid;

/// Rows of one page.
pub(super) const ROWS: usize = 25;
/// The name of the field that carries the text.
pub(super) const NAME: &str = "from";
/// Longer than any of ours, in characters: more is not looked at.
const TOKEN_CHARS_MAX: usize = 160;

/// A place in part `part` of a page's list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Token {
    /// Which of the lists that the page shows one after the other, from 0.
    pub(super) part: u8,
    /// Where in it.
    pub(super) position: Position,
}

impl Token {
    /// The link to the page at `path` from here on.
    pub(super) fn link(self, path: &str) -> String {
        format!("{path}?{NAME}={}", self.write())
    }

    /// The text alone.
    pub(super) fn write(self) -> String {
        let Self { part, position } = self;
        let cases = if position.among_cases { "c" } else { "e" };
        let place = match (position.after, position.fault) {
            (Some(Place::Open { deadline, id }), _) => {
                format!("o_{}_{}", deadline.as_nanosecond(), id.uuid().simple())
            }
            (Some(Place::Closed { id }), _) => format!("d_0_{}", id.uuid().simple()),
            (None, Some(id)) => format!("f_0_{}", id.uuid().simple()),
            (None, None) => format!("n_0_{}", Uuid::nil().simple()),
        };
        format!("{part}_{}_{cases}_{place}", position.parts)
    }

    /// Reads what [`Self::link`] wrote.
    fn read(text: &str) -> Option<Self> {
        if text.len() > TOKEN_CHARS_MAX {
            return None;
        }
        let fields: Vec<&str> = text.split('_').collect();
        let [part, parts, cases, place, deadline, id] = fields.as_slice() else {
            return None;
        };
        let id = RecordId::from_uuid(Uuid::try_parse(id).ok()?);
        let deadline = Timestamp::from_nanosecond(deadline.parse().ok()?).ok()?;
        let (after, fault) = match *place {
            "o" => (Some(Place::Open { deadline, id }), None),
            "d" => (Some(Place::Closed { id }), None),
            "f" => (None, Some(id)),
            "n" => (None, None),
            _ => return None,
        };
        Some(Self {
            part: part.parse().ok()?,
            position: Position {
                fault,
                after,
                parts: parts.parse().ok()?,
                among_cases: *cases == "c",
            },
        })
    }
}

/// What the query of an address says.
pub(super) struct Asked(Vec<(String, String)>);

impl Asked {
    /// The first value of `name`; empty when there is none.
    pub(super) fn value(&self, name: &str) -> &str {
        let found = self.0.iter().find(|(field, _)| field == name);
        found.map_or("", |(_, value)| value)
    }

    /// Where the list goes on: at its start where the address does not say, or says what is not ours.
    pub(super) fn token(&self) -> Token {
        Token::read(self.value(NAME)).unwrap_or_default()
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Asked {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let query = parts.uri.query().unwrap_or_default();
        let pairs = form_urlencoded::parse(query.as_bytes()).into_owned();
        Ok(Self(pairs.collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_nothing_else() {
        let id = RecordId::from_uuid(Uuid::from_u128(7));
        let deadline: Timestamp = "2026-11-23T14:00:00.001Z".parse().unwrap();
        let places = [
            None,
            Some(Place::Open { deadline, id }),
            Some(Place::Closed { id }),
        ];
        for after in places {
            for fault in [None, Some(id)] {
                let position = Position {
                    fault: fault.filter(|_| after.is_none()),
                    after,
                    parts: 3,
                    among_cases: after.is_some(),
                };
                let token = Token { part: 2, position };
                let link = token.link("/hearings");
                let text = link.strip_prefix("/hearings?from=").unwrap();
                assert!(text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'));
                assert_eq!(Token::read(text), Some(token));
            }
        }
        for other in ["", "1", "1_2_e_x_0_0", "999_0_e_n_0_0", &"1_".repeat(200)] {
            assert_eq!(Token::read(other), None, "{other}");
        }
    }
}
