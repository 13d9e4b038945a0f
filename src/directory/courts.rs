//! Courts by name: for people who read codes in listings, and for the demo.
//!
//! It decides nothing: a court is not in the borough where a child lives, and an enquiry may come from a court that has
//! no row here.

use std::collections::BTreeMap;
use usher_domain::code::CourtCode;

const COURTS: &str = include_str!("../../config/directory/courts.csv");

/// Which cases a court hears.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CourtKind {
    /// A magistrates' court.
    Magistrates,
    /// A sitting of the Crown Court.
    Crown,
}

/// A court.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Court {
    /// The first five characters of its OU code.
    pub code: CourtCode,
    /// Its name, such as `Westminster Magistrates' Court`.
    pub name: String,
    /// Which cases it hears.
    pub kind: CourtKind,
}

/// Courts by code.
#[derive(Clone, Debug, Default)]
pub struct Courts {
    courts: BTreeMap<CourtCode, Court>,
}

/// A file of courts that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("courts.csv, line {line}: {problem}")]
pub struct CourtsError {
    /// The line, counted from 1.
    pub line: u64,
    /// What is wrong.
    pub problem: String,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    ou_code: String,
    name: String,
    kind: CourtKind,
}

impl Courts {
    /// The courts of London that ship with usher.
    ///
    /// # Errors
    /// When the shipped file was edited into something that cannot be used before usher was built.
    pub fn built_in() -> Result<Self, CourtsError> {
        Self::parse(COURTS)
    }

    /// Reads the text of `courts.csv`: `ou_code,name,kind`, where the kind is `magistrates` or `crown`.
    ///
    /// # Errors
    /// The first row with a wrong code or kind, or that comes twice.
    pub fn parse(text: &str) -> Result<Self, CourtsError> {
        let mut courts = Self::default();
        super::rows::each(text, |row: Row| {
            let code = CourtCode::parse(&row.ou_code).map_err(|error| error.to_string())?;
            let court = Court {
                code,
                name: row.name,
                kind: row.kind,
            };
            match courts.courts.insert(code, court) {
                None => Ok(()),
                Some(_) => Err(format!("{code} has two rows; keep one")),
            }
        })
        .map_err(|(line, problem)| CourtsError { line, problem })?;
        Ok(courts)
    }

    /// The court with this code.
    pub fn get(&self, code: CourtCode) -> Option<&Court> {
        self.courts.get(&code)
    }

    /// What people call the court; its code where it is not among these.
    pub fn name(&self, code: CourtCode) -> String {
        let court = self.get(code);
        court.map_or_else(|| format!("court {code}"), |court| court.name.clone())
    }

    /// Every court, by code.
    pub fn iter(&self) -> impl Iterator<Item = &Court> {
        self.courts.values()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_courts_of_london_are_there() {
        let courts = Courts::built_in().unwrap();
        let count = |kind| courts.iter().filter(|court| court.kind == kind).count();
        assert_eq!(
            (count(CourtKind::Magistrates), count(CourtKind::Crown)),
            (17, 11)
        );
        let name = |code| {
            courts
                .get(CourtCode::parse(code).unwrap())
                .map(|court| court.name.as_str())
        };
        assert_eq!(name("B01IX00"), Some("Westminster Magistrates' Court"));
        assert_eq!(name("C01CE"), Some("Central Criminal Court"));
        assert_eq!(name("B99ZZ"), None);
    }

    #[test]
    fn unusable_files_are_refused_with_the_line() {
        let rows = [
            (
                "B01IX,Westminster,magistrates\nB01IX,Westminster,crown",
                "courts.csv, line 3: B01IX has two rows",
            ),
            (
                "B01,Westminster,magistrates",
                "courts.csv, line 2: expected a court OU code",
            ),
            ("B01IX,Westminster,youth", "courts.csv, line 2: "),
            ("B01IX,Westminster", "courts.csv, line 2: "),
        ];
        for (row, expected) in rows {
            let error = Courts::parse(&format!("ou_code,name,kind\n{row}\n"))
                .unwrap_err()
                .to_string();
            assert!(error.contains(expected), "{error} should say {expected}");
        }
    }
}
