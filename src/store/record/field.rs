//! Fields that many messages share: times, ids, codes, texts with a type, people.

use super::RecordError;
use super::code::Code;
use usher_domain::actor::{By, Person};
use usher_domain::code::{ClientId, CourtCode, ResponderId};
use usher_domain::enquiry::ByPhone;
use usher_domain::hearing::{Deadline, Hearing};
use usher_domain::sealed::Sealed;
use usher_domain::time::Timestamp;
use usher_proto::storage_v1 as kept;
use uuid::Uuid;

/// A type of the core and the message that it is kept as. Both directions take their argument apart to the last field, so that
/// a new one breaks the build.
pub(super) trait Kept: Sized {
    /// What it is kept as.
    type Message;

    /// Makes the message.
    fn keep(&self) -> Self::Message;

    /// Reads it back, believing nothing.
    fn read(message: Self::Message) -> Result<Self, RecordError>;
}

/// The messages of a list.
pub(super) fn keep_all<T: Kept>(list: &[T]) -> Vec<T::Message> {
    list.iter().map(T::keep).collect()
}

/// Reads a list back.
pub(super) fn read_all<T: Kept>(messages: Vec<T::Message>) -> Result<Vec<T>, RecordError> {
    messages.into_iter().map(T::read).collect()
}

/// Reads a message that must be there.
pub(super) fn read_needed<T: Kept>(
    message: Option<T::Message>,
    field: &'static str,
) -> Result<T, RecordError> {
    T::read(needed(message, field)?)
}

/// Takes what must be there.
pub(super) fn needed<T>(value: Option<T>, field: &'static str) -> Result<T, RecordError> {
    value.ok_or(RecordError::Field { field })
}

/// Wraps a decoder's complaint.
pub(super) fn malformed(source: prost::DecodeError) -> RecordError {
    RecordError::Malformed { source }
}

/// Whole milliseconds since 1970; a fraction is cut off.
pub(super) fn keep_time(at: Timestamp) -> i64 {
    at.as_millisecond()
}

pub(super) fn read_time(ms: i64, field: &'static str) -> Result<Timestamp, RecordError> {
    needed(Timestamp::from_millisecond(ms).ok(), field)
}

pub(super) fn read_time_if(
    ms: Option<i64>,
    field: &'static str,
) -> Result<Option<Timestamp>, RecordError> {
    ms.map(|ms| read_time(ms, field)).transpose()
}

pub(super) fn keep_codes<C: Code>(codes: &[C]) -> Vec<i32> {
    codes.iter().map(|code| code.number()).collect()
}

/// A code, or 0 for none.
pub(super) fn keep_code_if<C: Code>(code: Option<C>) -> i32 {
    code.map_or(0, C::number)
}

pub(super) fn read_code<C: Code>(number: i32, field: &'static str) -> Result<C, RecordError> {
    needed(C::of(number), field)
}

/// Reads a code of which 0 means none.
pub(super) fn read_code_if<C: Code>(
    number: i32,
    field: &'static str,
) -> Result<Option<C>, RecordError> {
    match number {
        0 => Ok(None),
        other => read_code(other, field).map(Some),
    }
}

pub(super) fn read_codes<C: Code>(
    numbers: &[i32],
    field: &'static str,
) -> Result<Vec<C>, RecordError> {
    numbers
        .iter()
        .map(|number| read_code(*number, field))
        .collect()
}

/// Reads a number that the core keeps in fewer bits.
pub(super) fn read_small<N: TryFrom<u32>>(
    number: u32,
    field: &'static str,
) -> Result<N, RecordError> {
    needed(N::try_from(number).ok(), field)
}

/// Reads a number that counts from 1.
pub(super) fn read_ordinal<N: TryFrom<u32>>(
    number: u32,
    field: &'static str,
) -> Result<N, RecordError> {
    needed((number > 0).then_some(number), field).and_then(|number| read_small(number, field))
}

pub(super) fn keep_uuid(id: Uuid) -> Vec<u8> {
    id.as_bytes().to_vec()
}

