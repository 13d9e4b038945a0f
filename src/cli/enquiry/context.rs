//! What surrounds an enquiry as people read it: who asks, for whom and by which right, and what the court list says.

use super::show::person;
use crate::cli::output::clean;
use crate::cli::words::{Word, word, words};
use std::fmt::Write as _;
use usher_proto::v1;

/// `name` and what is known, or nothing where nothing is.
fn line(page: &mut String, name: &str, parts: &[String]) {
    let known: Vec<&str> = parts
        .iter()
        .map(String::as_str)
        .filter(|part| !part.is_empty())
        .collect();
    if !known.is_empty() {
        let _ = writeln!(page, "{name:<12}{}", known.join(", "));
    }
}

/// `what text`, or nothing for no text.
fn part(what: &str, text: &str) -> String {
    if text.is_empty() {
        String::new()
    } else {
        format!("{what} {}", clean(text)).trim_start().into()
    }
}

/// `what word`, or nothing for an unspecified code.
fn coded<T: Word>(what: &str, number: i32) -> String {
    if number == 0 {
        String::new()
    } else {
        format!("{what} {}", word::<T>(number)).trim_start().into()
    }
}

/// Who asks, from where, and for whom.
pub(in crate::cli) fn requester_lines(page: &mut String, requester: &v1::Requester) {
    line(page, "Asked by", &[person(requester.person.as_ref())]);
    if let Some(unit) = &requester.unit {
        let parts = [&unit.team, &unit.office, &unit.region, &unit.mailbox];
        line(page, "  of", &parts.map(|text| part("", text)));
    }
    if let Some(practitioner) = &requester.on_behalf_of {
        line(page, "  for", &[person(Some(practitioner))]);
    }
}

/// Who holds it now, where that is somebody else than who asked.
pub(super) fn holder_line(page: &mut String, holder: Option<&v1::Holder>) {
    let Some(holder) = holder else {
        return;
    };
    let office = holder.unit.as_ref().map(|unit| unit.office.as_str());
    let parts = [
        person(holder.person.as_ref()),
        part("", office.unwrap_or_default()),
    ];
    line(page, "Held by", &parts);
}

/// What the court list and the sharing agreement say, and who else was asked.
pub(in crate::cli) fn context_lines(page: &mut String, personal: &v1::Personal) {
    let court = [
        part("case", &personal.urn),
        part("hearing", &personal.hearing_ref),
        part("room", &personal.court_room),
        coded::<v1::CourtSession>("", personal.court_session),
        part("number", &personal.list_number),
        part("next heard", &personal.next_hearing),
    ];
    line(page, "At court", &court);
    let report = [
        part("asked for", &personal.report_requested),
        part("due", &personal.report_due),
    ];
    line(page, "Report", &report);
    line(page, "Offence", &[part("", &personal.offence_code)]);
    if !personal.information.is_empty() {
        let wanted = words::<v1::Information>(&personal.information);
        line(page, "Wanted", &[wanted]);
    }
    if let Some(basis) = &personal.basis {
        line(page, "By right of", &basis_parts(basis));
    }
    if !personal.asked_besides.is_empty() {
        let asked = words::<v1::OtherResponder>(&personal.asked_besides);
        line(page, "Also asked", &[asked]);
    }
    if let Some(prior) = &personal.prior_answer {
        let parts = [
            part("", &prior.reference),
            part("of", &prior.answered),
            part("does not do:", &prior.reason),
        ];
        line(page, "Earlier", &parts);
    }
    let marking = coded::<v1::Marking>("", personal.marking);
    line(page, "Marked", &[marking.to_uppercase().replace(' ', "-")]);
}

fn basis_parts(basis: &v1::Basis) -> Vec<String> {
    let mut parts: Vec<String> = basis.gateways.iter().map(|code| part("", code)).collect();
    parts.extend([
        part("agreement", &basis.agreement_id),
        part("version", &basis.agreement_version),
        part("since", &basis.agreement_effective),
        coded::<v1::Regime>("regime", basis.regime),
    ]);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_takes_no_line() {
        let mut page = String::new();
        context_lines(&mut page, &v1::Personal::default());
        assert_eq!(page, "");
        let unit = Some(v1::Unit::default());
        let asks = v1::Requester {
            unit,
            ..Default::default()
        };
        requester_lines(&mut page, &asks);
        assert_eq!(page, "Asked by    -\n");
    }

    #[test]
    fn what_is_known_is_told_and_cannot_steer_the_terminal() {
        let personal = v1::Personal {
            court_room: "\u{1b}[2J3".into(),
            court_session: v1::CourtSession::AllDay.into(),
            report_due: "2026-11-23".into(),
            basis: Some(v1::Basis {
                gateways: vec!["OMA2007-s14".into()],
                agreement_version: "3.1".into(),
                regime: v1::Regime::LawEnforcement.into(),
                ..Default::default()
            }),
            asked_besides: vec![v1::OtherResponder::Health.into()],
            prior_answer: Some(v1::PriorAnswer {
                reason: "too old".into(),
                ..Default::default()
            }),
            marking: v1::Marking::OfficialSensitive.into(),
            ..Default::default()
        };
        let mut page = String::new();
        context_lines(&mut page, &personal);
        let expected = "\
At court    room \u{fffd}[2J3, all day
Report      due 2026-11-23
By right of OMA2007-s14, version 3.1, regime law enforcement
Also asked  health
Earlier     does not do: too old
Marked      OFFICIAL-SENSITIVE
";
        assert_eq!(page, expected);
    }
}
