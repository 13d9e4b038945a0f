//! What an adapter has decided about one check: the very request that it will send, so that whoever sends it says the same.

use super::connector::Reply;
use super::link::{Link, Refused};
use usher_proto::v1;
use uuid::Uuid;

/// A decided act, as the journal keeps it and the broker is told.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Act {
    #[prost(oneof = "Kind", tags = "1, 2, 3")]
    kind: Option<Kind>,
}

/// Requests without id and lease, which belong to the sending.
#[derive(Clone, PartialEq, prost::Oneof)]
enum Kind {
    /// A certain answer.
    #[prost(message, boxed, tag = "1")]
    Answer(Box<v1::AnswerRequest>),
    /// Left to people.
    #[prost(message, tag = "2")]
    Release(v1::ReleaseRequest),
    /// Somebody else's.
    #[prost(message, tag = "3")]
    Redirect(v1::RedirectRequest),
}

impl Act {
    pub(super) fn answer(check: &str, reply: Reply) -> Self {
        Self::of(Kind::Answer(Box::new(v1::AnswerRequest {
            check_id: check.into(),
            disposition: reply.disposition.into(),
            person: reply.person,
            data_as_of_time: reply.data_as_of.map(|at| prost_types::Timestamp {
                seconds: at.as_second(),
                nanos: at.subsec_nanosecond(),
            }),
            content: Some(reply.content),
            ..v1::AnswerRequest::default()
        })))
    }

    pub(super) fn leave_to_people(check: &str, why: v1::PeopleReason) -> Self {
        Self::of(Kind::Release(v1::ReleaseRequest {
            check_id: check.into(),
            for_people: why.into(),
            ..v1::ReleaseRequest::default()
        }))
    }

    /// Leaves it to people, and shows them who may be one of the wanted.
    pub(super) fn possible_match(check: &str, candidates: Vec<v1::Candidate>) -> Self {
        Self::of(Kind::Release(v1::ReleaseRequest {
            check_id: check.into(),
            for_people: v1::PeopleReason::PossibleMatch.into(),
            candidates,
            ..v1::ReleaseRequest::default()
        }))
    }

    /// Gives the check back for any program: nothing was decided.
    pub(super) fn give_back(check: &str) -> Self {
        Self::of(Kind::Release(v1::ReleaseRequest {
            check_id: check.into(),
            ..v1::ReleaseRequest::default()
        }))
    }

    pub(super) fn redirect(check: &str, authority: String, person: Option<v1::Person>) -> Self {
        Self::of(Kind::Redirect(v1::RedirectRequest {
            check_id: check.into(),
            to: Some(v1::redirect_request::To::AuthorityCode(authority)),
            person,
            ..v1::RedirectRequest::default()
        }))
    }

    fn of(kind: Kind) -> Self {
        Self { kind: Some(kind) }
    }

    /// In a word, for the log.
    pub(super) fn name(&self) -> &'static str {
        match &self.kind {
            Some(Kind::Answer(_)) => "answer",
            Some(Kind::Release(release)) if release.for_people == 0 => "release",
            Some(Kind::Release(_)) => "leave to people",
            Some(Kind::Redirect(_)) => "redirect",
            None => "nothing",
        }
    }

    /// Why people are to have the check, where it leaves it to them.
    pub(super) fn for_people(&self) -> Option<v1::PeopleReason> {
        match &self.kind {
            Some(Kind::Release(release)) if release.for_people != 0 => Some(release.for_people()),
            _ => None,
        }
    }

    /// Whether it is one at all.
    pub(super) fn is_whole(&self) -> bool {
        self.kind.is_some()
    }

    /// Tells the broker, under `lease`. The same act under the same lease is the same request, however often it is sent.
    ///
    /// # Errors
    /// When the broker refuses for good; it is asked again for as long as it is away.
    pub(super) async fn deliver(self, link: &Link, lease: &str) -> Result<(), Refused> {
        let (request_id, lease_id) = (request_id(lease, self.name()), lease.to_owned());
        match self.kind {
            Some(Kind::Answer(request)) => {
                let request = v1::AnswerRequest {
                    request_id,
                    lease_id,
                    ..*request
                };
                link.call(
                    async |mut client, request| client.answer(request).await,
                    request,
                )
                .await
                .map(drop)
            }
            Some(Kind::Release(request)) => {
                let request = v1::ReleaseRequest {
                    request_id,
                    lease_id,
                    ..request
                };
                link.call(
                    async |mut client, request| client.release(request).await,
                    request,
                )
                .await
                .map(drop)
            }
            Some(Kind::Redirect(request)) => {
                let request = v1::RedirectRequest {
                    request_id,
                    lease_id,
                    ..request
                };
                link.call(
                    async |mut client, request| client.redirect(request).await,
                    request,
                )
                .await
                .map(drop)
            }
            None => Ok(()),
        }
    }
}

/// Derived, so that a program that died between sending and hearing sends the same again.
fn request_id(lease: &str, act: &str) -> String {
    let lease = Uuid::try_parse(lease).unwrap_or_default();
    Uuid::new_v5(&lease, act.as_bytes()).to_string()
}
