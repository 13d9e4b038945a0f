//! `usher directory`: postcode, authority, responder, without a broker; and a new postcode table from a release.

mod build;

use super::Context;
use super::client::{Client, ConnectArgs};
use super::failure::{Exit, Failure};
use super::json;
use super::output::{Tone, cell, clean, table, toned};
use super::words::word;
use crate::directory::table::About;
use crate::directory::{
    Authorities, AuthoritiesError, Directory, DirectoryError, PostcodeOutcome, Responder,
    Responders, Table,
};
use clap::{Args, Subcommand};
use serde_json::json;
use std::path::PathBuf;
use usher_domain::code::{Postcode, ResponderKind};
use usher_proto::v1;

#[derive(Debug, Subcommand)]
pub(super) enum DirectoryCommand {
    /// Say where postcodes lead: by the built-in table, or by a broker's with --server or --client
    #[command(
        before_help = "Examples:\n  usher directory lookup \"SW1A 1AA\"\n  usher directory lookup \"E8 1EA\" \"N1 1AA\" --format json\n  usher directory lookup \"E8 1EA\" --server https://broker.example:7443"
    )]
    Lookup(LookupArgs),
    /// Make a postcode table from an ONSPD or NSPL release, CSV or zip
    #[command(
        before_help = "Examples:\n  usher directory build --onspd ONSPD_NOV_2025.zip\n  usher directory build --onspd NSPL.csv --out /etc/usher/postcodes.bin --yes"
    )]
    Build(build::BuildArgs),
    /// List the authorities of England and Wales and who answers for them
    #[command(
        before_help = "Examples:\n  usher directory list\n  usher directory list --region London --format json"
    )]
    List(ListArgs),
}

#[derive(Debug, Args)]
#[command(mut_args(|arg| {
    let of_a_broker = matches!(arg.get_id().as_str(), "server" | "client");
    if of_a_broker { arg.conflicts_with_all(FILE_FLAGS) } else { arg }
}))]
pub(super) struct LookupArgs {
    /// Postcode, however spaced and cased
    #[arg(value_name = "POSTCODE", required = true)]
    postcodes: Vec<String>,
    #[command(flatten)]
    files: FileArgs,
    #[command(flatten)]
    connect: ConnectArgs,
}

/// A broker goes by its own directory and the day: what is said of another would be ignored.
const FILE_FLAGS: [&str; 5] = ["table", "responders", "authorities", "districts", "on"];

/// Which directory, where it is not the built-in one.
#[derive(Debug, Args)]
struct FileArgs {
    /// Postcode table made by `usher directory build` [default: the built-in one]
    #[arg(long, value_name = "FILE")]
    table: Option<PathBuf>,
    /// Folder of responder files [default: the built-in ones of London]
    #[arg(long, value_name = "DIR")]
    responders: Option<PathBuf>,
    #[command(flatten)]
    authorities: AuthorityArgs,
    /// The day that counts [default: today in London]
    #[arg(long, value_name = "DATE")]
    on: Option<jiff::civil::Date>,
}

/// Which authorities, where they are not the built-in ones.
#[derive(Debug, Args)]
struct AuthorityArgs {
    /// Authorities in the form of config/directory/authorities.csv [default: the built-in ones]
    #[arg(long, value_name = "FILE")]
    authorities: Option<PathBuf>,
    /// Districts in the form of config/directory/districts.csv [default: the built-in ones]
    #[arg(long, value_name = "FILE")]
    districts: Option<PathBuf>,
}

impl AuthorityArgs {
    fn load(&self) -> Result<Authorities, AuthoritiesError> {
        Authorities::load(self.authorities.as_deref(), self.districts.as_deref())
    }
}

#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// Only authorities of this region, such as London
    #[arg(long)]
    region: Option<String>,
    #[command(flatten)]
    files: FileArgs,
}

