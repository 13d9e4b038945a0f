//! Every code, read and refused.

use super::*;

#[test]
fn authority_codes() {
    assert_eq!(
        AuthorityCode::parse("e09000012").unwrap().as_str(),
        "E09000012"
    );
    for bad in ["", "E0900001", "E090000123", "909000012", "E0900001X"] {
        assert!(AuthorityCode::parse(bad).is_err(), "{bad}");
    }
}

#[test]
fn court_codes() {
    for good in ["B01IX", "b01ix", "B01IX00"] {
        assert_eq!(CourtCode::parse(good).unwrap().as_str(), "B01IX", "{good}");
    }
    for bad in ["", "B01", "B01IX0", "BB1IX", "B01I1", "B01IX0!"] {
        assert!(CourtCode::parse(bad).is_err(), "{bad}");
    }
}

#[test]
fn case_reference_numbers() {
    assert_eq!(Crn::parse("x320741").unwrap().as_str(), "X320741");
    for bad in ["", "320741", "X32074", "X3207411", "XX20741"] {
        assert!(Crn::parse(bad).is_err(), "{bad}");
    }
}

#[test]
fn pnc_numbers_warn_and_do_not_refuse() {
    // The first row is worked by hand in the source named above.
    let rows = [
        ("2000/0002697F", "2000/0002697F", true),
        ("00/2697F", "2000/0002697F", true),
        ("2000/0002697G", "2000/0002697G", false),
        ("26/1A", "2026/0000001A", false),
        ("27/1A", "1927/0000001A", false),
    ];
    for (text, canonical, right) in rows {
        let pnc = Pnc::parse(text, 2026).unwrap();
        assert_eq!(
            (pnc.as_str(), pnc.check_letter_right()),
            (canonical, right),
            "{text}"
        );
    }
    for bad in [
        "",
        "F",
        "2000/F",
        "2000/12345678F",
        "200/1F",
        "2000/0002697",
    ] {
        assert!(Pnc::parse(bad, 2026).is_err(), "{bad}");
    }
}

#[test]
fn case_references() {
    assert_eq!(
        Urn::parse("01 ab 12345 26").unwrap().as_str(),
        "01AB1234526"
    );
    for bad in ["", "01AB123452", "A1AB1234526", "01AB12345267"] {
        assert!(Urn::parse(bad).is_err(), "{bad}");
    }
}

#[test]
fn postcodes() {
    let rows = [
        ("sw1a1aa", "SW1A 1AA"),
        (" e8  1EA ", "E8 1EA"),
        ("M1 1AE", "M1 1AE"),
        ("gir0aa", "GIR 0AA"),
        ("NPT 1AA", "NPT 1AA"),
        ("WC1A-1AA", "WC1A 1AA"),
    ];
    for (text, written) in rows {
        assert_eq!(Postcode::parse(text).unwrap().as_str(), written, "{text}");
    }
    for bad in [
        "",
        "SW1A",
        "SW1A 1A",
        "1W1A 1AA",
        "SW1A 1AAA",
        "SW1A 1A1",
        "ABCD 1AA",
        "SW1A 1AÄ",
    ] {
        assert!(Postcode::parse(bad).is_err(), "{bad}");
    }
}

#[test]
fn a_refusal_says_what_is_right_and_never_repeats_what_was_given() {
    let given = "Canary Wren !";
    let refusals = [
        ClientId::parse(given).err(),
        ResponderId::parse(given).err(),
        AuthorityCode::parse(given).err(),
        CourtCode::parse(given).err(),
        Crn::parse(given).err(),
        Pnc::parse(given, 2026).err(),
        Urn::parse(given).err(),
        Postcode::parse(given).err(),
    ];
    for refusal in refusals {
        let told = refusal.unwrap().to_string();
        assert!(
            told.starts_with("expected a ") && !told.contains("Wren"),
            "{told}"
        );
    }
}

#[test]
fn no_code_is_read_from_letters_that_only_look_right() {
    // Digits of other scripts, a full-width letter, and text whose bytes end inside a character.
    for text in [
        "E0900001٢",
        "Ｅ09000012",
        "é9000012",
        "X32074٣",
        "B٠1IX",
        "01AB123452é",
    ] {
        assert!(AuthorityCode::parse(text).is_err(), "{text}");
        assert!(CourtCode::parse(text).is_err(), "{text}");
        assert!(Crn::parse(text).is_err(), "{text}");
        assert!(Urn::parse(text).is_err(), "{text}");
        assert!(Pnc::parse(text, 2026).is_err(), "{text}");
        assert!(Postcode::parse(text).is_err(), "{text}");
        assert!(ResponderId::parse(text).is_err(), "{text}");
    }
}

#[test]
fn responder_and_client_ids() {
    assert!(ResponderId::parse("tower-hamlets").is_ok());
    for bad in ["", "Tower", "1st", "a b", &"a".repeat(49)] {
        assert!(ResponderId::parse(bad).is_err(), "{bad}");
    }
    assert!(ClientId::parse("spiffe://usher.example/court/B01IX/gateway").is_ok());
    for bad in ["", "with space", &"a".repeat(256)] {
        assert!(ClientId::parse(bad).is_err(), "{bad}");
    }
}
