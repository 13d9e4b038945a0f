//! What an answer that came by file means for the check: what a person said stands; what a program said must be certain about everybody.

use super::answer::Answer;
use super::records::Said;
use super::word;
use crate::adapter::connector::{Outcome, Reply};
use crate::adapter::people::wanted;
use std::collections::BTreeSet;
use usher_proto::v1::{self, PeopleReason};

pub(super) fn judge(said: &Said, check: &v1::AssignedCheck) -> Outcome {
    let Said::Answer(answer) = said else {
        return Outcome::Unsettled(PeopleReason::Unreadable);
    };
    let people = check.personal.as_ref().map(wanted).unwrap_or_default();
    let people: BTreeSet<String> = people.into_iter().map(|person| person.who).collect();
    if let Some(reason) = doubt(answer, &people) {
        return Outcome::Unsettled(reason);
    }
    if answer.disposition == word::REDIRECT {
        return Outcome::Redirect {
            to: answer.redirect_to.clone(),
            person: answer.person(),
        };
    }
    match word::disposition(&answer.disposition) {
        Some(disposition) => Outcome::Answer(Box::new(Reply {
            disposition,
            content: answer.content(),
            data_as_of: answer.data_as_of.parse().ok(),
            person: answer.person(),
        })),
        None => Outcome::Unsettled(PeopleReason::Unreadable),
    }
}

/// Why people must look before this is an answer, if they must.
fn doubt(answer: &Answer, people: &BTreeSet<String>) -> Option<PeopleReason> {
    let found = answer.matches.iter().map(|found| &found.who);
    let involved = answer.episodes.iter().map(|episode| &episode.who);
    if found
        .chain(involved.filter(|who| !who.is_empty()))
        .any(|who| !people.contains(who))
    {
        return Some(PeopleReason::Unreadable);
    }
    if answer.person().is_some() || answer.disposition == word::REDIRECT {
        return None;
    }
    let sure = |word: &str| answer.matches.iter().any(|found| found.confidence == word);
    if sure("possible") {
        return Some(PeopleReason::PossibleMatch);
    }
    // Silence about somebody is not absence; and what is known of nobody is about nobody.
    let covered = answer.matches.len() == people.len();
    let known = answer.disposition != "not-known";
    (!covered || known != sure("certain")).then_some(PeopleReason::Unreadable)
}

#[cfg(test)]
mod tests {
    use super::super::answer::{Match, Person};
    use super::*;

    fn said(disposition: &str, matches: &[(&str, &str)], person: &str) -> Said {
        let matches = matches.iter().map(|(who, confidence)| Match {
            who: (*who).into(),
            confidence: (*confidence).into(),
            basis: String::new(),
        });
        Said::Answer(Box::new(Answer {
            disposition: disposition.into(),
            matches: matches.collect(),
            answered_by: Person {
                name: person.into(),
                ..Person::default()
            },
            ..Answer::default()
        }))
    }

    fn check(said: &Said, expected: &str) {
        let asked = v1::AssignedCheck {
            personal: Some(v1::Personal {
                subject: Some(v1::Subject::default()),
                children: vec![v1::Child::default()],
                ..v1::Personal::default()
            }),
            ..v1::AssignedCheck::default()
        };
        let got = match judge(said, &asked) {
            Outcome::Answer(reply) => match reply.person {
                Some(_) => "a person's answer",
                None => "a program's answer",
            },
            Outcome::Unsettled(reason) => reason.as_str_name(),
            Outcome::Possible(_) | Outcome::Redirect { .. } | Outcome::Pending(_) => {
                "something else"
            }
        };
        assert_eq!(got, expected);
    }

    #[test]
    fn a_program_answers_only_what_is_certain_about_everybody() {
        let none = [("subject", "none"), ("child 1", "none")];
        let one = [("subject", "none"), ("child 1", "certain")];
        let perhaps = [("subject", "possible"), ("child 1", "certain")];
        let (possible, unreadable) = ("PEOPLE_REASON_POSSIBLE_MATCH", "PEOPLE_REASON_UNREADABLE");
        check(&said("not-known", &none, ""), "a program's answer");
        check(&said("not-known", &none[..1], ""), unreadable);
        check(&said("not-known", &[], ""), unreadable);
        check(&said("not-known", &[], "A. Person"), "a person's answer");
        check(&said("known-relevant", &one, ""), "a program's answer");
        check(&said("known-relevant", &none, ""), unreadable);
        check(&said("known-relevant", &perhaps, ""), possible);
        check(
            &said("known-relevant", &perhaps, "A. Person"),
            "a person's answer",
        );
        check(
            &said("known-relevant", &[("child 2", "certain")], "A. Person"),
            unreadable,
        );
        check(&Said::Unreadable, unreadable);
    }
}
