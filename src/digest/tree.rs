//! The tree of objects that is verified: local files, what each is for, and where it came from.

use super::keys::Keys;
use super::object_name::{self, Role};
use super::objects::{Collected, Objects};
use crate::source::local::{Found, Listing, Opened, open};

/// A file of the tree.
pub struct Object<'a> {
    pub found: &'a Found,
    pub role: Role,
    /// The path with `/` between its parts.
    path: String,
    /// What S3 said when it was collected.
    pub origin: Option<&'a Collected>,
}

impl Object<'_> {
    /// The key it was collected from, or its path.
    pub fn path(&self) -> &str {
        self.origin.map_or(&self.path, |origin| &origin.at.key)
    }
}

/// What a listing holds besides logs and digests.
#[derive(Default)]
pub struct Companions {
    pub objects: Objects,
    pub keys: Keys,
}

impl Companions {
    /// Reads the lists of objects and the public keys of a listing. Keys that are `given` replace those in
    /// the tree: whoever can change a tree can put keys into it.
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
                Err("it is no answer of ListPublicKeys: too large, or no regular file".to_string())
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
