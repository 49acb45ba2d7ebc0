//! Where elements of an answer lie in what was asked.

use std::borrow::Borrow;
use std::cell::{Cell, OnceCell};
use std::collections::HashMap;
use std::hash::Hash;

/// Lists that are not longer than this are searched.
const SEARCHED_MAX: usize = 8;

/// The places of one list's items, which an answer names one after the other: mostly in the order of the list, and
/// otherwise by a map that is made once.
///
/// SECURITY: a list is as long as a peer makes it, so it is never searched for each of its items.
#[derive(Debug)]
pub struct Places<K> {
    /// Where the next item is looked for first.
    next: Cell<usize>,
    by_key: OnceCell<HashMap<K, usize>>,
}

impl<K> Default for Places<K> {
    fn default() -> Self {
        Self {
            next: Cell::default(),
            by_key: OnceCell::new(),
        }
    }
}

impl<K: Clone + Eq + Hash> Places<K> {
    /// The place of the item with this key. The list must be the same every time.
    pub fn find<T, Q>(&self, items: &[T], key_of: impl Fn(&T) -> &K, key: &Q) -> Option<usize>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        let is = |item: &T| key_of(item).borrow() == key;
        let next = self.next.get();
        let place = if items.get(next).is_some_and(is) {
            next
        } else if items.len() <= SEARCHED_MAX {
            items.iter().position(is)?
        } else {
            *self.by_key(items, key_of).get(key)?
        };
        self.next.set(place + 1);
        Some(place)
    }

    fn by_key<T>(&self, items: &[T], key_of: impl Fn(&T) -> &K) -> &HashMap<K, usize> {
        self.by_key.get_or_init(|| {
            let mut places = HashMap::with_capacity(items.len());
            for (place, item) in items.iter().enumerate() {
                places.entry(key_of(item).clone()).or_insert(place);
            }
            places
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn what_is_asked_for_in_any_order_is_found_where_it_lies() {
        for length in [0, 1, SEARCHED_MAX, SEARCHED_MAX + 1, 50] {
            let names: Vec<Arc<str>> = (0..length).map(|it| it.to_string().into()).collect();
            let places = Places::<Arc<str>>::default();
            let find = |name: &str| places.find(&names, |it| it, name);
            let forwards: Vec<usize> = (0..length).collect();
            let backwards: Vec<usize> = (0..length).rev().collect();
            let same: Vec<usize> = forwards.iter().map(|it| it / 2).collect();
            for order in [forwards, backwards, same] {
                for place in order {
                    assert_eq!(find(&place.to_string()), Some(place));
                    assert_eq!(find("none"), None);
                }
            }
        }
    }
}
