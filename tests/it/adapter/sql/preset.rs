//! The preset: who is found, and what is said of them.

use super::population::Person;
use super::tables::Tables;
use super::{keys, now, over};
use jiff::civil::{Date, date};
use usher::adapter::{Accuracy, Born, Found, Identity, Name, Source};
use usher_proto::v1::{AbuseCategory, EpisodeKind, Sex};

const PEOPLE: u32 = 100_000;

#[tokio::test]
async fn whoever_is_wanted_is_among_the_candidates_and_an_error_in_the_enquiry_hides_nobody() {
    let Some(tables) = Tables::with(PEOPLE).await else {
        return;
    };
    let source = over(&tables, "");
    source.probe().await.unwrap();
    let mut fetched = 0;
    for number in (0..PEOPLE).step_by(401) {
        let person = Person::new(1, number);
        for (what, wanted) in variations(&person) {
            let candidates = source.candidates(&wanted).await.unwrap();
            assert!(!candidates.cut && !candidates.unreadable);
            assert_eq!(candidates.as_of, Some(now()));
            fetched += candidates.people.len();
            let found = keys(&candidates).contains(&person.key.as_str());
            assert!(
                found,
                "person {number} with {what} is not among the candidates"
            );
        }
    }
    let asked = 250 * 7;
    assert!(
        fetched / asked < 200,
        "{} candidates each: no block",
        fetched / asked
    );
}