impl FileArgs {
    fn open(&self) -> Result<Directory, Failure> {
        let read = || -> Result<Directory, DirectoryError> {
            let authorities = self.authorities.load()?;
            let responders = match &self.responders {
                Some(folder) => Responders::load(folder, &authorities)?,
                None => Responders::built_in(&authorities)?,
            };
            let table = match &self.table {
                Some(file) => Table::load(file)?,
                None => Table::built_in()?,
            };
            Ok(Directory::new(table, authorities, responders))
        };
        read().map_err(|error| {
            Failure::caused(Exit::Usage, &error, "check the files that the flags name")
        })
    }

    fn day(&self) -> jiff::civil::Date {
        self.on.unwrap_or_else(Context::today)
    }
}

pub(super) async fn run(command: DirectoryCommand, context: &Context) -> Result<Exit, Failure> {
    match command {
        DirectoryCommand::Lookup(args) => lookup(&args, context).await,
        DirectoryCommand::Build(args) => build::run(&args, context),
        DirectoryCommand::List(args) => list(&args, context),
    }
}

async fn lookup(args: &LookupArgs, context: &Context) -> Result<Exit, Failure> {
    let mut found = Vec::new();
    if args.connect.names_a_broker() {
        let client = Client::reading(&args.connect, &context.environment)?;
        for postcode in &args.postcodes {
            let request = client.request(v1::LookupPostcodeRequest {
                postcode: postcode.clone(),
            });
            found.push(client.take(client.operations().lookup_postcode(request).await)?);
        }
    } else {
        let (directory, day) = (args.files.open()?, args.files.day());
        found.extend(
            args.postcodes
                .iter()
                .map(|postcode| offline(&directory, postcode, day)),
        );
    }
    if context.output.is_json() {
        let items: Result<Vec<_>, Failure> = args
            .postcodes
            .iter()
            .zip(&found)
            .map(|(postcode, outcome)| {
                let mut item = json::to_value(outcome)?;
                item["postcode"] = postcode.as_str().into();
                Ok(item)
            })
            .collect();
        context.output.items(&items?)?;
    } else {
        context.output.print(&outcomes(&args.postcodes, &found))?;
    }
    let routed = found.iter().all(|one| !one.authority_code.is_empty());
    Ok(if routed { Exit::Ok } else { Exit::NotFound })
}

fn offline(
    directory: &Directory,
    postcode: &str,
    day: jiff::civil::Date,
) -> v1::LookupPostcodeResponse {
    let mut response = v1::LookupPostcodeResponse::default();
    let outcome = match Postcode::parse(postcode).map(|postcode| directory.lookup(&postcode, day)) {
        Err(_) => v1::LookupOutcome::Malformed,
        Ok(PostcodeOutcome::Unknown) => v1::LookupOutcome::Unknown,
        Ok(PostcodeOutcome::NoAuthority { terminated }) => {
            response.terminated = terminated;
            v1::LookupOutcome::NoAuthority
        }
        Ok(PostcodeOutcome::OutsideEnglandAndWales) => v1::LookupOutcome::OutsideEnglandAndWales,
        Ok(PostcodeOutcome::Authority { code, terminated }) => {
            response.authority_code = code.to_string();
            response.authority_name = directory
                .authorities()
                .get(code)
                .map(|authority| authority.name.clone())
                .unwrap_or_default();
            response.terminated = terminated;
            let found = ResponderKind::ALL.iter();
            let found = found.filter_map(|kind| directory.responders().find(*kind, code, day));
            response.responders = found.map(place_responder).collect();
            match directory.responder_for(code, day) {
                Some(responder) => {
                    response.responder_id = responder.id.to_string();
                    response.responder_name.clone_from(&responder.name);
                    v1::LookupOutcome::Found
                }
                None => v1::LookupOutcome::NoResponder,
            }
        }
    };
    response.set_outcome(outcome);
    response
}

