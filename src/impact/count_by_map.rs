//! Counts people by the patterns of a map.

use std::collections::HashSet;

use super::counter::Counter;
use super::interner::{NONE, TextId};
use super::lookup::whole_number;
use super::map::Map;
use super::objects::{Object, Objects};
use super::pattern::{Pattern, People, Records};
use super::summary::{Impact, Matched, PatternTally};
use crate::ui::number;

/// Counts the people behind the accessed objects, by the first pattern that matches each of them.
pub fn count_by_map(objects: &Objects, map: &Map) -> Impact {
    let mut run = Run {
        map,
        counter: Counter::default(),
        tallies: map.patterns.iter().map(empty).collect(),
        groups: vec![None; map.patterns.len()],
        missing_ids: vec![HashSet::new(); map.patterns.len()],
    };
    let mut unmatched = Vec::new();
    for (at, object) in objects.list.iter().enumerate() {
        if !run.object(at as u32, object) {
            unmatched.push(at);
        }
    }
    for (tally, missing_ids) in run.tallies.iter_mut().zip(&run.missing_ids) {
        tally.not_in_lookup = missing_ids.len() as u64;
    }
    let accessed = objects.list.len() as u64;
    let counted = run.counter.finish(Some(accessed - unmatched.len() as u64));
    let notes = run.tallies.iter().flat_map(notes).collect();
    Impact {
        accessed,
        buckets: objects.buckets(),
        operations: objects.operations(),
        keyless: objects.keyless,
        unsent: 0,
        matched: Matched::AllBut(unmatched),
        total: counted.total,
        rows: counted.rows,
        jurisdictions: counted.jurisdictions,
        kinds: counted.kinds,
        named: counted.named,
        unnamed: counted.unnamed,
        in_several: counted.in_several,
        patterns: run.tallies,
        notes,
        people: counted.people,
    }
}

struct Run<'m> {
    map: &'m Map,
    counter: Counter,
    tallies: Vec<PatternTally>,
    /// By pattern: the entity of its fixed number of people.
    groups: Vec<Option<u32>>,
    /// By pattern: ids that are not in its lookup.
    missing_ids: Vec<HashSet<Box<str>>>,
}

fn empty(pattern: &Pattern) -> PatternTally {
    PatternTally {
        name: pattern.name.clone(),
        objects: 0,
        covered: Vec::new(),
        without_id: 0,
        not_in_lookup: 0,
        without_records: 0,
    }
}

impl Run<'_> {
    /// Counts an object. Returns false if no pattern matches.
    fn object(&mut self, at: u32, object: &Object) -> bool {
        let is_match = |p: &Pattern| p.is_match(&object.bucket, &object.key);
        let patterns = &self.map.patterns;
        let Some(first) = patterns.iter().position(is_match) else { return false };
        for (later, pattern) in patterns.iter().enumerate().skip(first + 1) {
            if is_match(pattern) {
                let name = &patterns[first].name;
                let covered = &mut self.tallies[later].covered;
                match covered.iter_mut().find(|(n, _)| n == name) {
                    Some((_, count)) => *count += 1,
                    None => covered.push((name.clone(), 1)),
                }
            }
        }
        self.tallies[first].objects += 1;
        self.count(at, object, first);
        true
    }

    fn count(&mut self, at: u32, object: &Object, which: usize) {
        let pattern = &self.map.patterns[which];
        let kinds: Vec<TextId> = match pattern.kinds.is_empty() {
            true => vec![NONE],
            false => pattern.kinds.iter().map(|k| self.counter.kinds.id(k)).collect(),
        };
        let jurisdictions = self.people(at, object, which, &kinds);
        for jurisdiction in &jurisdictions {
            kinds.iter().for_each(|kind| self.counter.count_object(at, *jurisdiction, *kind));
        }
        let records = match &pattern.records {
            Records::Unknown => None,
            Records::Each(each) => Some(*each),
            Records::Captured(group) => {
                pattern.captured(&object.key, &[*group]).and_then(|text| whole_number(&text))
            }
            Records::File(file) => self.map.records[*file].get(&object.bucket, &object.key),
        };
        match records {
            Some(records) => self.counter.records(&jurisdictions, &kinds, records),
            None => self.tallies[which].without_records += 1,
        }
    }

    /// Counts the people behind an object. Returns their jurisdictions.
    fn people(&mut self, at: u32, object: &Object, which: usize, kinds: &[TextId]) -> Vec<TextId> {
        let pattern = &self.map.patterns[which];
        let own = self.counter.jurisdictions.id(&pattern.jurisdiction);
        match &pattern.people {
            People::InAll(people) | People::Each(people) => {
                let entity = *self.groups[which].get_or_insert_with(|| self.counter.unnamed());
                for kind in kinds {
                    match pattern.people {
                        People::Each(_) => self.counter.add_people(entity, own, *kind, *people),
                        _ => self.counter.set_people(entity, own, *kind, *people),
                    }
                }
                vec![own]
            }
            People::Captured { groups, names, lookup } => {
                let Some(id) = pattern.captured(&object.key, groups) else {
                    self.tallies[which].without_id += 1;
                    return vec![own];
                };
                let lookup = lookup.map(|file| &self.map.lookups[file]);
                let source = match lookup {
                    Some(lookup) => lookup.source.path.display().to_string(),
                    None => names.clone(),
                };
                let source = self.counter.source(&source);
                let found = lookup.and_then(|l| l.get(&id));
                if lookup.is_some() && found.is_none() {
                    self.missing_ids[which].insert(id.as_str().into());
                }
                // An id that is missing in a lookup of groups is at least one person.
                let group = lookup.is_some_and(|l| l.groups);
                let entity = self.counter.entity(source, &id, group);
                self.counter.link_object(entity, at);
                let there: Vec<(TextId, u64)> = match found {
                    Some(jurisdictions) => {
                        let names = &mut self.counter.jurisdictions;
                        jurisdictions
                            .iter()
                            .map(|(name, people)| (names.id(name), *people))
                            .collect()
                    }
                    None => vec![(own, 1)],
                };
                for (jurisdiction, people) in &there {
                    kinds
                        .iter()
                        .for_each(|k| self.counter.set_people(entity, *jurisdiction, *k, *people));
                }
                there.into_iter().map(|(jurisdiction, _)| jurisdiction).collect()
            }
        }
    }
}

