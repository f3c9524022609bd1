//! Questions that need not wait for each other's answers.

use std::cell::Cell;

use futures_util::stream::{self, StreamExt as _};

/// How many at once. A log that answers once a second takes what comes within it; a release has some three statements, and
/// what is more than this shares an address with others before a service that counts.
pub(super) const AT_ONCE: usize = 8;

/// Does `work` on all, in their order, [`AT_ONCE`] at a time. After one has failed no other begins; those that have begun
/// end, for what they leave behind is to be known.
///
/// # Errors
/// The first in the order of `items`, whichever came first.
pub(super) async fn side_by_side<T, R, E, F>(items: Vec<T>, work: impl Fn(T) -> F) -> Result<Vec<R>, E>
where
    F: Future<Output = Result<R, E>>,
{
    let failed = &Cell::new(false);
    let begun = items.into_iter().map(|item| {
        let work = work(item);
        async move {
            if failed.get() {
                return None;
            }
            let done = work.await;
            failed.set(failed.get() || done.is_err());
            Some(done)
        }
    });
    let done: Vec<Option<Result<R, E>>> = stream::iter(begun).buffered(AT_ONCE).collect().await;
    done.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::time::Duration;

    use super::*;

    /// What came of it, and in which order they began and ended.
    fn done(items: &[(u64, bool)]) -> (Result<Vec<usize>, usize>, Vec<usize>, Vec<usize>) {
        let (begun, ended) = (RefCell::new(Vec::new()), RefCell::new(Vec::new()));
        let work = |(at, (wait, fails)): (usize, (u64, bool))| {
            let (begun, ended) = (&begun, &ended);
            async move {
                begun.borrow_mut().push(at);
                tokio::time::sleep(Duration::from_secs(wait)).await;
                ended.borrow_mut().push(at);
                if fails { Err(at) } else { Ok(at) }
            }
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        let items = items.iter().copied().enumerate().collect();
        let result = runtime.unwrap().block_on(side_by_side(items, work));
        (result, begun.into_inner(), ended.into_inner())
    }

    #[test]
    fn what_ends_in_another_order_is_given_in_this() {
        let (result, begun, ended) = done(&[(3, false), (1, false), (2, false)]);
        assert_eq!((result, begun, ended), (Ok(vec![0, 1, 2]), vec![0, 1, 2], vec![1, 2, 0]));
    }

    #[test]
    fn no_more_than_some_at_once() {
        let (result, begun, ended) = done(&[(1, false); 20]);
        assert_eq!(result, Ok((0..20).collect()));
        assert_eq!((begun.len(), ended.len()), (20, 20));
        // The first ones take their time, and all others wait for them.
        let mut slow = [(1, false); 20];
        slow[..AT_ONCE].fill((9, true));
        assert_eq!(done(&slow).1.len(), AT_ONCE);
    }

    #[test]
    fn after_a_failure_none_begins_and_those_that_have_begun_end() {
        let mut items = [(3, false); 20];
        items[5] = (2, true);
        items[7] = (1, true);
        items[6] = (9, false);
        let (result, begun, ended) = done(&items);
        // Both failed by then: the first in order is told.
        assert_eq!(result, Err(5));
        assert_eq!((begun.len(), ended.len()), (AT_ONCE, AT_ONCE));
        assert_eq!(ended.last(), Some(&6));
    }
}
