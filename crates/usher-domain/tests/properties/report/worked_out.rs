//! What can be worked out from a published table: everything that its sums say about what is hidden, solved as equations.

use proptest::prelude::*;
use std::collections::BTreeMap;
use usher_domain::report::{Cell, Row, Shape, Table};

/// A prime: numbers modulo it divide each other, which is all that solving needs.
const PRIME: i64 = 1_000_003;

/// Row and measure.
type Spot = (usize, usize);

/// No number from 1 to 4 is shown or follows from what is shown, and nothing else is hidden than is needed for it.
pub(super) fn nothing_can_be(table: &Table, published: &Table) -> Result<(), TestCaseError> {
    let (truth, shown) = (lines(table), lines(published));
    let measures = table.kind.measures();
    let any_small = truth.iter().any(|row| row.cells.iter().any(is_small));
    for (row, (truth, shown)) in truth.iter().zip(&shown).enumerate() {
        prop_assert_eq!(&truth.key, &shown.key);
        for (place, (truth, shown)) in truth.cells.iter().zip(&shown.cells).enumerate() {
            let is_sum = matches!(measures[place].shape, Shape::Sum(..));
            let left_out = is_sum && *shown == Cell::Nothing;
            let hidden = *shown == Cell::Hidden || left_out;
            prop_assert!(
                *shown == *truth || hidden,
                "figures are shown or hidden, never changed"
            );
            prop_assert!(
                hidden || !is_small(truth),
                "{} in row {row}",
                measures[place].name
            );
            prop_assert!(!hidden || any_small, "nothing is hidden for nothing");
            prop_assert!(
                !hidden || left_out || *truth != Cell::Count(0),
                "zeros are shown"
            );
        }
    }
    let equations = equations(published);
    for spot in solved(&equations) {
        let (measure, found) = (measures[spot.1], truth[spot.0].cells[spot.1]);
        let harmless = matches!(measure.shape, Shape::Sum(..)) && !is_small(&found);
        let of = &shown[spot.0].key;
        prop_assert!(
            harmless,
            "{} of {of:?} can be worked out: {published:#?}",
            measure.name
        );
    }
    for (unknowns, sum) in equations {
        let signs: i64 = unknowns.values().sum();
        let of_sum = |(_, place): &Spot| matches!(measures[*place].shape, Shape::Sum(..));
        if signs == i64::try_from(unknowns.len()).unwrap() && !unknowns.keys().any(of_sum) {
            prop_assert!(sum > 4 && sum > signs, "{unknowns:?} add up to {sum}");
        }
    }
    Ok(())
}

fn is_small(cell: &Cell) -> bool {
    matches!(cell, Cell::Count(1..=4))
}

fn lines(table: &Table) -> Vec<Row> {
    table.rows.iter().chain([&table.total]).cloned().collect()
}

/// What adds up: the unknowns with their signs, and what they come to. Those without unknowns say nothing.
fn equations(table: &Table) -> Vec<(BTreeMap<Spot, i64>, i64)> {
    let (rows, measures) = (lines(table), table.kind.measures());
    let last = rows.len() - 1;
    let mut sums: Vec<(Vec<Spot>, Spot)> = Vec::new();
    for (place, measure) in measures.iter().enumerate() {
        if !matches!(measure.shape, Shape::Time(..)) {
            sums.push(((0..last).map(|row| (row, place)).collect(), (last, place)));
        }
        for row in 0..rows.len() {
            let parts: Vec<Spot> = match measure.shape {
                Shape::Whole => {
                    let is_part = |part: &usize| measures[*part].shape == Shape::Part(place);
                    (0..measures.len())
                        .filter(is_part)
                        .map(|part| (row, part))
                        .collect()
                }
                Shape::Sum(first, end) => (first..=end).map(|part| (row, part)).collect(),
                Shape::Part(_) | Shape::Alone | Shape::Time(..) => continue,
            };
            sums.push((parts, (row, place)));
        }
    }
    let equation = |(parts, whole): (Vec<Spot>, Spot)| {
        let (mut unknowns, mut sum) = (BTreeMap::new(), 0);
        let signed = parts.into_iter().map(|part| (part, 1)).chain([(whole, -1)]);
        for (spot, sign) in signed {
            match rows[spot.0].cells[spot.1].count() {
                Some(count) => sum -= sign * i64::try_from(count).unwrap(),
                None => drop(unknowns.insert(spot, sign)),
            }
        }
        (unknowns, sum)
    };
    let all = sums.into_iter().map(equation);
    all.filter(|(unknowns, _)| !unknowns.is_empty()).collect()
}

/// The unknowns that the equations leave one value: after elimination they stand alone.
fn solved(equations: &[(BTreeMap<Spot, i64>, i64)]) -> Vec<Spot> {
    let mut lines: Vec<BTreeMap<Spot, i64>> = Vec::new();
    for (unknowns, _) in equations {
        let mut line = unknowns.clone();
        for known in &lines {
            let (pivot, _) = known.first_key_value().unwrap();
            if let Some(factor) = line.get(pivot).copied() {
                subtract(&mut line, known, factor);
            }
        }
        let Some((pivot, lead)) = line.first_key_value().map(|(spot, lead)| (*spot, *lead)) else {
            continue;
        };
        let inverse = power(lead, PRIME - 2);
        for value in line.values_mut() {
            *value = (*value * inverse).rem_euclid(PRIME);
        }
        for known in &mut lines {
            if let Some(factor) = known.get(&pivot).copied() {
                subtract(known, &line, factor);
            }
        }
        lines.push(line);
    }
    let alone = lines.into_iter().filter(|line| line.len() == 1);
    alone
        .map(|line| *line.first_key_value().unwrap().0)
        .collect()
}

fn subtract(line: &mut BTreeMap<Spot, i64>, other: &BTreeMap<Spot, i64>, factor: i64) {
    for (spot, value) in other {
        let left = line.entry(*spot).or_default();
        *left = (*left - factor * value).rem_euclid(PRIME);
        if *left == 0 {
            line.remove(spot);
        }
    }
}

fn power(base: i64, mut exponent: i64) -> i64 {
    let (mut base, mut result) = (base.rem_euclid(PRIME), 1);
    while exponent > 0 {
        if exponent % 2 == 1 {
            result = result * base % PRIME;
        }
        base = base * base % PRIME;
        exponent /= 2;
    }
    result
}

#[test]
fn what_can_be_worked_out_is_found() {
    let line = |spots: &[(Spot, i64)]| (spots.iter().copied().collect(), 0);
    let (a, b, c) = ((0, 0), (0, 1), (1, 1));
    assert_eq!(solved(&[line(&[(a, 1), (b, 1)])]), []);
    assert_eq!(solved(&[line(&[(a, 1)])]), [a]);
    // Two equations together tell all three.
    let mut found = solved(&[
        line(&[(a, 1), (b, 1)]),
        line(&[(a, 1), (b, -1)]),
        line(&[(b, 1), (c, -1)]),
    ]);
    found.sort_unstable();
    assert_eq!(found, [a, b, c]);
}
