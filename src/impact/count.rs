//! Adds up objects, records and people by jurisdiction and kind of data.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::glance::{Person, Row, Tally};
use super::names::{NONE, Name, Names};

/// A person, or a group whose size is known.
#[derive(Debug)]
struct Entity {
    /// Source of ids, and the id; none for people without an id.
    id: Option<(Name, Box<str>)>,
    /// Its size is by jurisdiction; a person is one person, wherever that may be.
    group: bool,
    /// Jurisdiction, kind, people.
    facets: Vec<(Name, Name, u64)>,
}

/// One row of a table.
#[derive(Debug, Clone, Copy, Default)]
struct Part {
    objects: u64,
    records: u64,
    persons: u64,
}

/// The three tables.
#[derive(Debug, Default)]
struct Tables {
    /// By jurisdiction and kind.
    cells: BTreeMap<(Name, Name), Part>,
    jurisdictions: BTreeMap<Name, Part>,
    kinds: BTreeMap<Name, Part>,
}

/// What was added so far.
#[derive(Debug, Default)]
pub struct Counter {
    pub jurisdictions: Names,
    pub kinds: Names,
    sources: Names,
    entities: Vec<Entity>,
    by_id: Vec<HashMap<Box<str>, u32>>,
    /// Object, jurisdiction, kind.
    touched: Vec<(u32, Name, Name)>,
    /// Entity, object.
    held: Vec<(u32, u32)>,
    tables: Tables,
    records: Option<u64>,
}

/// Everything that was added, in tables.
#[derive(Debug, Default)]
pub struct Counted {
    pub total: Tally,
    pub rows: Vec<Row>,
    pub jurisdictions: Vec<Row>,
    pub kinds: Vec<Row>,
    /// People with an id.
    pub named: u64,
    /// People of groups and of fixed numbers: some may be counted more than once.
    pub unnamed: u64,
    /// In more than one jurisdiction: counted in each, and once in all.
    pub in_several: u64,
    pub people: Vec<Person>,
}

impl Counter {
    pub fn source(&mut self, name: &str) -> Name {
        self.sources.number(name)
    }

    /// The entity of this id, a new one at the first time.
    pub fn entity(&mut self, source: Name, id: &str, group: bool) -> u32 {
        let at = source as usize;
        if self.by_id.len() <= at {
            self.by_id.resize_with(at + 1, HashMap::new);
        }
        if let Some(known) = self.by_id[at].get(id) {
            return *known;
        }
        let number = self.entities.len() as u32;
        self.by_id[at].insert(id.into(), number);
        let id = Some((source, id.into()));
        self.entities.push(Entity { id, group, facets: Vec::new() });
        number
    }

    /// People without an id; a new entity each time.
    pub fn unnamed(&mut self) -> u32 {
        self.entities.push(Entity { id: None, group: true, facets: Vec::new() });
        self.entities.len() as u32 - 1
    }

    /// The entity's data are of this kind, and its people live there; said twice is said once.
    pub fn facet(&mut self, entity: u32, jurisdiction: Name, kind: Name, people: u64) {
        let facets = &mut self.entities[entity as usize].facets;
        match facets.iter_mut().find(|f| (f.0, f.1) == (jurisdiction, kind)) {
            Some(facet) => facet.2 = facet.2.max(people),
            None => facets.push((jurisdiction, kind, people)),
        }
    }

    /// More people of the same entity.
    pub fn grow(&mut self, entity: u32, jurisdiction: Name, kind: Name, people: u64) {
        let facets = &mut self.entities[entity as usize].facets;
        match facets.iter_mut().find(|f| (f.0, f.1) == (jurisdiction, kind)) {
            Some(facet) => facet.2 = facet.2.saturating_add(people),
            None => facets.push((jurisdiction, kind, people)),
        }
    }

    /// The entity's data are in this object.
    pub fn hold(&mut self, entity: u32, object: u32) {
        self.held.push((entity, object));
    }

    /// The object falls into this row of the table.
    pub fn touch(&mut self, object: u32, jurisdiction: Name, kind: Name) {
        self.touched.push((object, jurisdiction, kind));
    }

