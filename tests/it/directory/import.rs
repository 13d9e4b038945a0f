//! `usher directory build` on genuine NSPL files and on small releases of every edition and wrapping.

use super::{authority, district, postcode, shared_data};
use jiff::civil::{Date, date};
use std::io::Write;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use usher::directory::build::{self, BuildError, Summary};
use usher::directory::table::{Place, Table};
use usher::directory::{Authorities, Change, Directory, PostcodeOutcome, Responders, diff};
use usher_domain::code::AuthorityCode;

const TODAY: Date = date(2026, 11, 23);

fn import(path: &Path) -> Result<(Table, Summary), BuildError> {
    let authorities = Authorities::built_in().unwrap();
    let options = build::Options {
        release: None,
        built: TODAY,
        authorities: &authorities,
    };
    build::build(path, &options, &mut |_| {})
}

/// Writes a release and imports it.
fn import_text(name: &str, bytes: &[u8]) -> Result<(Table, Summary), BuildError> {
    let (_folder, path) = file(name, bytes);
    import(&path)
}

fn file(name: &str, bytes: &[u8]) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    (folder, path)
}

fn lookup(table: &Table, text: &str, on: Date) -> PostcodeOutcome {
    let authorities = Authorities::built_in().unwrap();
    let directory = Directory::new(table.clone(), authorities, Responders::default());
    directory.lookup(&postcode(text), on)
}

#[test]
fn genuine_nspl_files_give_the_known_counts() {
    // area, rows, without a district, terminated; counted independently of the importer
    let rows = [
        ("SM", 6_709, 32, 2_354),
        ("WC", 7_455, 13, 4_846),
        ("HG", 6_364, 6, 1_893),
    ];
    for (area, count, nowhere, terminated) in rows {
        let Some(path) = shared_data(&format!("nspl_nov2021_{area}.csv.gz")) else {
            return;
        };
        let (table, summary) = import(&path).unwrap();
        let expected = Summary {
            release: format!("nspl_nov2021_{area}"),
            rows: count,
            routable: count - nowhere,
            nowhere,
            terminated: Some(terminated),
            ..Summary::default()
        };
        assert_eq!(summary, expected, "{area}");
        let about = table.about();
        let counts = [about.postcodes, about.nowhere, about.terminated].map(u64::from);
        assert_eq!(
            (counts, about.elsewhere),
            ([count, nowhere, terminated], 0),
            "{area}"
        );
        assert!(table.knows_terminations());
    }
}

#[test]
fn genuine_rows_lead_to_the_authority_of_the_day() {
    let to = |code: &str, terminated| PostcodeOutcome::Authority {
        code: authority(code),
        terminated,
    };
    let rows = [
        ("SM", "SM1 1AA", TODAY, to("E09000029", false)),
        ("SM", "SM1 1AB", TODAY, to("E09000029", true)),
        ("WC", "WC1A 1AA", TODAY, to("E09000007", true)),
        ("WC", "WC1A 1AB", TODAY, to("E09000007", false)),
        // Harrogate was a district of North Yorkshire County Council until 31 March 2023.
        ("HG", "HG1 1AA", date(2023, 3, 31), to("E10000023", false)),
        ("HG", "HG1 1AA", date(2023, 4, 1), to("E06000065", false)),
        ("HG", "HG1 1AA", TODAY, to("E06000065", false)),
        ("HG", "HG99 9ZZ", TODAY, PostcodeOutcome::Unknown),
    ];
    for (area, text, on, expected) in rows {
        let Some(path) = shared_data(&format!("nspl_nov2021_{area}.csv.gz")) else {
            return;
        };
        assert_eq!(
            lookup(&import(&path).unwrap().0, text, on),
            expected,
            "{text} on {on}"
        );
    }
}

