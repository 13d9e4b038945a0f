//! `usher enquiry submit`: from a file of proto3 JSON, or from flags for the common fields.

use super::field;
use super::receipt::receipt_page;
use crate::cli::Context;
use crate::cli::case::case_id;
use crate::cli::client::{ActArgs, Client, read_text, words_or_stdin};
use crate::cli::failure::{Exit, Failure};
use crate::cli::json;
use crate::cli::moment;
use crate::cli::words;
use crate::config::calendar;
use clap::Args;
use jiff::civil::Date;
use std::path::PathBuf;
use usher_domain::limits;
use usher_proto::v1;

/// JSON is at most four times as long as what goes over the wire.
const FILE_BYTES_MAX: u64 = 4 * limits::REQUEST_BYTES_MAX as u64;
/// Within so many days there is a working day.
const DAYS_OFF_MAX: usize = 14;

#[derive(Args)]
pub(in crate::cli) struct SubmitArgs {
    /// Enquiry as proto3 JSON of `SubmitRequest`; `-` reads the standard input
    #[arg(long, value_name = "FILE", conflicts_with = "FieldArgs")]
    file: Option<PathBuf>,
    /// Print a filled example of such a file, and do nothing else
    #[arg(long)]
    example: bool,
    /// Case on the court's list that it is about
    #[arg(long, value_name = "NAME|ID|REFERENCE")]
    case: Option<String>,
    /// Only say what would happen; store nothing
    #[arg(long)]
    validate_only: bool,
    #[command(flatten)]
    fields: FieldArgs,
    #[command(flatten)]
    act: ActArgs,
}

/// The common fields. They stand in the list of processes and the shell's history: use --file where others can see.
#[derive(Args)]
#[command(next_help_heading = "Enquiry")]
struct FieldArgs {
    /// Court, by OU code such as B01IX
    #[arg(long, value_name = "CODE")]
    court: Option<String>,
    /// Date and time of the hearing in London, in the form 2026-11-23T14:00
    #[arg(long, value_name = "LOCAL", value_parser = moment::parse_local)]
    hearing: Option<jiff::civil::DateTime>,
    /// Answer wanted by this moment, for stages after sentence
    #[arg(long, value_name = "TIME", value_parser = moment::parse_instant, conflicts_with = "hearing")]
    reply_by: Option<prost_types::Timestamp>,
    /// What the answer is for
    #[arg(long, value_parser = words::parser::<v1::Purpose>(), default_value = "court-report")]
    purpose: v1::Purpose,
    /// Kind of report
    #[arg(long, value_parser = words::parser::<v1::ReportType>())]
    report: Option<v1::ReportType>,
    /// Probation region
    #[arg(long, default_value = "", hide_default_value = true)]
    region: String,
    /// Probation office or delivery unit
    #[arg(long, default_value = "", hide_default_value = true)]
    office: String,
    /// Team
    #[arg(long, default_value = "", hide_default_value = true)]
    team: String,
    /// Mailbox that is read when the officer is away
    #[arg(long, default_value = "", hide_default_value = true)]
    mailbox: String,
    /// Name of the practitioner for whom the officer asks
    #[arg(long, value_name = "NAME")]
    on_behalf_of: Option<String>,
    /// Family name of the defendant
    #[arg(long, value_name = "NAME")]
    family: Option<String>,
    /// Given names of the defendant
    #[arg(
        long,
        value_name = "NAMES",
        default_value = "",
        hide_default_value = true
    )]
    given: String,
    /// Date of birth of the defendant, in the form 1990-04-30
    #[arg(long, value_name = "DATE", value_parser = moment::parse_day)]
    born: Option<Date>,
    /// Case reference number, such as X320741
    #[arg(long, default_value = "", hide_default_value = true)]
    crn: String,
    /// Postcode of the defendant's home
    #[arg(long, value_name = "POSTCODE")]
    home: Option<String>,
    /// The defendant has no fixed abode
    #[arg(long, conflicts_with = "home")]
    no_fixed_abode: bool,
    /// Postcode of a proposed curfew; says that a curfew is proposed
    #[arg(long, value_name = "POSTCODE")]
    curfew: Option<String>,
    /// Postcode of a partner's home
    #[arg(long, value_name = "POSTCODE")]
    partner: Option<String>,
    /// Postcode of a child's home; may be given again
    #[arg(long, value_name = "POSTCODE")]
    child: Vec<String>,
    /// Authority to ask besides, by GSS code such as E09000012; may be given again
    #[arg(long, value_name = "CODE")]
    authority: Vec<String>,
    /// Kinds of services to ask, each with checks of its own [default: children-social-care]
    #[arg(long, value_name = "KIND", value_delimiter = ',', value_parser = words::parser::<v1::ResponderKind>())]
    ask: Vec<v1::ResponderKind>,
    /// Concern; may be given again
    #[arg(long, value_parser = words::parser::<v1::Concern>())]
    concern: Vec<v1::Concern>,
    /// The defendant is remanded in custody
    #[arg(long)]
    in_custody: bool,
    /// Harm is imminent: the only ground for calling an emergency duty team
    #[arg(long)]
    imminent_harm: bool,
    /// Anything else the responders need to know; `-` reads it from the standard input
    #[arg(
        long,
        value_name = "TEXT",
        default_value = "",
        hide_default_value = true
    )]
    note: String,
}