    /// Records, once in all and once in each row that they fall into.
    pub fn records(&mut self, jurisdictions: &[Name], kinds: &[Name], records: u64) {
        let tables = &mut self.tables;
        add(self.records.get_or_insert(0), records);
        for jurisdiction in jurisdictions {
            add(&mut tables.jurisdictions.entry(*jurisdiction).or_default().records, records);
            for kind in kinds {
                add(&mut tables.cells.entry((*jurisdiction, *kind)).or_default().records, records);
            }
        }
        for kind in kinds {
            add(&mut tables.kinds.entry(*kind).or_default().records, records);
        }
    }

    /// The tables, most people first. Without `objects`, those by row are not known.
    pub fn finish(mut self, objects: Option<u64>) -> Counted {
        let mut tables = std::mem::take(&mut self.tables);
        tables.objects(std::mem::take(&mut self.touched));
        self.held.sort_unstable();
        self.held.dedup();
        let mut counted = Counted::default();
        for entity in &self.entities {
            let people = tables.people(entity);
            match entity.id {
                Some(_) if !entity.group => counted.named += 1,
                _ => add(&mut counted.unnamed, people),
            }
            counted.in_several += u64::from(!entity.group && entity.jurisdictions().len() > 1);
        }
        let row = |jurisdiction: Name, kind: Name, part: Part| Row {
            jurisdiction: self.jurisdictions.text(jurisdiction),
            kind: self.kinds.text(kind),
            tally: Tally {
                objects: objects.map(|_| part.objects),
                records: self.records.map(|_| part.records),
                persons: part.persons,
            },
        };
        counted.rows = sorted(tables.cells.iter().map(|((j, k), part)| row(*j, *k, *part)));
        counted.jurisdictions = sorted(tables.jurisdictions.iter().map(|(j, p)| row(*j, NONE, *p)));
        counted.kinds = sorted(tables.kinds.iter().map(|(k, part)| row(NONE, *k, *part)));
        let persons = counted.named.saturating_add(counted.unnamed);
        counted.total = Tally { objects, records: self.records, persons };
        counted.people = self.people();
        counted
    }

    /// People with an id, in order of source and id, once for each jurisdiction.
    fn people(&self) -> Vec<Person> {
        let mut objects = vec![0_u64; self.entities.len()];
        for (entity, _) in &self.held {
            objects[*entity as usize] += 1;
        }
        let mut people = Vec::new();
        for (entity, objects) in self.entities.iter().zip(objects) {
            let Some((source, id)) = &entity.id else { continue };
            for jurisdiction in entity.jurisdictions() {
                let mut kinds: Vec<_> = entity
                    .facets
                    .iter()
                    .filter(|f| f.0 == jurisdiction)
                    .filter_map(|f| self.kinds.text(f.1))
                    .collect();
                kinds.sort();
                people.push(Person {
                    source: self.sources.text(*source).unwrap_or_default(),
                    id: id.clone(),
                    jurisdiction: self.jurisdictions.text(jurisdiction),
                    kinds,
                    objects,
                });
            }
        }
        people.sort_by(|a, b| {
            (&a.source, &a.id, &a.jurisdiction).cmp(&(&b.source, &b.id, &b.jurisdiction))
        });
        people
    }
}

impl Entity {
    fn jurisdictions(&self) -> BTreeSet<Name> {
        self.facets.iter().map(|f| f.0).collect()
    }
}

impl Tables {
    /// Adds each object once to each row that it falls into.
    fn objects(&mut self, mut touched: Vec<(u32, Name, Name)>) {
        touched.sort_unstable();
        touched.dedup();
        for object in touched.chunk_by(|a, b| a.0 == b.0) {
            let (mut places, mut kinds) = (BTreeSet::new(), BTreeSet::new());
            for (_, jurisdiction, kind) in object {
                self.cells.entry((*jurisdiction, *kind)).or_default().objects += 1;
                places.insert(*jurisdiction);
                kinds.insert(*kind);
            }
            for place in places {
                self.jurisdictions.entry(place).or_default().objects += 1;
            }
            for kind in kinds {
                self.kinds.entry(kind).or_default().objects += 1;
            }
        }
    }

    /// Adds the people of an entity, and says how many they are in all.
    fn people(&mut self, entity: &Entity) -> u64 {
        let (mut places, mut kinds) = (BTreeMap::new(), BTreeMap::new());
        for (jurisdiction, kind, people) in &entity.facets {
            add(&mut self.cells.entry((*jurisdiction, *kind)).or_default().persons, *people);
            // The same people in each kind of data, others in each jurisdiction.
            let there: &mut u64 = places.entry(*jurisdiction).or_default();
            *there = (*there).max(*people);
            add(kinds.entry(*kind).or_default(), *people);
        }
        for (kind, people) in kinds {
            let people = if entity.group { people } else { 1 };
            add(&mut self.kinds.entry(kind).or_default().persons, people);
        }
        let mut all = 0;
        for (place, people) in places {
            add(&mut self.jurisdictions.entry(place).or_default().persons, people);
            add(&mut all, people);
        }
        if entity.group { all } else { 1 }
    }
}

