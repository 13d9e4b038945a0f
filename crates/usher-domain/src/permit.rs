//! The whole access policy: which role may give which verb, which may read what, and who may see what. Default deny; the matrix is printed and held by a test (`tests/it/permit.golden`).

use crate::actor::{Actor, Role};
use crate::alert::Alert;
use crate::case::Case;
use crate::command::VerbName;
use crate::enquiry::{Check, Enquiry};
use crate::ladder::Audience;
use crate::rejection::Rejection;

/// Whether `role` has `verb` at all.
pub const fn permits(role: Role, verb: VerbName) -> bool {
    use VerbName as V;
    match role {
        Role::Officer => matches!(
            verb,
            V::Submit
                | V::Supply
                | V::Withdraw
                | V::MoveHearing
                | V::Acknowledge
                | V::DecideWithout
                | V::Receive
                | V::RecordSentence
                | V::Close
                | V::Register
                | V::TakeOff
                | V::EnterStage
                | V::Cover
                | V::Uncover
                | V::SetAside
                | V::Reassign
                | V::View
        ),
        Role::Manager => matches!(
            verb,
            V::Supply
                | V::Withdraw
                | V::MoveHearing
                | V::Acknowledge
                | V::DecideWithout
                | V::Receive
                | V::RecordSentence
                | V::Close
                | V::EnterStage
                | V::Cover
                | V::Uncover
                | V::SetAside
                | V::Reassign
                | V::View
        ),
        Role::Adapter => matches!(
            verb,
            V::Lease
                | V::Renew
                | V::Accept
                | V::Answer
                | V::Release
                | V::Ask
                | V::Redirect
                | V::Acknowledge
                | V::View
        ),
        Role::Operator => matches!(
            verb,
            V::AnswerByPhone
                | V::Reroute
                | V::Close
                | V::Acknowledge
                | V::MoveHearing
                | V::Register
                | V::TakeOff
                | V::Uncover
                | V::Reassign
                | V::View
        ),
        Role::Inspector => matches!(verb, V::View),
        Role::Clock => matches!(verb, V::Advance | V::ReportAbsent),
    }
}

/// Refuses what the role does not have, and an act of a person without one.
///
/// # Errors
/// `NotPermitted`, `PersonRequired`.
pub(crate) fn check(actor: &Actor, verb: VerbName) -> Result<(), Rejection> {
    if !permits(actor.role, verb) {
        return Err(Rejection::NotPermitted { verb });
    }
    let named = actor
        .person
        .as_ref()
        .is_some_and(|person| !person.name.trim().is_empty());
    if needs_person(verb) && !named {
        return Err(Rejection::PersonRequired);
    }
    Ok(())
}

/// What can be read; what of it, [`sees`] and [`sees_check`] say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Read {
    /// Whole enquiries, and what happened to them.
    Enquiries,
    /// Checks as their responder sees them.
    Checks,
    /// Alerts.
    Alerts,
    /// The responders, and where postcodes lead.
    Directory,
    /// How the broker is.
    Status,
    /// Reports.
    Reports,
}

impl Read {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Enquiries,
        Self::Checks,
        Self::Alerts,
        Self::Directory,
        Self::Status,
        Self::Reports,
    ];

    /// Its name in refusals and in the matrix.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Enquiries => "read_enquiries",
            Self::Checks => "read_checks",
            Self::Alerts => "read_alerts",
            Self::Directory => "read_directory",
            Self::Status => "read_status",
            Self::Reports => "read_reports",
        }
    }
}

/// Whether `role` has `read` at all.
pub const fn reads(role: Role, read: Read) -> bool {
    match read {
        Read::Enquiries => !matches!(role, Role::Adapter | Role::Clock),
        Read::Checks => matches!(role, Role::Adapter),
        Read::Alerts | Read::Directory => !matches!(role, Role::Clock),
        Read::Status => matches!(role, Role::Operator | Role::Inspector),
        Read::Reports => matches!(role, Role::Manager | Role::Operator | Role::Inspector),
    }
}

/// Whether the verb is an act of a person, so that one must be named.
pub const fn needs_person(verb: VerbName) -> bool {
    use VerbName as V;
    match verb {
        V::Submit
        | V::Accept
        | V::AnswerByPhone
        | V::Ask
        | V::Supply
        | V::Reroute
        | V::Withdraw
        | V::MoveHearing
        | V::Acknowledge
        | V::DecideWithout
        | V::Receive
        | V::RecordSentence
        | V::Close
        | V::Register
        | V::TakeOff
        | V::EnterStage
        | V::Cover
        | V::Uncover
        | V::SetAside
        | V::Reassign
        | V::View => true,
        V::Lease
        | V::Renew
        | V::Answer
        | V::Release
        | V::Redirect
        | V::Advance
        | V::ReportAbsent => false,
    }
}

/// Whether `actor` may know that `enquiry` exists: its own court, a responder that has or had a check, or an overseer in scope.
pub fn sees(actor: &Actor, enquiry: &Enquiry) -> bool {
    match actor.role {
        Role::Officer | Role::Manager | Role::Operator | Role::Inspector => {
            actor.courts.contain(enquiry.deadline.court())
        }
        Role::Adapter => enquiry
            .checks
            .iter()
            .any(|check| sees_check(actor, enquiry, check)),
        Role::Clock => true,
    }
}

/// Whether `actor` may know that `case` exists: those of its court, and overseers in scope.
pub fn sees_case(actor: &Actor, case: &Case) -> bool {
    actor.role != Role::Adapter && actor.courts.contain(case.court())
}

/// Whether `actor` may know that `check` exists.
pub fn sees_check(actor: &Actor, enquiry: &Enquiry, check: &Check) -> bool {
    match actor.role {
        Role::Adapter => check
            .responder
            .as_ref()
            .is_some_and(|responder| actor.answers_for(responder)),
        _ => sees(actor, enquiry),
    }
}

/// Whether `role` is among those that `alert` is addressed to; operators always are.
pub fn addressed(role: Role, alert: &Alert) -> bool {
    let to = |wanted: fn(Audience) -> bool| alert.audience.iter().any(|audience| wanted(*audience));
    match role {
        Role::Operator => true,
        Role::Officer => to(|audience| audience == Audience::Officer),
        Role::Manager => {
            to(|audience| matches!(audience, Audience::Officer | Audience::OfficerManager))
        }
        Role::Adapter => to(Audience::is_borough),
        Role::Inspector | Role::Clock => false,
    }
}

/// The matrix as text: a row per verb and per reading, a column per role, and whether a person must be named.
pub fn matrix() -> String {
    let row = |verb: &str, cells: Vec<&str>, person: &str| {
        let cells: Vec<String> = cells.iter().map(|cell| format!("{cell:>10}")).collect();
        format!("{verb:<16}{}  {person}\n", cells.concat())
    };
    let names = Role::ALL.iter().map(|role| role.name()).collect();
    let mut rows = vec![row("verb", names, "person")];
    for verb in VerbName::ALL {
        let mark = |role: &Role| if permits(*role, *verb) { "yes" } else { "-" };
        let person = if needs_person(*verb) { "named" } else { "-" };
        let marks = Role::ALL.iter().map(mark).collect();
        rows.push(row(verb.name(), marks, person));
    }
    for read in Read::ALL {
        let mark = |role: &Role| if reads(*role, read) { "yes" } else { "-" };
        rows.push(row(read.name(), Role::ALL.iter().map(mark).collect(), "-"));
    }
    rows.concat()
}
