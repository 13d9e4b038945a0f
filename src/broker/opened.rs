//! An enquiry with its sealed parts open, for those who may read them. The broker makes it after it has decided that the
//! actor may; `rpc/convert.rs` and the console show it. It is never stored and never printed.

use core::fmt;
use jiff::civil::Date;
use std::collections::BTreeMap;
use std::sync::Arc;
use usher_domain::actor::{Actor, Person, Role};
use usher_domain::agreement::Agreements;
use usher_domain::alert::AlertState;
use usher_domain::code::ResponderId;
use usher_domain::enquiry::{Check, CheckState, Enquiry};
use usher_domain::id::{AlertNumber, CheckNumber};
use usher_domain::personal::{AnswerContent, Candidate, Personal};
use usher_domain::policy::Policy;
use usher_domain::sealed::Sealed;
use usher_domain::time::Timestamp;

use crate::store::{Revision, Stored};

/// What people need to know of a responder beside a check.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResponderCard {
    /// Its name.
    pub name: String,
    /// Its duty telephone; may be empty.
    pub duty_phone: String,
    /// The telephone of its emergency duty team; empty where that is not to be rung.
    pub emergency_phone: String,
    /// Whom its agreement names.
    pub contacts: Vec<Person>,
}

/// The cards of all responders, as they are to be read at one moment.
#[derive(Clone, Debug)]
pub struct ResponderCards {
    /// By id, with the emergency duty team of each that has one.
    pub all: Arc<BTreeMap<ResponderId, ResponderCard>>,
    /// Says who works when.
    pub policy: Arc<Policy>,
    /// The moment.
    pub now: Timestamp,
}

impl ResponderCards {
    /// The responder of `check`, or the one that it could not go to. Empty where the configuration no longer has it, or nobody is.
    pub fn of(&self, enquiry: &Enquiry, check: &Check) -> ResponderCard {
        let known = check.concerned();
        let Some((id, card)) = known.and_then(|id| self.all.get_key_value(id)) else {
            return ResponderCard::default();
        };
        let mut card = card.clone();
        let harm = enquiry.imminent_harm;
        if !self.policy.may_ring_emergency_team(harm, id, self.now) {
            card.emergency_phone.clear();
        }
        card
    }
}

/// An enquiry whose sealed parts are open, all or in part.
#[derive(Clone)]
pub struct OpenEnquiry {
    /// The enquiry.
    pub enquiry: Enquiry,
    /// The revision that it was read at.
    pub revision: Revision,
    /// The people and addresses; `None` for those who need not know them.
    pub personal: Option<Personal>,
    /// Contents of answers, by check and version from 1.
    pub answers: BTreeMap<(CheckNumber, u8), AnswerContent>,
    /// What people wrote elsewhere.
    pub texts: BTreeMap<TextPlace, String>,
    /// Who in the responder's system may be one of the people: of the check that its responder reads, and for nobody else.
    pub candidates: Vec<Candidate>,
    /// The responders, those of its checks among them.
    pub responders: ResponderCards,
    /// The agreements, which say what may be shown to whom.
    pub agreements: Agreements,
    /// The day in London on which it was opened.
    pub day: Date,
}

/// What goes with an enquiry that is opened.
#[derive(Clone, Copy, Debug)]
pub struct Beside<'a> {
    /// The responders of the configuration.
    pub responders: &'a ResponderCards,
    /// The agreements of the policy in force.
    pub agreements: &'a Agreements,
    /// Today in London.
    pub day: Date,
}

impl fmt::Debug for OpenEnquiry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OpenEnquiry({})", self.enquiry.id)
    }
}

/// Where in an enquiry people wrote something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TextPlace {
    /// The question of an exchange.
    Question {
        /// The check.
        check: CheckNumber,
        /// The exchange, from 0.
        exchange: usize,
    },
    /// The reply of an exchange.
    Reply {
        /// The check.
        check: CheckNumber,
        /// The exchange, from 0.
        exchange: usize,
    },
    /// Why somebody proposed to close a check.
    ProposalNote {
        /// The check.
        check: CheckNumber,
    },
    /// Why a check was closed.
    CloseNote {
        /// The check.
        check: CheckNumber,
    },
    /// What was said when an alert was acknowledged.
    AcknowledgeNote {
        /// The alert.
        alert: AlertNumber,
    },
    /// Why the deadline was moved.
    MoveReason {
        /// The move, from 0.
        moved: usize,
    },
    /// Why it was decided so at court.
    DecisionNote {
        /// The decision, from 0.
        decision: usize,
    },
}