/// What an enquiry may have wrong.
fn variations(person: &Person) -> [(&'static str, Identity); 7] {
    let right = person.identity();
    let with = |change: fn(&mut Identity, &Person)| {
        let mut identity = right.clone();
        change(&mut identity, person);
        identity
    };
    [
        ("everything right", right.clone()),
        (
            "another family name",
            with(|identity, _| identity.names[0].family = "Zzyzx".into()),
        ),
        (
            "day and month exchanged, or a wrong day, and no address",
            with(|identity, person| {
                let exchanged =
                    Date::new(person.born.year(), person.born.day(), person.born.month());
                let other = exchanged.unwrap_or_else(|_| date(person.born.year(), 1, 1));
                identity.born.as_mut().unwrap().date = other;
                identity.places.clear();
            }),
        ),
        (
            "another family name, and a wrong digit in the postcode",
            with(|identity, _| {
                identity.born = None;
                identity.names[0].family = "Zzyzx".into();
                mistake_a_digit(&mut identity.places[0].postcode);
            }),
        ),
        (
            "another given name, and a wrong digit in the postcode",
            with(|identity, _| {
                identity.born = None;
                identity.names[0].given = "Zzyzx".into();
                mistake_a_digit(&mut identity.places[0].postcode);
            }),
        ),
        ("no date of birth", with(|identity, _| identity.born = None)),
        (
            "only a former address and given names",
            with(|identity, person| {
                identity.born = None;
                identity.names[0].family.clear();
                identity.places[0].postcode = person.places[0].1.to_lowercase().replace(' ', "");
            }),
        ),
    ]
    .map(|(what, mut wanted)| {
        // The tables hold children: somebody of unknown age may be none, and nothing is certain then.
        if wanted.born.is_none() {
            wanted.born = Some(Born {
                date: date(2025, 1, 1),
                accuracy: Accuracy::Expected,
            });
        }
        (what, wanted)
    })
}

fn mistake_a_digit(postcode: &mut String) {
    let at = postcode.find(|letter: char| letter.is_ascii_digit());
    let at = at.unwrap();
    let digit = &postcode[at..=at];
    let other = if digit == "9" { "4" } else { "9" };
    postcode.replace_range(at..=at, other);
}

#[tokio::test]
async fn what_the_tables_say_of_the_one_is_told_and_of_others_nothing() {
    let Some(tables) = Tables::with(3_000).await else {
        return;
    };
    tables
        .run(
            "INSERT INTO ssd.ssd_cla_episodes VALUES ('earlier', 'P3', '2025-06-01', '2025-10-01');
             INSERT INTO ssd.ssd_legal_status VALUES ('earlier', 'P3', 'V2 - Section 20', '2025-06-01', '2025-10-01');
             UPDATE ssd.ssd_cp_plans SET cppl_cp_plan_ola = 'Y' WHERE cppl_person_id = 'P9';
             INSERT INTO ssd.ssd_contacts VALUES ('old', 'P9', '2020-01-01'), ('new', 'P9', '2026-02-20')",
        )
        .await;
    let source = over(&tables, "");
    let plan = the_one(&*source, 9).await;
    let episode = &plan.episodes[0];
    assert_eq!(plan.episodes.len(), 1);
    assert_eq!(episode.kind(), EpisodeKind::CpPlan);
    assert_eq!(episode.category(), AbuseCategory::Emotional);
    assert!(
        episode.open
            && episode.other_authority
            && episode.start == "2025-12-01"
            && episode.end.is_empty()
    );
    assert_eq!(
        (plan.recent_contacts, plan.last_contact),
        (Some(2), Some(date(2026, 2, 20)))
    );
    let worker = plan.worker.as_ref().unwrap();
    assert_eq!(
        (worker.name.as_str(), worker.team.as_str()),
        ("Worker 9", "Team 9")
    );
    assert!(plan.identity.sex == Some(Sex::Male) && !plan.partial);
    assert!(plan.identity.places[0].lines.ends_with("London"));

    let looked_after = the_one(&*source, 3).await;
    let [episode] = looked_after.episodes.as_slice() else {
        panic!("{} episodes", looked_after.episodes.len());
    };
    assert_eq!(episode.kind(), EpisodeKind::LookedAfter);
    assert!(
        episode.start == "2025-06-01" && episode.open,
        "one time of two records"
    );
    assert_eq!(episode.legal_status, "C2");
}

#[tokio::test]
async fn each_kind_of_involvement_is_told_of_the_one_it_concerns() {
    let Some(tables) = Tables::with(3_000).await else {
        return;
    };
    let source = over(&tables, "");
    let kinds = [
        (0, EpisodeKind::CinPlan, true),
        (2, EpisodeKind::Section47, false),
        (4, EpisodeKind::CareLeaver, true),
        (5, EpisodeKind::EarlyHelp, true),
        (6, EpisodeKind::Assessment, true),
    ];
    for (number, kind, open) in kinds {
        let found = the_one(&*source, number).await;
        let episodes: Vec<_> = found
            .episodes
            .iter()
            .map(|episode| (episode.kind(), episode.open))
            .collect();
        assert_eq!(episodes, [(kind, open)], "of person {number}");
        assert!(!found.partial);
    }
    let referred = the_one(&*source, 7).await;
    assert!(
        referred.partial && referred.episodes.is_empty(),
        "a referral of which nothing else is known"
    );

    let wanted = Person::new(1, 9).identity();
    let candidates = source.candidates(&wanted).await.unwrap();
    let others: Vec<&Found> = candidates
        .people
        .iter()
        .filter(|found| found.partial)
        .collect();
    assert!(
        others
            .iter()
            .all(|found| found.episodes.is_empty() && found.worker.is_none())
    );
}

#[tokio::test]
async fn a_code_that_nobody_mapped_is_not_guessed() {
    let Some(tables) = Tables::with(2_000).await else {
        return;
    };
    tables
        .run(
            "UPDATE ssd.ssd_cp_plans SET cppl_cp_plan_latest_category = 'Cat B' WHERE cppl_person_id = 'P1';
             UPDATE ssd.ssd_legal_status SET lega_legal_status = 'Full order' WHERE lega_person_id = 'P3';
             UPDATE ssd.ssd_care_leavers SET clea_care_leaver_eligibility = 'Perhaps' WHERE clea_person_id = 'P4';
             UPDATE ssd.ssd_person SET pers_sex = 'X9' WHERE pers_person_id = 'P5';
             UPDATE ssd.ssd_cp_plans SET cppl_cp_plan_ola = '?' WHERE cppl_person_id = 'P9';
             UPDATE ssd.ssd_s47_enquiry SET s47e_s47_end_date = '2020-01-01' WHERE s47e_person_id = 'P10'",
        )
        .await;
    let source = over(&tables, "");
    for number in [1, 3, 4, 5, 9, 10] {
        assert!(the_one(&*source, number).await.partial, "person {number}");
    }
    let mapped = over(
        &tables,
        "[codes]\ncategory = { \"cat b\" = \"PHY\" }\nlegal_status = { \"Full Order\" = \"C2\" }\n\
         eligibility = { perhaps = \"none\" }\nsex = { x9 = \"not specified\" }\n",
    );
    let plan = the_one(&*mapped, 1).await;
    assert!(!plan.partial && plan.episodes[0].category() == AbuseCategory::Physical);
    assert_eq!(the_one(&*mapped, 3).await.episodes[0].legal_status, "C2");
    assert!(!the_one(&*mapped, 4).await.episodes[0].open);
    assert!(the_one(&*mapped, 5).await.identity.sex == Some(Sex::NotSpecified));
}

#[tokio::test]
async fn an_unborn_child_is_found_before_and_after_the_birth() {
    let Some(tables) = Tables::with(500).await else {
        return;
    };
    tables
        .run(
            "INSERT INTO ssd.ssd_person (pers_person_id, pers_surname, pers_expected_dob) VALUES ('U1', 'Quillfeather', '2026-04-20');
             INSERT INTO ssd.ssd_cin_plans VALUES ('U1', 'U1', '2026-01-01', NULL)",
        )
        .await;
    let source = over(&tables, "");
    for (born, accuracy) in [
        (date(2026, 4, 20), Accuracy::Expected),
        (date(2026, 5, 3), Accuracy::Expected),
        (date(2026, 2, 27), Accuracy::Known),
    ] {
        let wanted = Identity {
            names: vec![Name {
                family: "Quillfeather".into(),
                given: String::new(),
            }],
            born: Some(Born {
                date: born,
                accuracy,
            }),
            ..Identity::default()
        };
        let candidates = source.candidates(&wanted).await.unwrap();
        let found = candidates
            .people
            .iter()
            .find(|found| found.key == "U1")
            .unwrap();
        let expected = found.identity.born.unwrap();
        assert!(expected.date == date(2026, 4, 20) && expected.accuracy == Accuracy::Expected);
        assert!(!found.partial && found.episodes.len() == 1);
    }
}

/// Whom the tables hold under this number.
pub(super) async fn the_one(source: &dyn Source, number: u32) -> Found {
    let person = Person::new(1, number);
    let candidates = source.candidates(&person.identity()).await.unwrap();
    let mut people = candidates.people.into_iter();
    people.find(|found| found.key == person.key).unwrap()
}
