use super::*;
use jiff::civil::date;

fn code(text: &str) -> AuthorityCode {
    AuthorityCode::parse(text).unwrap()
}

#[test]
fn districts_and_replaced_codes_lead_to_the_authority_of_the_day() {
    let authorities = Authorities::built_in().unwrap();
    let today = date(2026, 11, 23);
    let rows = [
        // district, county of the row, day, authority
        ("E09000012", "", today, Some("E09000012")),
        ("E09000012", "E13000001", today, Some("E09000012")),
        ("W06000015", "W99999999", today, Some("W06000015")),
        ("E07000211", "E10000030", today, Some("E10000030")),
        ("E07000211", "", today, Some("E10000030")),
        // A county column that is no county does not count.
        ("E07000211", "E13000002", today, Some("E10000030")),
        // North Yorkshire became unitary on 1 April 2023: the last day of the county, the first of the successor.
        (
            "E07000165",
            "E10000023",
            date(2023, 3, 31),
            Some("E10000023"),
        ),
        (
            "E07000165",
            "E10000023",
            date(2023, 4, 1),
            Some("E06000065"),
        ),
        ("E07000165", "", today, Some("E06000065")),
        // Cumbria was split: its districts say which half.
        ("E07000026", "E10000006", today, Some("E06000063")),
        ("E07000030", "E10000006", today, Some("E06000064")),
        // A district that the file does not know, of a county that was split, leads nowhere.
        ("E07000999", "E10000006", today, None),
        ("E07000999", "E10000030", today, Some("E10000030")),
        ("E07000999", "", today, None),
        // Two steps: Taunton Deane, Somerset West and Taunton, Somerset.
        ("E07000190", "E10000027", today, Some("E06000066")),
        (
            "E07000190",
            "E10000027",
            date(2022, 1, 1),
            Some("E10000027"),
        ),
        ("E08000016", "", date(2025, 3, 31), Some("E08000016")),
        ("E08000016", "", date(2025, 4, 1), Some("E08000038")),
        // Not in force yet.
        ("E08000038", "", date(2025, 3, 31), None),
        ("S12000033", "", today, None),
        ("E10000030", "", today, None),
        ("E06999999", "", today, None),
    ];
    for (district, county, day, expected) in rows {
        let county = (!county.is_empty()).then(|| code(county));
        let found = authorities.resolve(code(district), county, day);
        assert_eq!(found, expected.map(code), "{district} {county:?} {day}");
    }
}

#[test]
fn every_authority_in_force_is_there() {
    let authorities = Authorities::built_in().unwrap();
    let today = date(2026, 11, 23);
    let count = |wanted: &str| {
        authorities
            .in_force(today)
            .filter(|one| one.code.as_str().starts_with(wanted))
            .count()
    };
    assert_eq!(
        ["E06", "E08", "E09", "E10", "W06"].map(count),
        [63, 36, 33, 21, 22]
    );
    let wales = authorities
        .in_force(today)
        .filter(|one| one.country == Country::Wales)
        .count();
    assert_eq!(wales, 22);
    assert_eq!(authorities.get(code("E09000012")).unwrap().name, "Hackney");
}

#[test]
fn each_replaced_code_leads_to_one_in_force_unless_it_was_split() {
    let authorities = Authorities::built_in().unwrap();
    let today = date(2026, 11, 23);
    for authority in authorities.iter().filter(|one| !one.period.contains(today)) {
        let found = authorities.current(authority.code, today);
        assert_eq!(
            found.is_some(),
            authority.successors.len() == 1,
            "{}",
            authority.code
        );
    }
    for district in authorities.districts.keys() {
        assert!(
            authorities.resolve(*district, None, today).is_some(),
            "{district}"
        );
    }
}

#[test]
fn unusable_files_are_refused_with_the_line_and_the_remedy() {
    let head = "gss,name,region,country,from,to,successors\n";
    let districts = "lad,name,county,from,to,successors\n";
    let rows = [
        (
            "E0900001,A,London,england,,,",
            "",
            "authorities.csv, line 2: \"E0900001\": expected a GSS code",
        ),
        (
            "E07000001,A,London,england,,,",
            "",
            "E07000001 is no authority with social care duties",
        ),
        (
            "E09000001,A,London,england,2020-02-01,2020-01-31,",
            "",
            "`to` lies before `from`",
        ),
        (
            "E09000001,A,London,england,,,\nE09000001,B,London,england,,,",
            "",
            "line 3: E09000001 has two rows",
        ),
        (
            "E09000001,A,London,england,,soon,",
            "",
            "expected a date such as 2027-04-01",
        ),
        ("E09000001,A,London,scotland,,,", "", "line 2"),
        (
            "E09000001,A,London,england,,2020-01-31,E09000002",
            "",
            "line 2: the successor E09000002 has no row",
        ),
        (
            "E09000001,A,London,england,,,",
            "E07000001,D,E09000001,,,",
            "districts.csv, line 2: E09000001 is no county",
        ),
        (
            "E10000030,A,London,england,,,",
            "E06000001,D,E10000030,,,",
            "E06000001 is no district",
        ),
        (
            "E10000030,A,London,england,,,",
            "E07000001,D,E10000030,,,E09000001 E09000002",
            "at most one successor",
        ),
    ];
    for (authority, district, expected) in rows {
        let error = Authorities::parse(
            &format!("{head}{authority}\n"),
            &format!("{districts}{district}\n"),
        );
        let error = error.unwrap_err().to_string();
        assert!(error.contains(expected), "{error} should say {expected}");
    }
}

#[test]
fn periods_include_both_ends() {
    let period = |from, to| Period { from, to };
    let first = period(None, Some(date(2026, 3, 31)));
    let second = period(Some(date(2026, 4, 1)), None);
    let rows = [
        (first, second, false),
        (first, period(Some(date(2026, 3, 31)), None), true),
        (first, first, true),
        (second, Period::default(), true),
    ];
    for (one, other, overlap) in rows {
        assert_eq!(
            (one.overlaps(&other), other.overlaps(&one)),
            (overlap, overlap),
            "{one:?} {other:?}"
        );
    }
    assert!(first.contains(date(2026, 3, 31)) && !first.contains(date(2026, 4, 1)));
    assert!(second.contains(date(2026, 4, 1)) && !second.contains(date(2026, 3, 31)));
}
