//! From the people found to what a program may answer.
//!
//! Only what is certain is answered: whom a record certainly describes, and of whom no record can be. Everything else goes to people. A
//! person found who is certainly one of the wanted is not possibly another of them: so a child's own record makes no doubt of the father's
//! absence, and twins who are both wanted are both found.

mod candidate;

use super::blocking::blocks;
use super::connector::{Candidates, Connector, Outcome, Reply, Source, Trouble};
use super::matching::{Profile, Verdict};
use super::matching::{names::says_nothing, text::words};
use super::people::{Accuracy, Found, Identity, Wanted, wanted};
use async_trait::async_trait;
use std::collections::BTreeMap;
use usher_proto::v1::{self, Confidence, PeopleReason};

/// People and episodes that one answer holds, on the wire too.
const ANSWER_MAX: usize = 64;

/// Looks people up in a [`Source`], compares, and settles.
pub struct Searched<S> {
    source: S,
}

impl<S: Source> Searched<S> {
    /// A connector over `source`.
    pub fn new(source: S) -> Self {
        Self { source }
    }
}

#[async_trait]
impl<S: Source> Connector for Searched<S> {
    fn name(&self) -> &str {
        self.source.name()
    }

    async fn look_up(&self, check: &v1::AssignedCheck) -> Result<Outcome, Trouble> {
        // Somebody at risk is told of: that is for people, whatever is found.
        if check.purpose() == v1::Purpose::Referral {
            return Ok(Outcome::Unsettled(PeopleReason::Agreement));
        }
        let wanted = check.personal.as_ref().map(wanted).unwrap_or_default();
        if let Some(reason) = unfit(&wanted) {
            return Ok(Outcome::Unsettled(reason));
        }
        let mut found = Vec::with_capacity(wanted.len());
        for person in &wanted {
            found.push(self.source.candidates(&person.identity).await?);
        }
        Ok(settle(&wanted, &found))
    }

    async fn probe(&self) -> Result<(), Trouble> {
        self.source.probe().await
    }
}

/// What a program may answer about `wanted`, when `found` holds the candidates for each of them, in the same order.
pub fn settle(wanted: &[Wanted], found: &[Candidates]) -> Outcome {
    if let Some(reason) = unfit(wanted) {
        return Outcome::Unsettled(reason);
    }
    if wanted.len() != found.len() {
        return Outcome::Unsettled(PeopleReason::Other);
    }
    let likenesses: Vec<Likenesses<'_>> = wanted
        .iter()
        .zip(found)
        .map(|(person, candidates)| Likenesses::of(&person.identity, &candidates.people))
        .collect();
    if found.iter().any(|candidates| candidates.unreadable) || is_partial(&likenesses) {
        return Outcome::Unsettled(PeopleReason::Unreadable);
    }
    let each = || found.iter().zip(&likenesses);
    let claims = claims(&likenesses);
    // Beside whoever certainly is one of them another may be, whom nobody saw.
    let in_doubt = |(candidates, likeness): (&Candidates, &Likenesses<'_>)| {
        likeness.is_doubtful(&claims) || candidates.cut && !likeness.certain.is_empty()
    };
    let doubtful: Vec<bool> = each().map(in_doubt).collect();
    if doubtful.contains(&true) {
        let of_whom = wanted.iter().zip(each()).zip(doubtful);
        let of_whom = of_whom.filter(|(_, in_doubt)| *in_doubt);
        let perhaps = of_whom.map(|((person, (candidates, likeness)), _)| {
            let elsewhere =
                |key: &str| claims.contains_key(key) && !likeness.certain.contains_key(key);
            candidate::of(person, &candidates.people, elsewhere)
        });
        return Outcome::Possible(candidate::likeliest(perhaps.collect()));
    }
    let perhaps_there = |(candidates, likeness): (&Candidates, &Likenesses<'_>)| {
        (candidates.cut || candidates.narrow) && likeness.certain.is_empty()
    };
    if each().any(perhaps_there) {
        return Outcome::Unsettled(PeopleReason::UncertainAbsence);
    }
    match reply(wanted, found, &likenesses) {
        Some(reply) => Outcome::Answer(Box::new(reply)),
        None => Outcome::Unsettled(PeopleReason::Other),
    }
}

/// Why nobody needs to be searched for: some of them cannot be, or they are more than an answer holds.
fn unfit(wanted: &[Wanted]) -> Option<PeopleReason> {
    if wanted.len() > ANSWER_MAX {
        return Some(PeopleReason::Other);
    }
    let too_little =
        |person: &Wanted| blocks(&person.identity).is_empty() || is_vague(&person.identity);
    (wanted.is_empty() || wanted.iter().any(too_little)).then_some(PeopleReason::TooLittle)
}

/// Whether neither the given name nor the day of birth is known: a family name and a season fit too many, and exclude too few.
fn is_vague(wanted: &Identity) -> bool {
    let dated = wanted
        .born
        .is_some_and(|born| born.accuracy == Accuracy::Known);
    !dated
        && wanted
            .names
            .iter()
            .all(|name| says_nothing(&words(&name.given)))
}

/// Who is like one of the wanted, by key. A key may come more than once, with another name or address each time.
#[derive(Default)]
struct Likenesses<'a> {
    certain: BTreeMap<&'a str, (Verdict, Vec<&'a Found>)>,
    possible: Vec<&'a str>,
}

