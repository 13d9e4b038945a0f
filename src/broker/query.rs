//! Reads. Whoever may not see an enquiry gets the same answer as when there is none.

use super::input::{
    AlertFilter, AlertStanding, HistoryInput, ListAlertsInput, ListChecksInput, ListInput, Position,
};
use super::opened::{OpenEnquiry, Part};
use super::{Broker, BrokerError, RecordFault, faults, watch};
use crate::store::{Cursor, Filter, Page, Place, Record, Recorded, StoreError, Stored};
use usher_domain::actor::{Actor, Courts, Role};
use usher_domain::alert::Alert;
use usher_domain::case::Case;
use usher_domain::enquiry::Enquiry;
use usher_domain::id::{AlertId, CheckId, CheckNumber, EnquiryId, RecordId, Reference};
use usher_domain::index::RecordKind;
use usher_domain::rejection::Rejection;
use usher_domain::{limits, permit};

/// Something that a named person must look at.
#[derive(Clone, Debug)]
pub enum AlertEntry {
    /// An alert with the enquiry that it is about.
    Raised {
        /// The alert.
        alert: Alert,
        /// The enquiry.
        stored: Box<Stored<Enquiry>>,
    },
    /// An alert about a check that a case needs and nobody has asked for.
    Needed {
        /// The alert.
        alert: Alert,
        /// The case.
        stored: Box<Stored<Case>>,
    },
    /// A record that the broker cannot go on with.
    Damaged(RecordFault),
}

/// The states of a check whose question is open, by name, as a responder can have them.
pub const OUTSTANDING: [&str; 4] = ["waiting", "leased", "accepted", "asked"];

/// One page and where the next one starts.
pub type Paged<T> = (Vec<T>, Option<Position>);

/// What a page shows of one entry, and how many bytes that takes on the wire.
pub type Shown<T> = (T, usize);

impl Broker {
    /// One enquiry, opened as far as the actor may read it.
    ///
    /// # Errors
    /// `NotFound` when there is none or it is not the actor's; store errors.
    pub async fn get(&self, id: EnquiryId, actor: &Actor) -> Result<OpenEnquiry, BrokerError> {
        if actor.role == Role::Adapter {
            return Err(Rejection::NotFound { what: "enquiry" }.into());
        }
        let stored = self.visible(id, actor).await?;
        self.open(stored, Part::Whole)
    }

    /// One check and what its responder may read of the enquiry.
    ///
    /// # Errors
    /// `NotFound` when there is none or it is not the actor's; store errors.
    pub async fn get_check(&self, id: CheckId, actor: &Actor) -> Result<OpenEnquiry, BrokerError> {
        let missing = Rejection::NotFound { what: "check" };
        let stored = self.load(id.enquiry).await?.ok_or(missing.clone())?;
        let seen = stored
            .record
            .check(id.number)
            .is_some_and(|check| permit::sees_check(actor, &stored.record, check));
        if seen {
            self.open(stored, Part::of_check(actor, id.number))
        } else {
            Err(missing.into())
        }
    }

    /// An alert that the actor may see, live or over.
    ///
    /// # Errors
    /// Store errors.
    pub async fn get_alert(
        &self,
        id: AlertId,
        actor: &Actor,
    ) -> Result<Option<AlertEntry>, BrokerError> {
        let every = AlertFilter::every();
        let stored = self.store.load(id.record).await?;
        let seen = stored.map(|stored| alerts_of(stored, &every, actor));
        let is_it = |entry: &AlertEntry| matches!(entry, AlertEntry::Raised { alert, .. } | AlertEntry::Needed { alert, .. } if alert.number == id.number);
        Ok(seen.into_iter().flatten().find(is_it))
    }

    pub(super) async fn visible(
        &self,
        id: EnquiryId,
        actor: &Actor,
    ) -> Result<Stored<Enquiry>, BrokerError> {
        let stored = self.load(id).await?;
        let visible = stored.filter(|stored| permit::sees(actor, &stored.record));
        visible.ok_or_else(|| Rejection::NotFound { what: "enquiry" }.into())
    }

    /// One page of the enquiries that the actor may see and `input` wants, none for adapters, who list checks; each as `show` shows it.
    ///
    /// # Errors
    /// Store errors.
    pub async fn list<T: Send>(
        &self,
        input: &ListInput,
        actor: &Actor,
        show: impl Fn(&OpenEnquiry) -> Shown<T> + Send + Sync,
    ) -> Result<Paged<T>, BrokerError> {
        if actor.role == Role::Adapter {
            return Ok((Vec::new(), None));
        }
        let whole = |stored: Stored| stored.enquiry().into_iter().collect();
        let show = |stored| Ok(show(&self.open(stored, Part::Whole)?));
        if let Some(reference) = input.reference {
            let found = self.named(reference, &input.filter, actor, whole, show);
            return found.await;
        }
        let page = (input.position, input.size);
        self.paged(&input.filter, page, actor, whole, show).await
    }

