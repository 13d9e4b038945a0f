//! Web sessions: what usher remembers of a browser between two pages, in usher's own store. The browser has a random id in a cookie; the
//! store has only its SHA-256.

use super::form::FORM_BYTES_MAX;
use super::settings::Settings;
use crate::clock::{Clock as _, SystemClock};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::HashMap;
use std::time::Duration;
use tower_sessions::session::Error;
use tower_sessions::{Expiry, Session};
use usher_domain::actor::{Person, Role};
use usher_domain::time::Timestamp;

/// Where in a session things lie.
const WHO: &str = "who";
const NOTICE: &str = "notice";
const DRAFTS: &str = "drafts";
const PENDING: &str = "pending";
/// Forms that one session keeps: of so many tabs.
const DRAFTS_MAX: usize = 3;
/// How long after its end a session is kept, with a form that was being filled in: until the person comes back from lunch, or next morning.
pub(super) const DRAFT_KEPT: Duration = Duration::from_hours(18);
/// How long a sign-in that was begun waits for the provider: whoever finds the telephone for the second factor has it.
const PENDING_KEPT: time::Duration = time::Duration::minutes(15);
/// How often it is written down that a person is still there: not at every page.
const TOUCHED_EVERY: Duration = Duration::from_secs(60);

/// Who signed in, as far as sign-in tells; what they may do is looked up for each page.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Known {
    /// Whose account: the provider's own name for it.
    pub(super) subject: String,
    /// The name, for records and pages.
    pub(super) name: String,
    /// The post, where the provider tells it.
    pub(super) post: String,
    /// Telephone or mailbox, where the provider tells it.
    pub(super) contact: String,
    /// The groups that the provider says they are in.
    pub(super) groups: Vec<String>,
    /// The role that they chose, where they have several.
    pub(super) role: Option<String>,
    /// Whether nobody proved anything: a persona.
    pub(super) is_persona: bool,
    /// When they signed in, in seconds of the epoch.
    since: i64,
    /// When they were last seen.
    seen: i64,
}

/// A form that was being filled in when the session ended.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Draft {
    /// Where it was to go, which is where it is shown too.
    pub(super) path: String,
    /// Its fields, as browsers encode them.
    pub(super) body: String,
    /// Whose it is: nobody else sees it.
    pub(super) subject: String,
}

impl Known {
    /// Somebody who has just signed in.
    pub(super) fn new(subject: String, person: Person, groups: Vec<String>) -> Self {
        let now = SystemClock.now().as_second();
        Self {
            subject,
            name: person.name,
            post: person.post,
            contact: person.contact,
            groups,
            role: None,
            is_persona: false,
            since: now,
            seen: now,
        }
    }

    /// The person, as records name them.
    pub(super) fn person(&self) -> Person {
        Person {
            name: self.name.clone(),
            post: self.post.clone(),
            contact: self.contact.clone(),
        }
    }

    /// Chooses the role.
    pub(super) fn choose(&mut self, role: Role) {
        self.role = Some(role.name().into());
    }

    /// Whether they must sign in again.
    pub(super) fn is_over(&self, settings: &Settings, now: Timestamp) -> bool {
        let since = |then: i64| u64::try_from(now.as_second() - then).unwrap_or_default();
        since(self.seen) >= settings.idle().as_secs()
            || since(self.since) >= settings.absolute().as_secs()
    }

    /// Notes that they are there, where that was not noted just before.
    pub(super) async fn touch(
        &mut self,
        session: &Session,
        settings: &Settings,
        now: Timestamp,
    ) -> Result<(), Error> {
        let now = now.as_second();
        let every = TOUCHED_EVERY.min(settings.idle() / 4);
        if u64::try_from(now - self.seen).unwrap_or_default() < every.as_secs() {
            return Ok(());
        }
        self.seen = now;
        session.insert(WHO, self).await
    }
}

/// Who signed in, in this browser.
pub(super) async fn known(session: &Session) -> Result<Option<Known>, Error> {
    session.get(WHO).await
}

/// Somebody has signed in: under a new id, so that one that was planted is worth nothing.
pub(super) async fn begin(session: &Session, known: &Known) -> Result<(), Error> {
    session.cycle_id().await?;
    session.insert(WHO, known).await
}

/// Whose account the data of a session is of.
pub(super) fn account(data: &HashMap<String, Value>) -> Option<&str> {
    data.get(WHO)?.get("subject")?.as_str()
}