impl std::fmt::Debug for SubmitArgs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SubmitArgs")
            .field("file", &self.file)
            .finish_non_exhaustive()
    }
}

pub(super) async fn run(args: &SubmitArgs, context: &Context) -> Result<Exit, Failure> {
    if args.example {
        let example = json::to_value(&example(Context::today())?)?;
        context.output.value(&example)?;
        return Ok(Exit::Ok);
    }
    let mut request = match &args.file {
        Some(path) => {
            let text = read_text(path, FILE_BYTES_MAX)?;
            json::from_text::<v1::SubmitRequest>(&path.display().to_string(), &text)?
        }
        None => from_fields(&args.fields)?,
    };
    let client = Client::acting(&args.act, &context.environment)?;
    if request.request_id.is_empty() || args.act.repeats() {
        request.request_id = client.request_id();
    }
    if request.person.is_none() || args.act.names_a_person() {
        request.person = client.person();
    }
    if let Some(case) = &args.case {
        request.case_id = case_id(&client, case).await?;
    }
    request.validate_only |= args.validate_only;
    let sent_id = request.request_id.clone();
    let addresses = request.personal.clone().unwrap_or_default().addresses;
    let result = client.court().submit(client.request(request)).await;
    let receipt = client.take_as(result, &sent_id).map_err(|failure| {
        if args.file.is_some() {
            return failure;
        }
        let roles: Vec<_> = addresses.iter().map(v1::Address::role).collect();
        failure.with_flags(|name| field::flag(name, &roles))
    })?;
    let page = |receipt: &v1::SubmitResponse| receipt_page(receipt, &addresses);
    context.output.message(&receipt, page)?;
    Ok(Exit::Ok)
}