    /// One page of the records that the actor may see and `filter` wants, none for adapters; nothing sealed in them is opened.
    ///
    /// # Errors
    /// Store errors.
    pub async fn list_closed<T: Send>(
        &self,
        filter: &Filter,
        page: (Position, usize),
        actor: &Actor,
        show: impl Fn(&Record) -> Shown<T> + Send + Sync,
    ) -> Result<Paged<T>, BrokerError> {
        if actor.role == Role::Adapter {
            return Ok((Vec::new(), None));
        }
        let whole = |stored: Stored| vec![stored.record];
        let show = |record: Record| Ok(show(&record));
        self.paged(filter, page, actor, whole, show).await
    }

    /// One page of the checks of the actor's responders, each as `show` shows it of the enquiry that it is part of.
    ///
    /// # Errors
    /// Store errors.
    pub async fn list_checks<T: Send>(
        &self,
        input: &ListChecksInput,
        actor: &Actor,
        show: impl Fn(&OpenEnquiry, CheckNumber) -> Shown<T> + Send + Sync,
    ) -> Result<Paged<T>, BrokerError> {
        // A check that is still outstanding is part of an enquiry that is open: those that have ended need not be looked at.
        let outstanding = |state: &&str| OUTSTANDING.contains(state);
        let only_open = !input.states.is_empty() && input.states.iter().all(outstanding);
        let filter = Filter {
            responders: input.responders.clone(),
            open: only_open.then_some(true),
            ..Filter::default()
        };
        let wanted = |stored: Stored| {
            let Some(stored) = stored.enquiry() else {
                return Vec::new();
            };
            let checks = stored.record.checks.iter().filter(|check| {
                let theirs = input.responders.as_ref().is_none_or(|wanted| {
                    check
                        .responder
                        .as_ref()
                        .is_some_and(|responder| wanted.contains(responder))
                });
                let state = input.states.is_empty() || input.states.contains(&check.state.name());
                theirs && state && permit::sees_check(actor, &stored.record, check)
            });
            checks.map(|check| (check.number, stored.clone())).collect()
        };
        let show = |(number, stored)| {
            let open = self.open(stored, Part::Check(number))?;
            Ok(show(&open, number))
        };
        if let Some(reference) = input.reference {
            return self.named(reference, &filter, actor, wanted, show).await;
        }
        let page = (input.position, input.size);
        self.paged(&filter, page, actor, wanted, show).await
    }

    /// One page of alerts that the actor may see: damaged records first, then checks, nearest deadline first, then checks that cases need,
    /// the soonest first; each as `show` shows it.
    ///
    /// # Errors
    /// Store errors.
    pub async fn list_alerts<T: Send>(
        &self,
        input: &ListAlertsInput,
        actor: &Actor,
        show: impl Fn(&AlertEntry) -> Shown<T> + Send + Sync,
    ) -> Result<Paged<T>, BrokerError> {
        let (mut found, position) = (Vec::new(), input.position);
        let among_faults = position.after.is_none() && position.parts == 0 && !position.among_cases;
        if among_faults && faults::are_told(actor, &input.filter) {
            self.look_for_faults().await?;
            let faults = self.faults.list(position.fault, input.size);
            let last = faults.last().map(|fault| fault.record);
            let entries = faults.into_iter().map(AlertEntry::Damaged);
            found.extend(entries.map(|entry| show(&entry).0));
            if found.len() >= input.size {
                let fault = last.or(position.fault);
                return Ok((found, Some(Position { fault, ..position })));
            }
        }
        let has_ended = input.filter.states.contains(&AlertStanding::Resolved);
        let filter = |kind| Filter {
            courts: input.filter.courts.clone(),
            responders: input.filter.responders.clone(),
            // No alert outlives what it is about.
            open: (!has_ended).then_some(true),
            alerting: (!has_ended).then_some(true),
            ..Filter::every(kind)
        };
        let wanted = |stored: Stored| alerts_of(stored, &input.filter, actor);
        let show = |entry| Ok(show(&entry));
        if !position.among_cases {
            let enquiries = filter(RecordKind::Enquiry);
            let page = (position, input.size - found.len());
            let (raised, next) = self.paged(&enquiries, page, actor, wanted, show).await?;
            found.extend(raised);
            if next.is_some() {
                return Ok((found, next));
            }
        }
        let cases = filter(RecordKind::Case);
        // Checks that nobody has asked for have no responder.
        if cases.responders.is_some() || actor.role == Role::Adapter {
            return Ok((found, None));
        }
        let among_cases = Position {
            among_cases: true,
            ..Position::default()
        };
        if !found.is_empty() {
            // What is left of this page is not counted in bytes: the cases have the next.
            let first = Page {
                after: None,
                size: 1,
            };
            let any = self.store.list(&narrow(cases, actor), &first).await?;
            let more = !any.records.is_empty() || any.next.is_some();
            return Ok((found, more.then_some(among_cases)));
        }
        let position = if position.among_cases {
            position
        } else {
            among_cases
        };
        let page = (position, input.size);
        self.paged(&cases, page, actor, wanted, show).await
    }

