use super::*;
use crate::adapter::people::{Accuracy, Name, Place};

/// `Given/Family; Given/Former | 1990-03-04 | 12 Mare Street @ E8 1EA`; a date with `~` is estimated, with `+` expected.
fn person(text: &str) -> Identity {
    let parts: Vec<&str> = text.split('|').map(str::trim).collect();
    let some = |text: &str| -> Vec<String> {
        let parts = text.split(';').map(str::trim);
        parts
            .filter(|part| !part.is_empty())
            .map(str::to_owned)
            .collect()
    };
    let born = parts
        .get(1)
        .filter(|born| !born.is_empty())
        .map(|born| Born {
            date: born.trim_start_matches(['~', '+']).parse().unwrap(),
            accuracy: match born.as_bytes()[0] {
                b'~' => Accuracy::Estimated,
                b'+' => Accuracy::Expected,
                _ => Accuracy::Known,
            },
        });
    let names = some(parts[0]).into_iter().map(|name| {
        let (given, family) = name.split_once('/').unwrap();
        Name {
            family: family.into(),
            given: given.into(),
        }
    });
    let places = some(parts.get(2).unwrap_or(&"")).into_iter().map(|place| {
        let (lines, postcode) = place.split_once('@').unwrap();
        Place {
            lines: lines.into(),
            postcode: postcode.into(),
        }
    });
    Identity {
        names: names.collect(),
        born,
        sex: None,
        places: places.collect(),
    }
}

fn check(rows: &[(&str, &str, Confidence, &str)]) {
    for (wanted, found, confidence, basis) in rows {
        let (wanted_as, found_as) = (person(wanted), person(found));
        for (a, b) in [(&wanted_as, &found_as), (&found_as, &wanted_as)] {
            let verdict = compare(a, b);
            assert_eq!(verdict.confidence, *confidence, "{wanted} and {found}");
            if *confidence != Confidence::None {
                assert_eq!(verdict.basis.to_string(), *basis, "{wanted} and {found}");
                assert!(compares_by_place(a, b), "{wanted} and {found}");
            }
        }
    }
}

use Confidence::{Certain, None as Nobody, Possible};

fn compares_by_place(wanted: &Identity, found: &Identity) -> bool {
    Profile::of(wanted).compares_by_place(&Profile::of(found))
}

#[test]
fn where_somebody_lives_is_no_matter_where_even_one_house_would_not_make_them_possible() {
    let wanted = person("Anna/Green | 1990-03-04 | 12 Mare Street @ E8 1EA");
    for (found, is_matter) in [
        ("Piotr/Nowak | 1960-11-20", false),
        ("Anjali/Grimshaw | 1960-11-20", false),
        ("Anna/Nowak | 1960-11-20", true),
        ("Piotr/Nowak | 1990-03-04", true),
    ] {
        let is_asked = compares_by_place(&wanted, &person(found));
        let beside = person(&format!("{found} | 12 Mare Street @ E8 1EA"));
        let is_possible = compare(&wanted, &beside).confidence != Nobody;
        assert_eq!((is_asked, is_possible), (is_matter, is_matter), "{found}");
    }
}

#[test]
fn a_whole_name_and_a_date_of_birth_are_certain_however_the_name_is_written() {
    for (wanted, found) in [
        ("Anna/Green", "Anna/Green"),
        ("ANNA/GREEN", "anna/green"),
        ("Sean/O'Brien", "Sean/OBrien"),
        ("Sean/O\u{2019}Brien", "Sean/O Brien"),
        ("Zoë/Müller", "Zoe/Muller"),
        ("Łukasz/Żak", "Lukasz/Zak"),
        ("Muhammad/Khan", "Mohammed/Khan"),
        ("Olena/Bondar", "Олена/Бондар"),
        ("Lan/Nguyen Thi", "Thi Lan/Nguyen"),
        ("Nguyen/Lan", "Lan/Nguyen"),
        ("Anna Maria/Green", "Anna/Green"),
        ("Anna M/Green", "Anna Maria/Green"),
        ("Anna/Green; Anna/Brown", "Anna/Brown"),
    ] {
        let [wanted, found] = [wanted, found].map(|name| format!("{name} | 1990-03-04"));
        check(&[(&wanted, &found, Certain, "name and date of birth")]);
    }
}