/// Keeps who signed in, changed.
pub(super) async fn keep(session: &Session, known: &Known) -> Result<(), Error> {
    session.insert(WHO, known).await
}

/// Says `notice` on the next page.
pub(super) async fn tell(session: &Session, notice: &str) -> Result<(), Error> {
    session.insert(NOTICE, notice).await
}

/// What is to be said on this page.
pub(super) async fn take_notice(session: &Session) -> Result<Option<String>, Error> {
    if session.get_value(NOTICE).await?.is_none() {
        return Ok(None);
    }
    session.remove(NOTICE).await
}

/// Keeps a form until its author has signed in again, one for each path. Of more than [`DRAFTS_MAX`], and of those that are together
/// longer than the longest form ([`FORM_BYTES_MAX`], which leaves room in a session's row for the rest), the oldest are dropped.
pub(super) async fn keep_draft(session: &Session, draft: Draft) -> Result<(), Error> {
    let drafts = session.get(DRAFTS).await?.unwrap_or_default();
    session.insert(DRAFTS, with(drafts, draft)).await
}

/// `drafts`, the newest first, and `draft` before them: as many as are kept.
fn with(mut drafts: Vec<Draft>, draft: Draft) -> Vec<Draft> {
    drafts.retain(|old| old.path != draft.path && old.subject == draft.subject);
    drafts.insert(0, draft);
    drafts.truncate(DRAFTS_MAX);
    let mut bytes = 0;
    let fits = drafts.iter().take_while(|draft| {
        bytes += draft.body.len();
        bytes <= FORM_BYTES_MAX
    });
    let fits = fits.count().max(1);
    drafts.truncate(fits);
    drafts
}

/// The form that `subject` was filling in at `path`, once. What somebody else was filling in is dropped.
pub(super) async fn take_draft(
    session: &Session,
    subject: &str,
    path: &str,
) -> Result<Option<String>, Error> {
    let drafts: Vec<Draft> = session.get(DRAFTS).await?.unwrap_or_default();
    let before = drafts.len();
    let own = drafts.into_iter().filter(|draft| draft.subject == subject);
    let (found, rest): (Vec<_>, Vec<_>) = own.partition(|draft| draft.path == path);
    if rest.len() < before {
        session.insert(DRAFTS, rest).await?;
    }
    Ok(found.into_iter().next().map(|draft| draft.body))
}

/// Keeps what a sign-in needs when the provider sends the browser back: not for long, where nothing else is kept.
pub(super) async fn keep_pending(session: &Session, pending: &impl Serialize) -> Result<(), Error> {
    if session.get_value(WHO).await?.is_none() {
        session.set_expiry(Some(Expiry::OnInactivity(PENDING_KEPT)));
    }
    session.insert(PENDING, pending).await
}

/// What was kept, once.
pub(super) async fn take_pending<T: serde::de::DeserializeOwned>(
    session: &Session,
) -> Result<Option<T>, Error> {
    session.remove(PENDING).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(path: &str, bytes: usize, subject: &str) -> Draft {
        Draft {
            path: path.into(),
            body: "x".repeat(bytes),
            subject: subject.into(),
        }
    }

    fn paths(drafts: &[Draft]) -> Vec<&str> {
        drafts.iter().map(|draft| draft.path.as_str()).collect()
    }

    #[test]
    fn the_newest_forms_are_kept_one_for_each_path() {
        let mut drafts = Vec::new();
        for path in ["/a", "/b", "/a", "/c"] {
            drafts = with(drafts, draft(path, 1, "petra"));
        }
        assert_eq!(paths(&drafts), ["/c", "/a", "/b"]);
        drafts = with(drafts, draft("/d", 1, "petra"));
        assert_eq!(paths(&drafts), ["/d", "/c", "/a"]);
        drafts = with(drafts, draft("/e", 1, "paul"));
        assert_eq!(paths(&drafts), ["/e"], "nothing of somebody else");
    }

    #[test]
    fn forms_take_no_more_room_than_the_longest_one() {
        let drafts = with(Vec::new(), draft("/a", FORM_BYTES_MAX / 2, "petra"));
        let drafts = with(drafts, draft("/b", FORM_BYTES_MAX / 2, "petra"));
        assert_eq!(paths(&drafts), ["/b", "/a"]);
        let drafts = with(drafts, draft("/c", 1, "petra"));
        assert_eq!(paths(&drafts), ["/c", "/b"]);
        let drafts = with(drafts, draft("/d", FORM_BYTES_MAX, "petra"));
        assert_eq!(paths(&drafts), ["/d"]);
    }
}
