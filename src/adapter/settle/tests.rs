use super::*;
use crate::adapter::people::{Accuracy, Born, Name, Place};
use jiff::Timestamp;

/// Somebody by `Given Family` and date of birth, who lives where all of these live.
fn person(name: &str, born: &str) -> Identity {
    let (given, family) = name.split_once(' ').unwrap_or(("", name));
    Identity {
        names: vec![Name {
            family: family.into(),
            given: given.into(),
        }],
        born: born.parse().ok().map(|date| Born {
            date,
            accuracy: Accuracy::Known,
        }),
        sex: None,
        places: vec![Place {
            lines: "12 Mare Street".into(),
            postcode: "E8 1EA".into(),
        }],
    }
}

fn asked(who: &str, name: &str, born: &str) -> Wanted {
    Wanted {
        who: who.into(),
        identity: person(name, born),
    }
}

fn record(key: &str, name: &str, born: &str) -> Found {
    Found {
        key: key.into(),
        identity: person(name, born),
        recent_contacts: Some(0),
        ..Found::default()
    }
}

fn episode(kind: v1::EpisodeKind, open: bool) -> v1::Episode {
    v1::Episode {
        kind: kind.into(),
        open,
        ..v1::Episode::default()
    }
}

fn candidates(people: Vec<Found>) -> Candidates {
    Candidates {
        people,
        ..Candidates::default()
    }
}

/// Settles for people who are all looked for among the same records.
fn settled(wanted: &[Wanted], people: &[Found]) -> Outcome {
    let found: Vec<Candidates> = wanted.iter().map(|_| candidates(people.to_vec())).collect();
    settle(wanted, &found)
}

fn answered(outcome: Outcome) -> Reply {
    match outcome {
        Outcome::Answer(reply) => *reply,
        Outcome::Unsettled(reason) => panic!("unsettled: {reason:?}"),
        Outcome::Possible(_) => panic!("unsettled: a possible match"),
        Outcome::Redirect { .. } | Outcome::Pending(_) => panic!("neither answered nor unsettled"),
    }
}

fn unsettled(outcome: &Outcome) -> Option<PeopleReason> {
    match outcome {
        Outcome::Unsettled(reason) => Some(*reason),
        Outcome::Possible(_) => Some(PeopleReason::PossibleMatch),
        _ => None,
    }
}

const ANNA: (&str, &str) = ("Anna Green", "1990-03-04");

#[test]
fn whom_no_record_fits_is_not_known() {
    let wanted = [
        asked("subject", ANNA.0, ANNA.1),
        asked("child 1", "Ben Green", "2015-06-07"),
    ];
    let reply = answered(settled(
        &wanted,
        &[record("1", "Carl Petrov", "1950-01-02")],
    ));
    assert_eq!(reply.disposition, v1::Disposition::NotKnown);
    assert!(reply.data_as_of.is_none());
    assert_eq!(reply.content.source(), v1::DataSource::Live);
    let matches = &reply.content.matches;
    assert_eq!(matches.len(), 2);
    assert_eq!(matches[1].who, "child 1");
    assert!(
        matches
            .iter()
            .all(|one| one.confidence() == Confidence::None)
    );
    assert!(reply.content.episodes.is_empty() && reply.content.worker.is_none());
    assert!(reply.content.recent_contacts.is_none());
}

#[test]
fn certain_people_are_answered_with_all_that_is_recorded_of_them() {
    let wanted = [
        asked("subject", ANNA.0, ANNA.1),
        asked("child 1", "Ben Green", "2015-06-07"),
    ];
    let worker = |name: &str| {
        Some(v1::Worker {
            name: name.into(),
            ..v1::Worker::default()
        })
    };
    let mother = Found {
        worker: worker("former"),
        episodes: vec![episode(v1::EpisodeKind::CinPlan, false)],
        recent_contacts: Some(1),
        last_contact: "2026-02-03".parse().ok(),
        ..record("1", ANNA.0, ANNA.1)
    };
    let child = Found {
        worker: worker("present"),
        episodes: vec![episode(v1::EpisodeKind::CpPlan, true)],
        recent_contacts: Some(2),
        last_contact: "2026-04-05".parse().ok(),
        ..record("2", "Ben Green", "2015-06-07")
    };
    // The mother's second row, as systems give it: another address, the same episode.
    let again = mother.clone();
    let mut found = [
        candidates(vec![mother.clone(), child.clone(), again]),
        candidates(vec![mother, child]),
    ];
    let at = |text: &str| text.parse::<Timestamp>().ok();
    found[0].as_of = at("2026-11-22T04:00:00Z");
    found[1].as_of = at("2026-11-21T04:00:00Z");
    let reply = answered(settle(&wanted, &found));
    assert_eq!(reply.disposition, v1::Disposition::KnownRelevant);
    assert_eq!(reply.data_as_of, found[1].as_of);
    let content = &reply.content;
    assert_eq!(content.source(), v1::DataSource::Batch);
    let who: Vec<&str> = content
        .episodes
        .iter()
        .map(|one| one.who.as_str())
        .collect();
    assert_eq!(who, ["subject", "child 1"]);
    assert!(content.worker == worker("present"));
    assert_eq!(content.recent_contacts, Some(3));
    assert_eq!(content.last_contact, "2026-04-05");
    for one in &content.matches {
        assert_eq!(one.confidence(), Confidence::Certain);
        assert_eq!(one.basis, "name, date of birth and address");
    }
}