#[test]
fn people_move_but_do_not_change_house_number_name_and_age_at_once() {
    check(&[
        (
            "Anna/Green | 1990-03-04 | 12 Mare Street @ E8 1EA",
            "Anna/Green | 1990-03-04 | 7 Kings Road @ SW3 4RP",
            Certain,
            "name and date of birth",
        ),
        (
            "Anna/Green | 1990-03-04 | 12 Mare Street @ E8 1EA",
            "Anna/Green | 1990-03-04 | 12 Mare St, London @ e81ea",
            Certain,
            "name, date of birth and address",
        ),
        (
            "Anna/Green | 1990-03-04 | 12 Mare Street @ E8 1EA",
            "Bertha/Brown | 1971-11-20 | 12 Mare Street @ E8 1EA",
            Nobody,
            "",
        ),
        (
            "Anna/Green | 1990-03-04 | 12 Mare Street @ E8 1EA",
            "Anna/Green | 1971-11-20 | 7 Kings Road @ SW3 4RP",
            Nobody,
            "",
        ),
        (
            "Anna/Green | 1990-03-04",
            "Bertha/Brown | 1990-03-04",
            Nobody,
            "",
        ),
    ]);
}

#[test]
fn twins_are_never_certain_and_father_and_son_neither() {
    let home = "12 Mare Street @ E8 1EA";
    let check = |a: &str, b: &str, basis: &str| {
        check(&[(
            &format!("{a} | {home}"),
            &format!("{b} | {home}"),
            Possible,
            basis,
        )]);
    };
    let family = "family name, date of birth and address";
    let similar = "similar name, date of birth and address";
    check("Adam/Green | 2015-03-04", "Ben/Green | 2015-03-04", family);
    check("Ali/Khan | 2015-03-04", "Alan/Khan | 2015-03-04", family);
    check(
        "Hayden/Green | 2015-03-04",
        "Jayden/Green | 2015-03-04",
        similar,
    );
    check(
        "Hayden/Greene | 2015-03-04",
        "Jayden/Green | 2015-03-04",
        similar,
    );
    check(
        "Hassan/Ali | 2015-03-04",
        "Hussein/Ali | 2015-03-04",
        similar,
    );
    check(
        "Anna Maria/Green | 2015-03-04",
        "Anna Rosa/Green | 2015-03-04",
        similar,
    );
    check(
        "Mohammed/Khan | 2015-03-04",
        "Mohammed Omar/Khan | 2015-03-04",
        similar,
    );
    check("A/Green | 2015-03-04", "Adam/Green | 2015-03-04", family);
    check("/Green | 2015-03-04", "Adam/Green | 2015-03-04", family);
    check(
        "John/Green | 1970-03-04",
        "John/Green | 1995-11-20",
        "name and address",
    );
    check(
        "John/Green | 1970-03-04",
        "John/Green | 1990-03-04",
        "name, similar date of birth and address",
    );
    check(
        "John/Green | 1970-03-04",
        "John/Green |",
        "name and address",
    );
    check("John/Green |", "John/Green |", "name and address");
}

#[test]
fn a_slip_is_certain_where_all_else_is_the_same_and_possible_elsewhere() {
    let slip = "name, similar date of birth and address";
    let alike = "similar name, date of birth and address";
    let home = " | 12 Mare Street @ E8 1EA";
    let at_home = |born: &str| format!("Anna/Green | {born}{home}");
    for (born, confidence) in [
        ("1990-04-03", Certain),
        ("1990-03-14", Certain),
        ("1991-03-04", Certain),
        ("1909-03-04", Possible),
        ("1980-03-04", Possible),
    ] {
        check(&[
            (&at_home("1990-03-04"), &at_home(born), confidence, slip),
            (
                "Anna/Green | 1990-03-04",
                &format!("Anna/Green | {born}"),
                Possible,
                "name and similar date of birth",
            ),
        ]);
    }
    check(&[
        (
            &at_home("1990-03-04"),
            &format!("Anna/Greene | 1990-03-04{home}"),
            Certain,
            alike,
        ),
        (
            &at_home("1990-03-04"),
            &format!("Ana/Green | 1990-03-04{home}"),
            Possible,
            alike,
        ),
        (
            "Anna/Green | 1990-03-04",
            "Anna/Greene | 1990-03-04",
            Possible,
            "similar name and date of birth",
        ),
        (
            "Anne-Marie/Smith-Jones | 1990-03-04",
            "Anne/Smith | 1990-03-04",
            Possible,
            "similar name and date of birth",
        ),
        (
            "Anne-Marie/Smith-Jones | 1990-03-04 | 12 Mare Street @ E8 1EA",
            "Anne/Smith | 1990-03-04 | Flat 3, 12 Mare Street @ E8 1EA",
            Certain,
            alike,
        ),
    ]);
}

