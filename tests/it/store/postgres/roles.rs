//! One role migrates, another runs, and the one that runs can do nothing else.

use crate::support::postgres::Postgres;
use crate::support::sample::{Sample, at, changed, closed, id, responder};
use tokio_postgres::error::SqlState;
use usher::store::postgres::{MigrateError, PostgresStore, migrate};
use usher::store::{Cursor, Filter, Page, SessionKey, SessionRow, Sessions as _, Store as _};
use usher_domain::time::Timestamp;

#[tokio::test]
async fn the_running_role_can_run_and_nothing_else() {
    let Some(server) = Postgres::migrated_one().await else {
        return;
    };
    let client = server.client().await;
    let roles = "CREATE ROLE usher_owner LOGIN; CREATE ROLE usher_broker LOGIN;
        CREATE DATABASE usher OWNER usher_owner";
    for statement in roles.split(';') {
        client.batch_execute(statement).await.unwrap();
    }
    let settings = |role: &str| {
        let mut settings = server.settings();
        settings.url = settings.url.replace(
            "user=postgres dbname=postgres",
            &format!("user={role} dbname=usher"),
        );
        settings
    };
    for _ in 0..2 {
        migrate(&settings("usher_owner"), Some("usher_broker"))
            .await
            .unwrap();
    }
    let store = PostgresStore::open(&settings("usher_broker"))
        .await
        .unwrap();
    runs(&store).await;
    let url = settings("usher_broker").url;
    let (broker, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls)
        .await
        .unwrap();
    tokio::spawn(connection);
    for forbidden in [
        "CREATE TABLE more ()",
        "CREATE TABLE public.more ()",
        "CREATE SCHEMA more",
        "CREATE INDEX ON enquiry (revision)",
        "ALTER TABLE enquiry ADD COLUMN more int",
        "DROP TABLE history",
        "TRUNCATE feed",
        "DELETE FROM enquiry",
        "DELETE FROM feed",
        "UPDATE feed SET bytes = ''",
        "DELETE FROM history",
        "UPDATE history SET entry = 1",
        "DELETE FROM feed_head",
        "TRUNCATE session",
        "INSERT INTO refinery_schema_history VALUES (9)",
        "DELETE FROM refinery_schema_history",
        "CREATE ROLE more",
        "ALTER ROLE usher_broker SUPERUSER",
        "COPY feed TO PROGRAM 'true'",
    ] {
        let refused = broker.batch_execute(forbidden).await.unwrap_err();
        assert_eq!(
            refused.code(),
            Some(&SqlState::INSUFFICIENT_PRIVILEGE),
            "{forbidden}"
        );
    }
}

/// Everything that a broker asks of its store.
async fn runs(store: &PostgresStore) {
    store.commit(&[Sample::new(1).submitted()]).await.unwrap();
    let stored = store.load(id(1)).await.unwrap().unwrap();
    let change = changed(&stored, |enquiry| enquiry.checks[0].state = closed());
    store.commit(&[change]).await.unwrap();
    let page = Page {
        after: None,
        size: 9,
    };
    let everything = Filter::default();
    assert_eq!(
        store.list(&everything, &page).await.unwrap().records.len(),
        1
    );
    assert_eq!(store.feed(Cursor::default(), 9).await.unwrap().len(), 2);
    assert_eq!(
        store
            .history(id(1), Cursor::default(), 9)
            .await
            .unwrap()
            .len(),
        2
    );
    store.queued(&responder("hackney"), 9).await.unwrap();
    store.queues().await.unwrap();
    store.due(Timestamp::MAX, 9).await.unwrap();
    sign_in_and_out(store).await;
    store.counts().await.unwrap();
    assert_eq!(store.sweep().await.unwrap(), []);
}

async fn sign_in_and_out(store: &PostgresStore) {
    let key = SessionKey([1; 32]);
    let row = SessionRow {
        subject: [2; 32],
        expires: at(9),
        value: b"signed in".to_vec(),
    };
    for _ in 0..2 {
        store.put_session(key, &row).await.unwrap();
    }
    assert!(store.replace_session(key, &row).await.unwrap());
    assert_eq!(store.load_session(key, at(8)).await.unwrap(), Some(row));
    assert_eq!(store.drop_expired_sessions(at(8), 9).await.unwrap(), 0);
    assert_eq!(store.remove_sessions_of([2; 32]).await.unwrap(), 1);
    store.remove_session(key).await.unwrap();
}

#[tokio::test]
async fn a_role_is_a_plain_name_of_one_that_is_there() {
    let Some(server) = Postgres::migrated_one().await else {
        return;
    };
    for name in [
        "",
        "Upper",
        "a b",
        "a;b",
        "a\"b",
        "9a",
        "a-b",
        &"a".repeat(64),
    ] {
        let refused = migrate(&server.settings(), Some(name)).await;
        assert!(matches!(refused, Err(MigrateError::Connect(_))), "{name:?}");
    }
    let refused = migrate(&server.settings(), Some("nobody_here")).await;
    assert!(matches!(refused, Err(MigrateError::Grant(_))));
}
