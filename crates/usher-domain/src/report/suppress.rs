//! What is hidden for publication: the numbers 1 to 4, and so many others that none of them can be worked out.
//!
//! A whole with its parts, over all rows and their total, is a table whose rows and columns add up. Take rows and columns as places and
//! hidden numbers as the ways between them. What can be worked out from the rest is then, for every block (ways that lie on
//! round trips with each other, or one way that lies on none), what the hidden numbers of a row or column in that block add up to.
//! So others are hidden, the smallest first and totals last, until no block is a single number, and until what adds up so is
//! more than 4, and more than as many as there are: zeros are never hidden, so that three that add up to three would be one each. A
//! number that stands by itself adds up in its column only: there any two are a block.
//!
//! Sums of some parts are left out where one of these is hidden, and times are hidden where fewer than five were counted.

use super::{Cell, Measure, ReportKind, Shape, Table};
use alloc::collections::BTreeSet;

/// Numbers from 1 to here are hidden.
const HIDDEN_MAX: u64 = 4;

/// Hides what must not be published.
pub(super) fn suppress(mut table: Table) -> Table {
    let measures = table.kind.measures();
    let mut found = Vec::new();
    for (place, measure) in measures.iter().enumerate() {
        let columns = match measure.shape {
            Shape::Whole => parts_of(table.kind, place).chain([place]).collect(),
            Shape::Alone => vec![place],
            Shape::Part(_) | Shape::Sum(..) | Shape::Time(..) => continue,
        };
        let numbers = lines(&table)
            .map(|cells| numbers(cells, &columns))
            .collect();
        let mut grid = Grid::new(numbers, measure.shape == Shape::Whole);
        grid.hide();
        found.push((columns, grid));
    }
    let before: Vec<Vec<Cell>> = lines(&table).map(<[Cell]>::to_vec).collect();
    for (columns, grid) in &found {
        for (cells, hidden) in lines_mut(&mut table).zip(&grid.hidden) {
            for (column, hidden) in columns.iter().zip(hidden) {
                if let (true, Some(cell)) = (hidden, cells.get_mut(*column)) {
                    *cell = Cell::Hidden;
                }
            }
        }
    }
    for (cells, before) in lines_mut(&mut table).zip(&before) {
        finish(cells, before, measures);
    }
    table
}

/// Leaves out sums of parts, and hides times, of one row that are not to be shown.
fn finish(cells: &mut [Cell], before: &[Cell], measures: &[Measure]) {
    for (place, measure) in measures.iter().enumerate() {
        let instead = match measure.shape {
            Shape::Sum(first, last) => {
                let parts = cells.get(first..=last).unwrap_or_default();
                parts.contains(&Cell::Hidden).then_some(Cell::Nothing)
            }
            Shape::Time(_, of) => {
                let few = (1..=HIDDEN_MAX).contains(&count(before, of));
                few.then_some(Cell::Hidden)
            }
            Shape::Whole | Shape::Part(_) | Shape::Alone => None,
        };
        if let (Some(instead), Some(cell)) = (instead, cells.get_mut(place)) {
            *cell = instead;
        }
    }
}

fn parts_of(kind: ReportKind, whole: usize) -> impl Iterator<Item = usize> {
    let measures = kind.measures().iter().enumerate();
    measures
        .filter(move |(_, one)| one.shape == Shape::Part(whole))
        .map(|(place, _)| place)
}

/// The rows, the total last.
fn lines(table: &Table) -> impl Iterator<Item = &[Cell]> {
    let rows = table.rows.iter().chain([&table.total]);
    rows.map(|row| row.cells.as_slice())
}

fn lines_mut(table: &mut Table) -> impl Iterator<Item = &mut [Cell]> {
    let rows = table.rows.iter_mut().chain([&mut table.total]);
    rows.map(|row| row.cells.as_mut_slice())
}

fn numbers(cells: &[Cell], columns: &[usize]) -> Vec<u64> {
    columns.iter().map(|column| count(cells, *column)).collect()
}

fn count(cells: &[Cell], place: usize) -> u64 {
    cells
        .get(place)
        .and_then(|cell| cell.count())
        .unwrap_or_default()
}

