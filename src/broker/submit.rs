//! Submitting: routes the enquiry, takes it durably, and answers with a receipt that says at once whether an answer is likely in time.

use super::input::{DeadlineInput, SubmitInput};
use super::{Broker, BrokerError, route};
use crate::store::record;
use usher_domain::actor::Actor;
use usher_domain::command::{Command, Request, Submit, Verb};
use usher_domain::decide::decide;
use usher_domain::enquiry::{Check, CheckState, Enquiry, RouteReason, track};
use usher_domain::hearing::{Deadline, Hearing};
use usher_domain::id::EnquiryId;
use usher_domain::personal::{Personal, Violation};
use usher_domain::time::{Timestamp, to_london};

/// What the officer is told at once.
#[derive(Clone, Debug)]
pub struct Receipt {
    /// The enquiry as taken, or as it would be.
    pub enquiry: Enquiry,
    /// What to expect of each check, in their order.
    pub checks: Vec<CheckForecast>,
    /// What the officer should look at.
    pub warnings: Vec<Warning>,
    /// Whether it was stored: not when only a validation was asked for.
    pub stored: bool,
}

/// What to expect of one check.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckForecast {
    /// Its number.
    pub check: u8,
    /// Whether an adapter of the responder is connected.
    pub adapter_connected: bool,
    /// The responder's working time left before the deadline.
    pub working_time_left: jiff::SignedDuration,
    /// How often the responder has answered within that time.
    pub share: super::forecast::Share,
    /// The plain advice.
    pub advice: Advice,
}

/// Whether an answer will come in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Advice {
    /// At least four in five came within the time left.
    Likely,
    /// Fewer, or too few known to say.
    Doubtful,
    /// The responder does not work before the deadline, or fewer than one in five came.
    NotBeforeHearing,
}

/// Something to look at; nothing was refused for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Warning {
    /// The PNC number's check letter is not the one that its digits demand.
    PncCheckLetter,
    /// Bank holidays are not known so far ahead: working time is computed as if there were none.
    BeyondKnownHolidays,
    /// An address has a terminated postcode; it was routed by where it was.
    TerminatedPostcode,
    /// The hearing was earlier today.
    HearingEarlierToday,
    /// The local time occurs twice that day; the earlier instant counts.
    DoubledHour,
    /// The hearing is on a bank holiday or at a weekend: check the date.
    HearingOnNonWorkingDay,
    /// Some or all of the enquiry leads nowhere: operators are told.
    Unroutable,
    /// A curfew is proposed: a missing answer will block it.
    CurfewBlocks,
}

/// Checks with a known outcome below which a share says nothing.
const KNOWN_MIN: usize = 5;

impl Broker {
    /// Takes an enquiry, or says what would come of it.
    ///
    /// # Errors
    /// `Rejected` by a rule; `Invalid` for a time that does not exist; store errors. On an error nothing was stored.
    pub async fn submit(&self, input: SubmitInput, digest: u64, actor: &Actor) -> Result<Receipt, BrokerError> {
        let now = self.clock.now();
        let id = EnquiryId::derive(&actor.client, input.request_id);
        let request = Request { id: input.request_id, digest };
        let validate_only = input.validate_only;
        let mut warnings = warnings_of(&input.personal);
        let submit = self.routed(id, input, now)?;
        let command = Command { request: Some(request), verb: Verb::Submit(Box::new(submit)) };
        let enquiry = if validate_only {
            decide(None, &command, actor, now, &self.policy())?.enquiry
        } else {
            let executed = self.execute(id, &command, actor).await?;
            if !executed.events.is_empty() {
                self.metrics.submitted.inc();
            }
            executed.enquiry
        };
        warnings.extend(self.warnings(&enquiry, now));
        let checks = enquiry.checks.iter().map(|check| self.forecast_check(&enquiry, check, now)).collect();
        Ok(Receipt { enquiry, checks, warnings, stored: !validate_only })
    }

