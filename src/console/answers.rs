//! What a borough answered, as pages show it: how it may be used stands above it, and beside each part that says so of itself.

use super::people::{Fact, called, day, fact};
use super::when;
use super::words::{self, Tag, tag};
use usher_domain::enquiry::{Answer, ByPhone, Disposition, ReferralOutcome, Timeliness};
use usher_domain::personal::{AnswerContent, Episode, Handling, Remark};
use usher_domain::time::Timestamp;

/// What a borough says, whether it is sent already or not.
pub(super) struct Said {
    /// What it comes to.
    pub(super) disposition: Tag,
    /// How any of it may be used.
    pub(super) handling: Vec<&'static str>,
    /// What is said in a word or two.
    pub(super) facts: Vec<Fact>,
    /// Involvement and remarks.
    pub(super) parts: Vec<SaidPart>,
}

/// One involvement, or one remark.
pub(super) struct SaidPart {
    pub(super) title: String,
    pub(super) text: String,
    pub(super) handling: Vec<&'static str>,
}

/// One version of an answer.
pub(super) struct Version {
    pub(super) title: String,
    pub(super) given: String,
    pub(super) timeliness: Tag,
    pub(super) said: Said,
}

/// One version of an answer, with what it says where that is open.
pub(super) fn version(number: u8, answer: &Answer, content: Option<&AnswerContent>) -> Version {
    let person = answer.by.person.as_ref();
    let by = person.map_or("the borough’s system", |person| person.name.as_str());
    let phone = answer.by_phone.as_ref().map(by_phone).unwrap_or_default();
    let timeliness = match answer.timeliness {
        Timeliness::InTime => tag("In time", "green"),
        Timeliness::AfterHearing => tag("After the deadline", "red"),
    };
    let nothing = AnswerContent::default();
    Version {
        title: format!("Answer, version {number}"),
        given: format!("{}, by {by}{phone}", when::moment(answer.at)),
        timeliness,
        said: said(
            answer.disposition,
            answer.outcome,
            answer.data_as_of,
            content.unwrap_or(&nothing),
        ),
    }
}

fn by_phone(phone: &ByPhone) -> String {
    format!(
        ", as {} said by telephone over {}",
        phone.given_by.name, phone.number
    )
}

/// What is said.
pub(super) fn said(
    disposition: Disposition,
    outcome: Option<ReferralOutcome>,
    data_as_of: Option<Timestamp>,
    content: &AnswerContent,
) -> Said {
    let parts: Vec<SaidPart> = content
        .episodes
        .iter()
        .map(episode)
        .chain(content.remarks.iter().map(remark))
        .collect();
    let of_episodes = content.episodes.iter().flat_map(|one| &one.handling);
    let of_remarks = content.remarks.iter().flat_map(of_remark);
    let codes: Vec<Handling> = of_episodes.chain(of_remarks).copied().collect();
    // What restricts most stands first.
    let order = [
        Handling::NotToDefendant,
        Handling::RingFirst,
        Handling::ProbationOnly,
    ];
    let handling = order.into_iter().filter(|code| codes.contains(code));
    Said {
        disposition: disposition_tag(disposition),
        handling: handling.map(words::record::handling).collect(),
        facts: facts(outcome, data_as_of, content),
        parts,
    }
}

/// What an answer comes to. "Not known" is no good news, and no green.
pub(super) fn disposition_tag(disposition: Disposition) -> Tag {
    let colour = match disposition {
        Disposition::NotKnown => "grey",
        Disposition::KnownNothingRelevant => "blue",
        Disposition::KnownRelevant => "red",
        Disposition::HeldCannotDisclose => "orange",
    };
    tag(words::disposition(disposition), colour)
}

fn facts(
    outcome: Option<ReferralOutcome>,
    data_as_of: Option<Timestamp>,
    content: &AnswerContent,
) -> Vec<Fact> {
    let worker = content.worker.clone().unwrap_or_default();
    let worker = [worker.name, worker.team, worker.phone, worker.email];
    let worker: Vec<String> = worker.into_iter().filter(|part| !part.is_empty()).collect();
    let refusal = content.disclosure.as_ref().and_then(|one| one.refusal);
    let found = content.matches.iter().map(|found| {
        let basis = match found.basis.as_str() {
            "" => String::new(),
            basis => format!(" ({basis})"),
        };
        let sure = words::record::confidence(found.confidence);
        format!("{}: {sure}{basis}", called(&found.who))
    });
    let found: Vec<String> = found.collect();
    [
        fact(
            "What comes of the referral",
            outcome.map_or("", words::record::referral_outcome),
        ),
        fact("Who was found", found.join("\n")),
        fact("Worker to speak to", worker.join(", ")),
        fact(
            "Contacts in the last year",
            content
                .recent_contacts
                .map_or_else(String::new, |count| count.to_string()),
        ),
        fact(
            "The latest of them",
            content.last_contact.map_or_else(String::new, day),
        ),
        fact(
            "Something is held back because",
            refusal.map_or("", words::record::refusal),
        ),
        fact(
            "From records as of",
            data_as_of.map_or_else(String::new, when::moment),
        ),
        fact(
            "May be relied on until",
            content.valid_until.map_or_else(String::new, day),
        ),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn episode(episode: &Episode) -> SaidPart {
    let dates = match (episode.start, episode.end) {
        (Some(start), Some(end)) => format!("from {} to {}", day(start), day(end)),
        (Some(start), None) => format!("since {}", day(start)),
        (None, Some(end)) => format!("until {}", day(end)),
        (None, None) => String::new(),
    };
    let status = match episode.legal_status.as_str() {
        "" => String::new(),
        status => format!("legal status {status}"),
    };
    let other = if episode.other_authority {
        "another authority’s"
    } else {
        ""
    };
    let parts = [
        if episode.open { "open" } else { "closed" },
        dates.as_str(),
        episode.category.map_or("", words::record::abuse),
        status.as_str(),
        other,
    ];
    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    let kind = words::record::episode(episode.kind);
    SaidPart {
        title: match episode.who.as_str() {
            "" => kind.into(),
            who => format!("{kind}, {who}"),
        },
        text: words::capital(&parts.join(", ")),
        handling: all(&episode.handling),
    }
}

fn remark(remark: &Remark) -> SaidPart {
    SaidPart {
        title: words::record::topic(remark.topic).into(),
        text: remark.text.clone(),
        handling: all(of_remark(remark)),
    }
}

/// A remark without a code is for probation only.
fn of_remark(remark: &Remark) -> &[Handling] {
    if remark.handling.is_empty() {
        &[Handling::ProbationOnly]
    } else {
        &remark.handling
    }
}

fn all(codes: &[Handling]) -> Vec<&'static str> {
    codes.iter().copied().map(words::record::handling).collect()
}
