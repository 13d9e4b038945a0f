use super::*;
use jiff::civil::date;

fn authorities() -> Authorities {
    Authorities::built_in().unwrap()
}

/// A responder file with one line added or replaced.
fn file(id: &str, change: &str) -> (String, String) {
    let key = |line: &str| {
        line.split('=')
            .next()
            .map(str::trim)
            .unwrap_or_default()
            .to_owned()
    };
    let mut lines: Vec<String> = format!(
        "id = \"{id}\"\nname = \"A service\"\nkind = \"children_social_care\"\nauthorities = [\"E09000012\"]\n\
         duty_phone = \"020 7946 0012\"\n\n[hours]\nmonday = \"09:00-17:00\"\n"
    )
    .lines()
    .map(str::to_owned)
    .collect();
    match lines
        .iter()
        .position(|line| !change.is_empty() && key(line) == key(change))
    {
        Some(place) => lines[place] = change.to_owned(),
        None => lines.insert(5, change.to_owned()),
    }
    (format!("config/responders/{id}.toml"), lines.join("\n"))
}

fn parse(files: &[(String, String)]) -> Result<Responders, String> {
    Responders::parse(files.to_vec(), &authorities()).map_err(|error| error.to_string())
}

#[test]
fn a_file_reads_as_written() {
    let text = r#"
        id = "both"
        name = "Achieving for Children"
        kind = "children_social_care"
        authorities = ["E09000021", "E09000027"]
        duty_phone = "+44 20 7946 0021"
        emergency_phone = "101"
        email = "front-door@achieving.example"
        from = 2026-01-01
        to = 2026-12-31
        [hours]
        monday = "08:45-16:30"
        saturday = "00:00-24:00"
        [ladder.oral]
        steps = [1, 2]
    "#;
    let all = parse(&[("both.toml".to_owned(), text.to_owned())]).unwrap();
    let both = all.iter().next().unwrap();
    assert_eq!(
        (both.id.as_str(), both.name.as_str()),
        ("both", "Achieving for Children")
    );
    assert_eq!(both.emergency_phone.as_deref(), Some("101"));
    assert_eq!(
        both.ladder["oral"]["steps"].as_array().map(Vec::len),
        Some(2)
    );
    assert_eq!(
        format!("{:?}", both.hours),
        r#"[Some("08:45:00-16:30:00"), None, None, None, None, Some("00:00:00-23:59:59.999999999"), None]"#
    );
    // One service for two councils, from its first day to its last.
    let find = |code, on| {
        all.find(both.kind, AuthorityCode::parse(code).unwrap(), on)
            .is_some()
    };
    for code in ["E09000021", "E09000027"] {
        let days = [
            date(2025, 12, 31),
            date(2026, 1, 1),
            date(2026, 12, 31),
            date(2027, 1, 1),
        ];
        assert_eq!(
            days.map(|day| find(code, day)),
            [false, true, true, false],
            "{code}"
        );
    }
    assert!(!find("E09000012", date(2026, 6, 1)));
    assert!(
        all.find(
            ResponderKind::AdultSocialCare,
            both.authorities[0],
            date(2026, 6, 1)
        )
        .is_none()
    );
}

/// A line of a file, and what the refusal says.
const REFUSED: &[(&str, &str)] = &[
    ("colour = \"red\"", "a.toml, line 6: unknown field `colour`"),
    ("colour = \"red\"", "generic.toml.example shows every key"),
    ("name = 3", "a.toml, line 2: "),
    ("name = \"\"", "line 2: `name` must be one line"),
    ("kind = \"police\"", "line 3: unknown variant `police`"),
    (
        "id = \"b\"",
        "line 1: `id` must be the name of the file; rename the file to b.toml",
    ),
    ("id = \"A B\"", "line 1: `id`: expected a responder id"),
    (
        "authorities = []",
        "line 4: `authorities` must have 1 to 256",
    ),
    (
        "authorities = [\"Hackney\"]",
        "line 4: `authorities`: expected a GSS code such as E09000012",
    ),
    (
        "authorities = [\"E09000099\"]",
        "line 4: E09000099 is no authority with social care duties",
    ),
    ("authorities = [\"E07000211\"]", "E07000211 is no authority"),
    (
        "authorities = [\"E09000012\", \"E09000012\"]",
        "line 4: E09000012 stands twice",
    ),
    (
        "authorities = [\"E08000016\"]",
        "E08000016 (Barnsley) ended on 2025-03-31; list E08000038 instead or as well",
    ),
    (
        "duty_phone = \"ask reception\"",
        "line 5: a phone number has 3 to 15 digits",
    ),
    (
        "email = \"front door@a.example\"",
        "line 6: `email` must be one address",
    ),
    ("email = \"a@b@c.example\"", "`email` must be one address"),
    ("from = 2026-01-01T09:00:00", "line 6: expected a date"),
    ("from = \"2026-01-01\"", "line 6: "),
    (
        "from = 2026-01-02\nto = 2026-01-01",
        "line 7: `to` lies before `from`",
    ),
    (
        "monday = \"9-5\"",
        "line 8: expected hours such as \"09:00-17:00\", or \"closed\"",
    ),
    (
        "monday = \"17:00-09:00\"",
        "line 8: the day must end after it starts",
    ),
    (
        "monday = \"closed\"",
        "line 7: `hours`: at least one weekday",
    ),
    ("[hours", "line 6: "),
];

#[test]
fn unusable_files_are_refused_with_the_line_and_the_remedy() {
    for (change, expected) in REFUSED {
        let error = parse(&[file("a", change)]).unwrap_err();
        assert!(
            error.contains(expected),
            "{change}: {error} should say {expected}"
        );
    }
    let mut missing = file("a", "");
    missing.1 = missing.1.replace("duty_phone", "# duty_phone");
    assert!(
        parse(&[missing])
            .unwrap_err()
            .contains("missing field `duty_phone`")
    );
}