/// One row in Hackney, one in Epsom, one terminated in Cardiff, one in Scotland, one without a district.
fn release(district: &str, county: &str) -> String {
    format!(
        "pcd7,pcd8,pcds,dointr,doterm,{county},{district}\n\
         \"E8 1EA \",\"E8  1EA\",\"E8 1EA\",199002,,E13000001,E09000012\n\
         KT185BY,KT18 5BY,KT18 5BY,199002,,E10000030,E07000208\n\
         CF101AA,CF10 1AA,CF10 1AA,199002,200207,W99999999,W06000015\n\
         EH1 1YZ,EH1  1YZ,EH1 1YZ,199002,,S99999999,S12000036\n\
         SR431AA,SR43 1AA,SR43 1AA,199002,,,\n"
    )
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn zip(files: &[(&str, &str)]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, text) in files {
        archive
            .start_file(*name, zip::write::SimpleFileOptions::default())
            .unwrap();
        archive.write_all(text.as_bytes()).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

#[test]
fn every_edition_and_wrapping_gives_the_same_routes() {
    let plain = release("lad25cd", "cty25cd");
    let part = "pcds,lad25cd\nE8 1EB,E09000012\n";
    let zipped = [
        ("User Guide/ONSPD User Guide.csv", "nothing"),
        ("Data/multi_csv/ONSPD_NOV_2025_UK_E.csv", &plain.repeat(2)),
        ("Data/ONSPD_NOV_2025_UK.csv", &plain),
        ("Documents/names and codes.csv", &plain.repeat(3)),
        ("Data/nspl_part.csv", part),
    ];
    let rows = [
        ("nspl.csv", plain.clone().into_bytes(), "nspl"),
        ("bom.csv", format!("\u{feff}{plain}").into_bytes(), "bom"),
        ("dos.csv", plain.replace('\n', "\r\n").into_bytes(), "dos"),
        (
            "nspl26.CSV",
            release("lad26cd", "cty26cd").into_bytes(),
            "nspl26",
        ),
        (
            "onspd.csv",
            release("oslaua", "oscty").into_bytes(),
            "onspd",
        ),
        ("nspl21.csv", release("laua", "cty").into_bytes(), "nspl21"),
        ("NSPL.csv.gz", gzip(&plain), "NSPL"),
        // Two members in one gzip file, as some tools write them.
        (
            "split.csv.gz",
            [gzip(&plain[..100]), gzip(&plain[100..])].concat(),
            "split",
        ),
        ("ONSPD.zip", zip(&zipped), "ONSPD_NOV_2025_UK"),
        // The content decides, not the ending.
        ("misnamed.csv", gzip(&plain), "misnamed"),
    ];
    let (expected, _) = import_text("x.csv", plain.as_bytes()).unwrap();
    for (name, bytes, release) in rows {
        let (table, summary) =
            import_text(name, &bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        let difference = diff(&expected, &table, &Authorities::built_in().unwrap(), TODAY);
        assert!(difference.is_empty(), "{name}: {difference:?}");
        let expected = Summary {
            release: release.to_owned(),
            rows: 5,
            routable: 3,
            nowhere: 1,
            elsewhere: 1,
            terminated: Some(1),
            ..Summary::default()
        };
        assert_eq!(summary, expected, "{name}");
    }
}

#[test]
fn malformed_rows_are_reported_by_line_and_the_others_run() {
    let text = "pcds,doterm,lad25cd\n\
                E8 1EA,,E09000012\n\
                E8,,E09000012\n\
                E8 1EB\n\
                E8 1ED,,Hackney\n\
                E8 1EA,,E09000012\n\
                E8 1CC,,E09000012\n\
                E8 1EE,,K04000001\n\
                E8 1EF,,E99999999\n\
                E8 1EG,,E06000099\n\
                \"E8 1EH\",202001,E09000012\n";
    let (table, summary) = import_text("release.csv", text.as_bytes()).unwrap();
    let listed: Vec<_> = summary
        .malformed_first
        .iter()
        .map(|row| (row.line, row.why))
        .collect();
    let expected = [
        (3, "no postcode"),
        (4, "too few columns"),
        (5, "no district code"),
        (6, "the postcode came before"),
        (7, "no postcode ends in these letters"),
        (8, "a district code of no country"),
    ];
    assert_eq!(listed, expected);
    assert_eq!(
        (summary.rows, summary.routable, summary.malformed),
        (10, 2, 6)
    );
    let without: Vec<_> = summary
        .without_authority
        .iter()
        .map(|(code, count)| (code.as_str(), *count))
        .collect();
    assert_eq!(without, [("E06000099", 1), ("E99999999", 1)]);
    assert_eq!(
        table
            .find(&postcode("E8 1EH"))
            .map(|entry| (entry.place, entry.terminated)),
        Some((district("E09000012"), true))
    );
    assert_eq!(
        lookup(&table, "E8 1EG", TODAY),
        PostcodeOutcome::NoAuthority { terminated: false }
    );
}

#[test]
fn only_the_first_few_malformed_rows_are_listed() {
    let text = format!(
        "pcds,lad25cd\nE8 1EA,E09000012\n{}",
        "nonsense,E09000012\n".repeat(50)
    );
    let (_, summary) = import_text("release.csv", text.as_bytes()).unwrap();
    assert_eq!((summary.malformed, summary.malformed_first.len()), (50, 10));
}

#[test]
fn files_that_are_no_release_make_no_table() {
    let plain = release("lad25cd", "cty25cd");
    let cut = gzip(&plain);
    let endless = format!("pcds,lad25cd\n\"{}", "E8 1EA,E09000012\n".repeat(50_000));
    let rows = [
        (
            "a.csv",
            b"postcode,council\nE8 1EA,Hackney\n".to_vec(),
            "no column for the postcode; needed are a postcode (pcds,",
        ),
        (
            "a.csv",
            b"pcds,council\nE8 1EA,Hackney\n".to_vec(),
            "local authority district; needed are",
        ),
        (
            "a.csv",
            b"pcds,council\nE8 1EA,Hackney\n".to_vec(),
            "found: pcds, council",
        ),
        ("a.csv", Vec::new(), "no column for the postcode"),
        (
            "a.csv",
            b"pcds,lad25cd\n".to_vec(),
            "none of the 0 rows is a postcode with an authority",
        ),
        (
            "a.csv",
            b"pcds,lad25cd\nEH1 1YZ,S12000036\n".to_vec(),
            "none of the 1 rows",
        ),
        (
            "a.csv",
            endless.into_bytes(),
            "cannot read the release after line 1",
        ),
        (
            "a.csv.gz",
            cut[..cut.len() / 2].to_vec(),
            "was the download complete?",
        ),
        (
            "a.zip",
            zip(&[("Data/readme.csv", "x"), ("licence.txt", "y")]),
            "it has: Data/readme.csv, licence.txt",
        ),
        (
            "a.zip",
            zip(&[("Data/NSPL.csv", &plain)])[..200].to_vec(),
            "cannot read the zip file",
        ),
    ];
    for (name, bytes, expected) in rows {
        let error = import_text(name, &bytes).unwrap_err().to_string();
        assert!(error.contains(expected), "{error} should say {expected}");
    }
    let error = import(Path::new("absent.csv")).unwrap_err().to_string();
    assert_eq!(error, "cannot read absent.csv");
}

#[test]
fn a_diff_tells_what_each_authority_gains_and_loses() {
    let table = |rows: &str| {
        import_text("r.csv", format!("pcds,lad25cd\n{rows}").as_bytes())
            .unwrap()
            .0
    };
    let old = table(
        "E8 1EA,E09000012\nE8 1EB,E09000012\nE8 1ED,E09000012\nN1 1AA,E09000019\nS1 2HH,E08000019\nSR43 1AA,\n",
    );
    let new = table(
        "E8 1EA,E09000012\nE8 1EB,E09000030\nE9 1ED,E09000012\nN1 1AA,\nS1 2HH,E08000039\nSR43 1AA,E08000024\n",
    );
    let diff = diff(&old, &new, &Authorities::built_in().unwrap(), TODAY);
    assert_eq!((diff.added, diff.removed, diff.moved), (1, 1, 3));
    let changes: Vec<_> = diff
        .authorities
        .iter()
        .map(|(code, change)| (code.as_ref().map(AuthorityCode::as_str), *change))
        .collect();
    let expected = [
        (None, Change { gained: 1, lost: 1 }),
        (Some("E08000024"), Change { gained: 1, lost: 0 }),
        (Some("E09000012"), Change { gained: 1, lost: 2 }),
        (Some("E09000019"), Change { gained: 0, lost: 1 }),
        (Some("E09000030"), Change { gained: 1, lost: 0 }),
    ];
    // Sheffield's new code is no change: the old one leads to it.
    assert_eq!(changes, expected);
    assert!(!diff.is_empty());
}

#[test]
fn a_diff_tells_what_goes_out_of_use_and_comes_back() {
    let table = |rows: &str| {
        let text = format!("pcds,doterm,lad25cd\n{rows}");
        import_text("r.csv", text.as_bytes()).unwrap().0
    };
    let old = table("E8 1EA,,E09000012\nE8 1EB,202001,E09000012\nE8 1ED,,E09000012\n");
    let new = table("E8 1EA,202606,E09000012\nE8 1EB,,E09000012\nE8 1ED,,E09000012\n");
    let authorities = Authorities::built_in().unwrap();
    let changed = diff(&old, &new, &authorities, TODAY);
    assert_eq!((changed.terminated, changed.revived), (1, 1));
    assert_eq!((changed.added, changed.removed, changed.moved), (0, 0, 0));
    assert!(!changed.is_empty() && diff(&new, &new, &authorities, TODAY).is_empty());
}

#[test]
fn a_terminated_postcode_without_a_district_is_told_as_such() {
    let text = "pcds,doterm,lad25cd\nE8 1EA,,E09000012\nSR43 1AA,199601,\nSR43 1AB,,\n";
    let table = import_text("r.csv", text.as_bytes()).unwrap().0;
    let leads = |postcode, terminated| {
        let wanted = PostcodeOutcome::NoAuthority { terminated };
        assert_eq!(lookup(&table, postcode, TODAY), wanted, "{postcode}");
    };
    leads("SR43 1AA", true);
    leads("SR43 1AB", false);
}

#[test]
fn an_area_is_elsewhere_only_without_a_postcode_here() {
    let rows = "pcds,lad25cd\nTD1 1BA,S12000026\nTD15 1DE,E06000057\nEH1 1YZ,S12000036\nEH1 1YY,\nBT1 5GS,N09000003\n";
    let (table, summary) = import_text("r.csv", rows.as_bytes()).unwrap();
    assert_eq!(table.elsewhere().collect::<Vec<_>>(), ["BT", "EH"]);
    assert_eq!(
        (summary.elsewhere, summary.nowhere, table.about().postcodes),
        (3, 1, 2)
    );
    let places = ["TD1 1BA", "EH9 9ZZ", "TD2 2BB"]
        .map(|text| table.find(&postcode(text)).map(|entry| entry.place));
    assert_eq!(
        places,
        [Some(Place::Elsewhere), Some(Place::Elsewhere), None]
    );
}
