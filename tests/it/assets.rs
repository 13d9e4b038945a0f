//! How `build.rs` readies what browsers get, with the packages of others and without.

#[path = "../../build.rs"]
#[expect(dead_code, reason = "a build runs the rest of it")]
mod build;

use crate::support::root;
use build::{Asset, gather};
use std::error::Error;
use std::fs;
use std::path::Path;

/// Packages as npm would put them there, with this stylesheet.
fn packages(folder: &Path, css: &str, icon: &str) -> std::io::Result<()> {
    let govuk = folder.join("govuk-frontend/dist/govuk");
    let moj = folder.join("@ministryofjustice/frontend/moj");
    fs::create_dir_all(&govuk)?;
    fs::create_dir_all(moj.join("assets/images"))?;
    for (folder, name) in [(&govuk, "govuk-frontend"), (&moj, "moj-frontend")] {
        fs::write(folder.join(format!("{name}.min.css")), css)?;
        let script = "export{initAll};//# sourceMappingURL=a.map";
        fs::write(folder.join(format!("{name}.min.js")), script)?;
        fs::write(folder.join(format!("{name}.min.js.map")), "{}")?;
    }
    fs::write(moj.join("assets/images/icon-tick.svg"), icon)?;
    fs::write(moj.join("assets/images/crest.svg"), icon)
}

/// What is served with these packages.
fn served(css: &str, icon: &str) -> Result<Vec<Asset>, Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    packages(folder.path(), css, icon)?;
    gather(&root().join("web"), Some(folder.path()))
}

fn named<'a>(assets: &'a [Asset], name: &str) -> &'a Asset {
    let found = assets.iter().find(|asset| asset.name == name);
    found.unwrap_or_else(|| panic!("{name} is not served"))
}

const TICK: &str = ".a{background:url(/assets/images/icon-tick.svg)}";

#[test]
fn without_packages_our_own_stylesheet_is_served() {
    let assets = gather(&root().join("web"), None).expect("our files are there");
    let names: Vec<_> = assets.iter().map(|asset| asset.name.as_str()).collect();
    assert_eq!(names, ["favicon.svg", "fallback.css", "app.css", "app.js"]);
}

#[test]
fn neither_font_nor_crest_of_gov_uk_is_served() {
    let css = "@font-face{font-family:GDS Transport;src:url(/assets/fonts/a.woff2)}.a{font-family:GDS Transport,arial,sans-serif}\
        .b{font-family:\"GDS Transport\",arial,sans-serif}.c{mask:url(/assets/images/govuk-crest.svg)}/*# sourceMappingURL=a.map */";
    let assets = served(css, "<svg/>").expect("both packages are there");
    let ours = "\"Helvetica Neue\",helvetica,arial,sans-serif";
    let expected = format!(".a{{font-family:{ours}}}.b{{font-family:{ours}}}.c{{mask:none}}");
    assert_eq!(named(&assets, "govuk-frontend.min.css").text, expected);
    assert_eq!(named(&assets, "moj-frontend.min.css").text, expected);
    assert_eq!(
        named(&assets, "moj-frontend.min.js").text,
        "export{initAll};"
    );
    for left in ["font:1em GDS Transport", "src:url(/assets/fonts/a.woff2)"] {
        assert!(served(left, "<svg/>").is_err(), "{left}");
    }
}

#[test]
fn a_path_changes_with_the_content_and_with_what_it_names() {
    let before = served(TICK, "<svg/>").expect("both packages are there");
    let after = served(TICK, "<svg><path/></svg>").expect("both packages are there");
    for (name, changes) in [
        ("icon-tick.svg", true),
        ("moj-frontend.min.css", true),
        ("moj-frontend.min.js", false),
        ("components.js", false),
    ] {
        let (one, other) = (named(&before, name).path(), named(&after, name).path());
        assert_eq!(one != other, changes, "{name}: {one}, {other}");
    }
    assert!(
        before.iter().all(|asset| asset.name != "crest.svg"),
        "no stylesheet names it"
    );
    let named_there = |holder: &str, name: &str| {
        let path = named(&before, name).path();
        assert!(
            named(&before, holder).text.contains(&path),
            "{holder} names {path}"
        );
    };
    named_there("moj-frontend.min.css", "icon-tick.svg");
    named_there("components.js", "govuk-frontend.min.js");
    named_there("components.js", "moj-frontend.min.js");
}