/// The notes on a pattern.
fn notes(tally: &PatternTally) -> Vec<String> {
    let objects = |n: u64| number::counted(n, "object", "objects");
    let mut notes: Vec<String> = Vec::new();
    for (first, count) in &tally.covered {
        let (name, count) = (&tally.name, objects(*count));
        notes.push(format!(
            "'{name}' also matches {count}, counted under '{first}', the first match"
        ));
    }
    if tally.objects == 0 && tally.covered.is_empty() {
        notes.push(format!("'{}' matches no object", tally.name));
    }
    if tally.without_id > 0 {
        let (name, count) = (&tally.name, objects(tally.without_id));
        notes.push(format!(
            "'{name}': {count} without an id in the key; nobody is counted for them"
        ));
    }
    if tally.not_in_lookup > 0 {
        let ids = number::counted(tally.not_in_lookup, "id is", "ids are");
        notes.push(format!(
            "'{}': {ids} not in its lookup; each counts as one person without a known jurisdiction",
            tally.name
        ));
    }
    if tally.without_records > 0 {
        let (name, count) = (&tally.name, objects(tally.without_records));
        notes.push(format!("'{name}': the number of records in {count} is not known"));
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    const MAP: &str = r#"
        [[objects]]
        name = "records"
        bucket = "clinic-*"
        key_regex = '^records/(?<tenant>[a-z]+)/(?<patient>[0-9]*)/(?<rows>[0-9]+)?'
        kind = ["Health", "identity"]
        records_by = "rows"
        person = ["tenant", "patient"]
        lookup = "patients.csv"

        [[objects]]
        name = "exports"
        key = "*.csv"
        kind = "contact"
        records_file = "rows.csv"
        persons = 40
        jurisdiction = "de"

        [[objects]]
        name = "letters"
        key = "letters/*"
        persons_each = 2

        [[objects]]
        name = "nothing"
        key = "nowhere/*"
        persons = 0
    "#;

    /// The result of the map above for these keys of `clinic-prod`.
    fn count(keys: &[&str]) -> Impact {
        let dir = tempfile::tempdir().unwrap();
        let patients = "id,jurisdiction\na/1,CA\na/2,CA\na/2,NY\nb/1,\n";
        fs::write(dir.path().join("patients.csv"), patients).unwrap();
        fs::write(dir.path().join("rows.csv"), "key,records\nx.csv,30\n").unwrap();
        fs::write(dir.path().join("impact.toml"), MAP).unwrap();
        let rows: String = keys.iter().map(|key| format!("clinic-prod,{key}\n")).collect();
        fs::write(dir.path().join("objects.csv"), format!("bucket,key\n{rows}")).unwrap();
        let map = Map::read(&dir.path().join("impact.toml")).unwrap();
        count_by_map(&Objects::read(&dir.path().join("objects.csv"), &[]).unwrap(), &map)
    }

    fn by_jurisdiction(impact: &Impact) -> Vec<(&str, u64)> {
        let name = |row: &super::super::Row| row.tally.persons;
        let rows = impact.jurisdictions.iter();
        rows.map(|row| (row.jurisdiction.as_deref().unwrap_or("-"), name(row))).collect()
    }

    #[test]
    fn people_are_distinct_over_objects_and_kinds() {
        let impact = count(&[
            "records/a/1/5.json",
            "records/a/1/7.json",
            "records/a/2/1.json",
            "records/b/1/1.json",
            "records/c/9/1.json",
        ]);
        assert_eq!((impact.total.persons, impact.named, impact.in_several), (4, 4, 1));
        assert_eq!(impact.total.records, Some(15));
        assert_eq!(by_jurisdiction(&impact), [("CA", 2), ("-", 2), ("NY", 1)]);
        assert_eq!(impact.kinds.len(), 2);
        assert!(impact.kinds.iter().all(|row| row.tally.persons == 4));
        assert_eq!(impact.patterns[0].not_in_lookup, 1);
        assert_eq!((impact.nowhere(), impact.incomplete()), (2, false));
        assert_eq!(
            impact.facts(),
            [("individuals".into(), 4), ("residents.CA".into(), 2), ("residents.NY".into(), 1)]
        );
    }

    #[test]
    fn fixed_numbers_are_in_total_or_per_object() {
        let impact = count(&["x.csv", "y.csv", "letters/1", "letters/2"]);
        assert_eq!(by_jurisdiction(&impact), [("DE", 40), ("-", 4)]);
        assert_eq!((impact.total.persons, impact.named, impact.unnamed), (44, 0, 44));
        assert_eq!(impact.total.records, Some(30));
        assert_eq!(impact.patterns[1].without_records, 1);
        assert!(impact.people.is_empty());
    }

    #[test]
    fn the_first_match_counts_and_others_are_noted() {
        let impact = count(&["records/a/1/5.csv", "letters/a.csv", "records/a//5.json"]);
        let covered = [("records".to_string(), 1)];
        assert_eq!(impact.patterns[1].covered, covered);
        assert_eq!(impact.patterns[2].covered, [("exports".to_string(), 1)]);
        assert_eq!((impact.patterns[0].without_id, impact.incomplete()), (1, true));
        let notes = impact.notes.join("\n");
        for expected in [
            "'exports' also matches 1 object, counted under 'records', the first match",
            "'records': 1 object without an id in the key; nobody is counted for them",
            "'nothing' matches no object",
        ] {
            assert!(notes.contains(expected), "{expected}\n{notes}");
        }
    }

    #[test]
    fn objects_that_match_no_pattern_are_listed() {
        let impact = count(&["elsewhere/1", "x.csv", "elsewhere/2"]);
        assert_eq!(
            (impact.matched.clone(), impact.unmatched()),
            (Matched::AllBut(vec![0, 1]), Some(2))
        );
        assert_eq!((impact.accessed, impact.total.objects), (3, Some(1)));
        assert!(impact.incomplete());
    }

    #[test]
    fn the_thresholds_are_500_people_and_501_residents() {
        for (people, individuals, residents) in [(499, false, 0), (500, true, 0), (501, true, 1)] {
            let dir = tempfile::tempdir().unwrap();
            let rows: String = (0..people).map(|n| format!("b,p/{n}\n")).collect();
            fs::write(dir.path().join("o.csv"), format!("bucket,key\n{rows}")).unwrap();
            let map =
                "[[objects]]\nkey_regex = 'p/(?<id>.*)'\nperson = 'id'\njurisdiction = 'CA'\n";
            fs::write(dir.path().join("m.toml"), map).unwrap();
            let map = Map::read(&dir.path().join("m.toml")).unwrap();
            let impact =
                count_by_map(&Objects::read(&dir.path().join("o.csv"), &[]).unwrap(), &map);
            let found = impact.thresholds();
            assert_eq!(
                (found.individuals, found.residents.len()),
                (individuals, residents),
                "{people}"
            );
        }
    }
}
