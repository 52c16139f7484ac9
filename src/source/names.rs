//! File names by the file numbers that rollups store.

use super::listing::Listing;

/// Listed files first, then archive members.
#[derive(Debug, Default)]
pub struct FileNames {
    listed: Vec<String>,
    members: Vec<String>,
}

impl FileNames {
    pub fn of(listing: &Listing) -> FileNames {
        FileNames { listed: listing.files.iter().map(|f| f.name()).collect(), members: Vec::new() }
    }

    /// Adds one worker's archive members. Returns how many there were before.
    pub fn add_members(&mut self, members: Vec<String>) -> u32 {
        let before = self.members.len() as u32;
        self.members.extend(members);
        before
    }

    /// Number of archive members.
    pub fn members(&self) -> usize {
        self.members.len()
    }

    /// The name; `""` for an unassigned number.
    pub fn name(&self, file: u32) -> &str {
        let file = file as usize;
        match file.checked_sub(self.listed.len()) {
            None => self.listed.get(file).map_or("", |n| n),
            Some(member) => self.members.get(member).map_or("", |n| n),
        }
    }
}
