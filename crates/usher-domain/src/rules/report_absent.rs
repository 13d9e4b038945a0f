//! A check waits and no adapter of its responder is connected: operators and the borough's desk are told, well before the deadline.

use super::raise::raise_trouble;
use crate::alert::Trouble;
use crate::decide::Work;
use crate::enquiry::CheckState;
use crate::id::CheckNumber;
use crate::ladder::Audience;
use crate::rejection::Rejection;

pub(crate) fn report_absent(work: &mut Work<'_>, number: CheckNumber) -> Result<(), Rejection> {
    let check = work.check(number)?;
    if matches!(
        check.state,
        CheckState::Waiting {
            for_people: None,
            ..
        }
    ) {
        raise_trouble(
            work,
            number,
            Trouble::NoAdapter,
            &[Audience::BoroughDesk, Audience::Operator],
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::command::{Verb, VerbName};
    use crate::rejection::Rejection;
    use crate::rules::cases::{
        accepted, acknowledge, adapter, after, answered, at, check, clock, closed, give, hidden,
        lease, leased, operator, unroutable, waiting,
    };

    const ABSENT: Verb = Verb::ReportAbsent { check: 1 };

    #[test]
    #[rustfmt::skip] // a row a line
    fn only_what_waits_misses_an_adapter() {
        check(&waiting(), &clock(), at(5), &ABSENT, Ok("waiting !no_adapter"));
        check(&leased(), &clock(), at(5), &ABSENT, Ok("leased"));
        check(&accepted(), &clock(), at(5), &ABSENT, Ok("accepted"));
        check(&answered(), &clock(), at(5), &ABSENT, Ok("answered"));
        check(&closed(), &clock(), at(5), &ABSENT, Ok("closed"));
        check(&unroutable(), &clock(), at(5), &ABSENT, Ok("unroutable !unroutable"));
        check(&waiting(), &clock(), at(5), &Verb::ReportAbsent { check: 2 }, Err(hidden("check")));
        let verb = VerbName::ReportAbsent;
        check(&waiting(), &operator(), at(5), &ABSENT, Err(Rejection::NotPermitted { verb }));
    }

    #[test]
    #[rustfmt::skip] // a row a line
    fn it_is_told_once_and_ends_when_an_adapter_takes_it() {
        let told = after(waiting(), &[(clock(), 5, ABSENT)]);
        let again = give(&told, &clock(), at(6), &ABSENT).unwrap();
        assert_eq!((again.enquiry, again.events), (told.clone(), Vec::new()));
        check(&told, &adapter("a"), at(7), &lease(1), Ok("leased"));
        let cared_for = after(told, &[(adapter("a"), 6, acknowledge(1))]);
        check(&cared_for, &clock(), at(7), &ABSENT, Ok("waiting ~no_adapter"));
    }
}