/// A row and a column.
type Spot = (usize, usize);

/// Numbers that add up down every column, and along every row where `rows_add_up`: the last row, and the last column, is the sum of the
/// others.
struct Grid {
    numbers: Vec<Vec<u64>>,
    hidden: Vec<Vec<bool>>,
    rows_add_up: bool,
}

impl Grid {
    fn new(numbers: Vec<Vec<u64>>, rows_add_up: bool) -> Self {
        let small = |number: &u64| (1..=HIDDEN_MAX).contains(number);
        let hidden = numbers
            .iter()
            .map(|row| row.iter().map(small).collect())
            .collect();
        Self {
            numbers,
            hidden,
            rows_add_up,
        }
    }

    /// Hides more until nothing hidden can be worked out. Ends: every round hides at least one more. A round looks at every row once,
    /// so that a thousand rows take few rounds.
    fn hide(&mut self) {
        loop {
            let blocks = self.blocks();
            let singles = blocks.iter().filter(|block| block.len() == 1).flatten();
            let mut changed = BTreeSet::new();
            for bridge in singles {
                if !changed.contains(&bridge.0) {
                    let spots = self.round_trip(*bridge);
                    changed.extend(spots.iter().map(|(row, _)| *row));
                    self.hide_all(&spots);
                }
            }
            if changed.is_empty() {
                let weak = blocks.iter().map(|block| self.weak(block));
                let Some(spots) = weak.into_iter().find(|spots| !spots.is_empty()) else {
                    return;
                };
                self.hide_all(&spots);
            }
        }
    }

    fn hide_all(&mut self, spots: &[Spot]) {
        for (row, column) in spots {
            self.hidden[*row][*column] = true;
        }
    }

    fn rows(&self) -> usize {
        self.numbers.len()
    }

    fn columns(&self) -> usize {
        self.numbers.first().map_or(0, Vec::len)
    }

    /// What hiding it costs: nothing where it is hidden; `None` for a zero, which is not hidden. Totals cost most.
    fn cost(&self, (row, column): Spot) -> Option<u128> {
        let number = *self.numbers.get(row)?.get(column)?;
        if number == 0 {
            return None;
        }
        if self.hidden[row][column] {
            return Some(0);
        }
        let totals = u32::from(row + 1 == self.rows())
            + u32::from(self.rows_add_up && column + 1 == self.columns());
        Some(u128::from(number) << (40 * totals))
    }

    /// The cheapest spots that make a round trip with `bridge`: its own row and column, and another of each. There are such: where it
    /// is not zero, neither are its totals.
    fn round_trip(&self, (row, column): Spot) -> Vec<Spot> {
        let mut best: Option<(u128, Vec<Spot>)> = None;
        for other_row in (0..self.rows()).filter(|other| *other != row) {
            let mut consider = |spots: Vec<Spot>| {
                let cost: Option<u128> = spots.iter().map(|spot| self.cost(*spot)).sum();
                let cheaper = |cost: &u128| best.as_ref().is_none_or(|(least, _)| cost < least);
                if let Some(cost) = cost.filter(cheaper) {
                    best = Some((cost, spots));
                }
            };
            if self.rows_add_up {
                for other in (0..self.columns()).filter(|other| *other != column) {
                    consider(vec![(row, other), (other_row, column), (other_row, other)]);
                }
            } else {
                consider(vec![(other_row, column)]);
            }
        }
        best.map_or_else(Vec::new, |(_, spots)| spots)
    }