    fn routed(&self, id: EnquiryId, input: SubmitInput, now: Timestamp) -> Result<Submit, BrokerError> {
        let track = track(input.purpose, input.report, input.in_custody);
        let deadline = match input.deadline {
            DeadlineInput::Hearing { court, local } => Deadline::Hearing(Hearing::new(court, local).map_err(|error| {
                BrokerError::Invalid(vec![Violation {
                    field: "deadline.hearing.local_time".into(),
                    why: format!("{error}: ask the court for the right time"),
                }])
            })?),
            DeadlineInput::ReplyBy { court, at } => {
                Deadline::ReplyBy { court, at: at.unwrap_or_else(|| self.policy().reply_by(track, now)) }
            }
        };
        let day = to_london(now).date();
        let routes = route::routes(&self.directory, &input.personal.addresses, &input.authorities, day);
        Ok(Submit {
            id,
            office: input.office,
            purpose: input.purpose,
            report: input.report,
            in_custody: input.in_custody,
            curfew_proposed: input.curfew_proposed,
            imminent_harm: input.imminent_harm,
            concerns: input.concerns,
            deadline,
            personal: record::seal_personal(&input.personal),
            routes,
        })
    }

    /// What to expect of `check`.
    fn forecast_check(&self, enquiry: &Enquiry, check: &Check, now: Timestamp) -> CheckForecast {
        let policy = self.policy();
        let hours = policy.hours(check.responder.as_ref());
        let left = hours.between(now, enquiry.deadline.at(), &policy.calendar);
        let (adapter_connected, share) = match &check.responder {
            Some(responder) => (
                self.presence.is_connected(responder, now),
                self.forecast.share(responder, left, now, &policy),
            ),
            None => (false, super::forecast::Share::default()),
        };
        let advice = if matches!(check.state, CheckState::Unroutable { .. }) { Advice::Doubtful } else { advice(left, share) };
        CheckForecast { check: check.number, adapter_connected, working_time_left: left, share, advice }
    }

    fn warnings(&self, enquiry: &Enquiry, now: Timestamp) -> Vec<Warning> {
        let policy = self.policy();
        let day = to_london(enquiry.deadline.at()).date();
        let hearing = match &enquiry.deadline {
            Deadline::Hearing(hearing) => Some(hearing),
            Deadline::ReplyBy { .. } => None,
        };
        let terminated = |reason: &RouteReason| matches!(reason, RouteReason::Address { terminated: true, .. });
        let office = usher_domain::time::WorkingHours::office();
        let rows = [
            (Warning::BeyondKnownHolidays, !policy.calendar.knows(day)),
            (Warning::TerminatedPostcode, enquiry.checks.iter().flat_map(|check| &check.reasons).any(terminated)),
            (Warning::HearingEarlierToday, enquiry.deadline.at() <= now),
            (Warning::DoubledHour, hearing.is_some_and(|hearing| usher_domain::time::is_doubled(hearing.local))),
            (
                Warning::HearingOnNonWorkingDay,
                hearing.is_some() && office.of_day(day, &policy.calendar).is_none(),
            ),
            (
                Warning::Unroutable,
                enquiry.checks.iter().any(|check| matches!(check.state, CheckState::Unroutable { .. })),
            ),
            (Warning::CurfewBlocks, usher_domain::policy::curfew_blocks(enquiry)),
        ];
        rows.into_iter().filter(|(_, holds)| *holds).map(|(warning, _)| warning).collect()
    }
}

fn advice(left: jiff::SignedDuration, share: super::forecast::Share) -> Advice {
    if left.is_zero() {
        return Advice::NotBeforeHearing;
    }
    if share.known < KNOWN_MIN {
        return Advice::Doubtful;
    }
    if share.within * 5 >= share.known * 4 {
        Advice::Likely
    } else if share.within * 5 >= share.known {
        Advice::Doubtful
    } else {
        Advice::NotBeforeHearing
    }
}

fn warnings_of(personal: &Personal) -> Vec<Warning> {
    let wrong = personal.subject.pnc.as_ref().is_some_and(|pnc| !pnc.check_letter_right());
    if wrong { vec![Warning::PncCheckLetter] } else { Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::{Advice, advice};
    use crate::broker::forecast::Share;
    use jiff::SignedDuration;

    #[test]
    fn advice_follows_the_share_within_the_time_left() {
        let hour = SignedDuration::from_hours(1);
        let rows = [
            (SignedDuration::ZERO, 10, 10, Advice::NotBeforeHearing),
            (hour, 4, 4, Advice::Doubtful),
            (hour, 4, 5, Advice::Likely),
            (hour, 79, 100, Advice::Doubtful),
            (hour, 80, 100, Advice::Likely),
            (hour, 20, 100, Advice::Doubtful),
            (hour, 19, 100, Advice::NotBeforeHearing),
        ];
        for (left, within, known, expected) in rows {
            assert_eq!(advice(left, Share { within, known }), expected, "{left} {within}/{known}");
        }
    }
}
