//! Pages: asks on until so many items are there or the list ends.

use super::failure::Failure;
use clap::Args;
use std::future::Future;

/// How much of a list.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct PageArgs {
    /// At most so many items
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    limit: u32,
    /// Go on where the list before ended, with the same filter
    #[arg(
        long,
        value_name = "TOKEN",
        default_value = "",
        hide_default_value = true
    )]
    page_token: String,
}

impl PageArgs {
    /// All that there is.
    pub(super) fn all() -> Self {
        Self {
            limit: u32::MAX,
            page_token: String::new(),
        }
    }
}

/// Asks `fetch(page size, page token)` for pages until there are enough. Returns the items and the token to go on with.
///
/// # Errors
/// When a page cannot be had.
pub(super) async fn collect<T, F>(
    args: &PageArgs,
    mut fetch: impl FnMut(i32, String) -> F,
) -> Result<(Vec<T>, String), Failure>
where
    F: Future<Output = Result<(Vec<T>, String), Failure>>,
{
    let limit = usize::try_from(args.limit).unwrap_or(usize::MAX);
    let mut items = Vec::new();
    let mut token = args.page_token.clone();
    loop {
        let left = i32::try_from(limit - items.len()).unwrap_or(i32::MAX);
        let (page, next) = fetch(left, token).await?;
        items.extend(page.into_iter().take(limit - items.len()));
        token = next;
        if token.is_empty() || items.len() >= limit {
            return Ok((items, token));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A list of 0..10 in pages of at most 3, every second one empty.
    async fn fetch(size: i32, token: String) -> Result<(Vec<u32>, String), Failure> {
        let (start, empty) = match token.split_once('e') {
            Some((start, _)) => (start.parse().unwrap(), false),
            None => (token.parse().unwrap_or(0), !token.is_empty()),
        };
        if empty {
            return Ok((Vec::new(), format!("{start}e")));
        }
        let end: u32 = (start + u32::try_from(size).unwrap().min(3)).min(10);
        let next = if end == 10 {
            String::new()
        } else {
            end.to_string()
        };
        Ok(((start..end).collect(), next))
    }

    #[tokio::test]
    async fn short_and_empty_pages_do_not_end_a_list() {
        let check = async |limit, count, last: &str| {
            let args = PageArgs {
                limit,
                page_token: String::new(),
            };
            let (items, token) = collect(&args, fetch).await.unwrap();
            assert_eq!(items, (0..count).collect::<Vec<u32>>());
            assert_eq!(token, last);
        };
        check(100, 10, "").await;
        check(4, 4, "4").await;
        check(3, 3, "3").await;
        check(10, 10, "").await;
    }
}