fn place_responder(responder: &Responder) -> v1::PlaceResponder {
    let kind = match responder.kind {
        ResponderKind::ChildrenSocialCare => v1::ResponderKind::ChildrenSocialCare,
        ResponderKind::AdultSocialCare => v1::ResponderKind::AdultSocialCare,
        ResponderKind::PoliceDomesticAbuse => v1::ResponderKind::PoliceDomesticAbuse,
    };
    v1::PlaceResponder {
        kind: kind.into(),
        id: responder.id.to_string(),
        name: responder.name.clone(),
    }
}

fn outcomes(postcodes: &[String], found: &[v1::LookupPostcodeResponse]) -> String {
    let mut rows = table(&["postcode", "authority", "code", "responder", "remark"]);
    for (postcode, one) in postcodes.iter().zip(found) {
        let (remark, tone) = remark(one);
        rows.add_row([
            cell(postcode),
            cell(&one.authority_name),
            cell(&one.authority_code),
            cell(&one.responder_name),
            toned(remark, tone),
        ]);
        let others = one.responders.iter();
        for other in others.filter(|other| other.id != one.responder_id) {
            let kind = word::<v1::ResponderKind>(other.kind);
            rows.add_row([cell(""), cell(""), cell(""), cell(&other.name), cell(kind)]);
        }
    }
    rows.to_string()
}

fn remark(one: &v1::LookupPostcodeResponse) -> (String, Tone) {
    let text = match one.outcome() {
        v1::LookupOutcome::Found if one.terminated => {
            return (
                "no longer in use; routed by where it lay".into(),
                Tone::Doubtful,
            );
        }
        v1::LookupOutcome::Found => return (String::new(), Tone::Plain),
        v1::LookupOutcome::NoResponder => "nobody answers for the authority: add a responder file",
        v1::LookupOutcome::NoAuthority if one.terminated => "no longer in use, and in no authority",
        v1::LookupOutcome::NoAuthority => "in no authority",
        v1::LookupOutcome::OutsideEnglandAndWales => "outside England and Wales",
        v1::LookupOutcome::Malformed => "not a postcode",
        v1::LookupOutcome::Unknown => "not in the table: mistyped, or newer than the release",
        v1::LookupOutcome::Unspecified => {
            return (word::<v1::LookupOutcome>(one.outcome), Tone::Plain);
        }
    };
    (text.into(), Tone::Bad)
}

fn list(args: &ListArgs, context: &Context) -> Result<Exit, Failure> {
    let (directory, day) = (args.files.open()?, args.files.day());
    let wanted = |region: &str| {
        args.region
            .as_ref()
            .is_none_or(|wanted| wanted.eq_ignore_ascii_case(region))
    };
    let authorities: Vec<_> = directory
        .authorities()
        .in_force(day)
        .filter(|one| wanted(&one.region))
        .collect();
    if authorities.is_empty() {
        return Err(Failure::new(
            Exit::NotFound,
            "there is no such region",
            "leave --region out to see them all",
        ));
    }
    if context.output.is_json() {
        let items = authorities.iter().map(|one| {
            let responder = directory.responder_for(one.code, day);
            json!({
                "code": one.code.to_string(),
                "name": one.name,
                "region": one.region,
                "responderId": responder.map(|responder| responder.id.to_string()).unwrap_or_default(),
                "dutyPhone": responder.map(|responder| responder.duty_phone.clone()).unwrap_or_default(),
            })
        });
        context.output.items(&items.collect::<Vec<_>>())?;
        return Ok(Exit::Ok);
    }
    let mut rows = table(&["code", "authority", "region", "responder", "duty phone"]);
    for one in &authorities {
        let responder = directory.responder_for(one.code, day);
        rows.add_row([
            cell(one.code.to_string()),
            cell(&one.name),
            cell(&one.region),
            cell(responder.map_or("-", |responder| responder.id.as_str())),
            cell(responder.map_or("-", |responder| responder.duty_phone.as_str())),
        ]);
    }
    context.output.print(&rows.to_string())?;
    let about = directory.table().about();
    context.output.note(&format!(
        "{} authorities; postcodes: {}, {} of them, {}, table made on {}",
        authorities.len(),
        clean(&about.release),
        about.postcodes,
        terminations(about),
        about.built
    ));
    Ok(Exit::Ok)
}

