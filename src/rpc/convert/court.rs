//! What court officers ask.

use jiff::civil::Date;
use usher_domain::actor::Actor;
use usher_domain::code::ResponderKind;
use usher_domain::command::{VerbName, WithoutAnswer};
use usher_domain::event::DecisionName;
use usher_domain::hearing::Deadline;
use usher_domain::id::{CheckId, EnquiryId};
use usher_domain::index::RecordKind;
use usher_domain::limits;
use usher_domain::personal::Validator;
use usher_proto::v1;

use super::personal::personal;
use super::read::{self, Unreadable, finish};
use crate::broker::input::{
    Act, DeadlineInput, HistoryInput, Input, ListInput, SubmitInput, WatchInput,
};
use crate::rpc::token::{self, Scope};
use crate::store::Filter;

/// Reads a submission; `today` decides the century of short PNC numbers, and who is born.
///
/// # Errors
/// Every field that is wrong.
pub fn submit(
    mut message: v1::SubmitRequest,
    actor: &Actor,
    today: Date,
) -> Result<SubmitInput, Unreadable> {
    let v = &mut Validator::default();
    // Whether it is meant is no part of what is asked.
    let validate_only = core::mem::take(&mut message.validate_only);
    let request = read::request(v, &actor.client, VerbName::Submit, &mut message);
    let v1::SubmitRequest {
        request_id: _,
        validate_only: _,
        person,
        unit,
        purpose,
        report,
        in_custody,
        curfew_proposed,
        imminent_harm,
        concerns,
        deadline,
        personal: people,
        authority_codes,
        on_behalf_of,
        case_id,
        responder_kinds,
    } = message;
    let person = read::person(v, actor, VerbName::Submit, person);
    let unit = read::unit(v, unit.unwrap_or_default());
    let on_behalf_of = on_behalf_of.map(|person| read::named(v, "on_behalf_of", person));
    let case = read::optional_id(v, "case_id", &case_id);
    let purpose: Option<usher_domain::enquiry::Purpose> = read::listed(v, "purpose", purpose);
    let report = read::optional_listed(v, "report", report);
    let concerns = read::listed_all(v, "concerns", &concerns);
    let deadline = read::deadline(v, deadline);
    if let (Some(purpose), Some(DeadlineInput::ReplyBy { .. })) = (purpose, &deadline)
        && purpose.before_sentence()
    {
        v.fail("deadline.hearing", "this purpose needs a hearing");
    }
    let personal = personal(v, people, today);
    let authorities = read::authorities(v, "authority_codes", &authority_codes);
    let kinds = kinds(v, &responder_kinds);
    let input = (|| {
        Some(SubmitInput {
            request: request?,
            validate_only,
            person: person?,
            unit,
            on_behalf_of,
            case,
            purpose: purpose?,
            report,
            in_custody,
            curfew_proposed,
            imminent_harm,
            concerns,
            deadline: deadline?,
            personal: personal?,
            authorities,
            kinds,
        })
    })();
    finish(core::mem::take(v), input)
}

/// Whom to ask: children's social care, where nobody is named.
fn kinds(v: &mut Validator, numbers: &[i32]) -> Vec<ResponderKind> {
    const FIELD: &str = "responder_kinds";
    let kinds: Vec<ResponderKind> = read::listed_all(v, FIELD, numbers);
    if let Some(twice) = (1..kinds.len()).find(|place| kinds[..*place].contains(&kinds[*place])) {
        v.fail(
            format_args!("{FIELD}[{twice}]"),
            "stands there already: name each kind once",
        );
    }
    if numbers.is_empty() {
        return vec![ResponderKind::ChildrenSocialCare];
    }
    kinds
}

/// Reads a reply to a question.
///
/// # Errors
/// Every field that is wrong.
pub fn supply(mut message: v1::SupplyRequest, actor: &Actor) -> Result<Input, Unreadable> {
    let v = &mut Validator::default();
    let request = read::request(v, &actor.client, VerbName::Supply, &mut message);
    let v1::SupplyRequest {
        request_id: _,
        person,
        check_id,
        reply,
    } = message;
    let person = read::person(v, actor, VerbName::Supply, person);
    let check = read::id::<CheckId>(v, "check_id", &check_id);
    let reply = read::words(v, "reply", reply);
    let input = (|| {
        let CheckId { enquiry, number } = check?;
        Some(Input {
            enquiry,
            request: request?,
            person,
            act: Act::Supply {
                check: number,
                reply,
            },
        })
    })();
    finish(core::mem::take(v), input)
}

/// Reads a withdrawal.
///
/// # Errors
/// Every field that is wrong.
pub fn withdraw(mut message: v1::WithdrawRequest, actor: &Actor) -> Result<Input, Unreadable> {
    let v = &mut Validator::default();
    let request = read::request(v, &actor.client, VerbName::Withdraw, &mut message);
    let v1::WithdrawRequest {
        request_id: _,
        person,
        enquiry_id,
        note,
    } = message;
    let person = read::person(v, actor, VerbName::Withdraw, person);
    let enquiry = read::id(v, "enquiry_id", &enquiry_id);
    let note = read::words(v, "note", note);
    let input = (|| {
        Some(Input {
            enquiry: enquiry?,
            request: request?,
            person,
            act: Act::Withdraw { note },
        })
    })();
    finish(core::mem::take(v), input)
}

