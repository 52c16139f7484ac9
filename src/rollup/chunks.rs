//! A list that grows without moving its items and frees memory while it is drained.

/// Bytes of one piece: a size that allocators hand out without waste.
const BYTES: usize = 1 << 17;

#[derive(Debug)]
pub struct Chunks<T> {
    pieces: Vec<Vec<T>>,
}

impl<T> Default for Chunks<T> {
    fn default() -> Chunks<T> {
        Chunks { pieces: Vec::new() }
    }
}

impl<T> Chunks<T> {
    /// Items of one piece.
    const PIECE: usize = BYTES / size_of::<T>();

    /// Returns the item's number.
    pub fn push(&mut self, item: T) -> u32 {
        let number = self.len() as u32;
        match self.pieces.last_mut().filter(|piece| piece.len() < Self::PIECE) {
            Some(piece) => piece.push(item),
            None => {
                let mut piece = Vec::with_capacity(Self::PIECE);
                piece.push(item);
                self.pieces.push(piece);
            }
        }
        number
    }

    pub fn len(&self) -> usize {
        let whole = self.pieces.len().saturating_sub(1) * Self::PIECE;
        whole + self.pieces.last().map_or(0, Vec::len)
    }

    pub fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    #[inline]
    pub fn get(&self, number: usize) -> Option<&T> {
        self.pieces.get(number / Self::PIECE)?.get(number % Self::PIECE)
    }

    /// # Panics
    /// Without an item of that number.
    #[inline]
    pub fn at_mut(&mut self, number: usize) -> &mut T {
        &mut self.pieces[number / Self::PIECE][number % Self::PIECE]
    }

    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.pieces.iter().flatten()
    }

    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.pieces.iter_mut().flatten()
    }

    /// Drops the items that `keep` rejects, in place and in order.
    pub fn retain(&mut self, keep: impl Fn(&T) -> bool) {
        let mut kept = 0;
        for n in 0..self.len() {
            if self.get(n).is_some_and(&keep) {
                self.swap(n, kept);
                kept += 1;
            }
        }
        self.pieces.truncate(kept.div_ceil(Self::PIECE));
        if let Some(last) = self.pieces.last_mut() {
            last.truncate(kept - (kept - 1) / Self::PIECE * Self::PIECE);
        }
    }

    /// Moves item `order[n]` to position `n`. Each number must be in `order` once.
    pub fn arrange(&mut self, mut order: Vec<u32>) {
        for start in 0..order.len() {
            let mut at = start;
            loop {
                let from = order[at] as usize;
                order[at] = at as u32;
                if from == start {
                    break;
                }
                self.swap(at, from);
                at = from;
            }
        }
    }

    fn swap(&mut self, a: usize, b: usize) {
        let (low, high) = (a.min(b), a.max(b));
        let (low_piece, high_piece) = (low / Self::PIECE, high / Self::PIECE);
        if low_piece == high_piece {
            self.pieces[low_piece].swap(low % Self::PIECE, high % Self::PIECE);
        } else {
            let (before, after) = self.pieces.split_at_mut(high_piece);
            std::mem::swap(
                &mut before[low_piece][low % Self::PIECE],
                &mut after[0][high % Self::PIECE],
            );
        }
    }
}

impl<T> FromIterator<T> for Chunks<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Chunks<T> {
        let mut chunks = Chunks::default();
        items.into_iter().for_each(|item| _ = chunks.push(item));
        chunks
    }
}

impl<T> IntoIterator for Chunks<T> {
    type Item = T;
    type IntoIter = std::iter::Flatten<std::vec::IntoIter<Vec<T>>>;

    fn into_iter(self) -> Self::IntoIter {
        self.pieces.into_iter().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PIECE: u32 = Chunks::<u32>::PIECE as u32;

    fn chunks(items: impl Iterator<Item = u32>) -> Chunks<u32> {
        let mut chunks = Chunks::default();
        items.enumerate().for_each(|(n, item)| assert_eq!(chunks.push(item), n as u32));
        chunks
    }

    #[test]
    fn items_keep_their_numbers() {
        let mut many = chunks(0..100_000);
        assert_eq!(
            (many.len(), many.get(99_999), many.get(100_000)),
            (100_000, Some(&99_999), None)
        );
        many.iter_mut().for_each(|item| *item += 1);
        assert!(many.iter().copied().eq(1..=100_000));
        assert!(many.into_iter().eq(1..=100_000));
        assert!(chunks(0..0).is_empty());
    }

    #[test]
    fn retain_keeps_the_order() {
        for below in [0, 1, PIECE, PIECE + 1, 100_000] {
            let mut many = chunks(0..100_000);
            many.retain(|item| *item % 100_000 < below);
            assert!(many.iter().copied().eq(0..below), "{below}");
            assert_eq!(many.len(), below as usize);
        }
        let mut odd = chunks(0..100_000);
        odd.retain(|item| item % 2 == 1);
        assert!(odd.iter().copied().eq((0..50_000).map(|n| 2 * n + 1)));
    }

    #[test]
    fn arrange_moves_each_item_to_its_position() {
        let mut many = chunks((0..100_000).map(|n| n * 7 % 100_000));
        let mut order: Vec<u32> = (0..100_000).collect();
        order.sort_by_key(|n| n * 7 % 100_000);
        many.arrange(order);
        assert!(many.iter().copied().eq(0..100_000));
    }
}
