//! One answer, as files say it and as the adapter remembers it. No `Debug`: it is about people.

use super::word::{self, Code};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use usher_proto::v1;

/// Entries of one list of an answer, at most, as the contract has it.
const ITEMS_MAX: usize = 64;
/// Characters of a line and of a remark, at most, as the contract has it.
const LINE_CHARS_MAX: usize = 200;
const REMARK_CHARS_MAX: usize = 16_000;
/// Bytes of a whole answer, at most: an enquiry has 50 KiB for what people write.
const ANSWER_BYTES_MAX: usize = 48 * 1_024;

/// An answer. Its words are the borough's until it has been [`Answer::read`], then usher's.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Answer {
    pub(super) check_id: String,
    #[serde(default)]
    pub(super) exchanges: Option<u32>,
    pub(super) disposition: String,
    /// The enquiry's short reference, which systems may repeat and usher does not need.
    #[serde(default, skip_serializing)]
    pub(super) reference: String,
    #[serde(default)]
    pub(super) redirect_to: String,
    #[serde(default)]
    pub(super) matches: Vec<Match>,
    #[serde(default)]
    pub(super) episodes: Vec<Episode>,
    #[serde(default)]
    pub(super) worker: Worker,
    #[serde(default)]
    pub(super) recent_contacts: Option<u32>,
    #[serde(default)]
    pub(super) last_contact: String,
    #[serde(default)]
    pub(super) data_as_of: String,
    #[serde(default)]
    pub(super) valid_until: String,
    #[serde(default)]
    pub(super) remarks: Vec<Remark>,
    #[serde(default)]
    pub(super) answered_by: Person,
}

/// One person looked for.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Match {
    pub(super) who: String,
    pub(super) confidence: String,
    #[serde(default)]
    pub(super) basis: String,
}

/// One involvement.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Episode {
    #[serde(default)]
    pub(super) who: String,
    pub(super) kind: String,
    pub(super) open: bool,
    #[serde(default)]
    pub(super) start: String,
    #[serde(default)]
    pub(super) end: String,
    #[serde(default)]
    pub(super) category: String,
    #[serde(default)]
    pub(super) legal_status: String,
    #[serde(default)]
    pub(super) other_authority: bool,
    #[serde(default)]
    pub(super) handling: Vec<String>,
}

/// The worker to speak to.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Worker {
    pub(super) name: String,
    pub(super) team: String,
    pub(super) phone: String,
    pub(super) email: String,
}

/// Something said in words.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Remark {
    pub(super) topic: String,
    pub(super) text: String,
    #[serde(default)]
    pub(super) handling: Vec<String>,
}

/// Who answered.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Person {
    pub(super) name: String,
    pub(super) post: String,
    pub(super) contact: String,
}

/// How a borough writes codes and dates.
pub(super) struct Reading {
    pub(super) codes: BTreeMap<Code, BTreeMap<String, String>>,
    pub(super) dates: String,
}

/// Why an answer cannot be used: names of fields, never what stands in them.
type Fault = String;

impl Reading {
    fn code(&self, kind: Code, text: &mut String) -> Result<(), Fault> {
        let own = self
            .codes
            .get(&kind)
            .and_then(|words| words.get(text.trim()));
        let word = own.map_or(text.trim(), String::as_str);
        if !kind.knows(word) {
            return Err(format!(
                "a code of the kind `{}` is not in the configuration",
                kind.name()
            ));
        }
        *text = word.to_owned();
        Ok(())
    }

    fn date(&self, field: &str, text: &mut String) -> Result<Option<Date>, Fault> {
        if text.trim().is_empty() {
            text.clear();
            return Ok(None);
        }
        let date = Date::strptime(&self.dates, text.trim())
            .map_err(|_| format!("`{field}` is not a date as `dates` describes it"))?;
        *text = date.to_string();
        Ok(Some(date))
    }

    /// A moment with its offset, or a day, which then counts from its beginning: data is rather called too old than too new.
    fn moment(&self, field: &str, text: &mut String) -> Result<(), Fault> {
        if let Ok(moment) = text.trim().parse::<Timestamp>() {
            *text = moment.to_string();
            return Ok(());
        }
        if let Some(date) = self.date(field, text)? {
            let start = date.to_zoned(jiff::tz::get!("Europe/London"));
            let start = start.map_err(|_| format!("`{field}` is out of range"))?;
            *text = start.timestamp().to_string();
        }
        Ok(())
    }
}

