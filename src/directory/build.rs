//! Makes a postcode table from a release of the Office for National Statistics: `usher directory build --onspd FILE`.
//!
//! Any ONSPD or NSPL release will do, as CSV, CSV in gzip, or the zip that is published. Columns are found by the patterns
//! of their names, never by position, as the names carry years. The release streams: memory grows with the sectors of
//! the country, not with the file.
//!
//! Guarantees: every row is counted in exactly one line of the [`Summary`]; a row that makes no sense is reported with
//! its line number and left out, and the others are taken; a file that is no release makes no table.
//!
//! It does not replace the table in use: the caller shows the [`diff`](super::diff()) first.

mod columns;
mod source;

pub use columns::HeaderError;

use super::authorities::Authorities;
use super::table::{Builder, Place, Refused, Table, TableError};
use columns::Columns;
use jiff::civil;
use source::Source;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use usher_domain::code::{AuthorityCode, Postcode};

/// Rows of a release. The whole United Kingdom with terminated postcodes has 2.7 million.
const ROWS_MAX: u64 = 8_000_000;
/// Malformed rows that the summary lists; the rest are only counted.
const MALFORMED_LISTED_MAX: usize = 10;
/// Rows between two reports of progress.
const PROGRESS_ROWS: u64 = 16_384;

/// What to make of the release.
#[derive(Clone, Copy, Debug)]
pub struct Options<'a> {
    /// The name of the release; the name of the CSV file when there is none.
    pub release: Option<&'a str>,
    /// The day on which the table is made.
    pub built: civil::Date,
    /// Which authorities there are, for the summary.
    pub authorities: &'a Authorities,
}

/// How far the import has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Rows read.
    pub rows: u64,
    /// Bytes read, of `bytes_total`.
    pub bytes: u64,
    /// Bytes that there are: of the file or, for a zip, of the CSV in it.
    pub bytes_total: u64,
}

/// What became of the rows. `routable`, `nowhere`, `without_authority`, `elsewhere` and `malformed` add up to `rows`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// The name of the release.
    pub release: String,
    /// Rows read.
    pub rows: u64,
    /// Rows that lead to an authority on the day of the build.
    pub routable: u64,
    /// Rows without a district.
    pub nowhere: u64,
    /// Rows whose district leads to no authority on the day of the build, by district: codes that `authorities.csv` and
    /// `districts.csv` should learn.
    pub without_authority: BTreeMap<AuthorityCode, u64>,
    /// Rows outside England and Wales.
    pub elsewhere: u64,
    /// Rows in no wise usable.
    pub malformed: u64,
    /// The first few of these.
    pub malformed_first: Vec<MalformedRow>,
    /// Of the rows in England and Wales (with a district or without), those terminated; `None` when the
    /// release has no column that says so.
    pub terminated: Option<u64>,
}

/// A row that was left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MalformedRow {
    /// Its line in the file, counted from 1.
    pub line: u64,
    /// What is wrong with it.
    pub why: &'static str,
}

/// A release that cannot be made into a table.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The file cannot be opened or read.
    #[error("cannot read {path}")]
    File {
        /// The file.
        path: String,
        /// Why not.
        source: std::io::Error,
    },
    /// The zip cannot be read.
    #[error("cannot read the zip file {path}; was the download complete?")]
    Zip {
        /// The file.
        path: String,
        /// Why not.
        source: zip::result::ZipError,
    },
    /// The zip has no CSV that could be a release.
    #[error(
        "no CSV of an ONSPD or NSPL release (such as Data/ONSPD_NOV_2025_UK.csv) in the zip file {path}; it has: {found}"
    )]
    NotInZip {
        /// The zip file.
        path: String,
        /// The first few names in it.
        found: String,
    },
    /// The columns are not those of a release.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// The CSV breaks off or is no CSV.
    #[error("cannot read the release after line {line}; was the download complete?")]
    Csv {
        /// The last line that could be read.
        line: u64,
        /// Why not.
        source: csv::Error,
    },
    /// More rows than a release has.
    #[error("more than {ROWS_MAX} rows; is this a postcode release?")]
    TooManyRows,
    /// Nothing that could be routed.
    #[error(
        "none of the {rows} rows is a postcode with an authority in England or Wales; the table in use stays as it is"
    )]
    Empty {
        /// Rows read.
        rows: u64,
    },
    /// The table cannot be made.
    #[error(transparent)]
    Table(#[from] TableError),
}

/// Makes a table from the release in the file `path`, reporting `progress` on the way.
///
/// # Errors
/// When the file is no release of postcodes, or breaks off.
pub fn build(
    path: &Path,
    options: &Options<'_>,
    progress: &mut dyn FnMut(Progress),
) -> Result<(Table, Summary), BuildError> {
    source::open(path, |source| {
        let mut import = Import::default();
        let terminations = import.read(source, progress)?;
        let release = options.release.unwrap_or(&source.name);
        let summary = import.summary(release, options, terminations);
        if summary.routable == 0 {
            return Err(BuildError::Empty { rows: summary.rows });
        }
        let table = import
            .builder
            .finish(release, options.built, terminations)?;
        Ok((table, summary))
    })
}

