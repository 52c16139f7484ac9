//! Containers and compression, built in memory.

use std::io::{Cursor, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use zip::CompressionMethod;
use zip::write::SimpleFileOptions;

pub fn gz(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

/// Several members, as appended deliveries are; they part the content at odd places.
pub fn multi_gz(content: &[u8]) -> Vec<u8> {
    let (a, rest) = content.split_at(content.len() / 3);
    let (b, c) = rest.split_at(rest.len() / 2);
    [gz(a), gz(b), gz(b""), gz(c)].concat()
}

pub fn zst(content: &[u8]) -> Vec<u8> {
    zstd::encode_all(content, 1).unwrap()
}

pub fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    zip_by(CompressionMethod::Deflated, members)
}

/// A zip that packs nothing.
pub fn stored(members: &[(&str, &[u8])]) -> Vec<u8> {
    zip_by(CompressionMethod::Stored, members)
}

fn zip_by(method: CompressionMethod, members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in members {
        let options = SimpleFileOptions::default().compression_method(method);
        zip.start_file(*name, options).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

pub fn tar(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (name, content) in members {
        let mut header = tar::Header::new_ustar();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        tar.append_data(&mut header, name, *content).unwrap();
    }
    tar.into_inner().unwrap()
}

/// Sets the encryption flag of the member at `index`, in its own header and in the directory.
pub fn encrypt(zip: &mut [u8], index: usize) {
    for (signature, flags) in [(b"PK\x03\x04", 6), (b"PK\x01\x02", 8)] {
        let at = memchr::memmem::find_iter(zip, signature).nth(index).unwrap();
        zip[at + flags] |= 1;
    }
}

/// A zip whose one member becomes so many megabytes of one byte.
pub fn zip_bomb(name: &str, filler: u8, megabytes: usize) -> Vec<u8> {
    let mut block = Vec::with_capacity(1 << 20);
    let mut deflate = flate2::Compress::new(Compression::best(), false);
    let flush = flate2::FlushCompress::Full;
    deflate.compress_vec(&vec![filler; 1 << 20], &mut block, flush).unwrap();
    let end: &[u8] = &[1, 0, 0, 0xff, 0xff];
    let mut zip = stored(&[(name, &[&block.repeat(megabytes), end].concat())]);
    let size = u32::try_from(megabytes << 20).unwrap().to_le_bytes();
    for (signature, method, length) in [(b"PK\x03\x04", 8, 22), (b"PK\x01\x02", 10, 24)] {
        let at = memchr::memmem::find(&zip, signature).unwrap();
        zip[at + method] = 8;
        zip[at + length..at + length + 4].copy_from_slice(&size);
    }
    zip
}

/// Every way to pack one file: the name to give it, its bytes, and how many archives are around it.
pub fn packings(name: &str, content: &[u8]) -> Vec<(String, Vec<u8>, u64)> {
    let gzipped = gz(content);
    let nested = tar(&[("deep/inner.zip", &zip(&[("a/b.gz", &gzipped)]))]);
    vec![
        (name.to_string(), content.to_vec(), 0),
        (format!("{name}.gz"), gzipped, 0),
        (format!("{name}.multi.gz"), multi_gz(content), 0),
        (format!("{name}.zst"), zst(content), 0),
        (format!("{name}.zip"), zip(&[(name, content)]), 1),
        (format!("{name}.tar"), tar(&[(name, content)]), 1),
        (format!("{name}.tar.gz"), gz(&tar(&[(name, content)])), 1),
        (format!("{name}.nested.tar"), nested, 2),
    ]
}
