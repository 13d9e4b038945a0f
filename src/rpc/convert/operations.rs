//! What those who watch over the service ask.

use usher_domain::actor::Actor;
use usher_domain::code::{AuthorityCode, ResponderId};
use usher_domain::command::VerbName;
use usher_domain::id::{AlertId, CheckId};
use usher_domain::limits;
use usher_domain::personal::Validator;
use usher_proto::v1;

use super::answer;
use super::read::{self, Unreadable, finish};
use crate::broker::input::{
    AcknowledgeInput, Act, AlertFilter, Input, ListAlertsInput, ListRespondersInput, SaidInput,
    Target, WatchAlertsInput,
};
use crate::rpc::token::{self, Scope};

/// Reads an acknowledgement.
///
/// # Errors
/// Every field that is wrong.
pub fn acknowledge(
    mut message: v1::AcknowledgeRequest,
    actor: &Actor,
) -> Result<AcknowledgeInput, Unreadable> {
    let v = &mut Validator::default();
    let request = read::request(v, &actor.client, VerbName::Acknowledge, &mut message);
    let v1::AcknowledgeRequest {
        request_id: _,
        person,
        alert_id,
        note,
    } = message;
    let person = read::person(v, actor, VerbName::Acknowledge, person);
    let alert = read::id::<AlertId>(v, "alert_id", &alert_id);
    let note = read::note(v, "note", note);
    let input = (|| {
        Some(AcknowledgeInput {
            alert: alert?,
            request: request?,
            person,
            note,
        })
    })();
    finish(core::mem::take(v), input)
}

/// Reads an answer that came by telephone.
///
/// # Errors
/// Every field that is wrong.
pub fn answer_by_phone(
    mut message: v1::AnswerByPhoneRequest,
    actor: &Actor,
) -> Result<Input, Unreadable> {
    let v = &mut Validator::default();
    let request = read::request(v, &actor.client, VerbName::AnswerByPhone, &mut message);
    let v1::AnswerByPhoneRequest {
        request_id: _,
        person,
        check_id,
        by_phone,
        disposition,
        content: said,
        referral_outcome,
    } = message;
    let person = read::person(v, actor, VerbName::AnswerByPhone, person);
    let check = read::id::<CheckId>(v, "check_id", &check_id);
    let by_phone = answer::by_phone(v, by_phone);
    let disposition = read::listed(v, "disposition", disposition);
    let outcome = read::optional_listed(v, "referral_outcome", referral_outcome);
    let content = answer::content(v, disposition, said);
    let input = (|| {
        let CheckId { enquiry, number } = check?;
        Some(Input {
            enquiry,
            request: request?,
            person,
            act: Act::AnswerByPhone {
                check: number,
                said: Box::new(SaidInput {
                    disposition: disposition?,
                    outcome,
                    data_as_of: None,
                    content,
                }),
                by_phone: by_phone?,
            },
        })
    })();
    finish(core::mem::take(v), input)
}

/// Reads a route for a check.
///
/// # Errors
/// Every field that is wrong.
pub fn reroute(mut message: v1::RerouteRequest, actor: &Actor) -> Result<Input, Unreadable> {
    let v = &mut Validator::default();
    let request = read::request(v, &actor.client, VerbName::Reroute, &mut message);
    let v1::RerouteRequest {
        request_id: _,
        person,
        check_id,
        authority_codes,
        responder_ids,
    } = message;
    let person = read::person(v, actor, VerbName::Reroute, person);
    let check = read::id::<CheckId>(v, "check_id", &check_id);
    let max = limits::RESPONDER_CHECKS_PER_ENQUIRY_MAX;
    let authorities = read::codes(
        v,
        "authority_codes",
        &authority_codes,
        max,
        AuthorityCode::parse,
    );
    let responders = read::codes(v, "responder_ids", &responder_ids, max, ResponderId::parse);
    let authorities = authorities.into_iter().map(Target::Authority);
    let responders = responders.into_iter().map(Target::Responder);
    let to: Vec<Target> = authorities.chain(responders).collect();
    if authority_codes.is_empty() && responder_ids.is_empty() {
        v.fail("authority_codes", "say whose the check is");
    } else if to.len() > max {
        v.fail(
            "responder_ids",
            "name at most 16 authorities and responders",
        );
    }
    let input = (|| {
        let CheckId { enquiry, number } = check?;
        Some(Input {
            enquiry,
            request: request?,
            person,
            act: Act::Reroute { check: number, to },
        })
    })();
    finish(core::mem::take(v), input)
}