pub(super) fn read_uuid(bytes: &[u8], field: &'static str) -> Result<Uuid, RecordError> {
    needed(Uuid::from_slice(bytes).ok(), field)
}

pub(super) fn read_client(text: &str, field: &'static str) -> Result<ClientId, RecordError> {
    needed(ClientId::parse(text).ok(), field)
}

pub(super) fn read_court(text: &str, field: &'static str) -> Result<CourtCode, RecordError> {
    needed(CourtCode::parse(text).ok(), field)
}

pub(super) fn read_responder(text: &str, field: &'static str) -> Result<ResponderId, RecordError> {
    needed(ResponderId::parse(text).ok(), field)
}

/// A responder's id, or nothing for none.
pub(super) fn keep_responder_if(responder: Option<&ResponderId>) -> String {
    responder.map_or_else(String::new, |id| id.as_str().to_owned())
}

pub(super) fn read_responder_if(
    text: &str,
    field: &'static str,
) -> Result<Option<ResponderId>, RecordError> {
    match text {
        "" => Ok(None),
        some => read_responder(some, field).map(Some),
    }
}

pub(super) fn keep_sealed(sealed: &Sealed) -> Vec<u8> {
    sealed.bytes().to_vec()
}

pub(super) fn read_sealed(bytes: Vec<u8>) -> Sealed {
    Sealed::from_bytes(bytes)
}

impl Kept for Person {
    type Message = kept::Person;

    fn keep(&self) -> kept::Person {
        let Self {
            name,
            post,
            contact,
        } = self;
        kept::Person {
            name: name.clone(),
            post: post.clone(),
            contact: contact.clone(),
        }
    }

    fn read(message: kept::Person) -> Result<Self, RecordError> {
        let kept::Person {
            name,
            post,
            contact,
        } = message;
        Ok(Self {
            name,
            post,
            contact,
        })
    }
}

impl Kept for By {
    type Message = kept::By;

    fn keep(&self) -> kept::By {
        let Self {
            role,
            client,
            person,
        } = self;
        kept::By {
            role: role.number(),
            client: client.as_str().to_owned(),
            person: person.as_ref().map(Person::keep),
        }
    }

    fn read(message: kept::By) -> Result<Self, RecordError> {
        let kept::By {
            role,
            client,
            person,
        } = message;
        Ok(Self {
            role: read_code(role, "by.role")?,
            client: read_client(&client, "by.client")?,
            person: person.map(Person::read).transpose()?,
        })
    }
}

impl Kept for ByPhone {
    type Message = kept::ByPhone;

    fn keep(&self) -> kept::ByPhone {
        let Self { given_by, number } = self;
        kept::ByPhone {
            given_by: Some(given_by.keep()),
            number: number.clone(),
        }
    }

    fn read(message: kept::ByPhone) -> Result<Self, RecordError> {
        let kept::ByPhone { given_by, number } = message;
        Ok(Self {
            given_by: read_needed(given_by, "by_phone.given_by")?,
            number,
        })
    }
}

impl Kept for Deadline {
    type Message = kept::Deadline;

    fn keep(&self) -> kept::Deadline {
        let (court, at, hearing_local) = match self {
            Self::Hearing(Hearing { court, local, at }) => (court, at, local.to_string()),
            Self::ReplyBy { court, at } => (court, at, String::new()),
        };
        kept::Deadline {
            court: court.as_str().to_owned(),
            at_ms: keep_time(*at),
            hearing_local,
        }
    }

    fn read(message: kept::Deadline) -> Result<Self, RecordError> {
        let kept::Deadline {
            court,
            at_ms,
            hearing_local,
        } = message;
        let court = read_court(&court, "deadline.court")?;
        let at = read_time(at_ms, "deadline.at_ms")?;
        if hearing_local.is_empty() {
            return Ok(Self::ReplyBy { court, at });
        }
        let local = needed(hearing_local.parse().ok(), "deadline.hearing_local")?;
        Ok(Self::Hearing(Hearing { court, local, at }))
    }
}
