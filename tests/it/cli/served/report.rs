//! Reports by the command line, in every form.

use super::*;

#[test]
fn a_report_is_a_table_a_response_a_sheet_and_a_chart() {
    let home = home();
    let home = home.path();
    let served = serve(home);
    served.call(home, "officer", &submission(&hearing()));
    let period = ["--from", "2020-01-01", "--to", "2099-12-31"];
    let coverage = [&["report", "coverage"][..], &period].concat();
    let (page, _) = served.check(home, "operator", &coverage, 0);
    for wanted in [
        "coverage by court, 2020-01-01 to 2099-12-31",
        "Westminster",
        "never answered: of these asked, not answered to this day",
    ] {
        assert!(page.contains(wanted), "{wanted}: {page}");
    }
    let response = served.call(home, "operator", &coverage);
    assert_eq!(response["measures"][7]["name"], "asked");
    assert_eq!(response["rows"][0]["figures"][7]["count"], "1");

    let sheet = [&coverage[..], &["--by", "borough", "--format", "csv"]].concat();
    let (sheet, _) = served.check(home, "operator", &sheet, 0);
    assert!(sheet.starts_with("key,label,needed,made,"), "{sheet}");
    assert!(sheet.contains("\r\nhackney,"), "{sheet}");
    let drawn = ["report", "timeliness", "--for-publication"];
    let drawn = [
        &drawn[..],
        &period,
        &["--format", "svg", "--out", "chart.svg"],
    ]
    .concat();
    let (out, err) = served.check(home, "operator", &drawn, 0);
    assert!(out.is_empty() && err.contains("chart.svg"), "{out}{err}");
    let chart = std::fs::read_to_string(home.join("chart.svg")).unwrap();
    assert!(
        chart.starts_with("<svg ") && chart.contains("[c]"),
        "{chart}"
    );

    let (_, err) = served.check(home, "officer", &coverage, 4);
    assert!(err.contains("role"), "{err}");
    let backwards = [
        "report",
        "coverage",
        "--from",
        "2026-11-02",
        "--to",
        "2026-11-01",
    ];
    let (_, err) = served.check(home, "operator", &backwards, 2);
    assert!(err.contains("must not be before"), "{err}");
    let (_, err) = check(home, &["enquiry", "list", "--format", "svg"], 2);
    assert!(err.contains("only reports"), "{err}");
}