#[test]
fn nothing_relevant_is_said_only_where_contacts_are_counted_and_none() {
    let wanted = [asked("subject", ANNA.0, ANNA.1)];
    let with = |count: Option<u32>, last: &str| {
        let found = Found {
            recent_contacts: count,
            last_contact: last.parse().ok(),
            ..record("1", ANNA.0, ANNA.1)
        };
        settled(&wanted, &[found])
    };
    let nothing = v1::Disposition::KnownNothingRelevant;
    assert_eq!(answered(with(Some(0), "")).disposition, nothing);
    for (count, last) in [(Some(1), ""), (None, "2026-04-05")] {
        assert_eq!(
            answered(with(count, last)).disposition,
            v1::Disposition::KnownRelevant
        );
    }
    assert_eq!(unsettled(&with(None, "")), Some(PeopleReason::Other));
}

#[test]
fn whatever_is_only_possible_goes_to_people() {
    let wanted = [asked("subject", ANNA.0, ANNA.1)];
    let anna = || record("1", ANNA.0, ANNA.1);
    for people in [
        vec![record("1", "Ana Green", ANNA.1)],
        vec![record("1", ANNA.0, "1950-07-08")],
        vec![anna(), record("2", ANNA.0, ANNA.1)],
        vec![anna(), record("2", "Ana Green", ANNA.1)],
    ] {
        let outcome = settled(&wanted, &people);
        assert_eq!(unsettled(&outcome), Some(PeopleReason::PossibleMatch));
    }
    let cut = Candidates {
        cut: true,
        ..candidates(vec![anna()])
    };
    let outcome = settle(&wanted, &[cut]);
    assert_eq!(unsettled(&outcome), Some(PeopleReason::PossibleMatch));
}

#[test]
fn an_absence_that_is_not_certain_goes_to_people_for_that_reason() {
    let wanted = [
        asked("subject", ANNA.0, ANNA.1),
        asked("child 1", "Ben Green", "2015-06-07"),
    ];
    let anna = || candidates(vec![record("1", ANNA.0, ANNA.1)]);
    let nobody = |cut: bool, narrow: bool| Candidates {
        cut,
        narrow,
        ..Candidates::default()
    };
    let uncertain = Some(PeopleReason::UncertainAbsence);
    for absent in [nobody(true, false), nobody(false, true)] {
        let outcome = settle(&wanted, &[anna(), absent]);
        assert_eq!(unsettled(&outcome), uncertain);
    }
    let none = settle(&wanted, &[nobody(false, true), nobody(false, false)]);
    assert_eq!(unsettled(&none), uncertain);
    // Whom a narrow search finds is found, and who may be one of them comes first.
    let mut found = anna();
    found.narrow = true;
    let reply = answered(settle(&wanted, &[found, nobody(false, false)]));
    assert_eq!(reply.disposition, v1::Disposition::KnownNothingRelevant);
    let mut perhaps = candidates(vec![record("1", "Ana Green", ANNA.1)]);
    perhaps.narrow = true;
    let outcome = settle(&wanted, &[perhaps, nobody(false, true)]);
    assert_eq!(unsettled(&outcome), Some(PeopleReason::PossibleMatch));
}

