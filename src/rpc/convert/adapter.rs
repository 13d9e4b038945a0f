//! What adapters ask.

use jiff::SignedDuration;
use std::time::Duration;
use usher_domain::actor::Actor;
use usher_domain::code::{AuthorityCode, ResponderId};
use usher_domain::command::{Request, VerbName};
use usher_domain::id::{CheckId, LeaseId};
use usher_domain::limits;
use usher_domain::personal::Validator;
use usher_proto::v1;

use super::answer::content;
use super::candidate::candidates;
use super::read::{self, Mutation, Unreadable, finish};
use crate::broker::input::{
    Act, AdapterReport, ConnectorReport, Input, LeaseInput, ListChecksInput, SaidInput, Target,
};
use crate::rpc::token::{self, Scope};

/// Reads a call for work.
///
/// # Errors
/// Every field that is wrong.
pub fn lease_checks(
    mut message: v1::LeaseChecksRequest,
    actor: &Actor,
) -> Result<LeaseInput, Unreadable> {
    let v = &mut Validator::default();
    let request = read::request(v, &actor.client, VerbName::Lease, &mut message);
    let v1::LeaseChecksRequest {
        request_id: _,
        responder_ids,
        max_checks,
        wait,
        lease,
        report,
    } = message;
    let report = report.map(|report| self::report(v, report));
    let responders = read::responders(v, &responder_ids).unwrap_or_default();
    let max = usize::try_from(max_checks).unwrap_or(usize::MAX).max(1);
    if max > limits::LEASE_BATCH_MAX {
        v.fail("max_checks", format!("at most {}", limits::LEASE_BATCH_MAX));
    }
    let longest = Duration::from_secs(limits::LEASE_WAIT_SECONDS_MAX);
    let wait = read::span(v, "wait", wait).map_or(longest, SignedDuration::unsigned_abs);
    if wait > longest {
        v.fail(
            "wait",
            format!("at most {} s", limits::LEASE_WAIT_SECONDS_MAX),
        );
    }
    let span = read::span(v, "lease", lease);
    let input = request.map(|request| LeaseInput {
        request,
        responders,
        max,
        wait,
        span,
        report,
    });
    finish(core::mem::take(v), input)
}

fn report(v: &mut Validator, message: v1::AdapterReport) -> AdapterReport {
    let v1::AdapterReport {
        version,
        connectors,
        in_hand,
        most_in_hand,
    } = message;
    v.list("report.connectors", &connectors, limits::CONNECTORS_MAX);
    v.text("report.version", &version, limits::LINE_CHARS_MAX);
    let connector = |connector: v1::ConnectorReport| {
        let v1::ConnectorReport {
            name,
            trouble,
            set_aside_count: set_aside,
        } = connector;
        v.text("report.connectors.name", &name, limits::LINE_CHARS_MAX);
        v.text(
            "report.connectors.trouble",
            &trouble,
            limits::LINE_CHARS_MAX,
        );
        ConnectorReport {
            name,
            trouble,
            set_aside,
        }
    };
    AdapterReport {
        version,
        connectors: connectors.into_iter().map(connector).collect(),
        in_hand,
        most_in_hand,
    }
}

/// What every act on a check carries.
struct Head {
    request: Option<Request>,
    check: Option<CheckId>,
    lease: Option<LeaseId>,
}

impl Head {
    fn read<M: Mutation>(
        v: &mut Validator,
        actor: &Actor,
        verb: VerbName,
        message: &mut M,
        part: impl Fn(&M) -> (&str, &str),
    ) -> Self {
        let request = read::request(v, &actor.client, verb, message);
        let (check, lease) = part(message);
        Self {
            request,
            check: read::id(v, "check_id", check),
            lease: read::optional_id(v, "lease_id", lease),
        }
    }

    /// The mutation, when head and act could be read.
    fn with(
        self,
        person: Option<usher_domain::actor::Person>,
        act: impl FnOnce(u8, Option<LeaseId>) -> Option<Act>,
    ) -> Option<Input> {
        let CheckId { enquiry, number } = self.check?;
        Some(Input {
            enquiry,
            request: self.request?,
            person,
            act: act(number, self.lease)?,
        })
    }
}

