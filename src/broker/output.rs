//! What the broker answers, in the words of the domain: receipts, and the state of responders and of the broker itself.

use jiff::SignedDuration;
use usher_domain::agreement::AgreementVersion;
use usher_domain::code::{AuthorityCode, ClientId, ResponderId, ResponderKind};
use usher_domain::command::Route;
use usher_domain::enquiry::UnroutableWhy;
use usher_domain::forecast::Estimate;
use usher_domain::id::{CheckId, EnquiryId};
use usher_domain::time::{Timestamp, WorkingHours};

use super::input::AdapterReport;
use super::lending::LendingView;
use super::opened::ResponderCard;
use crate::store::{Counts, Cursor};

/// The receipt of a submission.
#[derive(Clone, Debug, PartialEq)]
pub struct SubmitReceipt {
    /// The enquiry.
    pub enquiry: EnquiryId,
    /// By when.
    pub deadline: Timestamp,
    /// One per check, in order.
    pub checks: Vec<CheckReceipt>,
    /// What the officer should know.
    pub warnings: Vec<Warning>,
    /// Whether nothing was stored.
    pub validate_only: bool,
}

/// What to expect of one check.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckReceipt {
    /// The check.
    pub check: CheckId,
    /// Where it goes and why.
    pub route: Route,
    /// The responder's name and telephones; empty when no responder was found.
    pub card: ResponderCard,
    /// Whether an adapter of the responder is connected now.
    pub adapter_connected: bool,
    /// The responder's working time left before the deadline.
    pub working_time_left: SignedDuration,
    /// How likely it answers within that time; `None` where no responder was found.
    pub forecast: Option<Estimate>,
    /// The plain advice.
    pub advice: Advice,
    /// The advice as a sentence, with what to do.
    pub advice_text: String,
}

/// Whether an answer is to be expected before the deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Advice {
    /// Likely in time.
    Likely,
    /// Doubtful.
    Doubtful,
    /// Not before the hearing.
    NotBeforeHearing,
    /// Too few past checks to tell.
    Unknown,
}

/// Something that the officer should know; never a reason to refuse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// What kind.
    pub code: WarningCode,
    /// The field it is about; may be empty.
    pub field: String,
    /// A sentence with what to do. It never repeats a value.
    pub text: String,
}

/// Kinds of warnings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WarningCode {
    /// The check letter of the PNC number is wrong.
    PncCheckLetter,
    /// The deadline lies beyond the known bank holidays.
    BeyondBankHolidays,
    /// A postcode is no longer in use.
    TerminatedPostcode,
    /// The hearing's time has passed already.
    HearingPassed,
    /// The hearing's local time comes twice.
    DoubledHour,
    /// An address leads to no responder.
    UnroutableAddress,
    /// The hearing is on a bank holiday or a weekend.
    NotAWorkingDay,
    /// The court is not among those that usher knows.
    UnknownCourt,
    /// The case that was named needs no such check.
    CoversNothing,
}

/// A responder, and what waits for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResponderView {
    /// Its id.
    pub id: ResponderId,
    /// Its name.
    pub name: String,
    /// Its duty telephone.
    pub duty_phone: String,
    /// What kind of service it is.
    pub kind: ResponderKind,
    /// The authorities that it answers for.
    pub authorities: Vec<AuthorityCode>,
    /// Its working hours.
    pub hours: WorkingHours,
    /// Adapters connected to this broker now.
    pub connected_adapters: usize,
    /// Since when none is: the last call of one, or this broker's start.
    pub absent_since: Option<Timestamp>,
    /// Checks in its queue.
    pub waiting: usize,
    /// The nearest deadline in its queue.
    pub nearest_deadline: Option<Timestamp>,
    /// Since when the oldest check waits.
    pub oldest_wait: Option<Timestamp>,
    /// The adapters that have called this broker, by program.
    pub adapters: Vec<AdapterView>,
    /// What its programs hold, and may.
    pub lending: LendingView,
}

/// One adapter of a responder, as this broker sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdapterView {
    /// The program.
    pub client: ClientId,
    /// How it does.
    pub health: AdapterHealth,
    /// When it last called for work.
    pub last_call: Timestamp,
    /// What it said of itself then.
    pub report: Option<AdapterReport>,
}

/// How an adapter does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AdapterHealth {
    /// It calls for work.
    Connected,
    /// It has as much in hand as it takes.
    Busy,
    /// It has not called for a while.
    Absent,
    /// It calls, and a system behind it cannot be asked.
    Failing,
}

/// Where a postcode leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LookupView {
    /// The authority's code and name.
    pub authority: Option<(AuthorityCode, String)>,
    /// Who answers for it, one of each kind, with its name.
    pub responders: Vec<(ResponderKind, ResponderId, String)>,
    /// Why it leads nowhere; `None` when it leads to children's social care.
    pub why: Option<UnroutableWhy>,
    /// Whether the postcode is no longer in use.
    pub terminated: bool,
}

/// How the broker is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusView {
    /// The broker's version.
    pub version: String,
    /// The engine that its store runs on.
    pub store_engine: String,
    /// What the store holds.
    pub counts: Counts,
    /// How long the oldest step that is due and not raised has been due; zero when there is none.
    pub oldest_unescalated: SignedDuration,
    /// The present end of the feed.
    pub feed_end: Cursor,
    /// The broker's present moment.
    pub now: Timestamp,
    /// The last day whose bank holidays are known.
    pub bank_holidays_known_until: jiff::civil::Date,
    /// The release of the postcode directory in use.
    pub directory_release: String,
    /// Whether that release tells which postcodes are no longer in use.
    pub directory_knows_terminations: bool,
    /// Agreements that end soon with nothing to follow, the soonest first, and last the responders that have none.
    pub agreement_ends: Vec<AgreementEnd>,
}

/// An agreement whose end leaves responders without one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgreementEnd {
    /// The one in force; `None` for responders that have none now.
    pub agreement: Option<AgreementVersion>,
    /// The last day, where there is one.
    pub last: Option<jiff::civil::Date>,
    /// Days left after today.
    pub days_left: u32,
    /// Who then has none.
    pub responders: Vec<ResponderId>,
}
