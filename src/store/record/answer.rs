//! What a borough says, as it is kept inside the seal.

use super::RecordError;
use super::code::Code as _;
use super::field::{
    Kept, keep_all, keep_code_if, keep_codes, read_all, read_code, read_code_if, read_codes,
};
use super::sealed::{keep_date_if, read_date_if};
use usher_domain::personal::{AnswerContent, Disclosure, Episode, Match, Remark, Worker};
use usher_proto::storage_v1 as kept;

impl Kept for AnswerContent {
    type Message = kept::AnswerContent;

    fn keep(&self) -> kept::AnswerContent {
        let Self {
            matches,
            episodes,
            worker,
            recent_contacts,
            last_contact,
            remarks,
            valid_until,
            source,
            disclosure,
        } = self;
        kept::AnswerContent {
            matches: keep_all(matches),
            episodes: keep_all(episodes),
            worker: worker.as_ref().map(Worker::keep),
            recent_contacts: *recent_contacts,
            last_contact: keep_date_if(*last_contact),
            remarks: keep_all(remarks),
            valid_until: keep_date_if(*valid_until),
            source: keep_code_if(*source),
            disclosure: disclosure.as_ref().map(Disclosure::keep),
        }
    }

    fn read(message: kept::AnswerContent) -> Result<Self, RecordError> {
        let kept::AnswerContent {
            matches,
            episodes,
            worker,
            recent_contacts,
            last_contact,
            remarks,
            valid_until,
            source,
            disclosure,
        } = message;
        Ok(Self {
            matches: read_all(matches)?,
            episodes: read_all(episodes)?,
            worker: worker.map(Worker::read).transpose()?,
            recent_contacts,
            last_contact: read_date_if(&last_contact, "last_contact")?,
            remarks: read_all(remarks)?,
            valid_until: read_date_if(&valid_until, "valid_until")?,
            source: read_code_if(source, "source")?,
            disclosure: disclosure.map(Disclosure::read).transpose()?,
        })
    }
}

impl Kept for Disclosure {
    type Message = kept::Disclosure;

    fn keep(&self) -> kept::Disclosure {
        let Self {
            decision,
            policy_version,
            refusal,
        } = self;
        kept::Disclosure {
            decision: decision.number(),
            policy_version: policy_version.clone(),
            refusal: keep_code_if(*refusal),
        }
    }

    fn read(message: kept::Disclosure) -> Result<Self, RecordError> {
        let kept::Disclosure {
            decision,
            policy_version,
            refusal,
        } = message;
        Ok(Self {
            decision: read_code(decision, "disclosure.decision")?,
            policy_version,
            refusal: read_code_if(refusal, "disclosure.refusal")?,
        })
    }
}

impl Kept for Match {
    type Message = kept::Match;

    fn keep(&self) -> kept::Match {
        let Self {
            who,
            confidence,
            basis,
        } = self;
        kept::Match {
            who: who.clone(),
            confidence: confidence.number(),
            basis: basis.clone(),
        }
    }

    fn read(message: kept::Match) -> Result<Self, RecordError> {
        let kept::Match {
            who,
            confidence,
            basis,
        } = message;
        Ok(Self {
            who,
            confidence: read_code(confidence, "matches.confidence")?,
            basis,
        })
    }
}

impl Kept for Episode {
    type Message = kept::Episode;

    fn keep(&self) -> kept::Episode {
        let Self {
            kind,
            who,
            open,
            start,
            end,
            category,
            legal_status,
            other_authority,
            handling,
        } = self;
        kept::Episode {
            kind: kind.number(),
            who: who.clone(),
            open: *open,
            start: keep_date_if(*start),
            end: keep_date_if(*end),
            category: keep_code_if(*category),
            legal_status: legal_status.clone(),
            other_authority: *other_authority,
            handling: keep_codes(handling),
        }
    }

    fn read(message: kept::Episode) -> Result<Self, RecordError> {
        let kept::Episode {
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
        Ok(Self {
            kind: read_code(kind, "episodes.kind")?,
            who,
            open,
            start: read_date_if(&start, "episodes.start")?,
            end: read_date_if(&end, "episodes.end")?,
            category: read_code_if(category, "episodes.category")?,
            legal_status,
            other_authority,
            handling: read_codes(&handling, "episodes.handling")?,
        })
    }
}

impl Kept for Worker {
    type Message = kept::Worker;

    fn keep(&self) -> kept::Worker {
        let Self {
            name,
            team,
            phone,
            email,
        } = self;
        kept::Worker {
            name: name.clone(),
            team: team.clone(),
            phone: phone.clone(),
            email: email.clone(),
        }
    }

    fn read(message: kept::Worker) -> Result<Self, RecordError> {
        let kept::Worker {
            name,
            team,
            phone,
            email,
        } = message;
        Ok(Self {
            name,
            team,
            phone,
            email,
        })
    }
}

impl Kept for Remark {
    type Message = kept::Remark;

    fn keep(&self) -> kept::Remark {
        let Self {
            topic,
            text,
            handling,
        } = self;
        kept::Remark {
            topic: topic.number(),
            text: text.clone(),
            handling: keep_codes(handling),
        }
    }

    fn read(message: kept::Remark) -> Result<Self, RecordError> {
        let kept::Remark {
            topic,
            text,
            handling,
        } = message;
        Ok(Self {
            topic: read_code(topic, "remarks.topic")?,
            text,
            handling: read_codes(&handling, "remarks.handling")?,
        })
    }
}