fn terminations(about: &About) -> String {
    if about.knows_terminations {
        format!("{} no longer in use", about.terminated)
    } else {
        "terminations not known (`usher directory build` makes a table that knows)".into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser as _;

    #[test]
    fn every_outcome_is_explicit() {
        let directory = Directory::built_in().unwrap();
        let day = jiff::civil::date(2026, 11, 23);
        let check = |postcode, outcome: v1::LookupOutcome, code: &str| {
            let found = offline(&directory, postcode, day);
            assert_eq!(found.outcome(), outcome, "{postcode}");
            assert_eq!(found.authority_code, code, "{postcode}");
        };
        check("SW1A 1AA", v1::LookupOutcome::Found, "E09000033");
        check("sw1a1aa", v1::LookupOutcome::Found, "E09000033");
        check("M1 1AE", v1::LookupOutcome::NoResponder, "E08000003");
        check("EH1 1YZ", v1::LookupOutcome::OutsideEnglandAndWales, "");
        check("nonsense", v1::LookupOutcome::Malformed, "");
        check("ZZ9 9ZZ", v1::LookupOutcome::Unknown, "");
        let page = |postcode: &str| {
            let found = offline(&directory, postcode, day);
            outcomes(&[postcode.to_owned()], &[found])
        };
        let (palace, guildhall, nobody) = (page("SW1A 1AA"), page("EC2V 7HH"), page("M1 1AE"));
        assert!(palace.contains("Westminster") && palace.contains("Metropolitan Police"));
        assert!(
            guildhall.contains("City of London Police") && guildhall.contains("adult social care")
        );
        assert!(!nobody.contains("police"), "{nobody}");
    }

    #[test]
    fn a_postcode_out_of_use_is_not_said_to_be_in_use() {
        let check = |terminated, wanted: &str| {
            let mut response = v1::LookupPostcodeResponse {
                terminated,
                ..Default::default()
            };
            response.set_outcome(v1::LookupOutcome::NoAuthority);
            assert_eq!(remark(&response), (wanted.into(), Tone::Bad));
        };
        check(true, "no longer in use, and in no authority");
        check(false, "in no authority");
    }

    #[test]
    fn a_table_that_knows_no_terminations_says_so() {
        let mut about = Table::built_in().unwrap().about().clone();
        assert!(terminations(&about).contains("not known"));
        about.knows_terminations = true;
        assert_eq!(terminations(&about), "0 no longer in use");
    }

    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        lookup: LookupArgs,
    }

    #[test]
    fn files_and_days_are_not_for_a_broker() {
        let check = |flags: &[&str], fine: bool| {
            let line = ["lookup", "E8 1EA"].iter().chain(flags);
            assert_eq!(Line::try_parse_from(line).is_ok(), fine, "{flags:?}");
        };
        check(&["--table", "t.bin", "--on", "2026-11-23"], true);
        check(&["--server", "https://b:1"], true);
        for flag in FILE_FLAGS {
            let flag = format!("--{flag}");
            check(&["--server", "https://b:1", &flag, "2026-11-23"], false);
            check(&["--client", "c.toml", &flag, "2026-11-23"], false);
        }
    }

    #[test]
    fn what_leads_nowhere_says_why() {
        for (_, word) in <v1::LookupOutcome as crate::cli::words::Word>::ALL {
            let outcome = <v1::LookupOutcome as crate::cli::words::Word>::ALL
                .iter()
                .find(|(_, one)| one == word);
            let mut response = v1::LookupPostcodeResponse::default();
            response.set_outcome(outcome.unwrap().0);
            let (text, _) = remark(&response);
            assert_eq!(text.is_empty(), *word == "found", "{word}");
        }
    }
}
