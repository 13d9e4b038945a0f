//! Death between any two steps, in every order that files and memory can come to: nothing is asked twice, lost, or said differently.

use super::files::{Entry, Look};
use super::*;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex as StdMutex;
use std::sync::atomic::{AtomicUsize, Ordering};

const ID: &str = "0192f0c4-5d6e-7f80-9a1b-2c3d4e5f6071/1";

/// Shows what it was set to, and moves when it is told.
struct Hand(StdMutex<Timestamp>);

#[async_trait]
impl Clock for Hand {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }

    async fn sleep_until(&self, _: Timestamp) {}

    fn real(&self, span: Duration) -> Duration {
        span
    }
}

/// A folder whose n-th operation kills whoever asked for it, before it is done or after.
struct Deadly {
    folder: folder::Folder,
    path: PathBuf,
    borough: Arc<Borough>,
    at: usize,
    done: bool,
    count: AtomicUsize,
}

/// The system behind the folder: takes requests the moment that they are there, and answers each once.
#[derive(Default)]
struct Borough {
    requests: AtomicUsize,
    answered: AtomicUsize,
}

impl Borough {
    fn work(&self, path: &Path) {
        for entry in fs::read_dir(path.join("out")).unwrap() {
            let entry = entry.unwrap();
            if !entry.file_name().to_string_lossy().starts_with('.') {
                fs::remove_file(entry.path()).unwrap();
                self.requests.fetch_add(1, Ordering::Relaxed);
            }
        }
        if self.requests.load(Ordering::Relaxed) > 0
            && self.answered.swap(1, Ordering::Relaxed) == 0
        {
            let good =
                format!("{ID},known-relevant,subject=none; child 1=certain,child 1|cp-plan|open");
            let bad = "0192f0c4-5d6e-7f80-9a1b-2c3d4e5f6071/2,no-such-word,,";
            let text = format!("check_id,disposition,matches,episodes\n{good}\n{bad}\n");
            fs::write(path.join("in/night.csv"), text).unwrap();
        }
    }
}

impl Deadly {
    /// Whether this operation is done, and whether its caller lives to hear of it.
    fn fate(&self) -> (bool, bool) {
        let count = self.count.fetch_add(1, Ordering::Relaxed);
        match count.cmp(&self.at) {
            std::cmp::Ordering::Less => (true, true),
            std::cmp::Ordering::Equal => (self.done, false),
            std::cmp::Ordering::Greater => (false, false),
        }
    }

    async fn meet<T>(
        &self,
        work: impl Future<Output = Result<T, FilesError>> + Send,
    ) -> Result<T, FilesError> {
        let (done, lives) = self.fate();
        let dead = FilesError::Away {
            what: "dead",
            source: None,
        };
        let result = if done {
            work.await
        } else {
            Err(FilesError::Gone)
        };
        self.borough.work(&self.path);
        if lives { result } else { Err(dead) }
    }
}

#[async_trait]
impl Files for Deadly {
    async fn list(&self, folder: &str) -> Result<Vec<Entry>, FilesError> {
        self.meet(self.folder.list(folder)).await
    }
    async fn look(&self, path: &str) -> Result<Option<Look>, FilesError> {
        self.meet(self.folder.look(path)).await
    }
    async fn read(&self, path: &str, most: u64) -> Result<Vec<u8>, FilesError> {
        self.meet(self.folder.read(path, most)).await
    }
    async fn write(&self, path: &str, bytes: Vec<u8>) -> Result<(), FilesError> {
        self.meet(self.folder.write(path, bytes)).await
    }
    async fn rename(&self, from: &str, to: &str) -> Result<(), FilesError> {
        self.meet(self.folder.rename(from, to)).await
    }
    async fn make_folder(&self, folder: &str) -> Result<(), FilesError> {
        self.folder.make_folder(folder).await
    }
}

fn settings(state: &Path) -> Settings {
    let text = format!("state = {state:?}\nfolder.path = \"files\"\n");
    toml::from_str(&text).unwrap()
}

fn check() -> v1::AssignedCheck {
    let name = |family: &str| {
        Some(v1::PersonName {
            family: family.into(),
            given: "Given".into(),
        })
    };
    v1::AssignedCheck {
        id: ID.into(),
        personal: Some(v1::Personal {
            subject: Some(v1::Subject {
                name: name("Subject"),
                ..v1::Subject::default()
            }),
            children: vec![v1::Child {
                name: name("Child"),
                ..v1::Child::default()
            }],
            ..v1::Personal::default()
        }),
        ..v1::AssignedCheck::default()
    }
}

