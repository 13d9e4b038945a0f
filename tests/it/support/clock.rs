//! A clock that stands until a test moves it, back as well as forth. Whoever sleeps on it wakes when it is moved.

use async_trait::async_trait;
use std::time::Duration;
use tokio::sync::watch;
use usher::clock::Clock;
use usher_domain::time::Timestamp;

#[derive(Debug)]
pub(crate) struct TestClock(watch::Sender<Timestamp>);

impl TestClock {
    pub(crate) fn at(start: Timestamp) -> Self {
        Self(watch::Sender::new(start))
    }

    pub(crate) fn set(&self, now: Timestamp) {
        self.0.send_replace(now);
    }

    pub(crate) fn forward(&self, by: Duration) {
        self.0
            .send_modify(|now| *now = now.checked_add(by).unwrap());
    }
}

#[async_trait]
impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        *self.0.borrow()
    }

    async fn sleep_until(&self, until: Timestamp) {
        let mut moves = self.0.subscribe();
        while *moves.borrow_and_update() < until && moves.changed().await.is_ok() {}
    }

    fn real(&self, span: Duration) -> Duration {
        span
    }
}
