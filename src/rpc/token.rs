//! Page tokens and cursors: what callers carry between calls, as text that means nothing to them. A checksum tells a
//! damaged or foreign one; it is no proof of permission, and every call checks that anew.

use usher_domain::id::RecordId;
use usher_domain::time::Timestamp;
use uuid::Uuid;

use crate::broker::input::{Position, Resume};
use crate::store::{Cursor, Place};

/// A digest of a listing's filter: a page token goes with the filter that it was made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope(u32);

impl Scope {
    /// The scope of a list request, given without page size and token.
    pub fn of(filter: &impl prost::Message) -> Self {
        Self(crc32fast::hash(&filter.encode_to_vec()))
    }
}

/// The kinds of text, by their first byte; also their version.
const CURSOR: u8 = b'c';
const POSITION: u8 = b'p';
const HISTORY: u8 = b'h';
const ORDINAL: u8 = b'n';

/// Marks the form of a place among cases.
const AMONG_CASES: u8 = 4;

/// Longer than any of ours, in characters: more is not looked at.
const TOKEN_CHARS_MAX: usize = 128;

/// Writes a watch's cursor, with the mark of the event that is there.
pub fn cursor(place: Resume) -> String {
    let Resume { after, mark } = place;
    write(CURSOR, &[&cursor_bytes(after), &mark.to_be_bytes()])
}

/// Reads a watch's cursor.
pub fn read_cursor(text: &str) -> Option<Resume> {
    let mut bytes = Bytes(&read(CURSOR, text)?);
    let after = bytes.cursor()?;
    let mark = u32::from_be_bytes(bytes.take()?);
    bytes.end(Resume { after, mark })
}

/// Writes the token of a listing's next page.
pub fn position(scope: Scope, position: Position) -> String {
    let mut body = Vec::new();
    let among_cases = if position.among_cases { AMONG_CASES } else { 0 };
    match (position.after, position.fault) {
        (None, None) => body.push(among_cases),
        (None, Some(id)) => {
            body.push(among_cases | 3);
            body.extend_from_slice(id.uuid().as_bytes());
        }
        (Some(Place::Open { deadline, id }), _) => {
            body.push(among_cases | 1);
            body.extend_from_slice(&deadline.as_nanosecond().to_be_bytes());
            body.extend_from_slice(id.uuid().as_bytes());
        }
        (Some(Place::Closed { id }), _) => {
            body.push(among_cases | 2);
            body.extend_from_slice(id.uuid().as_bytes());
        }
    }
    body.extend_from_slice(&position.parts.to_be_bytes());
    write(POSITION, &[&scope.0.to_be_bytes(), &body])
}

/// Reads the token of a listing's next page; the empty text is the first page.
pub fn read_position(scope: Scope, text: &str) -> Option<Position> {
    if text.is_empty() {
        return Some(Position::default());
    }
    let bytes = read(POSITION, text)?;
    let mut bytes = Bytes(&bytes);
    bytes.scope(scope)?;
    let mut fault = None;
    let [form] = bytes.take::<1>()?;
    let after = match form & !AMONG_CASES {
        0 => None,
        1 => Some(Place::Open {
            deadline: Timestamp::from_nanosecond(i128::from_be_bytes(bytes.take()?)).ok()?,
            id: bytes.record()?,
        }),
        2 => Some(Place::Closed {
            id: bytes.record()?,
        }),
        3 => {
            fault = Some(bytes.record()?);
            None
        }
        _ => return None,
    };
    let parts = u16::from_be_bytes(bytes.take()?);
    bytes.end(Position {
        fault,
        after,
        parts,
        among_cases: form & AMONG_CASES != 0,
    })
}

/// Writes the token of a history's next page.
pub fn history(scope: Scope, after: Cursor) -> String {
    write(HISTORY, &[&scope.0.to_be_bytes(), &cursor_bytes(after)])
}

/// Reads the token of a history's next page; the empty text is the first page.
pub fn read_history(scope: Scope, text: &str) -> Option<Cursor> {
    if text.is_empty() {
        return Some(Cursor::default());
    }
    let bytes = read(HISTORY, text)?;
    let mut bytes = Bytes(&bytes);
    bytes.scope(scope)?;
    let cursor = bytes.cursor()?;
    bytes.end(cursor)
}

/// Writes the token of the page that starts after `shown` entries, for short lists.
pub fn ordinal(scope: Scope, shown: u32) -> String {
    write(ORDINAL, &[&scope.0.to_be_bytes(), &shown.to_be_bytes()])
}

/// Reads how many entries were shown already; the empty text is the first page.
pub fn read_ordinal(scope: Scope, text: &str) -> Option<u32> {
    if text.is_empty() {
        return Some(0);
    }
    let bytes = read(ORDINAL, text)?;
    let mut bytes = Bytes(&bytes);
    bytes.scope(scope)?;
    let shown = u32::from_be_bytes(bytes.take()?);
    bytes.end(shown)
}