    /// What to hide next where the numbers of a block in a row or column add up to too little: one more of each such row or column; where
    /// nothing of them is left to hide, one of what else the block touches, or of all.
    fn weak(&self, block: &[Spot]) -> Vec<Spot> {
        let (rows, columns) = (self.rows(), self.columns());
        let down = |column: usize| (0..rows).map(|row| (row, column)).collect::<Vec<Spot>>();
        let along = |row: usize| (0..columns).map(|column| (row, column)).collect();
        let touched = |place: fn(&Spot) -> usize| block.iter().map(place).collect::<BTreeSet<_>>();
        let downs = touched(|(_, column)| *column).into_iter().map(down);
        let alongs = touched(|(row, _)| *row)
            .into_iter()
            .filter(|_| self.rows_add_up);
        let lines: Vec<Vec<Spot>> = alongs.map(along).chain(downs).collect();
        let block: BTreeSet<Spot> = block.iter().copied().collect();
        let weak = lines.iter().filter(|line| self.is_weak(line, &block));
        let weak: Vec<&Vec<Spot>> = weak.collect();
        let one_of_each = weak.iter().filter_map(|line| self.cheapest(line.iter()));
        let spots: BTreeSet<Spot> = one_of_each.collect();
        if weak.is_empty() || !spots.is_empty() {
            return spots.into_iter().collect();
        }
        let all: Vec<Spot> = (0..rows).flat_map(along).collect();
        let near = self.cheapest(lines.iter().flatten());
        near.or_else(|| self.cheapest(all.iter()))
            .into_iter()
            .collect()
    }

    /// Whether what a block has of one row or column adds up to too little, and can be worked out: not where the total is among it.
    fn is_weak(&self, line: &[Spot], block: &BTreeSet<Spot>) -> bool {
        let own: Vec<&Spot> = line.iter().filter(|spot| block.contains(spot)).collect();
        let numbers = own.iter().map(|(row, column)| self.numbers[*row][*column]);
        let many = u64::try_from(own.len()).unwrap_or(u64::MAX);
        own.last().copied() != line.last() && numbers.sum::<u64>() <= HIDDEN_MAX.max(many)
    }

    fn cheapest<'s>(&self, spots: impl Iterator<Item = &'s Spot>) -> Option<Spot> {
        let shown = spots.filter(|(row, column)| !self.hidden[*row][*column]);
        let costs = shown.filter_map(|spot| Some((self.cost(*spot)?, *spot)));
        costs.min().map(|(_, spot)| spot)
    }

    /// The hidden numbers, by blocks.
    fn blocks(&self) -> Vec<Vec<Spot>> {
        let (rows, columns) = (self.rows(), self.columns());
        // Rows that do not add up tell nothing: they are one place.
        let row_place = |row: usize| if self.rows_add_up { row } else { 0 };
        let mut ways: Vec<Vec<(usize, Spot)>> = vec![Vec::new(); rows + columns];
        for (row, hidden) in self.hidden.iter().enumerate() {
            for (column, _) in hidden.iter().enumerate().filter(|(_, hidden)| **hidden) {
                let spot = (row, column);
                ways[row_place(row)].push((rows + column, spot));
                ways[rows + column].push((row_place(row), spot));
            }
        }
        let mut walk = Walk {
            seen: vec![0; ways.len()],
            earliest: vec![0; ways.len()],
            count: 0,
            passed: Vec::new(),
            blocks: Vec::new(),
        };
        for start in 0..ways.len() {
            walk.from(start, &ways);
        }
        walk.blocks
    }
}

/// A walk that goes deep first, and finds blocks: where nothing leads back past a place, what was passed since is one (Hopcroft and Tarjan).
struct Walk {
    /// When each place was reached, from 1; 0 where it was not.
    seen: Vec<usize>,
    /// The earliest place that can be reached again from there, without the way that led there.
    earliest: Vec<usize>,
    count: usize,
    /// Ways that belong to no block yet.
    passed: Vec<Spot>,
    blocks: Vec<Vec<Spot>>,
}

impl Walk {
    fn from(&mut self, start: usize, ways: &[Vec<(usize, Spot)>]) {
        if self.seen[start] != 0 {
            return;
        }
        // Each place with the way that led there, and how many of its ways have been looked at. Rows may be many: no recursion.
        let mut path: Vec<(usize, Option<Spot>, usize)> = Vec::new();
        self.reach(start);
        path.push((start, None, 0));
        while let Some((place, came_by, next)) = path.last_mut() {
            let (place, came_by) = (*place, *came_by);
            let way = ways[place].get(*next).copied();
            *next += 1;
            match way {
                Some((_, spot)) if Some(spot) == came_by => {}
                Some((to, spot)) if self.seen[to] == 0 => {
                    self.passed.push(spot);
                    self.reach(to);
                    path.push((to, Some(spot), 0));
                }
                Some((to, spot)) => {
                    if self.seen[to] < self.seen[place] {
                        self.passed.push(spot);
                    }
                    self.earliest[place] = self.earliest[place].min(self.seen[to]);
                }
                None => {
                    path.pop();
                    if let (Some((before, ..)), Some(spot)) = (path.last(), came_by) {
                        self.leave(place, *before, spot);
                    }
                }
            }
        }
    }