/// One life of an adapter: ends with the answer, or where it dies.
async fn live(
    place: &Path,
    borough: &Arc<Borough>,
    at: usize,
    done: bool,
    clock: &Arc<Hand>,
) -> Result<Outcome, Trouble> {
    let files = Deadly {
        folder: folder::Folder::new(place.join("files"), Duration::from_secs(30)),
        path: place.join("files"),
        borough: Arc::clone(borough),
        at,
        done,
        count: AtomicUsize::new(0),
    };
    let shared: Arc<dyn Clock> = clock.clone();
    let adapter = Dropbox::open(settings(&place.join("state")), shared, Box::new(files)).unwrap();
    let forward = || {
        let mut now = clock.0.lock().unwrap();
        *now = now.checked_add(Duration::from_secs(31)).unwrap();
    };
    for _ in 0..10 {
        let outcome = adapter.look_up(&check()).await?;
        forward();
        if !matches!(outcome, Outcome::Pending(_)) {
            // What lay in `taken` since an earlier life is seen twice, too.
            for _ in 0..2 {
                adapter.probe().await?;
                forward();
            }
            return Ok(outcome);
        }
    }
    panic!("no answer in ten looks");
}

fn names(place: &Path, folder: &str) -> Vec<String> {
    let entries = fs::read_dir(place.join("files").join(folder)).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[tokio::test]
async fn death_at_any_step_loses_nothing_and_doubles_nothing() {
    let mut deaths = 0;
    for at in 0.. {
        let mut survived = false;
        for done in [false, true] {
            let place = tempfile::tempdir().unwrap();
            let place = place.path();
            for folder in ["out", "in", "taken", "done", "bad"] {
                fs::create_dir_all(place.join("files").join(folder)).unwrap();
            }
            let borough = Arc::new(Borough::default());
            let clock = Arc::new(Hand(StdMutex::new("2026-01-05T09:00:00Z".parse().unwrap())));
            survived = live(place, &borough, at, done, &clock).await.is_ok();
            deaths += usize::from(!survived);
            for life in ["next", "one more"] {
                *clock.0.lock().unwrap() += jiff::SignedDuration::from_mins(1);
                let Ok(Outcome::Answer(reply)) =
                    live(place, &borough, usize::MAX, true, &clock).await
                else {
                    panic!("no answer in the {life} life after death at {at}");
                };
                assert_eq!(reply.disposition, v1::Disposition::KnownRelevant);
                assert_eq!(reply.content.episodes.len(), 1);
            }
            assert_eq!(
                borough.requests.load(Ordering::Relaxed),
                1,
                "requests, death at {at}, done: {done}"
            );
            assert_eq!(names(place, "done").len(), 1, "death at {at}, done: {done}");
            assert_eq!(names(place, "bad").len(), 2, "death at {at}, done: {done}");
            for folder in ["out", "in", "taken"] {
                assert!(
                    names(place, folder).is_empty(),
                    "{folder}, death at {at}, done: {done}"
                );
            }
        }
        if survived {
            break;
        }
    }
    assert!(deaths > 30, "only {deaths} deaths");
}

/// A place of which the folder of bad files never answers.
struct Stuck;

#[async_trait]
impl Files for Stuck {
    async fn list(&self, folder: &str) -> Result<Vec<Entry>, FilesError> {
        if folder == "bad" {
            std::future::pending::<()>().await;
        }
        Ok(Vec::new())
    }
    async fn look(&self, _: &str) -> Result<Option<Look>, FilesError> {
        Ok(None)
    }
    async fn read(&self, _: &str, _: u64) -> Result<Vec<u8>, FilesError> {
        Ok(Vec::new())
    }
    async fn write(&self, _: &str, _: Vec<u8>) -> Result<(), FilesError> {
        Ok(())
    }
    async fn rename(&self, _: &str, _: &str) -> Result<(), FilesError> {
        Ok(())
    }
    async fn make_folder(&self, _: &str) -> Result<(), FilesError> {
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn a_look_up_waits_ten_seconds_for_the_folder_of_bad_files_and_no_longer() {
    let place = tempfile::tempdir().unwrap();
    let clock = Hand(StdMutex::new("2026-01-05T09:00:00Z".parse().unwrap()));
    let settings = settings(&place.path().join("state"));
    let adapter = Dropbox::open(settings, Arc::new(clock), Box::new(Stuck)).unwrap();
    let check = check();
    let looked = timeout(Duration::from_secs(11), adapter.look_up(&check)).await;
    let looked = looked.expect("it waits for nobody else");
    assert!(matches!(looked, Ok(Outcome::Pending(_))));
}
