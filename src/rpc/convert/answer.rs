//! What a responder says about the people of an enquiry, both ways.

use core::fmt::Arguments;
use usher_domain::enquiry::{Answer, ByPhone, Disposition};
use usher_domain::limits;
use usher_domain::personal::{
    AnswerContent, Confidence, Disclosure, Episode, EpisodeKind, Match, Remark, Topic, Validator,
    Worker,
};
use usher_proto::v1;

use super::codes::{Code as _, option_to_wire, to_wire};
use super::{read, show};

/// Reads what an answer that comes to `disposition` says, under the field `content`; nothing said is an empty content.
pub(super) fn content(
    v: &mut Validator,
    disposition: Option<Disposition>,
    message: Option<v1::AnswerContent>,
) -> AnswerContent {
    let v1::AnswerContent {
        matches,
        episodes,
        worker,
        recent_contacts,
        last_contact,
        remarks,
        valid_until,
        source,
        disclosure: telling,
    } = message.unwrap_or_default();
    let content = AnswerContent {
        matches: read::each(v, "content.matches", matches, found),
        episodes: read::each(v, "content.episodes", episodes, episode),
        worker: worker.map(|message| {
            let v1::Worker {
                name,
                team,
                phone,
                email,
            } = message;
            Worker {
                name,
                team,
                phone,
                email,
            }
        }),
        recent_contacts,
        last_contact: read::date(v, "content.last_contact", &last_contact),
        remarks: read::each(v, "content.remarks", remarks, remark),
        valid_until: read::date(v, "content.valid_until", &valid_until),
        source: read::optional_listed(v, "content.source", source),
        disclosure: telling.and_then(|message| disclosure(v, message)),
    };
    content.validate(disposition, "content", v);
    content
}

fn disclosure(v: &mut Validator, message: v1::Disclosure) -> Option<Disclosure> {
    let v1::Disclosure {
        decision,
        policy_version,
        refusal,
    } = message;
    Some(Disclosure {
        refusal: read::optional_listed(v, "content.disclosure.refusal", refusal),
        decision: read::listed(v, "content.disclosure.decision", decision)?,
        policy_version,
    })
}

// A code that cannot be read is noted, and what is built in its place is then dropped: so the other fields are still looked at.

fn found(v: &mut Validator, at: Arguments<'_>, message: v1::Match) -> Match {
    let v1::Match {
        who,
        confidence,
        basis,
    } = message;
    Match {
        who,
        confidence: read::listed(v, format_args!("{at}.confidence"), confidence)
            .unwrap_or(Confidence::None),
        basis,
    }
}

fn episode(v: &mut Validator, at: Arguments<'_>, message: v1::Episode) -> Episode {
    let v1::Episode {
        kind,
        who,
        open,
        start,
        end,
        category,
        legal_status,
        other_authority,
        handling,
    } = message;
    Episode {
        kind: read::listed(v, format_args!("{at}.kind"), kind).unwrap_or(EpisodeKind::Assessment),
        who,
        open,
        start: read::date(v, format_args!("{at}.start"), &start),
        end: read::date(v, format_args!("{at}.end"), &end),
        category: read::optional_listed(v, format_args!("{at}.category"), category),
        legal_status,
        other_authority,
        handling: read::listed_all(v, format_args!("{at}.handling"), &handling),
    }
}

fn remark(v: &mut Validator, at: Arguments<'_>, message: v1::Remark) -> Remark {
    let v1::Remark {
        topic,
        text,
        handling,
    } = message;
    Remark {
        topic: read::listed(v, format_args!("{at}.topic"), topic).unwrap_or(Topic::Narrative),
        text,
        handling: read::listed_all(v, format_args!("{at}.handling"), &handling),
    }
}