#[test]
fn a_first_of_january_and_an_estimate_are_less_than_a_date_of_birth() {
    let home = " | 12 Mare Street @ E8 1EA";
    let name = "name and date of birth";
    let near = "name and similar date of birth";
    check(&[
        (
            "Omar/Ali | 1990-01-01",
            "Umar/Ali | 1990-01-01",
            Possible,
            name,
        ),
        (
            &format!("Omar/Ali | 1990-01-01{home}"),
            &format!("Omar/Ali | 1990-01-01{home}"),
            Certain,
            "name, date of birth and address",
        ),
        (
            "Omar/Ali | 1990-01-01",
            "Omar/Ali | 1990-07-19",
            Possible,
            near,
        ),
        (
            "Omar/Ali | ~1990-01-01",
            "Omar/Ali | 1992-07-19",
            Possible,
            near,
        ),
        (
            "Omar/Ali | ~1990-01-01",
            "Omar/Ali | ~1990-01-01",
            Possible,
            near,
        ),
        (
            "Omar/Ali | ~1990-01-01",
            "Omar/Ali | 1996-07-19",
            Nobody,
            "",
        ),
        (
            "Omar/Ali | ~1990-01-01",
            "Hassan/Yilmaz | ~1990-01-01",
            Nobody,
            "",
        ),
    ]);
}

#[test]
fn the_unborn_are_possible_by_when_they_are_expected_and_where() {
    let home = " | 12 Mare Street @ E8 1EA";
    let basis = "family name, similar date of birth and address";
    let unborn = format!("Unborn/Green | +2026-12-24{home}");
    let elsewhere = "Baby/Green | +2026-12-20 | 3 Other Lane @ SW3 4RP";
    let named = "Anna/Green | 2026-12-26";
    check(&[
        (
            &unborn,
            elsewhere,
            Possible,
            "family name and similar date of birth",
        ),
        (
            named,
            elsewhere,
            Possible,
            "family name and similar date of birth",
        ),
        (
            &unborn,
            &format!("Baby/Green | +2026-12-20{home}"),
            Possible,
            basis,
        ),
        (
            &unborn,
            &format!("Ada/Green | 2026-11-30{home}"),
            Possible,
            basis,
        ),
        (
            &unborn,
            "Ada/Brown | 2026-11-30 | 7 Kings Road @ SW3 4RP",
            Nobody,
            "",
        ),
        (
            &unborn,
            "Ada/Green | 2019-11-30 | 7 Kings Road @ SW3 4RP",
            Nobody,
            "",
        ),
    ]);
}

