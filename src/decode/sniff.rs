//! Recognizes a file's format by its first bytes.

use super::{event_like, lake_csv, lines, s3_access};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Gzip,
    Zstd,
    Zip,
    Tar,
    Json,
    S3Access,
    LakeCsv,
    /// UTF-16 text (PowerShell's `>` writes it).
    Utf16,
    Empty,
    /// Text that has events in a form that is not decoded.
    EventLike,
    Unknown,
}

impl Format {
    /// True for archives and compressed content.
    pub fn nests(self) -> bool {
        matches!(self, Format::Gzip | Format::Zstd | Format::Zip | Format::Tar)
    }
}

/// Recognizes the format by the first bytes (gzip RFC 1952, zstd RFC 8878, zip APPNOTE 4.3, POSIX ustar).
pub fn format(head: &[u8]) -> Format {
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    match text {
        _ if head.starts_with(&super::GZIP) => Format::Gzip,
        _ if head.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) => Format::Zstd,
        _ if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") => Format::Zip,
        _ if head.get(257..262) == Some(b"ustar") => Format::Tar,
        _ if head.starts_with(&[0xff, 0xfe]) || head.starts_with(&[0xfe, 0xff]) => Format::Utf16,
        _ => by_first_line(text),
    }
}

fn by_first_line(text: &[u8]) -> Format {
    let line = lines::first(text);
    match line.first() {
        None => Format::Empty,
        Some(b'{' | b'[') => Format::Json,
        Some(_) if s3_access::looks_like(line) => Format::S3Access,
        Some(_) if lake_csv::looks_like(line) => Format::LakeCsv,
        Some(_) if event_like::first_line(line) => Format::EventLike,
        Some(_) => Format::Unknown,
    }
}