/// Reads a new deadline.
///
/// # Errors
/// Every field that is wrong.
pub fn move_hearing(
    mut message: v1::MoveHearingRequest,
    actor: &Actor,
) -> Result<Input, Unreadable> {
    let v = &mut Validator::default();
    let request = read::request(v, &actor.client, VerbName::MoveHearing, &mut message);
    let v1::MoveHearingRequest {
        request_id: _,
        person,
        enquiry_id,
        deadline,
        reason,
    } = message;
    let person = read::person(v, actor, VerbName::MoveHearing, person);
    let enquiry = read::id(v, "enquiry_id", &enquiry_id);
    let deadline = complete(v, deadline);
    let reason = read::words(v, "reason", reason);
    let input = (|| {
        Some(Input {
            enquiry: enquiry?,
            request: request?,
            person,
            act: Act::MoveHearing {
                deadline: deadline?,
                reason,
            },
        })
    })();
    finish(core::mem::take(v), input)
}

/// A deadline to which the policy has nothing to add.
fn complete(v: &mut Validator, message: Option<v1::Deadline>) -> Option<Deadline> {
    match read::deadline(v, message)? {
        DeadlineInput::Hearing(hearing) => Some(Deadline::Hearing(hearing)),
        DeadlineInput::ReplyBy {
            court,
            at: Some(at),
        } => Some(Deadline::ReplyBy { court, at }),
        DeadlineInput::ReplyBy { at: None, .. } => {
            v.fail("deadline.reply_by.reply_by_time", "is required");
            None
        }
    }
}

/// Reads a decision at court.
///
/// # Errors
/// Every field that is wrong.
pub fn decide_without(
    mut message: v1::DecideWithoutRequest,
    actor: &Actor,
) -> Result<Input, Unreadable> {
    let v = &mut Validator::default();
    let request = read::request(v, &actor.client, VerbName::DecideWithout, &mut message);
    let v1::DecideWithoutRequest {
        request_id: _,
        person,
        enquiry_id,
        decision,
        authorised_by,
        note,
        deadline,
    } = message;
    let person = read::person(v, actor, VerbName::DecideWithout, person);
    let enquiry = read::id(v, "enquiry_id", &enquiry_id);
    let decision = read::listed(v, "decision", decision);
    let to = match deadline {
        None => Some(None),
        some => adjourned_to(v, decision, some).map(Some),
    };
    let decision = decision.and_then(|decision| without(v, decision, authorised_by, to?));
    let note = read::note(v, "note", note);
    let input = (|| {
        Some(Input {
            enquiry: enquiry?,
            request: request?,
            person,
            act: Act::DecideWithout {
                decision: decision?,
                note,
            },
        })
    })();
    finish(core::mem::take(v), input)
}

/// The hearing to which a case is adjourned.
fn adjourned_to(
    v: &mut Validator,
    decision: Option<DecisionName>,
    deadline: Option<v1::Deadline>,
) -> Option<Deadline> {
    if decision.is_some_and(|decision| decision != DecisionName::SeekAdjournment) {
        v.fail("deadline", "belongs to an adjournment only");
        return None;
    }
    complete(v, deadline)
}

fn without(
    v: &mut Validator,
    decision: DecisionName,
    authorised_by: Option<v1::Person>,
    to: Option<Deadline>,
) -> Option<WithoutAnswer> {
    let field = "authorised_by";
    match (decision, authorised_by) {
        (DecisionName::ProceedWithout, Some(person)) => Some(WithoutAnswer::Proceed {
            authorised_by: read::named(v, field, person),
        }),
        (DecisionName::ProceedWithout, None) => {
            v.fail(field, "name who authorised going on without an answer");
            None
        }
        (DecisionName::SeekAdjournment, None) => Some(WithoutAnswer::SeekAdjournment { to }),
        (DecisionName::WithdrawCurfew, None) => Some(WithoutAnswer::WithdrawCurfew),
        (DecisionName::SeekAdjournment | DecisionName::WithdrawCurfew, Some(_)) => {
            v.fail(field, "belongs to going on without an answer only");
            None
        }
    }
}