/// Reads a renewal.
///
/// # Errors
/// Every field that is wrong.
pub fn renew(mut message: v1::RenewRequest, actor: &Actor) -> Result<Input, Unreadable> {
    let v = &mut Validator::default();
    let head = Head::read(v, actor, VerbName::Renew, &mut message, |m| {
        (&m.check_id, &m.lease_id)
    });
    let v1::RenewRequest {
        request_id: _,
        check_id: _,
        lease_id,
        lease,
    } = message;
    if lease_id.is_empty() {
        v.fail("lease_id", "say which lease to renew");
    }
    let span = read::span(v, "lease", lease);
    let input = head.with(None, |check, lease| {
        Some(Act::Renew {
            check,
            lease: lease?,
            span,
        })
    });
    finish(core::mem::take(v), input)
}

/// Reads an acceptance.
///
/// # Errors
/// Every field that is wrong.
pub fn accept(mut message: v1::AcceptRequest, actor: &Actor) -> Result<Input, Unreadable> {
    let v = &mut Validator::default();
    let head = Head::read(v, actor, VerbName::Accept, &mut message, |m| {
        (&m.check_id, &m.lease_id)
    });
    let v1::AcceptRequest {
        request_id: _,
        person,
        check_id: _,
        lease_id: _,
        expected_by_time,
    } = message;
    let person = read::person(v, actor, VerbName::Accept, person);
    let expected_by = read::instant(v, "expected_by_time", expected_by_time);
    let input = head.with(person, |check, lease| {
        Some(Act::Accept {
            check,
            lease,
            expected_by,
        })
    });
    finish(core::mem::take(v), input)
}

/// Reads an answer.
///
/// # Errors
/// Every field that is wrong.
pub fn answer(mut message: v1::AnswerRequest, actor: &Actor) -> Result<Input, Unreadable> {
    let v = &mut Validator::default();
    let head = Head::read(v, actor, VerbName::Answer, &mut message, |m| {
        (&m.check_id, &m.lease_id)
    });
    let v1::AnswerRequest {
        request_id: _,
        person,
        check_id: _,
        lease_id: _,
        disposition,
        data_as_of_time,
        content: said,
        referral_outcome,
    } = message;
    let person = read::person(v, actor, VerbName::Answer, person);
    let disposition = read::listed(v, "disposition", disposition);
    let outcome = read::optional_listed(v, "referral_outcome", referral_outcome);
    let data_as_of = read::instant(v, "data_as_of_time", data_as_of_time);
    let content = content(v, disposition, said);
    let input = head.with(person, |check, lease| {
        Some(Act::Answer {
            check,
            lease,
            said: Box::new(SaidInput {
                disposition: disposition?,
                outcome,
                data_as_of,
                content,
            }),
        })
    });
    finish(core::mem::take(v), input)
}

/// Reads a check given back.
///
/// # Errors
/// Every field that is wrong.
pub fn release(mut message: v1::ReleaseRequest, actor: &Actor) -> Result<Input, Unreadable> {
    let v = &mut Validator::default();
    let head = Head::read(v, actor, VerbName::Release, &mut message, |m| {
        (&m.check_id, &m.lease_id)
    });
    let v1::ReleaseRequest {
        request_id: _,
        person,
        check_id: _,
        lease_id: _,
        for_people,
        candidates: perhaps,
    } = message;
    let candidates = candidates(v, perhaps);
    let person = read::person(v, actor, VerbName::Release, person);
    let for_people = read::optional_listed(v, "for_people", for_people);
    let input = head.with(person, |check, lease| {
        Some(Act::Release {
            check,
            lease,
            for_people,
            candidates,
        })
    });
    finish(core::mem::take(v), input)
}

/// Reads a question to the officer.
///
/// # Errors
/// Every field that is wrong.
pub fn ask(mut message: v1::AskRequest, actor: &Actor) -> Result<Input, Unreadable> {
    let v = &mut Validator::default();
    let head = Head::read(v, actor, VerbName::Ask, &mut message, |m| {
        (&m.check_id, &m.lease_id)
    });
    let v1::AskRequest {
        request_id: _,
        person,
        check_id: _,
        lease_id: _,
        question,
    } = message;
    let person = read::person(v, actor, VerbName::Ask, person);
    let question = read::words(v, "question", question);
    let input = head.with(person, |check, lease| {
        Some(Act::Ask {
            check,
            lease,
            question,
        })
    });
    finish(core::mem::take(v), input)
}