/// Which sealed parts are opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// All of them: officers.
    Whole,
    /// Those of one check, its candidates among them, and the people and addresses: its responder.
    Check(CheckNumber),
    /// None of the people, addresses and answers, nor what people wrote.
    Closed,
}

/// How sealed parts are read: the functions of the one codec.
#[derive(Clone, Copy)]
pub struct Unseal<E> {
    /// Reads the people and addresses.
    pub personal: fn(&Sealed) -> Result<Personal, E>,
    /// Reads what an answer says.
    pub answer: fn(&Sealed) -> Result<AnswerContent, E>,
    /// Reads what people wrote.
    pub text: fn(&Sealed) -> Result<String, E>,
    /// Reads who may be one of the people.
    pub candidates: fn(&Sealed) -> Result<Vec<Candidate>, E>,
}

impl OpenEnquiry {
    /// Opens `part` of what was stored.
    ///
    /// # Errors
    /// What the codec says of a part that cannot be read.
    pub fn open<E>(
        stored: Stored<Enquiry>,
        part: Part,
        beside: Beside<'_>,
        unseal: &Unseal<E>,
    ) -> Result<Self, E> {
        let Stored {
            record: enquiry,
            revision,
        } = stored;
        let personal = match part {
            Part::Whole | Part::Check(_) => Some((unseal.personal)(&enquiry.personal)?),
            Part::Closed => None,
        };
        let mut answers = BTreeMap::new();
        let mut texts = BTreeMap::new();
        for check in enquiry.checks.iter().filter(|check| part.covers(check)) {
            for (version, content) in sealed_answers(check) {
                answers.insert((check.number, version), (unseal.answer)(content)?);
            }
            for (place, sealed) in sealed_texts(check) {
                texts.insert(place, (unseal.text)(sealed)?);
            }
        }
        let mut candidates = Vec::new();
        if let Part::Check(number) = part
            && let Some(check) = enquiry.check(number)
        {
            candidates = (unseal.candidates)(&check.candidates)?;
        }
        if part == Part::Whole {
            for alert in &enquiry.alerts {
                if let AlertState::Acknowledged { note, .. } = &alert.state {
                    let place = TextPlace::AcknowledgeNote {
                        alert: alert.number,
                    };
                    texts.insert(place, (unseal.text)(note)?);
                }
            }
            for (moved, entry) in enquiry.moves.iter().enumerate() {
                texts.insert(
                    TextPlace::MoveReason { moved },
                    (unseal.text)(&entry.reason)?,
                );
            }
            for (decision, entry) in enquiry.decisions.iter().enumerate() {
                texts.insert(
                    TextPlace::DecisionNote { decision },
                    (unseal.text)(&entry.note)?,
                );
            }
        }
        Ok(Self {
            enquiry,
            revision,
            personal,
            answers,
            texts,
            candidates,
            responders: beside.responders.clone(),
            agreements: beside.agreements.clone(),
            day: beside.day,
        })
    }

    /// What people wrote at `place`; nothing where it is not open.
    pub fn text(&self, place: TextPlace) -> &str {
        self.texts.get(&place).map_or("", String::as_str)
    }
}

impl Part {
    /// What of one check is opened for `actor`, who may see it: candidates for its responder alone.
    pub const fn of_check(actor: &Actor, check: CheckNumber) -> Self {
        match actor.role {
            Role::Adapter => Self::Check(check),
            _ => Self::Whole,
        }
    }

    fn covers(self, check: &Check) -> bool {
        match self {
            Self::Whole => true,
            Self::Check(number) => number == check.number,
            Self::Closed => false,
        }
    }
}

fn sealed_answers(check: &Check) -> impl Iterator<Item = (u8, &Sealed)> {
    let answers = match &check.state {
        CheckState::Answered { answers, .. } => answers.as_slice(),
        _ => &[],
    };
    (1_u8..).zip(answers.iter().map(|answer| &answer.content))
}

fn sealed_texts(check: &Check) -> Vec<(TextPlace, &Sealed)> {
    let number = check.number;
    let mut texts = Vec::new();
    for (exchange, entry) in check.exchanges.iter().enumerate() {
        let place = TextPlace::Question {
            check: number,
            exchange,
        };
        texts.push((place, &entry.question));
        if let Some(reply) = &entry.reply {
            let place = TextPlace::Reply {
                check: number,
                exchange,
            };
            texts.push((place, &reply.text));
        }
    }
    if let Some(closing) = &check.closing {
        texts.push((TextPlace::ProposalNote { check: number }, &closing.note));
    }
    if let CheckState::Closed { note, .. } = &check.state {
        texts.push((TextPlace::CloseNote { check: number }, note));
    }
    texts
}