#[test]
fn twins_are_told_apart_where_both_are_wanted_and_never_merged() {
    let (adam, ben) = (("Adam Green", "2015-06-07"), ("Ben Green", "2015-06-07"));
    let twins = [
        asked("child 1", adam.0, adam.1),
        asked("child 2", ben.0, ben.1),
    ];
    let records = [
        Found {
            episodes: vec![episode(v1::EpisodeKind::CpPlan, true)],
            ..record("1", adam.0, adam.1)
        },
        record("2", ben.0, ben.1),
    ];
    let reply = answered(settled(&twins, &records));
    assert_eq!(reply.content.episodes.len(), 1);
    assert_eq!(reply.content.episodes[0].who, "child 1");
    // The one who is wanted too explains the only record; a record that nobody explains does not.
    let reply = answered(settled(&twins, &records[..1]));
    assert_eq!(reply.content.matches[1].confidence(), Confidence::None);
    for people in [&records[1..], &records] {
        let outcome = settled(&twins[..1], people);
        assert_eq!(unsettled(&outcome), Some(PeopleReason::PossibleMatch));
    }
    let same = [
        asked("child 1", adam.0, adam.1),
        asked("child 2", adam.0, adam.1),
    ];
    assert_eq!(
        unsettled(&settled(&same, &records[..1])),
        Some(PeopleReason::PossibleMatch)
    );
}

#[test]
fn who_cannot_be_searched_for_goes_to_people() {
    let known = asked("subject", ANNA.0, ANNA.1);
    let mut bare = asked("other 1", "Carl Petrov", "");
    bare.identity.places.clear();
    assert_eq!(
        unsettled(&settled(&[known, bare], &[])),
        Some(PeopleReason::TooLittle)
    );
    assert_eq!(unsettled(&settled(&[], &[])), Some(PeopleReason::TooLittle));
}

#[test]
fn more_than_an_answer_holds_goes_to_people() {
    let wanted = asked("subject", ANNA.0, ANNA.1);
    let with = |count: i16| Found {
        episodes: (0..count)
            .map(|year| v1::Episode {
                start: format!("{}-01-01", 1900 + year),
                ..episode(v1::EpisodeKind::CinPlan, false)
            })
            .collect(),
        ..record("1", ANNA.0, ANNA.1)
    };
    let one = std::slice::from_ref(&wanted);
    assert_eq!(
        answered(settled(one, &[with(64)])).content.episodes.len(),
        64
    );
    assert_eq!(
        unsettled(&settled(one, &[with(65)])),
        Some(PeopleReason::Other)
    );
    let many = vec![wanted; 65];
    assert_eq!(unsettled(&settled(&many, &[])), Some(PeopleReason::Other));
    assert_eq!(
        unsettled(&settle(&many[..2], &[Candidates::default()])),
        Some(PeopleReason::Other)
    );
}

/// One person in a system, who is found whoever is searched for.
struct One(Found);

#[async_trait]
impl Source for One {
    fn name(&self) -> &'static str {
        "one"
    }

    async fn candidates(&self, _wanted: &Identity) -> Result<Candidates, Trouble> {
        Ok(candidates(vec![self.0.clone()]))
    }

    async fn probe(&self) -> Result<(), Trouble> {
        Err(Trouble::Passing {
            what: "the one",
            source: None,
        })
    }
}

#[tokio::test]
async fn a_source_becomes_a_connector_that_looks_up_everybody_of_a_check() {
    let connector = Searched::new(One(record("1", ANNA.0, ANNA.1)));
    assert_eq!(connector.name(), "one");
    assert!(connector.probe().await.is_err());
    let birth = |date: &str| v1::Birth {
        date: date.into(),
        ..v1::Birth::default()
    };
    let name = |given: &str| v1::PersonName {
        family: "Green".into(),
        given: given.into(),
    };
    let check = v1::AssignedCheck {
        personal: Some(v1::Personal {
            subject: Some(v1::Subject {
                name: Some(name("Anna")),
                born: Some(birth(ANNA.1)),
                ..v1::Subject::default()
            }),
            children: vec![v1::Child {
                name: Some(name("Ben")),
                born: Some(birth("2015-06-07")),
                ..v1::Child::default()
            }],
            ..v1::Personal::default()
        }),
        ..v1::AssignedCheck::default()
    };
    let reply = answered(connector.look_up(&check).await.unwrap());
    assert_eq!(reply.disposition, v1::Disposition::KnownNothingRelevant);
    let matches = &reply.content.matches;
    let found: Vec<Confidence> = matches.iter().map(v1::Match::confidence).collect();
    assert_eq!(found, [Confidence::Certain, Confidence::None]);
    assert_eq!(matches[0].basis, "name and date of birth");
    let told = v1::AssignedCheck {
        purpose: v1::Purpose::Referral.into(),
        ..check.clone()
    };
    let told = connector.look_up(&told).await.unwrap();
    let reason = Some(PeopleReason::Agreement);
    assert_eq!(unsettled(&told), reason, "no program takes a referral on");
    let nothing = connector
        .look_up(&v1::AssignedCheck::default())
        .await
        .unwrap();
    assert_eq!(unsettled(&nothing), Some(PeopleReason::TooLittle));
}

