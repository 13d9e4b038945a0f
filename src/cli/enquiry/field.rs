//! What people typed for each field of a submission: a refusal names the field, whoever gave flags knows the flag.

use usher_proto::v1;

/// The flag that gives `field` of a `SubmitRequest`, such as `personal.addresses[1].postcode`, whose addresses have these roles.
pub(super) fn flag(field: &str, roles: &[v1::AddressRole]) -> Option<&'static str> {
    if let Some(rest) = field.strip_prefix("personal.addresses[") {
        let place: usize = rest.split_once(']')?.0.parse().ok()?;
        return Some(match roles.get(place)? {
            v1::AddressRole::Home => "--home",
            v1::AddressRole::ProposedCurfew => "--curfew",
            v1::AddressRole::Partner => "--partner",
            v1::AddressRole::Child => "--child",
            v1::AddressRole::Previous | v1::AddressRole::Release | v1::AddressRole::Unspecified => {
                return None;
            }
        });
    }
    let whole = field.split('[').next().unwrap_or(field);
    Some(match whole {
        "deadline.hearing.court_code" | "deadline.reply_by.court_code" => "--court",
        "deadline" | "deadline.hearing" | "deadline.hearing.local_time" => "--hearing",
        "deadline.reply_by" | "deadline.reply_by.reply_by_time" => "--reply-by",
        "purpose" => "--purpose",
        "report" => "--report",
        "unit.region" => "--region",
        "unit.office" => "--office",
        "unit.team" => "--team",
        "unit.mailbox" => "--mailbox",
        "on_behalf_of" | "on_behalf_of.name" => "--on-behalf-of",
        "personal.subject.name" | "personal.subject.name.family" => "--family",
        "personal.subject.name.given" => "--given",
        "personal.subject.born" | "personal.subject.born.date" => "--born",
        "personal.subject.crn" => "--crn",
        "authority_codes" => "--authority",
        "concerns" => "--concern",
        "personal.note" => "--note",
        "person" | "person.name" => "--person-name",
        "person.post" => "--person-post",
        "person.contact" => "--person-contact",
        "request_id" => "--request-id",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_told_as_the_flags_that_give_them() {
        use v1::AddressRole::{Child, Home};
        let check = |field, wanted| assert_eq!(flag(field, &[Home, Child]), wanted, "{field}");
        check("personal.subject.crn", Some("--crn"));
        check("personal.addresses[0].postcode", Some("--home"));
        check("personal.addresses[1].postcode", Some("--child"));
        check("personal.addresses[2].postcode", None);
        check("authority_codes[3]", Some("--authority"));
        check("personal.subject.pnc", None);
    }

    #[test]
    fn every_flag_is_one_of_the_command() {
        let source = include_str!("field.rs");
        let source = source.split("#[cfg(test)]").next().unwrap();
        let told = source.split("\"--").skip(1);
        let whole = crate::cli::command();
        let submit = whole.find_subcommand("enquiry").unwrap();
        let submit = submit.find_subcommand("submit").unwrap();
        for name in told.filter_map(|rest| rest.split('"').next()) {
            let known = submit
                .get_arguments()
                .any(|flag| flag.get_long() == Some(name));
            assert!(known, "--{name}");
        }
    }
}
