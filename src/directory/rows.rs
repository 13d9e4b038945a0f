//! Reads the small CSV files of the directory, whose comments start with `#`.

/// Lets `take` have every row of `text`.
///
/// # Errors
/// The line, counted from 1, of the first row that is no `Row` or that `take` refuses, and why.
pub(super) fn each<Row: serde::de::DeserializeOwned>(
    text: &str,
    mut take: impl FnMut(Row) -> Result<(), String>,
) -> Result<(), (u64, String)> {
    let mut reader = csv::ReaderBuilder::new()
        .comment(Some(b'#'))
        .from_reader(text.as_bytes());
    let headers = reader
        .headers()
        .map_err(|error| (1, error.to_string()))?
        .clone();
    let mut record = csv::StringRecord::new();
    loop {
        let before = reader.position().line();
        if !reader
            .read_record(&mut record)
            .map_err(|error| (before, error.to_string()))?
        {
            return Ok(());
        }
        let line = record.position().map_or(before, csv::Position::line);
        let row = record
            .deserialize(Some(&headers))
            .map_err(|error| (line, error.to_string()))?;
        take(row).map_err(|problem| (line, problem))?;
    }
}
