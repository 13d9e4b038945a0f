use super::*;
use jiff::civil::date;

fn postcode(text: &str) -> Postcode {
    Postcode::parse(text).unwrap()
}

fn district(code: &str) -> Place {
    Place::District {
        district: AuthorityCode::parse(code).unwrap(),
        county: None,
    }
}

fn in_county(code: &str, county: &str) -> Place {
    let parse = |code| AuthorityCode::parse(code).unwrap();
    Place::District {
        district: parse(code),
        county: Some(parse(county)),
    }
}

fn rows() -> Vec<(&'static str, Place, bool)> {
    vec![
        ("E8 1EA", district("E09000012"), false),
        ("E8 1EB", district("E09000012"), true),
        ("SM7 1AA", in_county("E07000211", "E10000030"), false),
        ("SM7 1AB", district("E09000029"), false),
        ("SM7 1AD", Place::Nowhere, true),
        ("TD15 1AA", district("E06000057"), false),
        ("TD1 1AA", Place::Elsewhere, false),
        ("EH1 1AA", Place::Elsewhere, false),
        ("EH1 1AB", Place::Nowhere, false),
        ("BT1 1AA", Place::Elsewhere, false),
        ("GIR 0AA", district("E08000014"), true),
        ("NPT 1AA", district("W06000022"), true),
    ]
}

fn table_of(rows: &[(&str, Place, bool)]) -> Table {
    let mut builder = Builder::default();
    for (text, place, terminated) in rows {
        builder.add(&postcode(text), *place, *terminated).unwrap();
    }
    builder
        .finish("Some release", date(2026, 11, 23), true)
        .unwrap()
}

#[test]
fn a_table_reads_back_as_written() {
    let table = table_of(&rows());
    let again = Table::from_bytes(Cow::Owned(table.bytes().to_vec())).unwrap();
    let expected = [
        ("E8 1EA", Some((district("E09000012"), false))),
        ("E8 1EB", Some((district("E09000012"), true))),
        ("E8 1ED", None),
        ("E8 2EA", None),
        (
            "SM7 1AA",
            Some((in_county("E07000211", "E10000030"), false)),
        ),
        ("SM7 1AB", Some((district("E09000029"), false))),
        ("SM7 1AD", Some((Place::Nowhere, true))),
        ("TD15 1AA", Some((district("E06000057"), false))),
        ("TD1 1AA", Some((Place::Elsewhere, false))),
        ("TD1 1AB", None),
        // An area without a postcode in England or Wales is elsewhere as a whole; Northern Ireland always is.
        ("EH1 1AA", Some((Place::Elsewhere, false))),
        ("EH99 9ZZ", Some((Place::Elsewhere, false))),
        ("BT99 9ZZ", Some((Place::Elsewhere, false))),
        ("GIR 0AA", Some((district("E08000014"), true))),
        ("NPT 1AA", Some((district("W06000022"), true))),
        ("E8 1CC", None),
    ];
    for (text, expected) in expected {
        let expected = expected.map(|(place, terminated)| Entry { place, terminated });
        assert_eq!(again.find(&postcode(text)), expected, "{text}");
    }
    let about = again.about();
    assert_eq!(
        (about.release.as_str(), about.built),
        ("Some release", date(2026, 11, 23))
    );
    assert_eq!(
        (
            about.postcodes,
            about.terminated,
            about.nowhere,
            about.elsewhere
        ),
        (9, 4, 1, 1)
    );
    assert_eq!(again.elsewhere().collect::<Vec<_>>(), ["BT", "EH"]);
    assert_eq!(
        again
            .sectors()
            .flat_map(|(_, units)| units)
            .flatten()
            .count(),
        9
    );
}

#[test]
fn the_order_of_rows_does_not_matter() {
    let mut reversed = rows();
    reversed.reverse();
    assert_eq!(table_of(&rows()).bytes(), table_of(&reversed).bytes());
}

#[test]
fn every_damaged_byte_is_noticed() {
    let whole = table_of(&rows()).bytes().to_vec();
    for place in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[place] ^= 0x10;
        assert!(
            Table::from_bytes(Cow::Owned(damaged)).is_err(),
            "byte {place}"
        );
        assert!(
            Table::from_bytes(Cow::Owned(whole[..place].to_vec())).is_err(),
            "cut at {place}"
        );
    }
}

#[test]
fn files_that_are_no_whole_table_are_refused_with_the_remedy() {
    let whole = table_of(&rows()).bytes().to_vec();
    let mut newer = whole.clone();
    newer[12] = 2;
    let mut longer = whole.clone();
    longer.push(0);
    let mut flipped = whole.clone();
    *flipped.last_mut().unwrap() ^= 1;
    let rows = [
        (
            b"pcds,lad25cd\n".to_vec(),
            "not a postcode table of usher; make one with `usher directory build",
        ),
        (
            newer,
            "of format 2, and this usher reads format 1; make it again",
        ),
        (longer, "is damaged (its checksum); restore the file"),
        (flipped, "is damaged (its checksum)"),
        (whole[..20].to_vec(), "is damaged (its length)"),
    ];
    for (bytes, expected) in rows {
        let error = Table::from_bytes(Cow::Owned(bytes))
            .unwrap_err()
            .to_string();
        assert!(error.contains(expected), "{error} should say {expected}");
    }
}

/// A wrong structure under a right checksum: what a faulty writer would make.
#[test]
fn a_wrong_structure_is_noticed_under_a_right_checksum() {
    let whole = table_of(&rows()).bytes().to_vec();
    for place in 12..whole.len() {
        let mut wrong = whole.clone();
        wrong[place] ^= 0x81;
        let checksum = crc32fast::hash(&wrong[12..]).to_le_bytes();
        wrong[8..12].copy_from_slice(&checksum);
        // Whether it is refused depends on the byte; that it never panics does not.
        if let Ok(table) = Table::from_bytes(Cow::Owned(wrong)) {
            assert_eq!(
                table.sectors().flat_map(|(_, units)| units).count() % 400,
                0,
                "byte {place}"
            );
        }
    }
}

#[test]
fn rows_that_cannot_be_are_refused() {
    let mut builder = Builder::default();
    let place = district("E09000012");
    assert_eq!(builder.add(&postcode("E8 1EA"), place, false), Ok(()));
    assert_eq!(
        builder.add(&postcode("E8 1EA"), place, false),
        Err(Refused::Twice)
    );
    assert_eq!(
        builder.add(&postcode("E8 1CA"), place, false),
        Err(Refused::Unit)
    );
    assert!(matches!(
        builder.finish("two\nlines", date(2026, 11, 23), true),
        Err(TableError::Release)
    ));
}

#[test]
fn saving_replaces_the_file_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("postcodes.bin");
    std::fs::write(&path, "older").unwrap();
    let table = table_of(&rows());
    table.save(&path).unwrap();
    assert_eq!(Table::load(&path).unwrap().bytes(), table.bytes());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    let error = Table::load(&folder.path().join("absent"))
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("cannot read the postcode table"),
        "{error}"
    );
}
