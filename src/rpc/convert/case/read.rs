//! What callers ask about cases.

use jiff::civil::Date;
use usher_domain::actor::{Actor, Person};
use usher_domain::case::{Holder, SetAsideReason};
use usher_domain::code::CourtCode;
use usher_domain::command::VerbName;
use usher_domain::id::{CaseId, CheckId, EnquiryId, RequirementNumber};
use usher_domain::index::RecordKind;
use usher_domain::limits;
use usher_domain::personal::{Validator, Violation};
use usher_proto::v1;
use usher_proto::v1::reassign_request::Target;

use crate::broker::case::input::{CaseAct, CaseHistoryInput, CaseInput, CaseRow, ListCasesInput};
use crate::broker::input::{Act, Input};
use crate::rpc::convert::personal::people;
use crate::rpc::convert::read::{self, Unreadable, finish};
use crate::rpc::token::{self, Scope};
use crate::store::Filter;

/// A part of a court's list.
#[derive(Debug)]
pub struct ListPart {
    /// Who brings it, where that is said here.
    pub person: Option<Person>,
    /// The rows, each with its number in the caller's list.
    pub rows: Vec<(u32, RowRead)>,
    /// What the list has whole.
    pub complete: Vec<(CourtCode, Date)>,
}

/// A row that can be read, or what is wrong with it.
pub(super) type RowRead = Result<CaseRow, Vec<Violation>>;

/// Reads a part of a list; in the `first` the person must be named. `today` decides the century of short PNC numbers, and who is born.
///
/// # Errors
/// Every field that is wrong outside the rows, which have their own faults.
pub fn list_part(
    message: v1::RegisterCasesRequest,
    actor: &Actor,
    first: bool,
    today: Date,
) -> Result<ListPart, Unreadable> {
    let v = &mut Validator::default();
    let v1::RegisterCasesRequest {
        person,
        rows,
        complete_days,
    } = message;
    let person = if first || person.is_some() {
        read::person(v, actor, VerbName::Register, person)
    } else {
        None
    };
    v.list("rows", &rows, limits::BATCH_CHANGES_MAX);
    v.list("complete_days", &complete_days, limits::PAGE_SIZE_MAX);
    let complete = read::each(v, "complete_days", complete_days, court_day);
    let rows = rows
        .into_iter()
        .map(|message| row(message, today))
        .collect();
    let complete = complete.into_iter().collect::<Option<_>>();
    let part = complete.map(|complete| ListPart {
        person,
        rows,
        complete,
    });
    finish(core::mem::take(v), part)
}

fn court_day(
    v: &mut Validator,
    path: core::fmt::Arguments<'_>,
    message: v1::CourtDay,
) -> Option<(CourtCode, Date)> {
    let v1::CourtDay { court_code, day } = message;
    let field = format_args!("{path}.court_code");
    let court = read::code(v, field, &court_code, CourtCode::parse);
    if day.is_empty() {
        v.fail(format_args!("{path}.day"), "is required");
    }
    let day = read::date(v, format_args!("{path}.day"), &day);
    Some((court?, day?))
}

fn row(message: v1::CaseRow, today: Date) -> (u32, RowRead) {
    let v = &mut Validator::default();
    let v1::CaseRow {
        line,
        case_name,
        hearing,
        move_reason,
        stage,
        report,
        in_custody,
        indicators,
        holder,
        unit,
        personal,
    } = message;
    let name = read::words(v, "case_name", case_name);
    v.text("case_name", &name, limits::LINE_CHARS_MAX);
    if hearing.is_none() {
        v.fail("hearing", "say where and when the case is heard");
    }
    let hearing = hearing.and_then(|message| read::hearing(v, "hearing", message));
    let reason = read::note(v, "move_reason", move_reason);
    let purpose = read::listed(v, "stage", stage);
    let report = read::optional_listed(v, "report", report);
    let indicators = read::listed_all(v, "indicators", &indicators);
    let holder = held_by(v, holder, unit);
    let personal = personal.map(|message| people(v, message, today));
    let read = (|| {
        Some(CaseRow {
            name,
            hearing: hearing?,
            reason,
            purpose: purpose?,
            report,
            in_custody,
            indicators,
            holder,
            personal,
        })
    })();
    let read = match finish(core::mem::take(v), read) {
        Ok(row) => Ok(row),
        Err(Unreadable::Fields(violations)) => Err(violations),
        Err(Unreadable::PageToken | Unreadable::Cursor) => Err(Vec::new()),
    };
    (line, read)
}