#[test]
fn who_changed_one_name_is_possible_by_the_rest() {
    check(&[
        (
            "Anna/Green | 1990-03-04",
            "Anna/Petrova | 1990-03-04",
            Possible,
            "given name and date of birth",
        ),
        (
            "William/Green | 1990-03-04",
            "Bill/Green | 1990-03-04",
            Possible,
            "family name and date of birth",
        ),
        (
            "Anna/Green | 1990-03-04 | 12 Mare Street @ E8 1EA",
            "Xin/Petrova | 1990-03-04 | 14 Mare Street @ E8 1EA",
            Possible,
            "date of birth and neighbourhood",
        ),
        ("Anna/Green", "Anna/Green", Possible, "name"),
        ("Anna/Green", "Anna/Green | 1990-03-04", Possible, "name"),
        (
            "Stephen/Smith",
            "Steven/Smith | 1990-03-04",
            Possible,
            "similar name",
        ),
        ("Stephen/Smyth", "Steven/Smith | 1990-03-04", Nobody, ""),
        (
            "Anna/Green | 1990-03-04 | 12 Mare Street @ E8 1EA",
            "Anna/Green || 7 Kings Road @ SW3 4RP",
            Possible,
            "name",
        ),
        (
            "Anna/Green | 1990-03-04 | 12 Mare Street @ E8 1EA",
            "Anna/Greene || 7 Kings Road @ SW3 4RP",
            Possible,
            "similar name",
        ),
        (
            "Anna/Green | 1990-03-04 | 12 Mare Street @ E8 1EA",
            "Ana/Green || 7 Kings Road @ SW3 4RP",
            Nobody,
            "",
        ),
        (
            "Stephen/Smyth | 1990-03-04",
            "Steven/Smith | 1990-03-04",
            Possible,
            "similar name and date of birth",
        ),
    ]);
}

proptest::proptest! {
    #[test]
    fn no_text_is_too_strange_to_compare(texts in proptest::collection::vec(".{0,12}", 8)) {
        let identity = |texts: &[String]| Identity {
            names: vec![Name { family: texts[0].clone(), given: texts[1].clone() }],
            places: vec![Place { lines: texts[2].clone(), postcode: texts[3].clone() }],
            ..Identity::default()
        };
        let (one, two) = (identity(&texts[..4]), identity(&texts[4..]));
        compare(&one, &two);
        compare(&one, &one);
    }

    #[test]
    fn words_of_plain_letters_are_compared_by_sound(a in "[a-z]{1,12}", b in "[a-z]{1,12}") {
        let person = |given: &str| person(&format!("{given}/Green | 1990-03-04"));
        let (there, back) = (compare(&person(&a), &person(&b)), compare(&person(&b), &person(&a)));
        assert!(there == back, "{a} and {b}");
    }
}

#[test]
fn another_sex_is_never_certain() {
    let mut one = person("Alex/Green | 1990-03-04");
    let mut two = one.clone();
    (one.sex, two.sex) = (Some(Sex::Female), Some(Sex::Male));
    assert_eq!(compare(&one, &two).confidence, Possible);
    two.sex = None;
    assert_eq!(compare(&one, &two).confidence, Certain);
}

#[test]
fn the_neighbour_is_not_at_the_same_address() {
    for (a, b, basis) in [
        (
            "12 Mare Street @ E8 1EA",
            "12 Mare St @ E81EA",
            "date of birth and address",
        ),
        (
            "Flat 3, 12 Mare Street @ E8 1EA",
            "12 Mare Street @ E8 1EA",
            "date of birth and address",
        ),
        (
            "Flat 3, 12 Mare Street @ E8 1EA",
            "Flat 5, 12 Mare Street @ E8 1EA",
            "date of birth and neighbourhood",
        ),
        (
            "12 Mare Street @ E8 1EA",
            "14 Mare Street @ E8 1EA",
            "date of birth and neighbourhood",
        ),
        (
            "43 Mare Street @ E8 1EA",
            "34 Mare Street @ E8 1EA",
            "date of birth and address",
        ),
        (
            "12 Mare Street @ E8 1EA",
            "12 Mare Street @",
            "date of birth and address",
        ),
        (
            "12 Mare Street @ E8 1EA",
            "12 Kings Road @ SW3 4RP",
            "date of birth",
        ),
        (
            "12 Mare Street @ E8 1EA",
            "12 Mare Street @ E8 1EB; 7 Kings Road @ SW3 4RP",
            "date of birth and address",
        ),
    ] {
        let one = format!("Anna/Green | 1990-03-04 | {a}");
        let other = format!("Anna/Petrova | 1990-03-04 | {b}");
        let basis = if basis == "date of birth" {
            "given name and date of birth".to_owned()
        } else {
            format!("given name, {basis}")
        };
        check(&[(&one, &other, Possible, &basis)]);
    }
}