fn from_fields(fields: &FieldArgs) -> Result<v1::SubmitRequest, Failure> {
    let hint = "give --file, or these flags; `usher enquiry submit --example` prints a file";
    let (Some(_), Some(family), Some(kind)) = (&fields.court, &fields.family, when(fields)) else {
        let wanted = [
            ("--court", fields.court.is_none()),
            ("--family", fields.family.is_none()),
            (
                "--hearing (or --reply-by, after sentence)",
                fields.hearing.is_none() && fields.reply_by.is_none(),
            ),
        ];
        let missing = |(flag, is_missing)| Some(flag).filter(|_| is_missing);
        let flags: Vec<&str> = wanted.into_iter().filter_map(missing).collect();
        let what = "no enquiry can be made without ".to_owned() + &flags.join(", ");
        return Err(Failure::usage(what, hint));
    };
    Ok(v1::SubmitRequest {
        unit: Some(v1::Unit {
            region: fields.region.clone(),
            office: fields.office.clone(),
            team: fields.team.clone(),
            mailbox: fields.mailbox.clone(),
        }),
        on_behalf_of: fields.on_behalf_of.clone().map(|name| v1::Person {
            name,
            ..Default::default()
        }),
        purpose: fields.purpose.into(),
        report: fields.report.unwrap_or_default().into(),
        in_custody: fields.in_custody,
        curfew_proposed: fields.curfew.is_some(),
        imminent_harm: fields.imminent_harm,
        concerns: fields
            .concern
            .iter()
            .map(|concern| (*concern).into())
            .collect(),
        deadline: Some(v1::Deadline { kind: Some(kind) }),
        personal: Some(personal(fields, family)?),
        authority_codes: fields.authority.clone(),
        responder_kinds: fields.ask.iter().map(|kind| (*kind).into()).collect(),
        ..Default::default()
    })
}

/// Until when, where it is said; the court is put in where it is known.
fn when(fields: &FieldArgs) -> Option<v1::deadline::Kind> {
    let court_code = fields.court.clone().unwrap_or_default();
    match (fields.hearing, fields.reply_by) {
        (Some(hearing), _) => Some(v1::deadline::Kind::Hearing(v1::Hearing {
            court_code,
            local_time: hearing.strftime("%Y-%m-%dT%H:%M").to_string(),
            ..Default::default()
        })),
        (None, Some(moment)) => Some(v1::deadline::Kind::ReplyBy(v1::ReplyBy {
            court_code,
            reply_by_time: Some(moment),
        })),
        // By when a referral is answered, the policy says.
        (None, None) if fields.purpose == v1::Purpose::Referral => {
            Some(v1::deadline::Kind::ReplyBy(v1::ReplyBy {
                court_code,
                reply_by_time: None,
            }))
        }
        (None, None) => None,
    }
}

fn personal(fields: &FieldArgs, family: &str) -> Result<v1::Personal, Failure> {
    let name = v1::PersonName {
        family: family.into(),
        given: fields.given.clone(),
    };
    let born = fields.born.map(|date| v1::Birth {
        date: date.to_string(),
        accuracy: v1::BirthAccuracy::Known.into(),
    });
    let at = |role: v1::AddressRole, postcode: &String| v1::Address {
        role: role.into(),
        kind: v1::AddressKind::Given.into(),
        postcode: postcode.clone(),
        ..Default::default()
    };
    let mut addresses = Vec::new();
    addresses.extend(
        fields
            .home
            .iter()
            .map(|postcode| at(v1::AddressRole::Home, postcode)),
    );
    if fields.no_fixed_abode {
        addresses.push(v1::Address {
            role: v1::AddressRole::Home.into(),
            kind: v1::AddressKind::NoFixedAbode.into(),
            ..Default::default()
        });
    }
    addresses.extend(
        fields
            .curfew
            .iter()
            .map(|postcode| at(v1::AddressRole::ProposedCurfew, postcode)),
    );
    addresses.extend(
        fields
            .partner
            .iter()
            .map(|postcode| at(v1::AddressRole::Partner, postcode)),
    );
    addresses.extend(
        fields
            .child
            .iter()
            .map(|postcode| at(v1::AddressRole::Child, postcode)),
    );
    let subject = v1::Subject {
        name: Some(name),
        born,
        crn: fields.crn.clone(),
        ..Default::default()
    };
    Ok(v1::Personal {
        subject: Some(subject),
        addresses,
        note: words_or_stdin(&fields.note)?,
        ..Default::default()
    })
}

