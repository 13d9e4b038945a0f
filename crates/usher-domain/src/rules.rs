//! The rules, one verb a file: the rule, then its table of cases.
//!
//! | from \ verb | lease | renew | accept | answer | `answer_by_phone` | release | ask | supply | redirect | reroute | close, withdraw |
//! |---|---|---|---|---|---|---|---|---|---|---|---|
//! | waiting | leased | - | accepted (desk) | - | answered | - | - | - | redirected (desk) | redirected | closed |
//! | leased | - | leased | accepted | answered | answered | waiting | asked | - | redirected | redirected | closed |
//! | accepted | - | - | accepted | answered | answered | waiting | asked | - | redirected | redirected | closed |
//! | asked | - | - | - | answered | answered | - | - | waiting | redirected | redirected | closed |
//! | unroutable | - | - | - | - | - | - | - | - | - | redirected | closed |
//! | answered | - | - | - | answered (new version) | answered (new version) | - | - | - | - | - | - |
//! | closed | - | - | - | answered (late) | answered (late) | - | - | - | - | - | - |
//! | redirected | - | - | - | - | - | - | - | - | - | - | - |
//!
//! A `close` whose reason takes two persons is a proposal at first, and the check stays where it is until another person confirms it.
//! What the agreement denies is opened unroutable, and a waiting check becomes so when its agreement ends (`share`).
//! `view` changes nothing in any state: the event is all. `receive` makes an answer an exit. `advance` returns lost leases to the queue and raises what is due; it ends nothing.

pub(crate) mod accept;
pub(crate) mod acknowledge;
pub(crate) mod advance;
pub(crate) mod answer;
pub(crate) mod answer_by_phone;
pub(crate) mod ask;
pub(crate) mod candidates;
#[cfg(test)]
pub(crate) mod cases;
pub(crate) mod close;
pub(crate) mod cover;
pub(crate) mod decide_without;
pub(crate) mod hand_over;
pub(crate) mod hold;
pub(crate) mod lease;
pub(crate) mod move_hearing;
pub(crate) mod open;
pub(crate) mod raise;
pub(crate) mod reassign;
pub(crate) mod receive;
pub(crate) mod record_sentence;
pub(crate) mod redirect;
pub(crate) mod release;
pub(crate) mod renew;
pub(crate) mod report_absent;
pub(crate) mod reroute;
pub(crate) mod settle;
pub(crate) mod share;
pub(crate) mod submit;
pub(crate) mod supply;
pub(crate) mod view;
pub(crate) mod weigh;
pub(crate) mod withdraw;
