//! PostgreSQL beyond the contract: several brokers over one database, lost answers, roles, TLS, plans.

mod brokers;
mod damage;
mod failover;
mod outcome;
mod plans;
mod roles;
mod tls;

use usher::store::{Cursor, Recorded, Store};

/// Everything in the feed, `page` events at a time.
async fn whole_feed(store: &dyn Store, page: usize) -> Vec<Recorded> {
    let (mut all, mut after) = (Vec::new(), Cursor::default());
    loop {
        let events = store.feed(after, page).await.unwrap();
        let Some(last) = events.last() else {
            return all;
        };
        after = last.cursor;
        all.extend(events);
    }
}