impl<'a> Likenesses<'a> {
    fn of(wanted: &Identity, people: &'a [Found]) -> Self {
        let wanted = Profile::of(wanted);
        let mut all = Self::default();
        for found in people {
            let verdict = wanted.compare(&Profile::of(&found.identity));
            let key = found.key.as_str();
            match verdict.confidence {
                Confidence::Certain => {
                    all.certain.entry(key).or_insert((verdict, Vec::new()));
                }
                Confidence::Possible => all.possible.push(key),
                Confidence::None | Confidence::Unspecified => {}
            }
        }
        for found in people {
            if let Some((_, rows)) = all.certain.get_mut(found.key.as_str()) {
                rows.push(found);
            }
        }
        all
    }
}

/// Whether not all is known of somebody who is certainly one of the wanted.
fn is_partial(likenesses: &[Likenesses<'_>]) -> bool {
    let certain = likenesses.iter().flat_map(|one| one.certain.values());
    certain
        .flat_map(|(_, rows)| rows)
        .any(|found| found.partial)
}

/// Of how many of the wanted each is certainly one, by key.
fn claims<'a>(likenesses: &[Likenesses<'a>]) -> BTreeMap<&'a str, usize> {
    let mut claims = BTreeMap::new();
    for key in likenesses.iter().flat_map(|one| one.certain.keys()) {
        *claims.entry(*key).or_default() += 1;
    }
    claims
}

impl Likenesses<'_> {
    /// Whether anybody is perhaps this one: not certainly, or certainly beside another, or certainly another of the wanted too.
    fn is_doubtful(&self, claims: &BTreeMap<&str, usize>) -> bool {
        self.certain.len() > 1
            || self.certain.keys().any(|key| claims.get(key) > Some(&1))
            || self.possible.iter().any(|key| !claims.contains_key(key))
    }
}

/// The answer; `None` where an answer does not hold it all, or where nobody counted the contacts that alone would make it.
fn reply(wanted: &[Wanted], found: &[Candidates], likenesses: &[Likenesses<'_>]) -> Option<Reply> {
    let as_of = found.iter().filter_map(|candidates| candidates.as_of).min();
    let mut content = v1::AnswerContent {
        source: match as_of {
            Some(_) => v1::DataSource::Batch.into(),
            None => v1::DataSource::Live.into(),
        },
        ..v1::AnswerContent::default()
    };
    let mut known: Vec<&Found> = Vec::new();
    for (person, likeness) in wanted.iter().zip(likenesses) {
        let (confidence, basis) = match likeness.certain.values().next() {
            Some((verdict, rows)) => {
                add_episodes(&mut content.episodes, rows, &person.who);
                known.extend(rows);
                (Confidence::Certain, verdict.basis.to_string())
            }
            None => (Confidence::None, "no record that fits".to_owned()),
        };
        content.matches.push(v1::Match {
            who: person.who.clone(),
            confidence: confidence.into(),
            basis,
        });
    }
    if content.episodes.len() > ANSWER_MAX {
        return None;
    }
    let disposition = if known.is_empty() {
        v1::Disposition::NotKnown
    } else {
        add_contacts(&mut content, &known);
        content.worker = worker(&known);
        disposition(&content)?
    };
    Some(Reply {
        disposition,
        content,
        data_as_of: as_of,
        person: None,
    })
}

/// The episodes of one person, each once, under the name that the enquiry uses.
fn add_episodes(episodes: &mut Vec<v1::Episode>, rows: &[&Found], who: &str) {
    for episode in rows.iter().flat_map(|row| &row.episodes) {
        let episode = v1::Episode {
            who: who.to_owned(),
            ..episode.clone()
        };
        if !episodes.contains(&episode) {
            episodes.push(episode);
        }
    }
}

/// The contacts of all, where everybody's are counted or there are any; otherwise nothing is said of how many.
fn add_contacts(content: &mut v1::AnswerContent, known: &[&Found]) {
    let mut people: BTreeMap<&str, Option<u32>> = BTreeMap::new();
    for found in known {
        let count = people.entry(&found.key).or_default();
        *count = (*count).max(found.recent_contacts);
    }
    let counted = people.values().flatten();
    let sum = counted.fold(0_u32, |sum, count| sum.saturating_add(*count));
    let complete = people.values().all(Option::is_some);
    content.recent_contacts = (complete || sum > 0).then_some(sum);
    let latest = known.iter().filter_map(|found| found.last_contact).max();
    content.last_contact = latest.map(|date| date.to_string()).unwrap_or_default();
}

/// The worker of whoever has an open episode, else of anybody.
fn worker(known: &[&Found]) -> Option<v1::Worker> {
    let is_open = |found: &&&Found| found.episodes.iter().any(|episode| episode.open);
    let open = known.iter().filter(is_open);
    let mut workers = open.chain(known).filter_map(|found| found.worker.clone());
    workers.next()
}

/// What is known of people who certainly are. Contacts that nobody counted are not none.
fn disposition(content: &v1::AnswerContent) -> Option<v1::Disposition> {
    let contacts = content.recent_contacts;
    if !content.episodes.is_empty() || contacts > Some(0) || !content.last_contact.is_empty() {
        Some(v1::Disposition::KnownRelevant)
    } else {
        contacts.map(|_| v1::Disposition::KnownNothingRelevant)
    }
}

#[cfg(test)]
mod tests;
