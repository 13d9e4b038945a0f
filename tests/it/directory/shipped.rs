//! The table that ships, against every row of the release that it was made from.

use super::{authority, district, postcode, shared_data};
use flate2::read::GzDecoder;
use jiff::civil::date;
use std::collections::HashMap;
use std::fs::File;
use std::path::Path;
use usher::directory::table::{Place, Table};
use usher::directory::{Authorities, Directory, PostcodeOutcome, build};
use usher_domain::code::{AuthorityCode, Postcode};

const RELEASE: &str = "onspd_nov2025_uk_pcds_lad.csv.gz";

/// Lets `visit` have the postcode and the district of every row.
fn each_row(path: &Path, mut visit: impl FnMut(&str, &str)) {
    let mut reader = csv::Reader::from_reader(GzDecoder::new(File::open(path).unwrap()));
    let mut record = csv::StringRecord::new();
    while reader.read_record(&mut record).unwrap() {
        visit(&record[0], &record[1]);
    }
}

#[test]
fn every_postcode_of_the_release_is_found_as_released() {
    let Some(path) = shared_data(RELEASE) else {
        return;
    };
    let table = Table::built_in().unwrap();
    let elsewhere: Vec<&str> = table.elsewhere().collect();
    let (mut rows, mut districts) = (0, HashMap::new());
    each_row(&path, |text, code| {
        rows += 1;
        let entry = table
            .find(&postcode(text))
            .unwrap_or_else(|| panic!("{text} is missing"));
        let area = text.split(|c: char| c.is_ascii_digit()).next().unwrap();
        let expected = match code.get(..1) {
            _ if elsewhere.contains(&area) => Place::Elsewhere,
            None => Place::Nowhere,
            Some("E" | "W") => *districts
                .entry(code.to_owned())
                .or_insert_with(|| district(code)),
            Some(_) => Place::Elsewhere,
        };
        assert_eq!((entry.place, entry.terminated), (expected, false), "{text}");
    });
    assert_eq!(rows, 2_718_138);
    // An area is elsewhere as a whole only when the release has nothing of England and Wales in it.
    assert_eq!(districts.len(), 164 + 63 + 36 + 33 + 22);
}

#[test]
fn the_shipped_table_is_what_the_release_makes() {
    let Some(path) = shared_data(RELEASE) else {
        return;
    };
    let shipped = Table::built_in().unwrap();
    let authorities = Authorities::built_in().unwrap();
    let about = shipped.about();
    let options = build::Options {
        release: Some(&about.release),
        built: about.built,
        authorities: &authorities,
    };
    let mut reports = Vec::new();
    let (table, summary) =
        build::build(&path, &options, &mut |report| reports.push(report)).unwrap();
    assert!(
        table.bytes() == shipped.bytes(),
        "make config/directory/postcodes.bin again"
    );
    assert_eq!(
        (summary.rows, summary.routable, summary.nowhere),
        (2_718_138, 2_403_673, 11_006)
    );
    assert_eq!(
        (summary.elsewhere, summary.malformed, summary.terminated),
        (303_459, 0, None)
    );
    assert!(
        summary.without_authority.is_empty(),
        "{:?}",
        summary.without_authority
    );
    let last = reports.last().unwrap();
    assert_eq!(
        (last.rows, last.bytes, last.bytes_total),
        (summary.rows, last.bytes_total, last.bytes_total)
    );
    assert!(reports.is_sorted_by_key(|report| report.bytes) && reports.len() > 100);
}

#[test]
fn the_shipped_table_is_small_and_says_what_it_is() {
    let table = Table::built_in().unwrap();
    let about = table.about();
    assert!(
        table.bytes().len() < 1_000_000,
        "{} bytes",
        table.bytes().len()
    );
    assert_eq!(
        (about.release.as_str(), about.postcodes),
        ("ONSPD November 2025", 2_423_855)
    );
    assert_eq!(
        (about.nowhere, about.elsewhere, about.terminated),
        (7_708, 12_474, 0)
    );
    assert!(!table.knows_terminations());
    // Northern Ireland's postcodes have other licence terms: only the two letters of its area ship.
    let elsewhere: Vec<_> = table.elsewhere().collect();
    let expected = "AB BT DD EH FK G GY HS IM IV JE KA KW KY ML PA PH ZE";
    assert_eq!(elsewhere.join(" "), expected);
}

#[test]
fn postcodes_lead_where_people_expect() {
    let directory = Directory::built_in().unwrap();
    let to = |code: &str| PostcodeOutcome::Authority {
        code: authority(code),
        terminated: false,
    };
    let rows = [
        ("SW1A 1AA", to("E09000033")),
        ("EC2V 7HH", to("E09000001")),
        ("E8 1EA", to("E09000012")),
        // A two-tier area leads to its county: Epsom and Ewell, Surrey.
        ("KT18 5BY", to("E10000030")),
        ("CF10 4UW", to("W06000015")),
        ("S1 2HH", to("E08000039")),
        // Both sides of the border, in the areas that it crosses.
        ("TD15 1DE", to("E06000057")),
        ("TD1 1BA", PostcodeOutcome::OutsideEnglandAndWales),
        ("DG16 5EA", PostcodeOutcome::OutsideEnglandAndWales),
        ("CA3 8QG", to("E06000063")),
        ("EH1 1YZ", PostcodeOutcome::OutsideEnglandAndWales),
        ("BT1 5GS", PostcodeOutcome::OutsideEnglandAndWales),
        ("JE2 3AB", PostcodeOutcome::OutsideEnglandAndWales),
        ("SW1A 9ZZ", PostcodeOutcome::Unknown),
        ("ZZ9 9ZZ", PostcodeOutcome::Unknown),
        ("E8 1CV", PostcodeOutcome::Unknown),
    ];
    for (text, expected) in rows {
        assert_eq!(
            directory.lookup(&postcode(text), date(2026, 11, 23)),
            expected,
            "{text}"
        );
    }
}

