//! Who waits in a domain, in order of their places. Holds no rule.

use std::collections::BTreeMap;

use super::domain::Ticket;
use super::{AcquireeId, Chance};

/// Up to so many have the same chance to be drawn; past it the draw is of a place, not of a person.
const DRAWN_BY_COUNT_MAX: usize = 64;

/// Acquirees by their tickets. Everything takes logarithmic time.
#[derive(Debug, Clone)]
pub(super) enum Queue {
    /// One at most: many domains have one worker, and would pay for a tree.
    Few(Option<(Ticket, AcquireeId)>),
    /// Any number.
    Many(BTreeMap<Ticket, AcquireeId>),
}

impl Default for Queue {
    fn default() -> Self {
        Self::Few(None)
    }
}

impl Queue {
    pub(super) fn insert(&mut self, ticket: Ticket, acquiree: AcquireeId) {
        match self {
            Self::Few(place @ None) => *place = Some((ticket, acquiree)),
            Self::Few(Some(other)) => {
                assert!(other.0 != ticket, "a ticket is given once");
                *self = Self::Many(BTreeMap::from([*other, (ticket, acquiree)]));
            }
            Self::Many(all) => {
                let before = all.insert(ticket, acquiree);
                assert!(before.is_none(), "a ticket is given once");
            }
        }
    }

    /// Whether that ticket's acquiree was here.
    pub(super) fn remove(&mut self, ticket: Ticket) -> bool {
        match self {
            Self::Few(place) => place.take_if(|(held, _)| *held == ticket).is_some(),
            Self::Many(all) => {
                let was_here = all.remove(&ticket).is_some();
                self.shrink();
                was_here
            }
        }
    }

    pub(super) fn take_first(&mut self) -> Option<(Ticket, AcquireeId)> {
        match self {
            Self::Few(place) => place.take(),
            Self::Many(all) => {
                let first = all.pop_first();
                self.shrink();
                first
            }
        }
    }

    /// Takes any one. Of a great many, who stands behind a gap is likelier to be drawn: finding the n-th would
    /// take a walk past all before.
    pub(super) fn take_any(&mut self, chance: &mut impl Chance) -> Option<(Ticket, AcquireeId)> {
        match self {
            Self::Few(place) => place.take(),
            Self::Many(all) => {
                let (first, last) = (*all.keys().next()?, *all.keys().next_back()?);
                let ticket = if all.len() <= DRAWN_BY_COUNT_MAX {
                    *all.keys().nth(chance.below(all.len()))?
                } else {
                    let from = first + chance.below((last - first + 1) as usize) as Ticket;
                    *all.range(from..).next()?.0
                };
                let taken = all.remove_entry(&ticket);
                self.shrink();
                taken
            }
        }
    }

    pub(super) fn first(&self) -> Option<(Ticket, AcquireeId)> {
        self.iter().next()
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Self::Few(place) => usize::from(place.is_some()),
            Self::Many(all) => all.len(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Everybody, in order of tickets.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Ticket, AcquireeId)> {
        let (few, many) = match self {
            Self::Few(place) => (*place, None),
            Self::Many(all) => (None, Some(all)),
        };
        few.into_iter().chain(many.into_iter().flatten().map(|(ticket, acquiree)| (*ticket, *acquiree)))
    }

    /// A tree without anybody is given up, so that equal queues look equal.
    fn shrink(&mut self) {
        if self.is_empty() {
            *self = Self::default();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::FirstChoice;
    use super::*;

    /// Draws what it is told, as far as the bound allows.
    struct Draws(Vec<usize>);

    impl Chance for Draws {
        fn below(&mut self, bound: usize) -> usize {
            self.0.pop().unwrap_or(0).min(bound - 1)
        }
    }

    fn queue(tickets: impl IntoIterator<Item = Ticket>) -> Queue {
        let mut queue = Queue::default();
        tickets.into_iter().for_each(|ticket| queue.insert(ticket, AcquireeId(ticket + 1_000)));
        queue
    }

    fn tickets(queue: &Queue) -> Vec<Ticket> {
        queue.iter().map(|(ticket, _)| ticket).collect()
    }

    #[test]
    fn everybody_has_the_place_of_their_ticket_whenever_they_came() {
        let mut all = queue([3, 1, 2]);
        assert_eq!(tickets(&all), [1, 2, 3]);
        assert!(all.remove(2) && !all.remove(2));
        assert_eq!(all.take_first(), Some((1, AcquireeId(1_001))));
        assert_eq!((all.len(), all.first()), (1, Some((3, AcquireeId(1_003)))));
        assert!(all.remove(3) && all.is_empty());
        assert_eq!((all.take_first(), all.take_any(&mut FirstChoice)), (None, None));
    }

    #[test]
    fn anybody_can_be_drawn_of_few_and_of_many_with_gaps() {
        for length in [1, 3, DRAWN_BY_COUNT_MAX as Ticket, 500] {
            let places: Vec<Ticket> = (0..length).map(|place| place * 3 + 5).collect();
            for (place, ticket) in places.iter().enumerate() {
                let draw = if places.len() > DRAWN_BY_COUNT_MAX { place * 3 } else { place };
                let mut all = queue(places.iter().copied());
                let drawn = all.take_any(&mut Draws(vec![draw]));
                assert_eq!(drawn, Some((*ticket, AcquireeId(ticket + 1_000))));
                assert_eq!(all.len(), places.len() - 1);
            }
        }
    }
}