fn held_by(
    v: &mut Validator,
    holder: Option<v1::Person>,
    unit: Option<v1::Unit>,
) -> Option<Holder> {
    if holder.is_none() && unit.is_none() {
        return None;
    }
    Some(Holder {
        person: holder.map(|person| read::named(v, "holder", person)),
        unit: read::unit(v, unit.unwrap_or_default()),
    })
}

/// Reads which case to take off.
///
/// # Errors
/// Every field that is wrong.
pub fn take_off(mut message: v1::TakeOffRequest, actor: &Actor) -> Result<CaseInput, Unreadable> {
    let v = &mut Validator::default();
    let request = read::request(v, &actor.client, VerbName::TakeOff, &mut message);
    let v1::TakeOffRequest {
        request_id: _,
        person,
        case_id,
    } = message;
    let person = read::person(v, actor, VerbName::TakeOff, person);
    let case = read::id(v, "case_id", &case_id);
    let input = (|| {
        Some(CaseInput {
            case: case?,
            request: request?,
            person,
            act: CaseAct::TakeOff,
        })
    })();
    finish(core::mem::take(v), input)
}

/// Reads which stage a case has come to.
///
/// # Errors
/// Every field that is wrong.
pub fn enter_stage(
    mut message: v1::EnterStageRequest,
    actor: &Actor,
) -> Result<CaseInput, Unreadable> {
    let v = &mut Validator::default();
    let request = read::request(v, &actor.client, VerbName::EnterStage, &mut message);
    let v1::EnterStageRequest {
        request_id: _,
        person,
        case_id,
        stage,
        due_time,
    } = message;
    let person = read::person(v, actor, VerbName::EnterStage, person);
    let case = read::id(v, "case_id", &case_id);
    let purpose = read::listed(v, "stage", stage);
    let due = read::instant(v, "due_time", due_time);
    let input = (|| {
        Some(CaseInput {
            case: case?,
            request: request?,
            person,
            act: CaseAct::EnterStage {
                purpose: purpose?,
                due,
            },
        })
    })();
    finish(core::mem::take(v), input)
}

/// Reads why a check need not be asked.
///
/// # Errors
/// Every field that is wrong.
pub fn set_aside(mut message: v1::SetAsideRequest, actor: &Actor) -> Result<CaseInput, Unreadable> {
    let v = &mut Validator::default();
    let request = read::request(v, &actor.client, VerbName::SetAside, &mut message);
    let v1::SetAsideRequest {
        request_id: _,
        person,
        case_id,
        requirement_number,
        reason,
        answer_check_id,
        note,
    } = message;
    let person = read::person(v, actor, VerbName::SetAside, person);
    let case = read::id(v, "case_id", &case_id);
    let requirement = requirement(v, requirement_number);
    let reason: Option<SetAsideReason> = read::listed(v, "reason", reason);
    let answer = read::optional_id::<CheckId>(v, "answer_check_id", &answer_check_id);
    let note = read::note(v, "note", note);
    let input = (|| {
        Some(CaseInput {
            case: case?,
            request: request?,
            person,
            act: CaseAct::SetAside {
                requirement: requirement?,
                reason: reason?,
                answer,
                note,
            },
        })
    })();
    finish(core::mem::take(v), input)
}

/// Reads which case an enquiry is about.
///
/// # Errors
/// Every field that is wrong.
pub fn cover(mut message: v1::CoverRequest, actor: &Actor) -> Result<CaseInput, Unreadable> {
    let v = &mut Validator::default();
    let request = read::request(v, &actor.client, VerbName::Cover, &mut message);
    let v1::CoverRequest {
        request_id: _,
        person,
        case_id,
        enquiry_id,
    } = message;
    let person = read::person(v, actor, VerbName::Cover, person);
    let case = read::id(v, "case_id", &case_id);
    let enquiry = read::id(v, "enquiry_id", &enquiry_id);
    let input = (|| {
        Some(CaseInput {
            case: case?,
            request: request?,
            person,
            act: CaseAct::Cover { enquiry: enquiry? },
        })
    })();
    finish(core::mem::take(v), input)
}

/// Reads what an earlier answer is to do for.
///
/// # Errors
/// Every field that is wrong.
pub fn earlier_answers_query(
    message: v1::ListEarlierAnswersRequest,
) -> Result<(CaseId, RequirementNumber), Unreadable> {
    let v1::ListEarlierAnswersRequest {
        case_id,
        requirement_number,
    } = message;
    let v = &mut Validator::default();
    let case = read::id(v, "case_id", &case_id);
    let requirement = requirement(v, requirement_number);
    finish(core::mem::take(v), case.zip(requirement))
}