#[test]
fn what_cannot_be_read_goes_to_people() {
    let wanted = [asked("subject", "Ann One", "1990-01-01")];
    let mut partial = record("a", "Ann One", "1990-01-01");
    partial.partial = true;
    let unreadable = Outcome::Unsettled(PeopleReason::Unreadable);
    assert!(settled(&wanted, &[partial.clone()]) == unreadable);
    partial.identity = person("Quite Another", "1950-07-30");
    assert!(matches!(settled(&wanted, &[partial]), Outcome::Answer(_)));
    let found = Candidates {
        unreadable: true,
        ..Candidates::default()
    };
    assert!(settle(&wanted, &[found]) == unreadable);
}

/// Who may be whom, by key, when all are looked for among the same records.
fn possible(wanted: &[Wanted], people: &[Found]) -> Vec<(String, String)> {
    match settled(wanted, people) {
        Outcome::Possible(candidates) => candidates
            .into_iter()
            .map(|one| (one.who, one.system_reference))
            .collect(),
        outcome => panic!("{:?}", unsettled(&outcome)),
    }
}

#[test]
fn a_candidate_is_told_with_all_that_is_held_and_what_agrees() {
    let mut former = record("1", "Anna Brown", ANNA.1);
    former.identity.places[0].lines = "1 Other\tRoad\nFlat 2".into();
    let people = [record("1", "Ana Green", ANNA.1), former];
    let wanted = [asked("subject", ANNA.0, ANNA.1)];
    let Outcome::Possible(found) = settled(&wanted, &people) else {
        panic!("it is not certain");
    };
    let expected = v1::Candidate {
        who: "subject".into(),
        system_reference: "1".into(),
        names: vec!["Ana Green".into(), "Anna Brown".into()],
        born: ANNA.1.into(),
        addresses: vec![
            "12 Mare Street, E8 1EA".into(),
            "1 Other Road, Flat 2, E8 1EA".into(),
        ],
        agrees: vec![
            v1::MatchFeature::SimilarName.into(),
            v1::MatchFeature::BirthDate.into(),
            v1::MatchFeature::Address.into(),
        ],
        differs: Vec::new(),
    };
    assert!(found == [expected], "{}", found.len());
}

#[test]
fn the_likeliest_of_each_who_is_in_doubt_come_first_and_nobody_else() {
    let wanted = [
        asked("subject", ANNA.0, ANNA.1),
        asked("child 1", "Ben Green", "2015-06-07"),
        asked("other 1", "Carl Petrov", "1950-01-02"),
    ];
    let people = [
        record("far", ANNA.0, "1950-07-08"),
        record("near", "Ana Green", ANNA.1),
        record("child", "Benn Green", "2015-06-07"),
        record("certain", "Carl Petrov", "1950-01-02"),
    ];
    let pair = |who: &str, key: &str| (who.to_owned(), key.to_owned());
    let found = possible(&wanted, &people);
    assert_eq!(
        found[..2],
        [pair("subject", "near"), pair("child 1", "child")]
    );
    assert!(found.contains(&pair("subject", "far")), "{found:?}");
    assert!(
        found
            .iter()
            .all(|(who, key)| who != "other 1" && key != "certain"),
        "{found:?}"
    );
}

#[test]
fn candidates_are_no_more_than_the_broker_takes() {
    let wanted = [asked("subject", ANNA.0, ANNA.1)];
    let number = |number: usize| record(&format!("{number:02}"), "Ana Green", ANNA.1);
    let many: Vec<Found> = (0..40).map(number).collect();
    assert_eq!(possible(&wanted, &many).len(), 10);
    let heavy = |mut found: Found| {
        for place in 0..20 {
            found.identity.places.push(Place {
                lines: format!("{place} {}", "Long Lane ".repeat(40)),
                ..Place::default()
            });
        }
        found
    };
    let heavy: Vec<Found> = many.into_iter().map(heavy).collect();
    assert_eq!(possible(&wanted, &heavy).len(), 4);
    assert!(possible(&wanted, &[number(1), record(" ", "Ana Green", ANNA.1)]).len() == 1);
}
