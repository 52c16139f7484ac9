//! Adds up objects, records and people by jurisdiction and kind of data.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::interner::{Interner, NONE, TextId};
use super::summary::{Person, Row, Tally};

/// A person, or a group whose size is known.
#[derive(Debug)]
struct Entity {
    /// Source of ids, and the id. `None` for people without an id.
    id: Option<(TextId, Box<str>)>,
    /// A group with a size per jurisdiction. Otherwise one person, even in several jurisdictions.
    group: bool,
    /// Jurisdiction, kind, people.
    facets: Vec<(TextId, TextId, u64)>,
}

/// One row of a table.
#[derive(Debug, Clone, Copy, Default)]
struct Cell {
    objects: u64,
    records: u64,
    persons: u64,
}

/// The three tables.
#[derive(Debug, Default)]
struct Tables {
    /// By jurisdiction and kind.
    cells: BTreeMap<(TextId, TextId), Cell>,
    jurisdictions: BTreeMap<TextId, Cell>,
    kinds: BTreeMap<TextId, Cell>,
}

/// The counts so far.
#[derive(Debug, Default)]
pub struct Counter {
    pub jurisdictions: Interner,
    pub kinds: Interner,
    sources: Interner,
    entities: Vec<Entity>,
    by_id: Vec<HashMap<Box<str>, u32>>,
    /// Object, jurisdiction, kind.
    object_rows: Vec<(u32, TextId, TextId)>,
    /// Entity, object.
    person_objects: Vec<(u32, u32)>,
    tables: Tables,
    records: Option<u64>,
}