/// Reads the end of a check.
///
/// # Errors
/// Every field that is wrong.
pub fn close(mut message: v1::CloseRequest, actor: &Actor) -> Result<Input, Unreadable> {
    let v = &mut Validator::default();
    let request = read::request(v, &actor.client, VerbName::Close, &mut message);
    let v1::CloseRequest {
        request_id: _,
        person,
        check_id,
        reason,
        note,
    } = message;
    let person = read::person(v, actor, VerbName::Close, person);
    let check = read::id::<CheckId>(v, "check_id", &check_id);
    let reason = read::listed(v, "reason", reason);
    // Whether it may be left out depends on what stands: the rule says so. Blanks say nothing.
    let note = read::note(v, "note", note.trim().to_owned());
    let input = (|| {
        let CheckId { enquiry, number } = check?;
        Some(Input {
            enquiry,
            request: request?,
            person,
            act: Act::Close {
                check: number,
                reason: reason?,
                note,
            },
        })
    })();
    finish(core::mem::take(v), input)
}

/// Reads which alerts to list, and the scope of the next page's token.
///
/// # Errors
/// Every field that is wrong, or the page token.
pub fn alerts_query(
    mut message: v1::ListAlertsRequest,
) -> Result<(ListAlertsInput, Scope), Unreadable> {
    let v = &mut Validator::default();
    let size = read::page_size(v, core::mem::take(&mut message.page_size));
    let page_token = core::mem::take(&mut message.page_token);
    let scope = Scope::of(&message);
    let v1::ListAlertsRequest {
        page_size: _,
        page_token: _,
        states,
        audiences,
        court_codes,
        responder_ids,
    } = message;
    let filter = AlertFilter {
        states: read::listed_all(v, "states", &states),
        audiences: read::listed_all(v, "audiences", &audiences),
        courts: read::courts(v, &court_codes),
        responders: read::responders(v, &responder_ids),
    };
    let filter = finish(core::mem::take(v), Some(filter))?;
    let position = token::read_position(scope, &page_token).ok_or(Unreadable::PageToken)?;
    let input = ListAlertsInput {
        filter,
        position,
        size,
    };
    Ok((input, scope))
}

/// Reads which alerts to count.
///
/// # Errors
/// Every field that is wrong.
pub fn count_alerts_query(message: v1::CountAlertsRequest) -> Result<ListAlertsInput, Unreadable> {
    let v1::CountAlertsRequest {
        audiences,
        court_codes,
        responder_ids,
    } = message;
    let (input, _) = alerts_query(v1::ListAlertsRequest {
        page_size: i32::MAX,
        audiences,
        court_codes,
        responder_ids,
        ..v1::ListAlertsRequest::default()
    })?;
    Ok(input)
}

/// Reads which alerts to count and to watch.
///
/// # Errors
/// As [`count_alerts_query`].
pub fn watch_alert_counts_query(
    message: v1::WatchAlertCountsRequest,
) -> Result<ListAlertsInput, Unreadable> {
    let v1::WatchAlertCountsRequest {
        audiences,
        court_codes,
        responder_ids,
    } = message;
    count_alerts_query(v1::CountAlertsRequest {
        audiences,
        court_codes,
        responder_ids,
    })
}

/// Reads which alerts to watch.
///
/// # Errors
/// Every field that is wrong, or the cursor.
pub fn watch_alerts_query(message: v1::WatchAlertsRequest) -> Result<WatchAlertsInput, Unreadable> {
    let v1::WatchAlertsRequest {
        resume_cursor,
        audiences,
        court_codes,
        responder_ids,
    } = message;
    let v = &mut Validator::default();
    let filter = AlertFilter {
        states: Vec::new(),
        audiences: read::listed_all(v, "audiences", &audiences),
        courts: read::courts(v, &court_codes),
        responders: read::responders(v, &responder_ids),
    };
    let filter = finish(core::mem::take(v), Some(filter))?;
    Ok(WatchAlertsInput {
        filter,
        resume: read::cursor(&resume_cursor)?,
    })
}

/// Reads which responders to list, and the scope of the next page's token.
///
/// # Errors
/// Every field that is wrong, or the page token.
pub fn responders_query(
    mut message: v1::ListRespondersRequest,
) -> Result<(ListRespondersInput, Scope), Unreadable> {
    let v = &mut Validator::default();
    let size = read::page_size(v, core::mem::take(&mut message.page_size));
    let page_token = core::mem::take(&mut message.page_token);
    let scope = Scope::of(&message);
    let v1::ListRespondersRequest {
        page_size: _,
        page_token: _,
        authority_code,
    } = message;
    let authority = read::optional_code(v, "authority_code", &authority_code, AuthorityCode::parse);
    finish(core::mem::take(v), Some(()))?;
    let skip = token::read_ordinal(scope, &page_token).ok_or(Unreadable::PageToken)?;
    let input = ListRespondersInput {
        authority,
        skip,
        size,
    };
    Ok((input, scope))
}

/// Reads a postcode to look up, as it was given: the directory says what it is.
///
/// # Errors
/// When it is longer than a line.
pub fn lookup_query(message: v1::LookupPostcodeRequest) -> Result<String, Unreadable> {
    let v1::LookupPostcodeRequest { postcode } = message;
    let v = &mut Validator::default();
    v.text("postcode", &postcode, limits::LINE_CHARS_MAX);
    finish(core::mem::take(v), Some(postcode))
}