impl Answer {
    /// Brings codes and dates into usher's form, and holds the answer to the bounds of the contract.
    pub(super) fn read(mut self, reading: &Reading) -> Result<Self, Fault> {
        self.check_id = check_id(&self.check_id).ok_or("`check_id` is not the id of a check")?;
        reading.code(Code::Disposition, &mut self.disposition)?;
        let redirected = self.disposition == word::REDIRECT;
        if redirected != authority(&self.redirect_to)
            || (!redirected && !self.redirect_to.is_empty())
        {
            return Err("`redirect_to` is the code of an authority where `disposition` is `redirect`, and empty elsewhere".into());
        }
        self.read_lists(reading)?;
        self.reference.clear();
        reading.date("last_contact", &mut self.last_contact)?;
        reading.date("valid_until", &mut self.valid_until)?;
        reading.moment("data_as_of", &mut self.data_as_of)?;
        self.check_lines()?;
        self.check_sense()?;
        if serde_json::to_vec(&self).map_or(true, |bytes| bytes.len() > ANSWER_BYTES_MAX) {
            return Err(format!(
                "the answer is longer than {ANSWER_BYTES_MAX} bytes"
            ));
        }
        Ok(self)
    }

    fn read_lists(&mut self, reading: &Reading) -> Result<(), Fault> {
        let lists = [self.matches.len(), self.episodes.len(), self.remarks.len()];
        if lists.into_iter().any(|length| length > ITEMS_MAX) {
            return Err(format!("more than {ITEMS_MAX} entries in one list"));
        }
        for found in &mut self.matches {
            reading.code(Code::Confidence, &mut found.confidence)?;
            found.who = who(&found.who).ok_or("`who` of a match is nobody of an enquiry")?;
        }
        for episode in &mut self.episodes {
            reading.code(Code::Episode, &mut episode.kind)?;
            if !episode.category.trim().is_empty() {
                reading.code(Code::Category, &mut episode.category)?;
            }
            if !episode.who.trim().is_empty() {
                episode.who =
                    who(&episode.who).ok_or("`who` of an episode is nobody of an enquiry")?;
            }
            let start = reading.date("start", &mut episode.start)?;
            let end = reading.date("end", &mut episode.end)?;
            if start.zip(end).is_some_and(|(start, end)| end < start) {
                return Err("an episode ends before it starts".into());
            }
        }
        let episodes = self
            .episodes
            .iter_mut()
            .map(|episode| &mut episode.handling);
        let remarks = self.remarks.iter_mut().map(|remark| &mut remark.handling);
        for handling in episodes.chain(remarks).flatten() {
            reading.code(Code::Handling, handling)?;
        }
        for remark in &mut self.remarks {
            reading.code(Code::Topic, &mut remark.topic)?;
        }
        Ok(())
    }

    fn check_lines(&self) -> Result<(), Fault> {
        let (worker, person) = (&self.worker, &self.answered_by);
        let lines = [
            ("worker name", &worker.name, LINE_CHARS_MAX),
            ("worker team", &worker.team, LINE_CHARS_MAX),
            ("worker phone", &worker.phone, LINE_CHARS_MAX),
            ("worker email", &worker.email, LINE_CHARS_MAX),
            ("answered_by", &person.name, LINE_CHARS_MAX),
            ("answered_by post", &person.post, LINE_CHARS_MAX),
            ("answered_by contact", &person.contact, LINE_CHARS_MAX),
        ];
        let matches = self
            .matches
            .iter()
            .map(|found| ("basis", &found.basis, LINE_CHARS_MAX));
        let episodes = self
            .episodes
            .iter()
            .map(|episode| ("legal status", &episode.legal_status, 8));
        let remarks = self
            .remarks
            .iter()
            .map(|remark| ("remark", &remark.text, REMARK_CHARS_MAX));
        let all = lines
            .into_iter()
            .chain(matches)
            .chain(episodes)
            .chain(remarks);
        for (field, text, most) in all {
            if text.chars().count() > most {
                return Err(format!("`{field}` is longer than {most} characters"));
            }
        }
        Ok(())
    }