    /// One page of the events of one enquiry that the actor may see, and where the next one starts.
    ///
    /// # Errors
    /// `NotFound` when there is none or it is not the actor's; store errors.
    pub async fn history(
        &self,
        input: &HistoryInput,
        actor: &Actor,
    ) -> Result<(Vec<Recorded>, Option<Cursor>), BrokerError> {
        self.visible(input.enquiry, actor).await?;
        self.events_of(input.enquiry.into(), input.after, input.size, actor)
            .await
    }

    /// One page of the events of one record that the actor may see, and where the next one starts.
    ///
    /// # Errors
    /// Store errors.
    pub(super) async fn events_of(
        &self,
        record: RecordId,
        after: Cursor,
        size: usize,
        actor: &Actor,
    ) -> Result<(Vec<Recorded>, Option<Cursor>), BrokerError> {
        let events = self.store.history(record, after, size).await;
        let mut events = events.inspect_err(|error| {
            if matches!(error, StoreError::Corrupt { .. }) {
                self.note_part(record);
            }
        })?;
        let full = events.len() >= size;
        let next = events.last().filter(|_| full).map(|last| last.cursor);
        events.retain(|recorded| watch::may_see(actor, recorded));
        Ok((events, next))
    }

    /// The feed's present end.
    ///
    /// # Errors
    /// Store errors.
    pub async fn feed_end(&self) -> Result<Cursor, BrokerError> {
        Ok(self.store.feed_end().await?)
    }

    /// The mark of the event at `place`; zero where there is none that can be read.
    ///
    /// # Errors
    /// Store errors.
    pub async fn mark(&self, place: Cursor) -> Result<u32, BrokerError> {
        let Some(events) = place.events.checked_sub(1) else {
            return Ok(0);
        };
        let before = Cursor { events, ..place };
        match self.store.feed(before, 1).await {
            Ok(found) => {
                let there = found.first().filter(|recorded| recorded.cursor == place);
                Ok(there.map_or(0, Recorded::mark))
            }
            Err(StoreError::Corrupt { .. }) => Ok(0),
            Err(error) => Err(error.into()),
        }
    }

    /// The parts of records that people mean by `reference`: few, and always on one page.
    pub(super) async fn named<P: Send, T: Send>(
        &self,
        reference: Reference,
        filter: &Filter,
        actor: &Actor,
        parts_of: impl Fn(Stored) -> Vec<P> + Send + Sync,
        show: impl Fn(P) -> Result<Shown<T>, BrokerError> + Send + Sync,
    ) -> Result<Paged<T>, BrokerError> {
        let filter = narrow(filter.clone(), actor);
        let mut found = Vec::new();
        for id in self.store.named(reference).await? {
            let stored = match self.store.load(id).await {
                Ok(stored) => stored,
                // Set apart, and told of elsewhere, as in every listing.
                Err(StoreError::Corrupt { .. }) => None,
                Err(error) => return Err(error.into()),
            };
            let seen = |stored: &Stored| {
                filter.matches(&stored.record.keys()) && sees(actor, &stored.record)
            };
            for part in stored.filter(seen).into_iter().flat_map(&parts_of) {
                found.push(show(part)?.0);
            }
        }
        Ok((found, None))
    }

