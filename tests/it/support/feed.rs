//! Reading a store's feed to its end.

use usher::store::{Cursor, Recorded, Store};

/// Everything in the feed, `page` events at a time.
pub(crate) async fn whole_feed(store: &dyn Store, page: usize) -> Vec<Recorded> {
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
