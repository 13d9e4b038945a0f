//! What an adapter must do, clause by clause, and what was seen of each.

/// A row for each clause: its variant, its id, what it demands, and how it is tried.
macro_rules! clauses {
    ($($(#[$doc:meta])* $variant:ident = $id:literal, $demands:literal, $tried:literal;)*) => {
        /// One clause. Their order is that of the report.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Clause {
            $($(#[$doc])* $variant,)*
        }

        impl Clause {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// Its name in reports; it never changes its meaning.
            pub const fn id(self) -> &'static str {
                match self { $(Self::$variant => $id,)* }
            }

            /// What it demands.
            pub const fn demands(self) -> &'static str {
                match self { $(Self::$variant => $demands,)* }
            }

            /// How it is tried.
            pub const fn tried(self) -> &'static str {
                match self { $(Self::$variant => $tried,)* }
            }
        }
    };
}

clauses! {
    /// It works at all.
    Takes = "takes", "takes the checks that wait, and ends them", "checks wait when it starts";
    /// Nothing invalid.
    Valid = "valid", "sends nothing that the contract does not allow", "every call is looked at";
    /// The lease is shown.
    LeaseShown = "lease-shown", "shows the lease with every act", "every act is looked at";
    /// One end for each lease.
    Once = "once", "ends a check once", "every act is looked at";
    /// Its own bound holds.
    InHand = "in-hand", "holds no more than it says it takes", "every call for work is looked at";
    /// No borrowed names.
    Person = "person", "gives no person's name to what a program says", "every answer is looked at";
    /// No leases forgotten.
    Renews = "renews", "renews a lease while it works, and lets none run out", "every lease is looked at";
    /// No answer that nobody can be certain of.
    Certain = "certain", "does not say NOT_KNOWN of whom it cannot be certain", "enquiries have a family name alone, or with an estimated birth; with [check.known], somebody known under an alias, or by an estimated birth";
    /// A lost reply to an act.
    SameRequest = "same-request", "repeats an act whose reply was lost with the same request_id and the same body", "the reply to an act is lost";
    /// A lost reply to a call for work.
    LostCall = "lost-call", "loses no check when the reply to a call for work is lost", "the reply to a call for work is lost";
    /// A slow broker.
    Slow = "slow", "bears a slow broker", "the reply to an act takes long";
    /// A lost lease.
    Expired = "expired", "takes a check again after its lease was lost", "an act comes to the broker after its lease has ended";
    /// No loops.
    NoLoop = "no-loop", "does not repeat what was refused for good", "leases are lost, and a check moves on under its hands";
    /// A question and its reply.
    Question = "question", "takes a check again when the officer has replied to a question", "people ask the officer while it has the check";
    /// Somebody else's check.
    Redirected = "redirected", "takes a check that another responder sent on", "another borough redirects a check";
    /// Death in the middle.
    Killed = "killed", "says the same when it is back after it was killed", "it is killed when it has acted, before and after the broker has the act";
    /// The broker goes and comes back.
    Reconnects = "reconnects", "takes work again when a broker is back", "the broker is away, and restarted";
    /// No storm of connections.
    Patient = "patient", "waits between tries while the broker is away", "the broker is away";
    /// Large checks, many of them.
    Huge = "huge", "takes checks as large as they can be, and many at once", "large checks have gathered while the broker was away";
    /// New files of the certificate.
    Certificate = "certificate", "shows a new certificate without a restart", "the files of its certificate are replaced";
    /// No busy loop.
    Idle = "idle", "waits for work in long calls, not in a busy loop", "there is no work";
    /// An orderly end.
    Stops = "stops", "stops when it is told to, and leaves no check behind", "it is told to stop (SIGTERM) while it has a check";
    /// It does not fall over.
    StaysUp = "stays-up", "goes on until it is told to stop", "it is looked at all the time";
}

/// What was seen of a clause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It does what the clause demands.
    Passed,
    /// It does not; why.
    Failed(String),
    /// Nothing came up by which it could be told; why.
    NotExercised(String),
}

impl Verdict {
    pub(super) fn failed(why: impl Into<String>) -> Self {
        Self::Failed(why.into())
    }

    pub(super) fn untried(why: impl Into<String>) -> Self {
        Self::NotExercised(why.into())
    }

    /// Passed where `done`, else failed.
    pub(super) fn of(done: bool, why: impl FnOnce() -> String) -> Self {
        if done {
            Self::Passed
        } else {
            Self::Failed(why())
        }
    }

    /// In a word or two, for the table.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed(_) => "FAILED",
            Self::NotExercised(_) => "not exercised",
        }
    }

    /// Why; empty where it passed.
    pub fn reason(&self) -> &str {
        match self {
            Self::Passed => "",
            Self::Failed(why) | Self::NotExercised(why) => why,
        }
    }
}

/// A clause and what was seen of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Which.
    pub clause: Clause,
    /// What was seen.
    pub verdict: Verdict,
}
