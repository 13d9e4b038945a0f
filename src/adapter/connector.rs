//! What a connector is: the one thing that differs from borough to borough.

use super::people::{Found, Identity};
use async_trait::async_trait;
use jiff::Timestamp;
use std::time::Duration;
use usher_proto::v1;

/// One way into a borough's system.
#[async_trait]
pub trait Connector: Send + Sync + 'static {
    /// Its name in logs and health, such as `sql`.
    fn name(&self) -> &str;

    /// Looks up the people of `check`. May be called again for the same check, also after a restart: it must come to the same, and do
    /// nothing twice. One that takes longer than the adapter's patience is dropped, and people are asked.
    ///
    /// # Errors
    /// [`Trouble`] when the system cannot be asked; the check is then tried again later, or goes to people.
    async fn look_up(&self, check: &v1::AssignedCheck) -> Result<Outcome, Trouble>;

    /// Whether the system can be asked at all; called at the start and then from time to time.
    ///
    /// # Errors
    /// [`Trouble`] when it cannot.
    async fn probe(&self) -> Result<(), Trouble>;

    /// Hears that people have `check`, for this reason, whatever the connector said about it. May be called again for the same check; a call
    /// that takes long is dropped.
    async fn left_to_people(&self, _check: &v1::AssignedCheck, _why: v1::PeopleReason) {}

    /// How many files of the system's lie aside for people, since they could not be used; as of the last look or probe.
    fn set_aside(&self) -> usize {
        0
    }
}

/// What a look-up comes to.
#[derive(Clone, PartialEq)]
pub enum Outcome {
    /// Certain, one way or the other. Given only where the borough's agreement lets programs answer; otherwise people are asked.
    Answer(Box<Reply>),
    /// This connector cannot settle it: the next one may, or people must.
    Unsettled(v1::PeopleReason),
    /// It cannot settle it, since these may be among the people, likeliest first: as unsettled for a possible match, and people are shown
    /// them.
    Possible(Vec<v1::Candidate>),
    /// It is another authority's. Done only where nothing is in doubt and the agreement lets programs answer, or a person says so.
    Redirect {
        /// Whose, by GSS code.
        to: String,
        /// Who says so, where the system names somebody.
        person: Option<v1::Person>,
    },
    /// The system answers later: ask again after this long. The check stays with the adapter meanwhile, for 120 days at most; then people
    /// are asked.
    Pending(Duration),
}

/// An answer that a program may give, or that a person gave in the borough's own system.
#[derive(Clone, PartialEq)]
pub struct Reply {
    /// What it comes to.
    pub disposition: v1::Disposition,
    /// What is said.
    pub content: v1::AnswerContent,
    /// The age of the data that it rests on; `None` where unknown.
    pub data_as_of: Option<Timestamp>,
    /// Who answered, where the system names somebody; `None` where it is a program's own answer.
    pub person: Option<v1::Person>,
}

/// Why a system could not be asked. The words stand in logs and health: they never hold data of people.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// It is away or busy; trying again helps.
    #[error("{what} cannot be reached or is busy")]
    Passing {
        /// What.
        what: &'static str,
        /// Why.
        #[source]
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// It is there, but what it holds cannot be relied on just now; trying again helps.
    #[error("{what}; {remedy}")]
    Unready {
        /// What is wrong.
        what: String,
        /// What to do, should it stay so.
        remedy: String,
    },
    /// It refuses, or says what nobody can read; a person must look at the configuration or the system.
    #[error("{what}; {remedy}")]
    Lasting {
        /// What is wrong.
        what: String,
        /// What to do.
        remedy: String,
    },
    /// It says something that cannot be read for certain: a code that no table holds, a record of another form. Trying again does not
    /// help: people look at the check.
    #[error("{what}; {remedy}")]
    Unreadable {
        /// What cannot be read.
        what: String,
        /// What to do, so that the next one can be.
        remedy: String,
    },
}

impl Trouble {
    /// Why people must look at a check that met it.
    pub fn reason(&self) -> v1::PeopleReason {
        match self {
            Self::Passing { .. } | Self::Unready { .. } | Self::Lasting { .. } => {
                v1::PeopleReason::SystemAway
            }
            Self::Unreadable { .. } => v1::PeopleReason::Unreadable,
        }
    }
}

/// A system in which people are searched for; `usher` compares them itself.
#[async_trait]
pub trait Source: Send + Sync + 'static {
    /// As [`Connector::name`].
    fn name(&self) -> &str;

    /// Everybody in the system who may be `wanted`: rather too many than too few.
    ///
    /// # Errors
    /// [`Trouble`] when the system cannot be asked.
    async fn candidates(&self, wanted: &Identity) -> Result<Candidates, Trouble>;

    /// As [`Connector::probe`].
    ///
    /// # Errors
    /// As there.
    async fn probe(&self) -> Result<(), Trouble>;
}

/// Whom a [`Source`] found.
#[derive(Clone, Default)]
pub struct Candidates {
    /// The people.
    pub people: Vec<Found>,
    /// Whether there may be more: there were more than may be fetched, or the system does not hold people of this kind. Then nobody is
    /// certainly absent.
    pub cut: bool,
    /// Whether the search was narrower than [`super::blocking`] asks, and the borough does not answer for that by name. Then nobody is
    /// certainly absent either; whoever was found is.
    pub narrow: bool,
    /// Whether somebody could not be read well enough to be compared. Then nobody is certainly absent either.
    pub unreadable: bool,
    /// The age of the data; `None` where it is live or not known.
    pub as_of: Option<Timestamp>,
}

#[async_trait]
impl<S: Source + ?Sized> Source for Box<S> {
    fn name(&self) -> &str {
        (**self).name()
    }

    async fn candidates(&self, wanted: &Identity) -> Result<Candidates, Trouble> {
        (**self).candidates(wanted).await
    }

    async fn probe(&self) -> Result<(), Trouble> {
        (**self).probe().await
    }
}