/// Reads whose a check is.
///
/// # Errors
/// Every field that is wrong.
pub fn redirect(mut message: v1::RedirectRequest, actor: &Actor) -> Result<Input, Unreadable> {
    use v1::redirect_request::To;
    let v = &mut Validator::default();
    let head = Head::read(v, actor, VerbName::Redirect, &mut message, |m| {
        (&m.check_id, &m.lease_id)
    });
    let v1::RedirectRequest {
        request_id: _,
        person,
        check_id: _,
        lease_id: _,
        to,
    } = message;
    let person = read::person(v, actor, VerbName::Redirect, person);
    let to = match to {
        Some(To::AuthorityCode(code)) => authority(v, &code).map(Some),
        Some(To::ResponderId(id)) => responder(v, &id).map(Some),
        Some(To::UnknownOwner(v1::UnknownOwner {})) => Some(None),
        None => {
            v.fail("to", "say whose the check is, or that nobody knows");
            None
        }
    };
    let input = head.with(person, |check, lease| {
        Some(Act::Redirect {
            check,
            lease,
            to: to?,
        })
    });
    finish(core::mem::take(v), input)
}

/// A target by authority.
fn authority(v: &mut Validator, text: &str) -> Option<Target> {
    read::code(v, "authority_code", text, AuthorityCode::parse).map(Target::Authority)
}

/// A target by responder.
fn responder(v: &mut Validator, text: &str) -> Option<Target> {
    read::code(v, "responder_id", text, ResponderId::parse).map(Target::Responder)
}

/// Reads which check to show.
///
/// # Errors
/// When the id is none.
pub fn check_query(message: v1::GetCheckRequest) -> Result<CheckId, Unreadable> {
    let v1::GetCheckRequest { check_id } = message;
    let v = &mut Validator::default();
    let id = read::id(v, "check_id", &check_id);
    finish(core::mem::take(v), id)
}

/// Reads which checks to list, and the scope of the next page's token.
///
/// # Errors
/// Every field that is wrong, or the page token.
pub fn checks_query(
    mut message: v1::ListChecksRequest,
) -> Result<(ListChecksInput, Scope), Unreadable> {
    let v = &mut Validator::default();
    let size = read::page_size(v, core::mem::take(&mut message.page_size));
    let page_token = core::mem::take(&mut message.page_token);
    let scope = Scope::of(&message);
    let v1::ListChecksRequest {
        page_size: _,
        page_token: _,
        responder_ids,
        states,
        reference,
    } = message;
    let responders = read::responders(v, &responder_ids);
    v.list("states", &states, limits::CODES_PER_LIST_MAX);
    let states = states
        .iter()
        .take(limits::CODES_PER_LIST_MAX)
        .enumerate()
        .filter_map(|(place, number)| {
            let name = v1::CheckState::try_from(*number).ok().and_then(state_name);
            if name.is_none() {
                v.fail(format!("states[{place}]"), "is not a state of a check");
            }
            name
        })
        .collect();
    let reference = read::optional_id(v, "reference", &reference);
    finish(core::mem::take(v), Some(()))?;
    let position = token::read_position(scope, &page_token).ok_or(Unreadable::PageToken)?;
    let input = ListChecksInput {
        responders,
        states,
        reference,
        position,
        size,
    };
    Ok((input, scope))
}

/// The name that the domain has for a state.
const fn state_name(state: v1::CheckState) -> Option<&'static str> {
    Some(match state {
        v1::CheckState::Unspecified => return None,
        v1::CheckState::Waiting => "waiting",
        v1::CheckState::Leased => "leased",
        v1::CheckState::Accepted => "accepted",
        v1::CheckState::Asked => "asked",
        v1::CheckState::Unroutable => "unroutable",
        v1::CheckState::Answered => "answered",
        v1::CheckState::Redirected => "redirected",
        v1::CheckState::Closed => "closed",
    })
}