    /// What contradicts itself is no answer, whoever gave it.
    fn check_sense(&self) -> Result<(), Fault> {
        let mut names: Vec<&str> = self
            .matches
            .iter()
            .map(|found| found.who.as_str())
            .collect();
        names.sort_unstable();
        if names.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err("one person has two matches".into());
        }
        let known = self.matches.iter().any(|found| found.confidence != "none");
        if self.disposition == "not-known" && (known || !self.episodes.is_empty()) {
            return Err("`not-known` contradicts a match or an episode".into());
        }
        let person = &self.answered_by;
        if person.name.trim().is_empty() && !(person.post.is_empty() && person.contact.is_empty()) {
            return Err("a post or contact of somebody who answered, without a name".into());
        }
        Ok(())
    }

    /// What is said, as the wire has it.
    pub(super) fn content(&self) -> v1::AnswerContent {
        let source = match self.person() {
            Some(_) => v1::DataSource::People,
            None => v1::DataSource::Batch,
        };
        v1::AnswerContent {
            matches: self.matches.iter().map(Match::message).collect(),
            episodes: self.episodes.iter().map(Episode::message).collect(),
            worker: (self.worker != Worker::default()).then(|| v1::Worker {
                name: self.worker.name.clone(),
                team: self.worker.team.clone(),
                phone: self.worker.phone.clone(),
                email: self.worker.email.clone(),
            }),
            recent_contacts: self.recent_contacts,
            last_contact: self.last_contact.clone(),
            remarks: self.remarks.iter().map(Remark::message).collect(),
            valid_until: self.valid_until.clone(),
            source: source.into(),
            disclosure: None,
        }
    }

    /// Who answered, where somebody did.
    pub(super) fn person(&self) -> Option<v1::Person> {
        let Person {
            name,
            post,
            contact,
        } = self.answered_by.clone();
        (!name.trim().is_empty()).then_some(v1::Person {
            name,
            post,
            contact,
        })
    }
}

impl Match {
    fn message(&self) -> v1::Match {
        v1::Match {
            who: self.who.clone(),
            confidence: word::confidence(&self.confidence).map_or(0, Into::into),
            basis: self.basis.clone(),
        }
    }
}

impl Episode {
    fn message(&self) -> v1::Episode {
        v1::Episode {
            kind: word::episode(&self.kind).map_or(0, Into::into),
            who: self.who.clone(),
            open: self.open,
            start: self.start.clone(),
            end: self.end.clone(),
            category: word::category(&self.category).map_or(0, Into::into),
            legal_status: self.legal_status.clone(),
            other_authority: self.other_authority,
            handling: handling(&self.handling),
        }
    }
}

impl Remark {
    fn message(&self) -> v1::Remark {
        v1::Remark {
            topic: word::topic(&self.topic).map_or(0, Into::into),
            text: self.text.clone(),
            handling: handling(&self.handling),
        }
    }
}

fn handling(words: &[String]) -> Vec<i32> {
    let known = words.iter().filter_map(|word| word::handling(word));
    known.map(Into::into).collect()
}

/// The id of a check in its one form: a UUID in lower case, a slash, a number.
pub(super) fn check_id(text: &str) -> Option<String> {
    let (enquiry, number) = text.trim().split_once('/')?;
    let enquiry = uuid::Uuid::try_parse(enquiry).ok()?;
    let plain = number.bytes().all(|digit| digit.is_ascii_digit()) && !number.starts_with('0');
    let number: u8 = number.parse().ok().filter(|_| plain)?;
    Some(format!("{}/{number}", enquiry.hyphenated()))
}

/// A person of an enquiry, as answers name them.
fn who(text: &str) -> Option<String> {
    let text = text.trim().to_ascii_lowercase();
    let numbered = |kind: &str| {
        let number = text
            .strip_prefix(kind)
            .and_then(|rest| rest.trim().parse::<u8>().ok());
        number
            .filter(|number| *number > 0)
            .map(|number| format!("{kind} {number}"))
    };
    if text == "subject" {
        return Some(text);
    }
    numbered("child").or_else(|| numbered("other"))
}

/// Whether the code of an authority: a letter and eight digits.
fn authority(text: &str) -> bool {
    let digits = text.strip_prefix(|letter: char| letter.is_ascii_uppercase());
    digits.is_some_and(|digits| {
        digits.len() == 8 && digits.bytes().all(|digit| digit.is_ascii_digit())
    })
}