/// The rows so far.
#[derive(Default)]
struct Import {
    builder: Builder,
    rows: u64,
    places: HashMap<Place, u64>,
    terminated: u64,
    malformed: u64,
    malformed_first: Vec<MalformedRow>,
}

impl Import {
    /// Reads every row; returns whether the release has a column of terminations.
    fn read(
        &mut self,
        source: &mut Source<'_>,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<bool, BuildError> {
        let bytes = source.progress.clone();
        let record_bytes = source.record_bytes.clone();
        let bytes_total = source.bytes_total;
        let mut reader = csv::ReaderBuilder::new()
            .flexible(true)
            .from_reader(&mut source.reader);
        let columns = match reader.byte_headers() {
            Ok(header) => Columns::find(header)?,
            Err(source) => return Err(BuildError::Csv { line: 0, source }),
        };
        let mut record = csv::ByteRecord::new();
        let mut line = 1;
        while reader
            .read_byte_record(&mut record)
            .map_err(|source| BuildError::Csv { line, source })?
        {
            record_bytes.set(0);
            line = record.position().map_or(line, csv::Position::line);
            self.take(&columns, &record, line);
            if self.rows > ROWS_MAX {
                return Err(BuildError::TooManyRows);
            }
            if self.rows.is_multiple_of(PROGRESS_ROWS) {
                progress(Progress {
                    rows: self.rows,
                    bytes: bytes.get(),
                    bytes_total,
                });
            }
        }
        progress(Progress {
            rows: self.rows,
            bytes: bytes.get(),
            bytes_total,
        });
        Ok(columns.terminated.is_some())
    }

    fn take(&mut self, columns: &Columns, record: &csv::ByteRecord, line: u64) {
        self.rows += 1;
        let taken = Row::read(columns, record).and_then(|row| {
            self.builder
                .add(&row.postcode, row.place, row.terminated)
                .map_err(|refused| match refused {
                    Refused::Unit => "no postcode ends in these letters",
                    Refused::Twice => "the postcode came before",
                    Refused::Places => "more districts than a release has",
                })?;
            Ok(row)
        });
        match taken {
            Ok(row) => {
                *self.places.entry(row.place).or_default() += 1;
                self.terminated += u64::from(row.terminated && row.place != Place::Elsewhere);
            }
            Err(why) => {
                self.malformed += 1;
                if self.malformed_first.len() < MALFORMED_LISTED_MAX {
                    self.malformed_first.push(MalformedRow { line, why });
                }
            }
        }
    }

    fn summary(&self, release: &str, options: &Options<'_>, terminations: bool) -> Summary {
        let mut summary = Summary {
            release: release.to_owned(),
            rows: self.rows,
            malformed: self.malformed,
            malformed_first: self.malformed_first.clone(),
            terminated: terminations.then_some(self.terminated),
            ..Summary::default()
        };
        for (place, count) in &self.places {
            match *place {
                Place::Nowhere => summary.nowhere += count,
                Place::Elsewhere => summary.elsewhere += count,
                Place::District { district, county } => {
                    match options.authorities.resolve(district, county, options.built) {
                        Some(_) => summary.routable += count,
                        None => *summary.without_authority.entry(district).or_default() += count,
                    }
                }
            }
        }
        summary
    }
}

/// What one row says.
struct Row {
    postcode: Postcode,
    place: Place,
    terminated: bool,
}

impl Row {
    fn read(columns: &Columns, record: &csv::ByteRecord) -> Result<Self, &'static str> {
        let field = |column: usize| {
            let text = record.get(column).ok_or("too few columns")?;
            std::str::from_utf8(text)
                .map(str::trim)
                .map_err(|_| "not UTF-8 text")
        };
        let postcode = Postcode::parse(field(columns.postcode)?).map_err(|_| "no postcode")?;
        let district = field(columns.district)?;
        let place = match district.as_bytes().first() {
            None => Place::Nowhere,
            Some(initial) => {
                let district = AuthorityCode::parse(district).map_err(|_| "no district code")?;
                match initial.to_ascii_uppercase() {
                    b'E' | b'W' => {
                        let county = columns.county.map(field).transpose()?.unwrap_or_default();
                        Place::District {
                            district,
                            county: read_county(county),
                        }
                    }
                    b'S' | b'N' | b'L' | b'M' => Place::Elsewhere,
                    _ => return Err("a district code of no country"),
                }
            }
        };
        let terminated = columns
            .terminated
            .map(field)
            .transpose()?
            .is_some_and(|date| !date.is_empty());
        Ok(Self {
            postcode,
            place,
            terminated,
        })
    }
}

/// A county with social care duties; the column has pseudo codes for everywhere else.
fn read_county(text: &str) -> Option<AuthorityCode> {
    AuthorityCode::parse(text)
        .ok()
        .filter(|code| code.as_str().starts_with("E10"))
}
