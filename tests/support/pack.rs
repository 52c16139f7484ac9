//! Containers and compression, built in memory.

use std::io::{Cursor, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
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

/// A zip whose members' packed bytes may be found by name: nothing else is in it.
pub fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in members {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
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
