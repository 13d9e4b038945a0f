//! What managers see: what is outstanding, and the figures.

use super::*;
use crate::support::sample::{case, registered};
use std::time::Duration;
use usher::store::Store as _;

/// A case that needs one check, has made one and set one aside; an enquiry that Hackney answered and Camden did not.
async fn scene() -> Kit {
    let kit = start().await;
    kit.store().commit(&[registered(case(1))]).await.unwrap();
    let asked = enquiry_at("2026-11-23T16:00", &[IN_HACKNEY, IN_CAMDEN]);
    kit.submit(asked).await;
    kit.move_to("2026-11-23T10:45").await;
    let leased = kit.lease(HACKNEY).await;
    let request = answer(&leased.check.unwrap().id, &leased.lease_id);
    kit.adapter(HACKNEY).answer(request).await.unwrap();
    kit
}

const TODAY: &str = "from-day=23&from-month=11&from-year=2026&to-day=23&to-month=11&to-year=2026";

const MONTH: &str = "from-day=1&from-month=11&from-year=2026&to-day=30&to-month=11&to-year=2026";

/// The query of the page of a line of a report of `days`.
fn of_line(days: &str, by: &str, key: &str) -> String {
    format!("{days}&by={by}&key={key}")
}

#[tokio::test]
async fn a_line_leads_to_what_was_counted_in_it() {
    let kit = scene().await;
    let mut browser = kit.signed_in("manager").await;
    let page = |kind: &str, query: String| format!("/reports/{kind}/line?{query}");
    let count = |shown: &Shown, folder: &str| {
        let link = format!("href=\"/{folder}/");
        shown.html.matches(&link).count()
    };
    // An enquiry has one check that was answered, and one that was not; a case has checks of its own.
    for (kind, by, key, enquiries, cases) in [
        ("timeliness", "borough", "hackney", 1, 0),
        ("outstanding", "borough", "hackney", 0, 0),
        ("outstanding", "borough", "camden", 1, 0),
        ("timeliness", "court", "B01IX", 1, 0),
        ("timeliness", "court", "B01DU", 0, 0),
        ("late-answers", "borough", "hackney", 0, 0),
        ("coverage", "office", "Thames", 0, 1),
        ("coverage", "borough", "*not_asked", 0, 1),
        ("coverage", "court", "B01IX", 1, 1),
    ] {
        let shown = browser.get(&page(kind, of_line(TODAY, by, key))).await;
        assert_eq!(shown.status, StatusCode::OK, "{}", shown.text());
        let found = (count(&shown, "enquiries"), count(&shown, "cases"));
        assert_eq!(
            found,
            (enquiries, cases),
            "{kind} {by} {key}: {}",
            shown.text()
        );
        assert!(!shown.says("Ada Example"), "no names");
    }
    let query = of_line(TODAY, "borough", "camden");
    let shown = browser.get(&page("outstanding", query.clone())).await;
    for wanted in [
        "Outstanding: what was counted",
        "23 November 2026",
        "Westminster Magistrates' Court",
        "Monday 23 November 2026 at 4pm",
    ] {
        assert!(shown.says(wanted), "{wanted}: {}", shown.text());
    }
    assert!(
        shown
            .html
            .contains("href=\"/outstanding?by=borough&#38;key=camden\"")
    );
    let mut operator = kit.signed_in("operator").await;
    let theirs = operator.get(&page("outstanding", query.clone())).await;
    assert_eq!(count(&theirs, "enquiries"), 1);
    assert!(
        !theirs.html.contains("\"/outstanding?"),
        "managers have that page"
    );
    // Another day, and what is to be published.
    let other = query.replace("day=23", "day=24");
    let shown = browser.get(&page("outstanding", other)).await;
    assert!(shown.says("Nothing more counts in this line."));
    let published = format!("{query}&for_publication=yes");
    let hidden = browser.get(&page("outstanding", published)).await;
    assert_eq!(hidden.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_long_line_goes_on_without_leaving_anything_out() {
    let kit = start().await;
    for _ in 0..27 {
        kit.submit(enquiry(&[IN_HACKNEY])).await;
    }
    let mut browser = kit.signed_in("manager").await;
    let query = of_line(TODAY, "borough", "hackney");
    let first = browser
        .get(&format!("/reports/outstanding/line?{query}"))
        .await;
    let second = browser.get(&first.next().unwrap()).await;
    assert_eq!(second.next(), None);
    let all = [first.html, second.html].concat();
    let links = all.split("href=\"/enquiries/").skip(1);
    let mut ids: Vec<_> = links.map(|rest| &rest[..36]).collect();
    assert_eq!(ids.len(), 27);
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 27, "each once");
}

#[tokio::test]
async fn a_manager_sees_who_has_what_open_and_no_family() {
    let kit = scene().await;
    let mut browser = kit.signed_in("manager").await;
    let first = browser.get("/").await;
    assert_eq!(first.path, "/outstanding");
    for wanted in [
        "2 open enquiries and cases",
        "0 overdue",
        "1 answers that nobody has read",
        "1 checks that nobody has asked for",
        "Olive Officer: 1 open",
        "Pat Practitioner: 1 open",
        "1 with a borough, 1 to read",
        "1 never asked",
        "today at 4pm",
    ] {
        assert!(first.says(wanted), "{wanted}: {}", first.text());
    }
    assert!(first.html.contains("href=\"/enquiries/"));
    assert!(first.html.contains("href=\"/cases/"));
    assert!(!first.says("Example"), "the defendant's name is not needed");
    // The sample case's sealed parts are no such thing: nothing was opened.
    kit.move_to("2026-11-23T16:01").await;
    // What was counted is kept for a while: the longer, the longer it took.
    let counted_anew = async {
        while !browser.get("/outstanding").await.says("2 overdue") {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let waited = tokio::time::timeout(PATIENCE, counted_anew).await;
    waited.expect("what is overdue is counted");
    let elsewhere = browser.get("/outstanding?by=court&key=B01DU").await;
    assert!(elsewhere.says("Nothing is outstanding."));
    let thames = browser.get("/outstanding?by=office&key=Thames").await;
    assert!(thames.says("Only office Thames."), "{}", thames.text());
    assert!(thames.says("Pat Practitioner: 1 open") && !thames.says("Olive Officer"));
    let hackney = browser.get("/outstanding?by=borough&key=hackney").await;
    assert!(hackney.says("1 to read") && !hackney.says("with a borough,"));
    let nobody = browser.get("/outstanding?by=borough&key=*not_asked").await;
    assert!(nobody.says("Only borough nobody asked yet."));
    assert!(nobody.html.contains("href=\"/cases/") && !nobody.says("1 to read"));
    let mut officer = kit.signed_in("officer").await;
    let refused = officer.get("/outstanding").await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_report_has_a_table_a_chart_and_a_way_to_what_is_behind_it() {
    let kit = scene().await;
    let mut browser = kit.signed_in("manager").await;
    let reports = browser.get("/reports").await;
    for kind in ["coverage", "timeliness", "outstanding", "late-answers"] {
        assert!(reports.html.contains(&format!("href=\"/reports/{kind}\"")));
    }
    let month = browser.get("/reports/coverage").await;
    for wanted in [
        "Coverage by court, 1 to 30 November 2026",
        "Westminster Magistrates' Court",
        "By week",
        "23 to 29 November 2026",
        "checks that the policy wants of a case at its stage",
    ] {
        assert!(month.says(wanted), "{wanted}: {}", month.text());
    }
    let line = format!(
        "href=\"/reports/coverage/line?{}\"",
        of_line(MONTH, "court", "B01IX")
    );
    assert!(month.html.contains(&line.replace('&', "&#38;")), "{line}");
    assert_eq!(month.html.matches("<svg ").count(), 2);
    assert_eq!(month.html.matches("id=\"lines-title\"").count(), 1);
    assert!(!month.html.contains(" style="));
    let path = format!("/reports/timeliness?{TODAY}&by=borough");
    let today = browser.get(&path).await;
    assert!(today.says("Timeliness by borough, 23 November 2026"));
    assert!(today.says("0.8"), "asked at 10:00, answered at 10:45");
    assert!(!today.says("By week"), "a day is no line");
    // The operator has the same figures.
    let mut operator = kit.signed_in("operator").await;
    let shown = operator.get("/reports/coverage").await;
    assert!(shown.says("Westminster Magistrates' Court"));
    assert!(shown.html.contains("/reports/coverage/line?"));
    let nothing = browser.get("/reports/anything").await;
    assert_eq!(nothing.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn figures_come_as_a_sheet_that_names_its_columns() {
    let kit = scene().await;
    let mut browser = kit.signed_in("inspector").await;
    let path = format!("/reports/outstanding?{TODAY}&by=borough");
    let shown = browser.get(&path).await;
    let link = format!("{path}&format=csv");
    assert!(
        shown.html.contains(&link.replace('&', "&#38;")),
        "{}",
        shown.html
    );
    let sheet = browser.get(&link).await;
    assert_eq!(sheet.headers["content-type"], "text/csv; charset=utf-8");
    let named = "attachment; filename=\"outstanding-by-borough-2026-11-23-2026-11-23.csv\"";
    assert_eq!(sheet.headers["content-disposition"], named);
    assert_eq!(sheet.headers["cache-control"], "no-store");
    let lines: Vec<_> = sheet.html.lines().collect();
    assert!(lines[0].starts_with("key,label,outstanding,hearing_to_come,"));
    assert!(lines[1].starts_with("camden,"), "{lines:?}");
    assert!(
        lines.last().unwrap().starts_with("total,Total,1,"),
        "{lines:?}"
    );
}

#[tokio::test]
async fn what_is_to_be_published_hides_small_numbers_everywhere() {
    let kit = scene().await;
    let mut browser = kit.signed_in("inspector").await;
    let path = "/reports/coverage?from-day=1&from-month=11&from-year=2026&to-day=30&to-month=11&to-year=2026&by=court&for_publication=yes";
    let shown = browser.get(path).await;
    assert!(shown.says("numbers under 5 hidden"));
    assert!(shown.says("[c]"), "{}", shown.text());
    assert_eq!(shown.html.matches("<svg ").count(), 1, "no weeks beside it");
    assert!(!shown.html.contains("/line?"), "nor what could be counted");
    let sheet = browser.get(&format!("{path}&format=csv")).await;
    let counts = sheet
        .html
        .split([',', '\n'])
        .filter_map(|one| one.trim().parse::<u64>().ok());
    assert!(
        counts.into_iter().all(|count| count == 0 || count > 4),
        "{}",
        sheet.html
    );
}

#[tokio::test]
async fn a_question_that_makes_no_sense_is_told_field_by_field_and_kept() {
    let kit = start().await;
    let mut browser = kit.signed_in("manager").await;
    let asked = "/reports/coverage?from-day=31&from-month=2&from-year=2026&to-day=1&to-month=2&to-year=2026&by=colour";
    let refused = browser.get(asked).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.html.contains("<title>Error: "));
    for field in ["#from-day", "#by"] {
        assert!(
            refused.html.contains(&format!("href=\"{field}\"")),
            "{field}"
        );
    }
    assert!(refused.html.contains("value=\"31\""));
    assert!(!refused.html.contains("<svg "));
}