/// Shows one version of an answer; without `content` where it is not open.
pub(super) fn answer_view(
    version: u8,
    answer: &Answer,
    content: Option<&AnswerContent>,
) -> v1::Answer {
    let Answer {
        disposition,
        outcome,
        by,
        at,
        timeliness,
        data_as_of,
        content: _,
        by_phone: phone,
    } = answer;
    v1::Answer {
        version: version.into(),
        disposition: disposition.to_wire(),
        by: Some(show::by(by)),
        answer_time: Some(show::instant(*at)),
        timeliness: timeliness.to_wire(),
        data_as_of_time: data_as_of.map(show::instant),
        content: content.map(content_view),
        by_phone: phone.as_ref().map(by_phone_view),
        referral_outcome: option_to_wire(*outcome),
    }
}

/// Reads who gave an answer by telephone, under the field `by_phone`.
pub(super) fn by_phone(v: &mut Validator, message: Option<v1::ByPhone>) -> Option<ByPhone> {
    let Some(v1::ByPhone { given_by, number }) = message else {
        v.fail("by_phone", "say who gave the answer, and over which number");
        return None;
    };
    if number.trim().is_empty() {
        v.fail("by_phone.number", "give the number that was used");
    }
    v.text("by_phone.number", &number, limits::LINE_CHARS_MAX);
    let given_by = read::named(v, "by_phone.given_by", given_by.unwrap_or_default());
    Some(ByPhone { given_by, number })
}

/// Shows who gave an answer by telephone.
pub(super) fn by_phone_view(by_phone: &ByPhone) -> v1::ByPhone {
    let ByPhone { given_by, number } = by_phone;
    v1::ByPhone {
        given_by: Some(show::person(given_by)),
        number: number.clone(),
    }
}

/// Shows what an answer says.
pub(super) fn content_view(content: &AnswerContent) -> v1::AnswerContent {
    let AnswerContent {
        matches,
        episodes,
        worker,
        recent_contacts,
        last_contact,
        remarks,
        valid_until,
        source,
        disclosure,
    } = content;
    v1::AnswerContent {
        matches: matches.iter().map(match_view).collect(),
        episodes: episodes.iter().map(episode_view).collect(),
        worker: worker.clone().map(|worker| {
            let Worker {
                name,
                team,
                phone,
                email,
            } = worker;
            v1::Worker {
                name,
                team,
                phone,
                email,
            }
        }),
        recent_contacts: *recent_contacts,
        last_contact: show::date(*last_contact),
        remarks: remarks.iter().map(remark_view).collect(),
        valid_until: show::date(*valid_until),
        source: option_to_wire(*source),
        disclosure: disclosure.as_ref().map(disclosure_view),
    }
}

fn disclosure_view(disclosure: &Disclosure) -> v1::Disclosure {
    let Disclosure {
        decision,
        policy_version,
        refusal,
    } = disclosure;
    v1::Disclosure {
        decision: decision.to_wire(),
        policy_version: policy_version.clone(),
        refusal: option_to_wire(*refusal),
    }
}

fn match_view(found: &Match) -> v1::Match {
    let Match {
        who,
        confidence,
        basis,
    } = found;
    v1::Match {
        who: who.clone(),
        confidence: confidence.to_wire(),
        basis: basis.clone(),
    }
}

fn episode_view(episode: &Episode) -> v1::Episode {
    let Episode {
        kind,
        who,
        open,
        start,
        end,
        category,
        legal_status,
        other_authority,
        handling,
    } = episode;
    v1::Episode {
        kind: kind.to_wire(),
        who: who.clone(),
        open: *open,
        start: show::date(*start),
        end: show::date(*end),
        category: option_to_wire(*category),
        legal_status: legal_status.clone(),
        other_authority: *other_authority,
        handling: to_wire(handling),
    }
}

fn remark_view(remark: &Remark) -> v1::Remark {
    let Remark {
        topic,
        text,
        handling,
    } = remark;
    v1::Remark {
        topic: topic.to_wire(),
        text: text.clone(),
        handling: to_wire(handling),
    }
}
