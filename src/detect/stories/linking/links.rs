//! Which findings are linked. Findings are looked up by what they share, and those that share it are walked in the order
//! of time: nobody can make the work grow with the square of the findings.

use std::collections::HashMap;

use super::Traits;
use crate::clock::DAY;
use crate::detect::text::short_name;

/// Sets of findings that belong together, by the lowest number of each.
pub struct Joined(Vec<usize>);

impl Joined {
    pub fn new(findings: usize) -> Joined {
        Joined((0..findings).collect())
    }

    pub fn find(&mut self, mut n: usize) -> usize {
        while self.0[n] != n {
            self.0[n] = self.0[self.0[n]];
            n = self.0[n];
        }
        n
    }

    pub fn join(&mut self, a: usize, b: usize) {
        let (x, y) = (self.find(a), self.find(b));
        self.0[x.max(y)] = x.min(y);
    }
}

/// Joins the findings that are linked:
/// - within a day in one network, by one principal or by credentials of one root
/// - within a day by credentials of one root, from networks that are unfamiliar to each
/// - within a day in a network that is unfamiliar to the earlier in the list, if the other knows an unfamiliar network
///   too: one attacker's network, whoever the credentials belong to
/// - one made the identity or key of the other, and not after the other was last seen
pub fn links(nodes: &[Traits<'_>], joined: &mut Joined) {
    let mut shared: HashMap<Shared<'_>, Vec<usize>> = HashMap::new();
    let mut networks: HashMap<&str, Network> = HashMap::new();
    let mut made: HashMap<&str, Made> = HashMap::new();
    for (n, node) in nodes.iter().enumerate() {
        let abroad = !node.unfamiliar.is_empty();
        let mut add = |key| shared.entry(key).or_default().push(n);
        for network in &node.networks {
            if !node.principal.is_empty() {
                add(Shared::Principal(node.principal, network));
            }
            if !node.root.is_empty() {
                add(Shared::RootIn(&node.root, network));
            }
            if node.unfamiliar.contains(network) {
                networks.entry(network).or_default().unfamiliar.push(n);
            } else if abroad {
                networks.entry(network).or_default().known.push(n);
            }
        }
        if abroad && !node.root.is_empty() {
            add(Shared::Root(&node.root));
        }
        for name in &node.makes {
            made.entry(name).or_default().makers.push(n);
        }
    }
    for (n, node) in nodes.iter().enumerate() {
        for name in [short_name(node.principal), node.key] {
            if let Some(made) = made.get_mut(name) {
                made.users.push(n);
            }
        }
    }
    shared.into_values().for_each(|numbers| near(nodes, numbers, joined));
    networks.into_values().for_each(|network| network.join(nodes, joined));
    made.into_values().for_each(|made| made.join(nodes, joined));
}

#[derive(PartialEq, Eq, Hash)]
enum Shared<'a> {
    /// A principal and a network.
    Principal(&'a str, &'a str),
    /// The start of the credentials' chain and a network.
    RootIn(&'a str, &'a str),
    Root(&'a str),
}

fn is_near(a: &Traits<'_>, b: &Traits<'_>) -> bool {
    a.first <= b.last + DAY && b.first <= a.last + DAY
}

/// Joins those that are within a day of each other.
fn near(nodes: &[Traits<'_>], mut numbers: Vec<usize>, joined: &mut Joined) {
    numbers.sort_by_key(|n| nodes[*n].first);
    // The one among those before that was seen last.
    let mut latest: Option<usize> = None;
    for n in numbers {
        if let Some(before) = latest.filter(|before| is_near(&nodes[*before], &nodes[n])) {
            joined.join(before, n);
        }
        if latest.is_none_or(|before| nodes[before].last < nodes[n].last) {
            latest = Some(n);
        }
    }
}

/// The findings of one network.
#[derive(Default)]
struct Network {
    /// Those to whose principals it is unfamiliar.
    unfamiliar: Vec<usize>,
    /// Those whose principals know it, but have another that is unfamiliar.
    known: Vec<usize>,
}

impl Network {
    fn join(self, nodes: &[Traits<'_>], joined: &mut Joined) {
        for b in self.known {
            let earlier = self.unfamiliar.iter().take_while(|a| **a < b);
            earlier.filter(|a| is_near(&nodes[**a], &nodes[b])).for_each(|a| joined.join(*a, b));
        }
        near(nodes, self.unfamiliar, joined);
    }
}

/// Who made an identity or key, and who used it.
#[derive(Default)]
struct Made {
    makers: Vec<usize>,
    users: Vec<usize>,
}

impl Made {
    /// A user is linked to each maker that was first seen when the user was last seen or before. So the user that was
    /// seen last is linked to all those makers that have a user, and the maker that was seen first to all users that
    /// have a maker.
    fn join(self, nodes: &[Traits<'_>], joined: &mut Joined) {
        let first = self.makers.iter().copied().min_by_key(|n| nodes[*n].first);
        let last = self.users.iter().copied().max_by_key(|n| nodes[*n].last);
        let (Some(first), Some(last)) = (first, last) else { return };
        let is_after = |user: usize, maker: usize| nodes[user].last >= nodes[maker].first;
        self.users.into_iter().filter(|n| is_after(*n, first)).for_each(|n| joined.join(first, n));
        self.makers.into_iter().filter(|n| is_after(last, *n)).for_each(|n| joined.join(last, n));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn is_linked(a: &Traits<'_>, b: &Traits<'_>) -> bool {
        let shares = |x: &BTreeSet<&str>, y: &BTreeSet<&str>| x.intersection(y).next().is_some();
        let same = !a.principal.is_empty() && a.principal == b.principal;
        let of_one_root = !a.root.is_empty() && a.root == b.root;
        let abroad = !a.unfamiliar.is_empty() && !b.unfamiliar.is_empty();
        let made = |x: &Traits<'_>, y: &Traits<'_>| {
            let known = x.makes.contains(short_name(y.principal)) || x.makes.contains(y.key);
            known && y.last >= x.first
        };
        let close = (shares(&a.networks, &b.networks) && (same || of_one_root))
            || (of_one_root && abroad)
            || (shares(&a.unfamiliar, &b.networks) && abroad);
        (close && is_near(a, b)) || made(a, b) || made(b, a)
    }

    fn sets(mut joined: Joined, nodes: usize) -> Vec<usize> {
        (0..nodes).map(|n| joined.find(n)).collect()
    }

    #[test]
    fn findings_are_linked_as_a_look_at_each_pair_would_link_them() {
        let names = ["", "arn:aws:iam::1:user/a", "arn:aws:iam::1:user/b", "arn:aws:iam::1:user/c"];
        let of = ["192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/64"];
        let mut several = 0;
        for seed in 0..400 {
            let mut rng = fastrand::Rng::with_seed(seed);
            let nodes: Vec<Traits<'_>> = (0..rng.usize(2..14))
                .map(|_| {
                    let first = rng.i64(0..12) * DAY;
                    let networks: BTreeSet<&str> =
                        (0..rng.usize(0..3)).map(|_| of[rng.usize(0..of.len())]).collect();
                    Traits {
                        principal: names[rng.usize(0..names.len())],
                        key: ["", "AKIAA", "AKIAB"][rng.usize(0..3)],
                        root: ["", "", "x", "y"][rng.usize(0..4)].to_string(),
                        unfamiliar: networks
                            .iter()
                            .copied()
                            .filter(|_| rng.u8(0..3) == 0)
                            .collect(),
                        networks,
                        makes: ["a", "b", "AKIAA"]
                            .into_iter()
                            .filter(|_| rng.u8(0..8) == 0)
                            .collect(),
                        first,
                        last: first + rng.i64(0..3) * DAY,
                    }
                })
                .collect();
            let mut pairs = Joined::new(nodes.len());
            for (b, y) in nodes.iter().enumerate() {
                for (a, _) in nodes[..b].iter().enumerate().filter(|(_, x)| is_linked(x, y)) {
                    pairs.join(a, b);
                }
            }
            let mut found = Joined::new(nodes.len());
            links(&nodes, &mut found);
            let (found, expected) = (sets(found, nodes.len()), sets(pairs, nodes.len()));
            assert_eq!(found, expected, "seed {seed}");
            several += usize::from(BTreeSet::from_iter(found).len() > 1);
        }
        assert!(several > 100, "most accounts are one story: {several}");
    }
}