fn cursor_bytes(cursor: Cursor) -> Vec<u8> {
    let mut bytes = cursor.entry.to_be_bytes().to_vec();
    bytes.extend_from_slice(&cursor.events.to_be_bytes());
    bytes
}

/// Kind, body and checksum as lower-case hexadecimal digits.
fn write(kind: u8, parts: &[&[u8]]) -> String {
    let mut bytes = vec![kind];
    for part in parts {
        bytes.extend_from_slice(part);
    }
    let sum = crc32fast::hash(&bytes).to_be_bytes();
    bytes.extend_from_slice(&sum);
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|digit| char::from_digit(digit.into(), 16))
        .collect()
}

/// The body of a text of this kind.
fn read(kind: u8, text: &str) -> Option<Vec<u8>> {
    if text.len() > TOKEN_CHARS_MAX || !text.len().is_multiple_of(2) {
        return None;
    }
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let bytes = text
        .as_bytes()
        .chunks_exact(2)
        .map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?))
        .collect::<Option<Vec<u8>>>()?;
    let (content, sum) = bytes.split_last_chunk::<4>()?;
    let (first, body) = content.split_first()?;
    let right = *first == kind && crc32fast::hash(content).to_be_bytes() == *sum;
    right.then(|| body.to_vec())
}

struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*head)
    }

    fn scope(&mut self, scope: Scope) -> Option<()> {
        (u32::from_be_bytes(self.take()?) == scope.0).then_some(())
    }

    fn cursor(&mut self) -> Option<Cursor> {
        Some(Cursor {
            entry: u64::from_be_bytes(self.take()?),
            events: u32::from_be_bytes(self.take()?),
        })
    }

    fn record(&mut self) -> Option<RecordId> {
        Some(RecordId::from_uuid(Uuid::from_bytes(self.take()?)))
    }

    fn end<T>(&self, value: T) -> Option<T> {
        self.0.is_empty().then_some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HERE: Scope = Scope(7);
    const ELSEWHERE: Scope = Scope(8);

    fn positions() -> impl Strategy<Value = Position> {
        let id = any::<u128>().prop_map(|id| RecordId::from_uuid(Uuid::from_u128(id)));
        let deadline = (-377_705_023_201_i64..253_402_207_200)
            .prop_map(|second| Timestamp::from_second(second).unwrap());
        let after = prop_oneof![
            Just((None, None)),
            (deadline, id.clone())
                .prop_map(|(deadline, id)| (Some(Place::Open { deadline, id }), None)),
            id.clone().prop_map(|id| (Some(Place::Closed { id }), None)),
            id.prop_map(|id| (None, Some(id))),
        ];
        let parts = (any::<u16>(), any::<bool>());
        (after, parts).prop_map(|((after, fault), (parts, among_cases))| Position {
            fault,
            after,
            parts,
            among_cases,
        })
    }

    proptest! {
        #[test]
        fn cursors_read_back(entry: u64, events: u32, mark: u32) {
            let given = Cursor { entry, events };
            let place = Resume { after: given, mark };
            prop_assert_eq!(read_cursor(&cursor(place)), Some(place));
            prop_assert_eq!(read_history(HERE, &history(HERE, given)), Some(given));
            prop_assert_eq!(read_history(ELSEWHERE, &history(HERE, given)), None);
        }

        #[test]
        fn positions_read_back_under_their_own_filter_only(given in positions()) {
            let token = position(HERE, given);
            prop_assert_eq!(read_position(HERE, &token), Some(given));
            prop_assert_eq!(read_position(ELSEWHERE, &token), None);
            prop_assert!(token.len() <= TOKEN_CHARS_MAX);
        }

        #[test]
        fn one_changed_character_is_noticed(given in positions(), place: usize, other in "[0-9a-f]") {
            let mut token = position(HERE, given);
            let place = place % token.len();
            prop_assume!(token[place..=place] != other);
            token.replace_range(place..=place, &other);
            prop_assert_eq!(read_position(HERE, &token), None);
        }

        #[test]
        fn garbage_is_refused(text in ".{1,200}") {
            prop_assert_eq!(read_cursor(&text), None);
            prop_assert_eq!(read_position(HERE, &text), None);
            prop_assert_eq!(read_history(HERE, &text), None);
            prop_assert_eq!(read_ordinal(HERE, &text), None);
        }
    }

    #[test]
    fn one_kind_is_not_another() {
        let token = ordinal(HERE, 3);
        assert_eq!(read_ordinal(HERE, &token), Some(3));
        assert_eq!(read_position(HERE, &token), None);
        assert_eq!(read_cursor(&token), None);
        assert_eq!(read_cursor(""), None);
    }

    #[test]
    fn the_empty_token_is_the_first_page() {
        assert_eq!(read_position(HERE, ""), Some(Position::default()));
        assert_eq!(read_history(HERE, ""), Some(Cursor::default()));
        assert_eq!(read_ordinal(HERE, ""), Some(0));
    }
}