    /// One page of parts of records: as many as asked for and as [`limits::PAGE_BYTES_MAX`] holds, at least one, and the place of the
    /// first that did not fit. Looks at a bounded number of records; a short page may still continue.
    pub(super) async fn paged<P: Send, T: Send>(
        &self,
        filter: &Filter,
        (position, size): (Position, usize),
        actor: &Actor,
        parts_of: impl Fn(Stored) -> Vec<P> + Send + Sync,
        show: impl Fn(P) -> Result<Shown<T>, BrokerError> + Send + Sync,
    ) -> Result<Paged<T>, BrokerError> {
        let filter = narrow(filter.clone(), actor);
        let (mut found, mut bytes) = (Vec::new(), 0);
        let Position {
            mut after,
            mut parts,
            fault: _,
            among_cases,
        } = position;
        let at = |after, parts| Position {
            fault: None,
            after,
            parts,
            among_cases,
        };
        let mut examined = 0;
        loop {
            let page = Page {
                after,
                size: limits::PAGE_SIZE_DEFAULT.min(size.max(1)),
            };
            let listing = self.store.list(&filter, &page).await?;
            examined += page.size;
            for stored in listing.records {
                let place = place(&stored);
                if !sees(actor, &stored.record) {
                    after = Some(place);
                    continue;
                }
                let shown = usize::from(core::mem::take(&mut parts));
                for (number, part) in parts_of(stored).into_iter().enumerate().skip(shown) {
                    let here = at(after, u16::try_from(number).unwrap_or(u16::MAX));
                    if found.len() >= size {
                        return Ok((found, Some(here)));
                    }
                    let (part, length) = show(part)?;
                    bytes += length;
                    if bytes > limits::PAGE_BYTES_MAX && !found.is_empty() {
                        return Ok((found, Some(here)));
                    }
                    found.push(part);
                }
                after = Some(place);
            }
            let Some(next) = listing.next else {
                return Ok((found, None));
            };
            after = Some(next);
            if examined >= limits::PAGE_RECORDS_EXAMINED_MAX || found.len() >= size {
                return Ok((found, Some(at(after, 0))));
            }
        }
    }
}

fn sees(actor: &Actor, record: &Record) -> bool {
    match record {
        Record::Enquiry(enquiry) => permit::sees(actor, enquiry),
        Record::Case(case) => permit::sees_case(actor, case),
    }
}

/// The alerts of one record that are wanted and that the actor may see.
pub(super) fn alerts_of(stored: Stored, filter: &AlertFilter, actor: &Actor) -> Vec<AlertEntry> {
    let Stored { record, revision } = stored;
    match record {
        Record::Enquiry(record) => raised(&Stored { record, revision }, filter, actor),
        Record::Case(record) => needed(&Stored { record, revision }, filter, actor),
    }
}

fn needed(stored: &Stored<Case>, filter: &AlertFilter, actor: &Actor) -> Vec<AlertEntry> {
    let case = &stored.record;
    let seen = permit::sees_case(actor, case);
    let wanted = |alert: &&Alert| seen && filter.matches(alert, case.court(), None);
    let entry = |alert: &Alert| AlertEntry::Needed {
        alert: alert.clone(),
        stored: Box::new(stored.clone()),
    };
    case.alerts.iter().filter(wanted).map(entry).collect()
}

fn raised(stored: &Stored<Enquiry>, filter: &AlertFilter, actor: &Actor) -> Vec<AlertEntry> {
    let enquiry = &stored.record;
    let wanted = |alert: &&Alert| {
        enquiry.check(alert.check).is_some_and(|check| {
            permit::sees_check(actor, enquiry, check)
                && filter.matches(alert, enquiry.deadline.court(), check.concerned())
        })
    };
    let entry = |alert: &Alert| AlertEntry::Raised {
        alert: alert.clone(),
        stored: Box::new(stored.clone()),
    };
    enquiry.alerts.iter().filter(wanted).map(entry).collect()
}

fn place(stored: &Stored) -> Place {
    let (keys, id) = (stored.record.keys(), stored.record.id());
    if keys.open {
        Place::Open {
            deadline: keys.deadline,
            id,
        }
    } else {
        Place::Closed { id }
    }
}

/// What was asked for, within what the actor may see: the store then looks at no more than needed.
pub(super) fn narrow(mut filter: Filter, actor: &Actor) -> Filter {
    match (actor.role, &actor.courts) {
        (Role::Adapter, _) => {
            let asked = |own: &&_| {
                filter
                    .responders
                    .as_ref()
                    .is_none_or(|wanted| wanted.contains(own))
            };
            filter.responders = Some(actor.responders.iter().filter(asked).cloned().collect());
        }
        (_, Courts::Only(courts)) => {
            let asked = |own: &&_| {
                filter
                    .courts
                    .as_ref()
                    .is_none_or(|wanted| wanted.contains(own))
            };
            filter.courts = Some(courts.iter().filter(asked).copied().collect());
        }
        (_, Courts::All) => {}
    }
    filter
}
