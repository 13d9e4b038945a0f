//! One check of an enquiry: whose, where it stands, what was asked and answered.

use super::answer::{AnswerView, view};
use super::{Line, line};
use crate::broker::opened::{OpenEnquiry, TextPlace};
use crate::broker::output::CheckReceipt;
use crate::console::officer::needs::{Need, whose};
use crate::console::when;
use crate::console::words::{self, Tag, record};
use usher_domain::actor::Role;
use usher_domain::command::VerbName;
use usher_domain::enquiry::{Check, CheckState};
use usher_domain::permit::permits;
use usher_domain::time::Timestamp;

/// A question of a borough, and what was replied.
pub(super) struct Exchange {
    pub(super) question: String,
    pub(super) asked: String,
    pub(super) reply: String,
    /// Who replied and when; empty where nobody has.
    pub(super) replied: String,
}

/// One check.
pub(super) struct CheckView {
    pub(super) number: u8,
    pub(super) whose: String,
    pub(super) state: Tag,
    pub(super) lines: Vec<Line>,
    pub(super) duty_phone: String,
    pub(super) emergency_phone: String,
    /// The newest version first.
    pub(super) answers: Vec<AnswerView>,
    pub(super) exchanges: Vec<Exchange>,
    pub(super) acts: Vec<Need>,
}

impl CheckView {
    /// As somebody with `role` sees it.
    pub(super) fn of(
        open: &OpenEnquiry,
        check: &Check,
        expected: &CheckReceipt,
        role: Role,
        now: Timestamp,
    ) -> Self {
        let card = open.responders.of(&open.enquiry, check);
        Self {
            number: check.number,
            whose: whose(&open.responders, &open.enquiry, check),
            state: words::check_state(check),
            lines: lines(open, check, expected, now),
            duty_phone: card.duty_phone,
            emergency_phone: card.emergency_phone,
            answers: answers(open, check),
            exchanges: exchanges(open, check),
            acts: acts(open, check, role),
        }
    }
}

fn lines(open: &OpenEnquiry, check: &Check, expected: &CheckReceipt, now: Timestamp) -> Vec<Line> {
    let at = open.enquiry.deadline.at();
    let mut lines = vec![line("Asked of", vec![record::kind(check.kind).into()])];
    if check.state.is_outstanding() {
        let due = format!("{}, {}", when::moment(at), when::from_now(at, now));
        lines.push(line("Wanted by", vec![due]));
        if at > now {
            lines.push(line("To be expected", vec![expected.advice_text.clone()]));
        }
    }
    match &check.state {
        CheckState::Accepted {
            by,
            at,
            expected_by,
        } => {
            let promise =
                expected_by.map(|at| format!("They promise an answer by {}", when::moment(at)));
            let taken = format!("{}, {}", record::by(by), when::moment(*at));
            lines.push(line(
                "Taken on by",
                [Some(taken), promise].into_iter().flatten().collect(),
            ));
        }
        CheckState::Unroutable { why, .. } => {
            let why = why
                .iter()
                .map(|one| words::capital(record::unroutable(*one)));
            let told = ["The operators have been told and will see to it.".to_owned()];
            lines.push(line("Why", why.chain(told).collect()));
        }
        CheckState::Redirected { to, by, at } => {
            let next = open.enquiry.check(*to);
            let next = next.map(|next| whose(&open.responders, &open.enquiry, next));
            let told = format!("{}, {}", record::by(by), when::moment(*at));
            lines.push(line("Passed on to", vec![next.unwrap_or_default(), told]));
        }
        CheckState::Closed { by, reason, at, .. } => {
            let note = open.text(TextPlace::CloseNote {
                check: check.number,
            });
            let told = format!("{}, {}", record::by(by), when::moment(*at));
            lines.push(line(
                "Closed",
                vec![record::close_reason(*reason).into(), note.into(), told],
            ));
        }
        _ => {}
    }
    lines.extend(check.closing.as_ref().map(|closing| {
        let told = record::by_at(&closing.by, closing.at);
        let why = record::close_reason(closing.reason).to_owned();
        let note = open.text(TextPlace::ProposalNote {
            check: check.number,
        });
        let is_open = check.state.is_outstanding();
        let wanted = is_open.then(|| "Another person must confirm it.".to_owned());
        let said = [told, why, note.into()].into_iter().chain(wanted);
        line("Closing proposed by", said.collect())
    }));
    if check.sentenced_outstanding_at.is_some() {
        let told = "The answer is still wanted: it may change how the sentence is carried out.";
        lines.push(line("Sentenced without it", vec![told.into()]));
    }
    lines
}

fn answers(open: &OpenEnquiry, check: &Check) -> Vec<AnswerView> {
    let CheckState::Answered { answers, received } = &check.state else {
        return Vec::new();
    };
    let versions: Vec<_> = (1_u8..).zip(answers).collect();
    let newest = versions.len();
    let views = versions.into_iter().rev().map(|(version, answer)| {
        let content = open.answers.get(&(check.number, version));
        let is_newest = usize::from(version) == newest;
        view(answer, content, version, received.as_ref(), is_newest)
    });
    views.collect()
}

fn exchanges(open: &OpenEnquiry, check: &Check) -> Vec<Exchange> {
    let number = check.number;
    let all = check.exchanges.iter().enumerate().map(|(exchange, one)| {
        let place = TextPlace::Question {
            check: number,
            exchange,
        };
        let answered = TextPlace::Reply {
            check: number,
            exchange,
        };
        let told = |by, at| format!("{}, {}", record::by(by), when::moment(at));
        let replied = one.reply.as_ref().map(|reply| told(&reply.by, reply.at));
        Exchange {
            question: open.text(place).into(),
            asked: told(&one.asked_by, one.asked_at),
            reply: open.text(answered).into(),
            replied: replied.unwrap_or_default(),
        }
    });
    all.collect()
}

/// What the role may do now with it.
fn acts(open: &OpenEnquiry, check: &Check, role: Role) -> Vec<Need> {
    let state = &check.state;
    let is_unread = matches!(state, CheckState::Answered { received: None, .. });
    let is_asked = matches!(state, CheckState::Asked { .. });
    let all = [
        (
            is_asked,
            VerbName::Supply,
            "supply",
            "Answer their question",
        ),
        (is_unread, VerbName::Receive, "receive", "Mark as read"),
        (
            state.is_outstanding(),
            VerbName::Close,
            "close",
            "Close this check",
        ),
    ];
    let may = all
        .into_iter()
        .filter(|(is_now, verb, ..)| *is_now && permits(role, *verb));
    let id = open.enquiry.check_id(check.number);
    let seen = state.answers().len();
    may.map(|(_, verb, path, text)| Need {
        path: match verb {
            VerbName::Receive => format!("/checks/{id}/{path}?version={seen}"),
            _ => format!("/checks/{id}/{path}"),
        },
        text: text.into(),
    })
    .collect()
}