/// Reads a receipt of an answer.
///
/// # Errors
/// Every field that is wrong.
pub fn receive(mut message: v1::ReceiveRequest, actor: &Actor) -> Result<Input, Unreadable> {
    let v = &mut Validator::default();
    let request = read::request(v, &actor.client, VerbName::Receive, &mut message);
    let v1::ReceiveRequest {
        request_id: _,
        person,
        check_id,
        answer_version,
        would_have_changed,
    } = message;
    let person = read::person(v, actor, VerbName::Receive, person);
    let effects = read::listed_all(v, "would_have_changed", &would_have_changed);
    let check = read::id::<CheckId>(v, "check_id", &check_id);
    let version = u8::try_from(answer_version)
        .ok()
        .filter(|version| *version > 0);
    if version.is_none() {
        v.fail(
            "answer_version",
            format!("a number from 1 to {}", limits::ANSWERS_PER_CHECK_MAX),
        );
    }
    let input = (|| {
        let CheckId { enquiry, number } = check?;
        Some(Input {
            enquiry,
            request: request?,
            person,
            act: Act::Receive {
                check: number,
                version: version?,
                effects,
            },
        })
    })();
    finish(core::mem::take(v), input)
}

/// Reads what the court did.
///
/// # Errors
/// Every field that is wrong.
pub fn record_sentence(
    mut message: v1::RecordSentenceRequest,
    actor: &Actor,
) -> Result<Input, Unreadable> {
    let v = &mut Validator::default();
    let request = read::request(v, &actor.client, VerbName::RecordSentence, &mut message);
    let v1::RecordSentenceRequest {
        request_id: _,
        person,
        enquiry_id,
        outcome,
        sentence_date,
    } = message;
    let person = read::person(v, actor, VerbName::RecordSentence, person);
    let enquiry = read::id(v, "enquiry_id", &enquiry_id);
    let outcome = read::listed(v, "outcome", outcome);
    let date = read::date(v, "sentence_date", &sentence_date);
    if sentence_date.is_empty() {
        v.fail("sentence_date", "is required");
    }
    let input = (|| {
        Some(Input {
            enquiry: enquiry?,
            request: request?,
            person,
            act: Act::RecordSentence {
                outcome: outcome?,
                date: date?,
            },
        })
    })();
    finish(core::mem::take(v), input)
}

/// Reads which enquiry to show.
///
/// # Errors
/// When the id is none.
pub fn enquiry_query(message: v1::GetRequest) -> Result<EnquiryId, Unreadable> {
    let v1::GetRequest { enquiry_id } = message;
    let v = &mut Validator::default();
    let id = read::id(v, "enquiry_id", &enquiry_id);
    finish(core::mem::take(v), id)
}

/// Reads which enquiries to list, and the scope of the next page's token.
///
/// # Errors
/// Every field that is wrong, or the page token.
pub fn list_query(mut message: v1::ListRequest) -> Result<(ListInput, Scope), Unreadable> {
    let v = &mut Validator::default();
    let size = read::page_size(v, core::mem::take(&mut message.page_size));
    let page_token = core::mem::take(&mut message.page_token);
    let scope = Scope::of(&message);
    let v1::ListRequest {
        page_size: _,
        page_token: _,
        court_codes,
        responder_ids,
        open,
        alerting,
        reference,
    } = message;
    let filter = Filter {
        courts: read::courts(v, &court_codes),
        responders: read::responders(v, &responder_ids),
        open,
        alerting,
        ..Filter::every(RecordKind::Enquiry)
    };
    let reference = read::optional_id(v, "reference", &reference);
    finish(core::mem::take(v), Some(()))?;
    let position = token::read_position(scope, &page_token).ok_or(Unreadable::PageToken)?;
    let input = ListInput {
        filter,
        reference,
        position,
        size,
    };
    Ok((input, scope))
}

/// Reads whose history to list, and the scope of the next page's token.
///
/// # Errors
/// Every field that is wrong, or the page token.
pub fn history_query(mut message: v1::HistoryRequest) -> Result<(HistoryInput, Scope), Unreadable> {
    let v = &mut Validator::default();
    let size = read::page_size(v, core::mem::take(&mut message.page_size));
    let page_token = core::mem::take(&mut message.page_token);
    let scope = Scope::of(&message);
    let v1::HistoryRequest {
        enquiry_id,
        page_size: _,
        page_token: _,
    } = message;
    let enquiry = read::id(v, "enquiry_id", &enquiry_id);
    let enquiry = finish(core::mem::take(v), enquiry)?;
    let after = token::read_history(scope, &page_token).ok_or(Unreadable::PageToken)?;
    Ok((
        HistoryInput {
            enquiry,
            after,
            size,
        },
        scope,
    ))
}

/// Reads what to watch.
///
/// # Errors
/// Every field that is wrong, or the cursor.
pub fn watch_query(message: v1::WatchRequest) -> Result<WatchInput, Unreadable> {
    let v1::WatchRequest {
        resume_cursor,
        enquiry_id,
        court_codes,
    } = message;
    let v = &mut Validator::default();
    let enquiry = read::optional_id(v, "enquiry_id", &enquiry_id);
    let courts = read::courts(v, &court_codes);
    finish(core::mem::take(v), Some(()))?;
    Ok(WatchInput {
        resume: read::cursor(&resume_cursor)?,
        enquiry,
        courts,
    })
}