/// A filled example, heard on the first working day after `today`. The people are invented; the numbers are those that
/// are kept for drama.
fn example(today: Date) -> Result<v1::SubmitRequest, Failure> {
    let holidays = calendar::built_in();
    let works =
        |day: &Date| day.weekday().to_monday_one_offset() <= 5 && !holidays.is_holiday(*day);
    let ahead = today.series(jiff::Span::new().days(1)).skip(1);
    let day = ahead.take(DAYS_OFF_MAX).find(works).unwrap_or(today);
    let text = EXAMPLE.replace("HEARD", &day.to_string());
    json::from_text(
        "the built-in example",
        &text.replace("TODAY", &today.to_string()),
    )
}

const EXAMPLE: &str = r#"{
  "person": {"name": "Alex Officer", "post": "Probation officer, court duty", "contact": "020 7946 0123"},
  "unit": {
    "region": "London",
    "office": "North London",
    "team": "Court duty",
    "mailbox": "court.duty@probation.example"
  },
  "onBehalfOf": {"name": "Pat Practitioner", "post": "Probation officer"},
  "purpose": "PURPOSE_COURT_REPORT",
  "report": "REPORT_TYPE_ORAL",
  "curfewProposed": true,
  "concerns": ["CONCERN_DOMESTIC_ABUSE"],
  "deadline": {"hearing": {"courtCode": "B01IX", "localTime": "HEARDT14:00"}},
  "personal": {
    "subject": {
      "name": {"family": "Example", "given": "Sam"},
      "born": {"date": "1990-04-30", "accuracy": "BIRTH_ACCURACY_KNOWN"},
      "sex": "SEX_MALE",
      "crn": "X320741"
    },
    "addresses": [
      {"role": "ADDRESS_ROLE_HOME", "kind": "ADDRESS_KIND_GIVEN", "lines": "1 Example Street", "postcode": "N1 1AA"},
      {"role": "ADDRESS_ROLE_PROPOSED_CURFEW", "kind": "ADDRESS_KIND_GIVEN", "postcode": "E8 1EA"},
      {"role": "ADDRESS_ROLE_CHILD", "kind": "ADDRESS_KIND_GIVEN", "postcode": "E8 1EA"}
    ],
    "children": [
      {
        "name": {"family": "Example", "given": "Robin"},
        "born": {"date": "2019-09-01", "accuracy": "BIRTH_ACCURACY_KNOWN"},
        "relationship": "child",
        "address": 2
      }
    ],
    "courtRoom": "3",
    "courtSession": "COURT_SESSION_AFTERNOON",
    "reportRequested": "TODAY",
    "basis": {"gateways": ["OMA2007-s14"], "regime": "REGIME_LAW_ENFORCEMENT"},
    "information": ["INFORMATION_KNOWN", "INFORMATION_PLANS", "INFORMATION_CURFEW_ADVICE"],
    "askedBesides": ["OTHER_RESPONDER_POLICE_DOMESTIC_ABUSE"]
  }
}"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_is_a_request_with_every_part_filled() {
        let christmas_eve: Date = "2026-12-24".parse().unwrap();
        let request = example(christmas_eve).unwrap();
        let deadline = request.deadline.clone().unwrap().kind.unwrap();
        let v1::deadline::Kind::Hearing(hearing) = deadline else {
            panic!("a hearing")
        };
        assert_eq!(
            hearing.local_time, "2026-12-29T14:00",
            "after Christmas and the weekend"
        );
        assert!(request.person.is_some() && request.deadline.is_some());
        let personal = request.personal.unwrap();
        assert_eq!(personal.addresses.len(), 3);
        assert_eq!(personal.children[0].address, Some(2));
    }

    #[derive(clap::Parser)]
    struct Flags {
        #[command(flatten)]
        submit: SubmitArgs,
    }

    fn request(flags: &str) -> v1::SubmitRequest {
        use clap::Parser as _;
        let words = std::iter::once("x").chain(flags.split(' '));
        from_fields(
            &Flags::try_parse_from(words)
                .unwrap_or_else(|error| panic!("{error}"))
                .submit
                .fields,
        )
        .unwrap()
    }

    /// What a file says is not said by flags too: one of them would be lost.
    #[test]
    fn no_flag_of_an_enquiry_goes_with_a_file() {
        use clap::CommandFactory as _;
        let command = Flags::command();
        let of_enquiry = |flag: &&clap::Arg| flag.get_help_heading() == Some("Enquiry");
        let flags: Vec<&clap::Arg> = command.get_arguments().filter(of_enquiry).collect();
        assert!(flags.len() > 20, "{}", flags.len());
        for flag in flags {
            let name = format!("--{}", flag.get_long().unwrap());
            let mut words = vec!["x".to_owned(), "--file".into(), "f".into(), name.clone()];
            if flag.get_action().takes_values() {
                let one = flag.get_possible_values();
                let one = one.first().map(|value| value.get_name().to_owned());
                let of_kind = match flag.get_id().as_str() {
                    "hearing" | "reply_by" => "2026-11-23T14:00",
                    "born" => "1990-04-30",
                    _ => "N1",
                };
                words.push(one.unwrap_or_else(|| of_kind.into()));
            }
            let parsed = Flags::command().try_get_matches_from(words);
            let kind = parsed.map(|_| ()).map_err(|error| error.kind());
            assert_eq!(
                kind,
                Err(clap::error::ErrorKind::ArgumentConflict),
                "{name}"
            );
        }
    }

    #[test]
    fn flags_become_addresses_with_their_roles() {
        let request = request(
            "--court B01IX --hearing 2026-11-23T14:00 --report oral --family A --home N1 --curfew E8 --partner E9 --child E1 --child E2",
        );
        let addresses = request.personal.unwrap().addresses;
        let roles: Vec<i32> = addresses.iter().map(|address| address.role).collect();
        assert_eq!(roles, [1, 2, 3, 4, 4]);
        assert!(
            request.curfew_proposed,
            "a curfew address proposes a curfew"
        );
        assert_eq!(request.report, i32::from(v1::ReportType::Oral));
    }

    #[test]
    fn what_is_missing_is_named() {
        use clap::Parser as _;
        let check = |flags: &str, wanted: &str| {
            let words = std::iter::once("x").chain(flags.split(' '));
            let parsed = Flags::try_parse_from(words).unwrap_or_else(|error| panic!("{error}"));
            let text = from_fields(&parsed.submit.fields).unwrap_err().render();
            let line = text.lines().next().unwrap();
            assert_eq!(
                line,
                format!("error: no enquiry can be made without {wanted}")
            );
        };
        check(
            "--purpose release --reply-by 2026-11-23T14:00 --family A",
            "--court",
        );
        let when = "--hearing (or --reply-by, after sentence)";
        check("--court B01IX", &format!("--family, {when}"));
        check("--court B01IX --family A", when);
    }

    #[test]
    fn no_fixed_abode_is_said_and_not_left_out() {
        let request =
            request("--court B01IX --hearing 2026-11-23T14:00 --family A --no-fixed-abode");
        let addresses = request.personal.unwrap().addresses;
        assert_eq!(addresses[0].kind, i32::from(v1::AddressKind::NoFixedAbode));
        assert!(!request.curfew_proposed);
    }

    #[test]
    fn a_referral_goes_without_a_moment_and_any_enquiry_to_several_kinds() {
        let referral = request("--purpose referral --court B01IX --family A --concern neglect");
        let Some(v1::deadline::Kind::ReplyBy(by)) = referral.deadline.and_then(|it| it.kind) else {
            panic!("a referral has no hearing");
        };
        assert_eq!((by.court_code.as_str(), by.reply_by_time), ("B01IX", None));
        let both = "--ask police-domestic-abuse,children-social-care";
        let kinds = request(&format!(
            "{both} --court B01IX --hearing 2026-11-23T14:00 --family A"
        ));
        assert_eq!(kinds.responder_kinds, [3, 1]);
    }
}