/// All counts, in tables.
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
    pub fn source(&mut self, name: &str) -> TextId {
        self.sources.id(name)
    }

    /// The entity of this id, a new one for a new id.
    pub fn entity(&mut self, source: TextId, id: &str, group: bool) -> u32 {
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

    /// A new entity for people without an id.
    pub fn unnamed(&mut self) -> u32 {
        self.entities.push(Entity { id: None, group: true, facets: Vec::new() });
        self.entities.len() as u32 - 1
    }

    /// Sets the number of the entity's people in this jurisdiction with data of this kind. A repeated row counts once.
    pub fn set_people(&mut self, entity: u32, jurisdiction: TextId, kind: TextId, people: u64) {
        let facets = &mut self.entities[entity as usize].facets;
        match facets.iter_mut().find(|f| (f.0, f.1) == (jurisdiction, kind)) {
            Some(facet) => facet.2 = facet.2.max(people),
            None => facets.push((jurisdiction, kind, people)),
        }
    }

    /// Adds people to the entity.
    pub fn add_people(&mut self, entity: u32, jurisdiction: TextId, kind: TextId, people: u64) {
        let facets = &mut self.entities[entity as usize].facets;
        match facets.iter_mut().find(|f| (f.0, f.1) == (jurisdiction, kind)) {
            Some(facet) => facet.2 = facet.2.saturating_add(people),
            None => facets.push((jurisdiction, kind, people)),
        }
    }

    /// Records that the entity's data is in this object.
    pub fn link_object(&mut self, entity: u32, object: u32) {
        self.person_objects.push((entity, object));
    }

    /// Records that the object belongs to this row of the table.
    pub fn count_object(&mut self, object: u32, jurisdiction: TextId, kind: TextId) {
        self.object_rows.push((object, jurisdiction, kind));
    }

    /// Adds records, once to the total and once to each row that they belong to.
    pub fn records(&mut self, jurisdictions: &[TextId], kinds: &[TextId], records: u64) {
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

    /// The tables, most people first. Without the total of `objects`, the objects per row are not known.
    pub fn finish(mut self, objects: Option<u64>) -> Counted {
        let mut tables = std::mem::take(&mut self.tables);
        tables.objects(std::mem::take(&mut self.object_rows));
        self.person_objects.sort_unstable();
        self.person_objects.dedup();
        let mut counted = Counted::default();
        for entity in &self.entities {
            let people = tables.people(entity);
            match entity.id {
                Some(_) if !entity.group => counted.named += 1,
                _ => add(&mut counted.unnamed, people),
            }
            counted.in_several += u64::from(!entity.group && entity.jurisdictions().len() > 1);
        }
        let row = |jurisdiction: TextId, kind: TextId, part: Cell| Row {
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
        for (entity, _) in &self.person_objects {
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
    fn jurisdictions(&self) -> BTreeSet<TextId> {
        self.facets.iter().map(|f| f.0).collect()
    }
}

impl Tables {
    /// Adds each object once to each row that it belongs to.
    fn objects(&mut self, mut object_rows: Vec<(u32, TextId, TextId)>) {
        object_rows.sort_unstable();
        object_rows.dedup();
        for object in object_rows.chunk_by(|a, b| a.0 == b.0) {
            let (mut jurisdictions, mut kinds) = (BTreeSet::new(), BTreeSet::new());
            for (_, jurisdiction, kind) in object {
                self.cells.entry((*jurisdiction, *kind)).or_default().objects += 1;
                jurisdictions.insert(*jurisdiction);
                kinds.insert(*kind);
            }
            for jurisdiction in jurisdictions {
                self.jurisdictions.entry(jurisdiction).or_default().objects += 1;
            }
            for kind in kinds {
                self.kinds.entry(kind).or_default().objects += 1;
            }
        }
    }

    /// Adds the people of an entity, and returns their number.
    fn people(&mut self, entity: &Entity) -> u64 {
        let (mut jurisdictions, mut kinds) = (BTreeMap::new(), BTreeMap::new());
        for (jurisdiction, kind, people) in &entity.facets {
            add(&mut self.cells.entry((*jurisdiction, *kind)).or_default().persons, *people);
            // Kinds of data share the same people; each jurisdiction has different people.
            let there: &mut u64 = jurisdictions.entry(*jurisdiction).or_default();
            *there = (*there).max(*people);
            add(kinds.entry(*kind).or_default(), *people);
        }
        for (kind, people) in kinds {
            let people = if entity.group { people } else { 1 };
            add(&mut self.kinds.entry(kind).or_default().persons, people);
        }
        let mut all = 0;
        for (jurisdiction, people) in jurisdictions {
            add(&mut self.jurisdictions.entry(jurisdiction).or_default().persons, people);
            add(&mut all, people);
        }
        if entity.group { all } else { 1 }
    }
}

fn add(sum: &mut u64, more: u64) {
    *sum = sum.saturating_add(more);
}

/// Most people first; on a tie, rows without a jurisdiction come last.
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
            let (jurisdiction, kind) = (part(&row.jurisdiction), part(&row.kind));
            format!("{jurisdiction}/{kind}: {} {} {persons}", number(objects), number(records))
        };
        rows.iter().map(text).collect()
    }

    #[test]
    fn a_person_counts_once_in_all_and_once_in_each_row() {
        let mut counter = Counter::default();
        let (ca, ny) = (counter.jurisdictions.id("CA"), counter.jurisdictions.id("NY"));
        let (health, contact) = (counter.kinds.id("health"), counter.kinds.id("contact"));
        let source = counter.source("patients.csv");
        for (id, object, jurisdiction, kind) in [
            ("1", 0, ca, health),
            ("1", 1, ca, contact),
            ("1", 1, ny, contact),
            ("2", 1, ca, contact),
        ] {
            let person = counter.entity(source, id, false);
            counter.set_people(person, jurisdiction, kind, 1);
            counter.link_object(person, object);
            counter.count_object(object, jurisdiction, kind);
        }
        counter.records(&[ca, ny], &[contact], 7);
        let other = counter.source("others.csv");
        let namesake = counter.entity(other, "1", false);
        counter.set_people(namesake, NONE, NONE, 1);
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
    fn a_group_has_its_size_once_however_many_objects_refer_to_it() {
        let mut counter = Counter::default();
        let (ca, ny) = (counter.jurisdictions.id("CA"), counter.jurisdictions.id("NY"));
        let source = counter.source("tenants.csv");
        for object in 0..3 {
            let tenant = counter.entity(source, "acme", true);
            counter.set_people(tenant, ca, NONE, 800);
            counter.set_people(tenant, ny, NONE, 400);
            counter.link_object(tenant, object);
        }
        let fixed = counter.unnamed();
        counter.add_people(fixed, ca, NONE, 2);
        counter.add_people(fixed, ca, NONE, 2);
        let counted = counter.finish(None);
        assert_eq!((counted.total.persons, counted.named, counted.unnamed), (1_204, 0, 1_204));
        assert_eq!(shown(&counted.jurisdictions), ["CA/-: ? ? 804", "NY/-: ? ? 400"]);
        assert_eq!((counted.in_several, counted.people.len()), (0, 2));
    }
}