    fn reach(&mut self, place: usize) {
        self.count += 1;
        self.seen[place] = self.count;
        self.earliest[place] = self.count;
    }

    /// Goes back from `place` to `before`, by the way that led there.
    fn leave(&mut self, place: usize, before: usize, spot: Spot) {
        self.earliest[before] = self.earliest[before].min(self.earliest[place]);
        if self.earliest[place] >= self.seen[before]
            && let Some(first) = self.passed.iter().rposition(|passed| *passed == spot)
        {
            self.blocks.push(self.passed.split_off(first));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows of parts; the totals come by themselves. A dot is what is hidden.
    fn check(rows: &[&[u64]], expected: &str) {
        let mut numbers: Vec<Vec<u64>> = rows.iter().map(|row| with_sum(row)).collect();
        let columns = numbers.first().map_or(0, Vec::len);
        let sum = |column: usize| numbers.iter().map(|row| row[column]).sum();
        let total = (0..columns).map(sum).collect();
        numbers.push(total);
        let mut grid = Grid::new(numbers, true);
        grid.hide();
        assert_eq!(picture(&grid), expected, "{rows:?}");
    }

    fn alone(column: &[u64], expected: &str) {
        let total = column.iter().sum();
        let numbers = column.iter().chain([&total]).map(|number| vec![*number]);
        let mut grid = Grid::new(numbers.collect(), false);
        grid.hide();
        assert_eq!(picture(&grid), expected, "{column:?}");
    }

    fn with_sum(row: &[u64]) -> Vec<u64> {
        row.iter().copied().chain([row.iter().sum()]).collect()
    }

    fn picture(grid: &Grid) -> String {
        let cell = |(number, hidden): (&u64, &bool)| {
            if *hidden {
                ".".into()
            } else {
                number.to_string()
            }
        };
        let row = |(numbers, hidden): (&Vec<u64>, &Vec<bool>)| {
            let cells: Vec<String> = numbers.iter().zip(hidden).map(cell).collect();
            cells.join(" ")
        };
        let rows: Vec<String> = grid.numbers.iter().zip(&grid.hidden).map(row).collect();
        rows.join(", ")
    }

    #[test]
    #[rustfmt::skip] // a row a line
    fn small_numbers_are_hidden_and_what_would_tell_them() {
        check(&[&[0, 5], &[7, 9]], "0 5 5, 7 9 16, 7 14 21");
        check(&[&[10, 20], &[30, 40]], "10 20 30, 30 40 70, 40 60 100");
        // The smallest other row and part go with it.
        check(&[&[3, 20, 9], &[30, 40, 8], &[50, 60, 70]], ". 20 . 32, . 40 . 78, 50 60 70 180, 83 120 87 290");
        // Four that hide each other already.
        check(&[&[3, 4, 9], &[4, 3, 8]], ". . 9 16, . . 8 15, 7 7 17 31");
        // Two in a row that add up to too little.
        check(&[&[1, 1, 50], &[9, 9, 9]], ". . . 52, . . . 27, 10 10 59 79");
        // Where everything else is nothing, totals go.
        check(&[&[3, 0], &[0, 9]], ". 0 ., 0 9 9, . 9 .");
        check(&[&[2, 8]], ". . 10, . . 10");
        check(&[], "");
    }

    #[test]
    #[rustfmt::skip] // a row a line
    fn a_number_by_itself_is_hidden_with_another() {
        alone(&[9, 8], "9, 8, 17");
        alone(&[3, 9, 8, 0], "., 9, ., 0, 20");
        alone(&[1, 1, 30], "., ., ., 32");
        alone(&[3], "., .");
        alone(&[0], "0, 0");
        // Five of one each would be told by their sum.
        alone(&[1, 1, 1, 1, 1, 9], "., ., ., ., ., ., 14");
    }
}