fn requirement(v: &mut Validator, number: u32) -> Option<RequirementNumber> {
    let read = RequirementNumber::try_from(number).ok();
    let read = read.filter(|number| *number > 0);
    if read.is_none() {
        let max = limits::REQUIREMENTS_PER_CASE_MAX;
        v.fail("requirement_number", format!("a number from 1 to {max}"));
    }
    read
}

/// Reads who holds a case, or an enquiry, from now on.
///
/// # Errors
/// Every field that is wrong.
pub fn reassign(
    mut message: v1::ReassignRequest,
    actor: &Actor,
) -> Result<Result<CaseInput, Input>, Unreadable> {
    let v = &mut Validator::default();
    let request = read::request(v, &actor.client, VerbName::Reassign, &mut message);
    let v1::ReassignRequest {
        request_id: _,
        person,
        target,
        holder,
        unit,
    } = message;
    let person = read::person(v, actor, VerbName::Reassign, person);
    let holder = held_by(v, holder, unit);
    if holder.is_none() {
        v.fail("holder", "say who holds it, or at least in which unit");
    }
    let (mut case, mut enquiry) = (None, None);
    match target {
        Some(Target::CaseId(id)) => case = read::id::<CaseId>(v, "case_id", &id),
        Some(Target::EnquiryId(id)) => enquiry = read::id::<EnquiryId>(v, "enquiry_id", &id),
        None => v.fail("case_id", "name a case or an enquiry"),
    }
    let input = (|| {
        let (request, holder) = (request?, holder?);
        if let Some(case) = case {
            let act = CaseAct::Reassign { holder };
            return Some(Ok(CaseInput {
                case,
                request,
                person,
                act,
            }));
        }
        Some(Err(Input {
            enquiry: enquiry?,
            request,
            person,
            act: Act::Reassign { holder },
        }))
    })();
    finish(core::mem::take(v), input)
}

/// Reads which case to show.
///
/// # Errors
/// When the id is none, or not exactly one of id and name is given.
pub fn case_query(message: v1::GetCaseRequest) -> Result<CaseId, Unreadable> {
    let v1::GetCaseRequest { case_id, case_name } = message;
    let v = &mut Validator::default();
    let id = match (case_id.is_empty(), case_name.trim().is_empty()) {
        (false, true) => read::id(v, "case_id", &case_id),
        (true, false) => Some(CaseId::derive(&case_name)),
        _ => {
            v.fail(
                "case_id",
                "give the case's id, or the court's own name for it",
            );
            None
        }
    };
    finish(core::mem::take(v), id)
}

/// Reads which cases to list, and the scope of the next page's token.
///
/// # Errors
/// Every field that is wrong, or the page token.
pub fn cases_query(
    mut message: v1::ListCasesRequest,
) -> Result<(ListCasesInput, Scope), Unreadable> {
    let v = &mut Validator::default();
    let size = read::page_size(v, core::mem::take(&mut message.page_size));
    let page_token = core::mem::take(&mut message.page_token);
    let scope = Scope::of(&message);
    let v1::ListCasesRequest {
        page_size: _,
        page_token: _,
        court_codes,
        open,
        alerting,
        reference,
    } = message;
    let filter = Filter {
        courts: read::courts(v, &court_codes),
        open,
        alerting,
        ..Filter::every(RecordKind::Case)
    };
    let reference = read::optional_id(v, "reference", &reference);
    finish(core::mem::take(v), Some(()))?;
    let position = token::read_position(scope, &page_token).ok_or(Unreadable::PageToken)?;
    let input = ListCasesInput {
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
pub fn case_history_query(
    mut message: v1::CaseHistoryRequest,
) -> Result<(CaseHistoryInput, Scope), Unreadable> {
    let v = &mut Validator::default();
    let size = read::page_size(v, core::mem::take(&mut message.page_size));
    let page_token = core::mem::take(&mut message.page_token);
    let scope = Scope::of(&message);
    let case = read::id(v, "case_id", &message.case_id);
    let case = finish(core::mem::take(v), case)?;
    let after = token::read_history(scope, &page_token).ok_or(Unreadable::PageToken)?;
    Ok((CaseHistoryInput { case, after, size }, scope))
}