fn add(sum: &mut u64, more: u64) {
    *sum = sum.saturating_add(more);
}

/// Most people first; what has no jurisdiction after those that have.
fn sorted(rows: impl Iterator<Item = Row>) -> Vec<Row> {
    let mut rows: Vec<Row> = rows.collect();
    let key = |r: &Row| (r.jurisdiction.is_none(), r.jurisdiction.clone(), r.kind.clone());
    rows.sort_by(|a, b| b.tally.persons.cmp(&a.tally.persons).then_with(|| key(a).cmp(&key(b))));
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `CA/health: 2 objects, 3 records, 1 persons`.
    fn shown(rows: &[Row]) -> Vec<String> {
        let text = |row: &Row| {
            let part =
                |text: &Option<std::sync::Arc<str>>| text.as_deref().unwrap_or("-").to_string();
            let number = |n: Option<u64>| n.map_or("?".to_string(), |n| n.to_string());
            let Tally { objects, records, persons } = row.tally;
            let (place, kind) = (part(&row.jurisdiction), part(&row.kind));
            format!("{place}/{kind}: {} {} {persons}", number(objects), number(records))
        };
        rows.iter().map(text).collect()
    }

    #[test]
    fn a_person_counts_once_in_all_and_once_in_each_row() {
        let mut counter = Counter::default();
        let (ca, ny) = (counter.jurisdictions.number("CA"), counter.jurisdictions.number("NY"));
        let (health, contact) = (counter.kinds.number("health"), counter.kinds.number("contact"));
        let source = counter.source("patients.csv");
        for (id, object, place, kind) in [
            ("1", 0, ca, health),
            ("1", 1, ca, contact),
            ("1", 1, ny, contact),
            ("2", 1, ca, contact),
        ] {
            let person = counter.entity(source, id, false);
            counter.facet(person, place, kind, 1);
            counter.hold(person, object);
            counter.touch(object, place, kind);
        }
        counter.records(&[ca, ny], &[contact], 7);
        let other = counter.source("others.csv");
        let namesake = counter.entity(other, "1", false);
        counter.facet(namesake, NONE, NONE, 1);
        let counted = counter.finish(Some(2));
        assert_eq!((counted.total.persons, counted.named, counted.in_several), (3, 3, 1));
        assert_eq!(
            shown(&counted.rows),
            ["CA/contact: 1 7 2", "CA/health: 1 0 1", "NY/contact: 1 7 1", "-/-: 0 0 1"]
        );
        assert_eq!(shown(&counted.jurisdictions), ["CA/-: 2 7 2", "NY/-: 1 7 1", "-/-: 0 0 1"]);
        assert_eq!(shown(&counted.kinds), ["-/contact: 1 7 2", "-/-: 0 0 1", "-/health: 1 0 1"]);
        let objects: Vec<u64> = counted.people.iter().map(|p| p.objects).collect();
        assert_eq!(objects, [0, 2, 2, 1], "of others.csv/1, then 1 in CA and NY, and 2");
    }

    #[test]
    fn a_group_has_its_size_once_however_many_objects_speak_of_it() {
        let mut counter = Counter::default();
        let (ca, ny) = (counter.jurisdictions.number("CA"), counter.jurisdictions.number("NY"));
        let source = counter.source("tenants.csv");
        for object in 0..3 {
            let tenant = counter.entity(source, "acme", true);
            counter.facet(tenant, ca, NONE, 800);
            counter.facet(tenant, ny, NONE, 400);
            counter.hold(tenant, object);
        }
        let fixed = counter.unnamed();
        counter.grow(fixed, ca, NONE, 2);
        counter.grow(fixed, ca, NONE, 2);
        let counted = counter.finish(None);
        assert_eq!((counted.total.persons, counted.named, counted.unnamed), (1_204, 0, 1_204));
        assert_eq!(shown(&counted.jurisdictions), ["CA/-: ? ? 804", "NY/-: ? ? 400"]);
        assert_eq!((counted.in_several, counted.people.len()), (0, 2));
    }
}
