//! Parts of which one version may have more than another.

use std::cmp::Ordering;

/// A part that versions are made of.
pub(super) trait Part: Ord {
    /// What counts where a version has no more parts.
    const LACKING: Self;
}

/// Parts, compared one by one, as if the shorter of two went on with [`Part::LACKING`].
#[derive(Debug, Clone)]
pub(super) struct Padded<P>(pub(super) Vec<P>);

impl<P: Part> Ord for Padded<P> {
    fn cmp(&self, other: &Self) -> Ordering {
        let lacking = P::LACKING;
        fn at<'p, P>(key: &'p Padded<P>, n: usize, lacking: &'p P) -> &'p P {
            key.0.get(n).unwrap_or(lacking)
        }
        (0..self.0.len().max(other.0.len()))
            .map(|n| at(self, n, &lacking).cmp(at(other, n, &lacking)))
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal)
    }
}

impl<P: Part> PartialOrd for Padded<P> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<P: Part> PartialEq for Padded<P> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl<P: Part> Eq for Padded<P> {}