#[test]
fn postcodes_without_a_district_lead_to_no_authority() {
    let Some(path) = shared_data(RELEASE) else {
        return;
    };
    let directory = Directory::built_in().unwrap();
    let mut found = 0;
    each_row(&path, |text, code| {
        if code.is_empty() && text.starts_with("SR43") {
            found += 1;
            assert_eq!(
                directory.lookup(&postcode(text), date(2026, 11, 23)),
                PostcodeOutcome::NoAuthority { terminated: false },
                "{text}"
            );
        }
    });
    assert_eq!(found, 194);
}

/// Why only the whole postcode decides.
#[test]
fn the_majority_of_the_outward_code_would_misroute_a_tenth_of_london() {
    let Some(path) = shared_data(RELEASE) else {
        return;
    };
    let mut outcodes: HashMap<String, HashMap<String, u32>> = HashMap::new();
    each_row(&path, |text, code| {
        let outcode = text.split(' ').next().unwrap();
        if code.is_empty() {
            return;
        }
        if !outcodes.contains_key(outcode) {
            outcodes.insert(outcode.to_owned(), HashMap::new());
        }
        *outcodes
            .get_mut(outcode)
            .unwrap()
            .entry(code.to_owned())
            .or_default() += 1;
    });
    outcodes.retain(|_, districts| districts.keys().any(|code| code.starts_with("E09")));
    let authorities = Authorities::built_in().unwrap();
    let of_county = |code: &str| {
        authorities
            .resolve(authority(code), None, date(2026, 11, 23))
            .unwrap()
    };
    let by_district = misrouted(outcodes.values(), authority);
    let by_authority = misrouted(outcodes.values(), of_county);
    // Postcodes that touch London, the outward codes over several, and the wrong ones: 9.6 % of districts, 9.0 % when the
    // districts of one county count as one.
    assert_eq!((outcodes.len(), by_district), (330, (364_079, 252, 34_834)));
    assert_eq!(by_authority, (364_079, 252, 32_768));
}

/// Counts postcodes, outward codes with more than one answer, and postcodes that the majority of theirs would misroute.
fn misrouted<'a>(
    outcodes: impl Iterator<Item = &'a HashMap<String, u32>>,
    route: impl Fn(&str) -> AuthorityCode,
) -> (u32, u32, u32) {
    let (mut postcodes, mut mixed, mut wrong) = (0, 0, 0);
    for districts in outcodes {
        let mut counts: HashMap<_, u32> = HashMap::new();
        for (code, count) in districts {
            *counts.entry(route(code)).or_default() += count;
        }
        let all: u32 = counts.values().sum();
        postcodes += all;
        mixed += u32::from(counts.len() > 1);
        wrong += all - counts.values().max().unwrap();
    }
    (postcodes, mixed, wrong)
}

#[test]
fn text_that_is_no_postcode_never_reaches_the_table() {
    for text in ["", "London", "SW1A", "no fixed abode"] {
        assert!(Postcode::parse(text).is_err(), "{text}");
    }
}

#[test]
fn every_authority_lies_in_one_police_force_area_the_one_that_it_says() {
    let authorities = Authorities::built_in().unwrap();
    let today = date(2026, 11, 23);
    let mut checked = std::collections::BTreeSet::new();
    for area in ["SM", "WC", "HG"] {
        let Some(path) = shared_data(&format!("nspl_nov2021_{area}.csv.gz")) else {
            return;
        };
        let mut reader = csv::Reader::from_reader(GzDecoder::new(File::open(path).unwrap()));
        let headers = reader.headers().unwrap().clone();
        let place = |name| headers.iter().position(|one| one == name).unwrap();
        let (district, county, force) = (place("laua"), place("cty"), place("pfa"));
        for row in reader.records().map(Result::unwrap) {
            if row[district].is_empty() {
                continue;
            }
            let county = AuthorityCode::parse(&row[county]).ok();
            let code = authorities.resolve(authority(&row[district]), county, today);
            let code = code.unwrap();
            let known = authorities.get(code).unwrap().force;
            let known = known.map(|force| force.to_string());
            assert_eq!(known.as_deref(), Some(&row[force]), "{code}");
            checked.insert((code, known));
        }
    }
    // Camden, the City, Hammersmith and Fulham, Islington, Merton, Sutton, Westminster; Surrey; North Yorkshire.
    assert_eq!(checked.len(), 9);
}
