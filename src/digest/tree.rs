//! The tree of objects to verify: local files, with their role and origin.

use super::file::S3Object;
use super::keys::Keys;
use super::object_list::{Collected, Objects};
use super::object_name::{self, Role};
use crate::source::local::{Found, Listing, Opened, open};

/// A file of the tree.
pub struct Object<'a> {
    pub found: &'a Found,
    pub role: Role,
    /// The path with `/` between its parts.
    path: String,
    /// Its line in an object list, if it was collected.
    pub origin: Option<&'a Collected>,
}

impl Object<'_> {
    /// The key it was collected from, or its path.
    pub fn path(&self) -> &str {
        self.origin.map_or(&self.path, |origin| &origin.at.key)
    }

    /// Compares the file's location with the one to which CloudTrail delivered it.
    pub fn path_match(&self, delivered: &S3Object) -> PathMatch {
        let is = |same| if same { PathMatch::Original } else { PathMatch::Moved };
        if let Some(origin) = self.origin {
            return is(origin.at == *delivered);
        }
        let name = object_name::unpacked_name;
        match object_name::tail(self.path()) {
            Some(tail) => is(object_name::tail(&delivered.key) == Some(tail)),
            None if name(self.path()) == name(&delivered.key) => PathMatch::Unknown,
            None => PathMatch::Moved,
        }
    }
}

/// A file's location, compared with the one to which CloudTrail delivered it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathMatch {
    /// The same, as far as can be known: a path without S3 metadata does not show the bucket and the trail's prefix.
    Original,
    Moved,
    /// The name matches, but the path has no `AWSLogs` folder.
    Unknown,
}

/// The files of a listing that are needed to verify logs and digests.
#[derive(Default)]
pub struct Companions {
    pub objects: Objects,
    pub keys: Keys,
}

impl Companions {
    /// Reads the object lists and public keys of a listing. Keys that are `given` replace those in the tree: whoever can
    /// change a tree can add keys to it.
    pub fn read(listing: &Listing, given: Option<Keys>) -> Companions {
        let mut companions = Companions::default();
        let trusted = given.is_some();
        companions.keys = given.unwrap_or_default();
        for found in &listing.files {
            match object_name::role(&object_name::joined(found.local())) {
                Role::Objects => companions.objects.add(found),
                Role::Keys if !trusted => companions.add_keys(found),
                _ => {}
            }
        }
        companions
    }

    fn add_keys(&mut self, found: &Found) {
        let mut buffer = Vec::new();
        let read = match open(found, &mut buffer) {
            Ok(Opened::Whole(bytes)) => Ok(bytes),
            Ok(_) => {
                Err("not a ListPublicKeys response: too large, or not a regular file".to_string())
            }
            Err((_, why)) => Err(why),
        };
        match read {
            Ok(bytes) => self.keys.add(&found.name(), bytes),
            Err(why) => self.keys.problems.push((found.name(), why)),
        }
    }
}

/// Every file of a listing, in its order.
pub fn objects<'a>(listing: &'a Listing, companions: &'a Companions) -> Vec<Object<'a>> {
    let object = |found: &'a Found| {
        let origin = companions.objects.of_file(found.local());
        let path = object_name::joined(found.local());
        let role = object_name::role(origin.map_or(&path, |origin| &origin.at.key));
        Object { found, role, path, origin }
    };
    listing.files.iter().map(object).collect()
}
