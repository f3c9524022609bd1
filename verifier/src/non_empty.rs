//! A list that cannot be empty, wherever a loop over it proves something.

/// At least one `T`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NonEmpty<T> {
    first: T,
    rest: Vec<T>,
}

impl<T> NonEmpty<T> {
    /// One element.
    pub const fn one(first: T) -> Self {
        Self { first, rest: Vec::new() }
    }

    /// The elements of `list`, if there are any.
    pub fn from_vec(mut list: Vec<T>) -> Option<Self> {
        if list.is_empty() {
            return None;
        }
        let rest = list.split_off(1);
        list.pop().map(|first| Self { first, rest })
    }

    /// Adds one at the end.
    pub fn push(&mut self, element: T) {
        self.rest.push(element);
    }

    /// The first element.
    pub const fn first(&self) -> &T {
        &self.first
    }

    /// All elements in order.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        std::iter::once(&self.first).chain(&self.rest)
    }

    /// The same with `f` applied to each.
    pub fn map<U>(self, mut f: impl FnMut(T) -> U) -> NonEmpty<U> {
        NonEmpty { first: f(self.first), rest: self.rest.into_iter().map(f).collect() }
    }

    /// All elements in order.
    pub fn into_vec(self) -> Vec<T> {
        let mut list = vec![self.first];
        list.extend(self.rest);
        list
    }
}

impl<T> Extend<T> for NonEmpty<T> {
    fn extend<I: IntoIterator<Item = T>>(&mut self, elements: I) {
        self.rest.extend(elements);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_is_kept_and_empty_is_none() {
        assert_eq!(NonEmpty::<u8>::from_vec(Vec::new()), None);
        let mut list = NonEmpty::from_vec(vec![1, 2]).unwrap();
        list.push(3);
        assert_eq!(list.iter().copied().collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!(list.into_vec(), [1, 2, 3]);
    }
}