#[test]
fn an_authority_has_one_responder_of_a_kind_a_day() {
    let rows = [
        (
            "",
            "",
            Some(
                "b.toml, line 4: E09000012 has the children_social_care responder a on the same days",
            ),
        ),
        ("to = 2026-03-31", "from = 2026-04-01", None),
        (
            "to = 2026-04-01",
            "from = 2026-04-01",
            Some("has the children_social_care responder a"),
        ),
        ("", "kind = \"adult_social_care\"", None),
        ("", "authorities = [\"E09000001\"]", None),
        (
            "",
            "authorities = [\"E09000001\", \"E09000012\"]",
            Some("E09000012 has the"),
        ),
    ];
    for (one, other, expected) in rows {
        let found = parse(&[file("a", one), file("b", other)]);
        match expected {
            None => assert!(found.is_ok(), "{one} {other}: {found:?}"),
            Some(expected) => assert!(
                found.as_ref().is_err_and(|error| error.contains(expected)),
                "{found:?}"
            ),
        }
    }
    let twice = parse(&[file("a", ""), file("a", "authorities = [\"E09000001\"]")]);
    assert!(twice.unwrap_err().contains("the id a is taken"));
}

#[test]
fn a_police_unit_answers_for_force_areas_and_social_care_for_authorities() {
    let of = |kind: &str, area: &str| {
        let (name, text) = file("a", &format!("kind = \"{kind}\""));
        parse(&[(name, text.replace("authorities = [\"E09000012\"]", area))])
    };
    let check = |kind, area, wanted: Result<usize, &str>| match (of(kind, area), wanted) {
        (Ok(all), Ok(count)) => {
            let served = all.iter().next().map(|one| one.authorities.len());
            assert_eq!(served, Some(count), "{area}");
        }
        (Err(error), Err(wanted)) => {
            assert!(error.contains(wanted), "{error} does not say {wanted}");
        }
        (found, _) => panic!("{area}: {found:?}"),
    };
    let police = "police_domestic_abuse";
    check(police, "forces = [\"E23000001\"]", Ok(32));
    check(police, "forces = [\"E23000034\", \"E23000001\"]", Ok(33));
    check(
        police,
        "forces = []",
        Err("line 4: `forces` must have 1 or more"),
    );
    check(
        police,
        "forces = [\"E23000014\"]",
        Err("line 4: no authority lies in E23000014"),
    );
    check(
        police,
        "forces = [\"E09000012\"]",
        Err("line 4: `forces`: expected the GSS code"),
    );
    check(
        police,
        "authorities = [\"E09000012\"]",
        Err("line 4: a police unit answers for"),
    );
    check(police, "", Err("missing field `forces`"));
    check("adult_social_care", "", Err("missing field `authorities`"));
    check(
        "adult_social_care",
        "forces = [\"E23000001\"]",
        Err("line 4: `forces` is for police units"),
    );
    let twice = [
        file("a", "kind = \"police_domestic_abuse\""),
        file("b", "kind = \"police_domestic_abuse\""),
    ]
    .map(|(name, text)| {
        (
            name,
            text.replace("authorities = [\"E09000012\"]", "forces = [\"E23000034\"]"),
        )
    });
    let error = parse(&twice).unwrap_err();
    assert!(
        error.contains("b.toml, line 4: E09000001 has the police_domestic_abuse responder a"),
        "{error}"
    );
}

#[test]
fn a_replaced_code_may_stand_beside_its_successor_or_end_in_time() {
    for change in [
        "authorities = [\"E08000016\", \"E08000038\"]",
        "authorities = [\"E08000016\"]\nto = 2025-03-31",
    ] {
        parse(&[file("a", change)]).unwrap();
    }
    assert!(parse(&[file("a", "authorities = [\"E08000016\"]\nto = 2025-04-01")]).is_err());
}

#[test]
fn placeholders_are_noticed() {
    let rows = [
        ("duty_phone = \"020 7946 0999\"", true),
        ("duty_phone = \"+44 1632 960 001\"", true),
        ("duty_phone = \"020 7946 1000\"", false),
        ("duty_phone = \"101\"\nemail = \"a@b.example\"", true),
        (
            "duty_phone = \"101\"\nemergency_phone = \"01632 960001\"",
            true,
        ),
        ("duty_phone = \"101\"\nemail = \"a@b.gov.uk\"", false),
    ];
    for (change, expected) in rows {
        let all = parse(&[file("a", change)]).unwrap();
        assert_eq!(
            all.iter().next().map(Responder::has_placeholders),
            Some(expected),
            "{change}"
        );
    }
}

#[test]
fn a_folder_is_read_without_its_examples() {
    let folder = Path::new("config/responders");
    let loaded = Responders::load(folder, &authorities()).unwrap();
    let built_in = Responders::built_in(&authorities()).unwrap();
    let ids = |all: &Responders| all.iter().map(|one| one.id.to_string()).collect::<Vec<_>>();
    assert_eq!(ids(&loaded), ids(&built_in));
    let absent = Responders::load(&folder.join("absent"), &authorities())
        .unwrap_err()
        .to_string();
    assert!(absent.contains("must name a readable folder"), "{absent}");
}

#[test]
fn the_example_is_a_responder() {
    let path = "config/responders/generic.toml.example";
    let text = std::fs::read_to_string(path).unwrap();
    let all = parse(&[("example-council.toml".to_owned(), text)]).unwrap();
    assert!(all.iter().all(Responder::has_placeholders));
}
