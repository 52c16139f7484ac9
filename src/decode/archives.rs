//! Zip archives: each member is decoded as a file of its own. For tar see `tar_members`.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek};

use zip::ZipArchive;
use zip::read::{ZipFile, read_zipfile_from_stream};
use zip::result::ZipError;

use super::losses::{Loss, Reason};
use super::streams::unzipped;
use super::{Bytes, Decoder, Sink, Verdict};
use crate::source::coverage::SkipReason;

impl Decoder {
    /// Decodes a file that is too large for memory. A zip is read by seeking: its directory at the end names the members.
    pub fn decode_large(&mut self, name: &str, mut file: File, sink: &mut dyn Sink) {
        let mut magic = [0; 4];
        let zip = file.read_exact(&mut magic).is_ok() && magic == *b"PK\x03\x04";
        if let Err(e) = file.rewind() {
            return skip_damaged(name, Reason::ReadError, e.to_string(), sink);
        }
        // Read by seeking, it is taken as a whole.
        self.budget.begin(file.metadata().map_or(0, |meta| meta.len()));
        if zip && self.zip_members(name, BufReader::new(&file), 0, sink).is_ok() {
            return;
        }
        match file.rewind() {
            Ok(()) => self.decode(name, Bytes::Stream(&mut file), sink),
            Err(e) => skip_damaged(name, Reason::ReadError, e.to_string(), sink),
        }
    }

    pub(super) fn unzip(&mut self, name: &str, bytes: Bytes<'_>, depth: u8, sink: &mut dyn Sink) {
        match bytes {
            Bytes::Slice(slice) => {
                if self.zip_members(name, io::Cursor::new(slice), depth, sink).is_err() {
                    self.unzip_stream(name, slice, depth, sink);
                }
            }
            Bytes::Stream(stream) => self.unzip_stream(name, stream, depth, sink),
        }
    }

    /// Decodes the members that the zip's directory lists.
    ///
    /// # Errors
    /// When the directory cannot be read. No member has been decoded then.
    fn zip_members(
        &mut self,
        name: &str,
        file: impl Read + Seek,
        depth: u8,
        sink: &mut dyn Sink,
    ) -> Result<(), ZipError> {
        let mut zip = ZipArchive::new(file)?;
        sink.archive();
        let mut unreadable = Vec::new();
        for index in 0..zip.len() {
            match zip.by_index(index) {
                Ok(member) if is_folder(&member) => {}
                Ok(mut member) => {
                    let inner = format!("{name}!{}", String::from_utf8_lossy(member.name_raw()));
                    let mut plain = unzipped(&mut member, self.budget());
                    self.decode_input(&inner, Bytes::Stream(&mut plain), depth + 1, sink);
                }
                Err(e) => {
                    let (reason, detail) = (zip_reason(&e), e.to_string());
                    unreadable.push((index, reason, detail));
                }
            }
        }
        for (index, reason, detail) in unreadable {
            let member = match zip.name_for_index(index) {
                Some(Ok(member)) => member.into_owned(),
                _ => format!("#{index}"),
            };
            skip_damaged(&format!("{name}!{member}"), reason, detail, sink);
        }
        Ok(())
    }

    /// Decodes a zip without its directory (truncated, or from a pipe): members in sequence until one is unreadable.
    fn unzip_stream(&mut self, name: &str, mut stream: impl Read, depth: u8, sink: &mut dyn Sink) {
        sink.archive();
        let mut members = 0u64;
        loop {
            match read_zipfile_from_stream(&mut stream) {
                Ok(Some(mut member)) => {
                    members += 1;
                    if is_folder(&member) {
                        continue;
                    }
                    let inner = format!("{name}!{}", String::from_utf8_lossy(member.name_raw()));
                    let mut plain = unzipped(&mut member, self.budget());
                    self.decode_input(&inner, Bytes::Stream(&mut plain), depth + 1, sink);
                }
                Ok(None) => return,
                Err(e) => {
                    let detail = format!("after {members} members: {e}");
                    return skip_damaged(&format!("{name}!…"), zip_reason(&e), detail, sink);
                }
            }
        }
    }
}

/// A folder's entry. Its name alone proves nothing: one with content is a file. Two bytes are an empty deflate stream.
fn is_folder<R: Read>(member: &ZipFile<'_, R>) -> bool {
    member.is_dir() && member.size() == 0 && member.compressed_size() <= 2
}

/// Reports something unreadable as one damaged file.
pub(super) fn skip_damaged(name: &str, reason: Reason, detail: String, sink: &mut dyn Sink) {
    sink.open(name);
    sink.damage(Loss::of(reason, detail));
    sink.close(Verdict::Skipped(SkipReason::Damaged));
}

fn zip_reason(error: &ZipError) -> Reason {
    match error {
        ZipError::UnsupportedArchive(what) if *what == ZipError::PASSWORD_REQUIRED => {
            Reason::EncryptedZip
        }
        ZipError::InvalidPassword => Reason::EncryptedZip,
        _ => Reason::BrokenZip,
    }
}

#[cfg(test)]
mod tests;
