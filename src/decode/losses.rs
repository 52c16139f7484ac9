//! Losses: bytes that did not become events, with stable reasons.

use thiserror::Error;

/// One spot where bytes did not become events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loss {
    /// Byte offset in the uncompressed content.
    pub offset: Option<u64>,
    pub reason: Reason,
    /// The library's error text, or a count.
    pub detail: String,
}

/// Why bytes were lost. The texts are stable: reports and scripts use them as keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Error)]
pub enum Reason {
    #[error("truncated gzip")]
    TruncatedGzip,
    #[error("corrupt gzip")]
    CorruptGzip,
    #[error("bytes after the gzip data")]
    TrailingBytes,
    #[error("decompression bomb")]
    Bomb,
    #[error("corrupt zstd")]
    CorruptZstd,
    #[error("broken zip")]
    BrokenZip,
    #[error("encrypted zip member")]
    EncryptedZip,
    #[error("broken tar")]
    BrokenTar,
    #[error("archives nested too deep")]
    TooDeep,
    #[error("read error")]
    ReadError,
    #[error("record cut off")]
    CutOff,
    #[error("malformed record")]
    Malformed,
    #[error("record too large")]
    TooLarge,
    #[error("no event time")]
    NoTime,
    #[error("not a log record")]
    Unrecognized,
    #[error("event in an unknown form")]
    UnknownForm,
    #[error("text between records")]
    Garbage,
    #[error("invalid UTF-8")]
    InvalidUtf8,
    #[error("malformed line")]
    MalformedLine,
    #[error("malformed row")]
    MalformedRow,
    #[error("ambiguous line, possible log injection")]
    Ambiguous,
    #[error("document not closed")]
    NotClosed,
    #[error("contradicting copy")]
    Contradicting,
}

impl Loss {
    /// A loss at a byte offset of the uncompressed content.
    pub fn at(offset: u64, reason: Reason, detail: impl Into<String>) -> Loss {
        Loss { offset: Some(offset), reason, detail: detail.into() }
    }

    /// A loss without a known offset.
    pub fn of(reason: Reason, detail: impl Into<String>) -> Loss {
        Loss { offset: None, reason, detail: detail.into() }
    }
}
