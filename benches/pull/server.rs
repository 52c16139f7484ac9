//! An in-memory server with the S3 operations that reading needs.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use percent_encoding::percent_decode_str;

/// Keys per page of a listing, as in S3.
const PAGE: usize = 1000;

type Objects = BTreeMap<String, Vec<u8>>;

pub struct Server {
    port: u16,
}

impl Server {
    /// Serves the files below `folder` in one bucket. Returns the server and the number of files.
    pub fn of(folder: &Path, bucket: &str, round_trip: Duration) -> (Server, usize) {
        let files = walkdir::WalkDir::new(folder).into_iter().filter_map(Result::ok);
        let objects: Objects = files
            .filter(|e| e.file_type().is_file())
            .map(|e| {
                let key = e.path().strip_prefix(folder).expect("it is below the folder");
                let body = std::fs::read(e.path()).expect("the file can be read");
                (key.to_string_lossy().into_owned(), body)
            })
            .collect();
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let port = listener.local_addr().expect("it is bound").port();
        let count = objects.len();
        let (objects, bucket) = (Arc::new(objects), Arc::new(bucket.to_string()));
        thread::spawn(move || {
            for stream in listener.incoming().filter_map(Result::ok) {
                let (objects, bucket) = (objects.clone(), bucket.clone());
                // A client that goes away ends its thread.
                thread::spawn(move || _ = serve(stream, &objects, &bucket, round_trip));
            }
        });
        (Server { port }, count)
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

fn serve(
    stream: TcpStream,
    objects: &Objects,
    bucket: &str,
    round_trip: Duration,
) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut write = stream.try_clone()?;
    let mut read = BufReader::new(stream);
    loop {
        let mut line = String::new();
        if read.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let (mut range, mut length) = (None, 0);
        loop {
            let mut header = String::new();
            read.read_line(&mut header)?;
            let Some((name, value)) = header.trim_end().split_once(':') else { break };
            match name.to_ascii_lowercase().as_str() {
                "range" => range = Some(value.trim().to_string()),
                "content-length" => length = value.trim().parse().unwrap_or(0),
                _ => {}
            }
        }
        std::io::copy(&mut std::io::Read::take(&mut read, length), &mut std::io::sink())?;
        thread::sleep(round_trip);
        let target = line.split_whitespace().nth(1).unwrap_or("/").to_string();
        let (path, query) = target.split_once('?').unwrap_or((&target, ""));
        let path = percent_decode_str(path.trim_start_matches('/')).decode_utf8_lossy();
        let key = path.strip_prefix(bucket).map_or("", |key| key.trim_start_matches('/'));
        if line.starts_with("POST") {
            answer(&mut write, 200, "", &[("Content-Type", "text/xml")], IDENTITY.as_bytes())?;
        } else if key.is_empty() && line.starts_with("HEAD") {
            answer(&mut write, 200, "", &[("x-amz-bucket-region", "us-east-1")], b"")?;
        } else if key.is_empty() {
            let page = listing(objects, query);
            answer(&mut write, 200, "", &[("Content-Type", "application/xml")], page.as_bytes())?;
        } else {
            object(&mut write, objects.get(key), range.as_deref(), line.starts_with("HEAD"))?;
        }
    }
}

const IDENTITY: &str = "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\
    <GetCallerIdentityResult><Arn>arn:aws:iam::111122223333:user/bench</Arn><UserId>AIDAEXAMPLE</UserId>\
    <Account>111122223333</Account></GetCallerIdentityResult></GetCallerIdentityResponse>";

const MODIFIED: &str = "Mon, 02 Nov 2026 10:00:00 GMT";

fn etag(body: &[u8]) -> String {
    format!("\"{:032x}\"", xxhash_rust::xxh3::xxh3_128(body))
}

fn object(
    write: &mut TcpStream,
    body: Option<&Vec<u8>>,
    range: Option<&str>,
    head: bool,
) -> std::io::Result<()> {
    let Some(body) = body else { return answer(write, 404, "Not Found", &[], b"") };
    let etag = etag(body);
    let whole = body.len();
    let part = range.and_then(|range| {
        let (from, to) = range.strip_prefix("bytes=")?.split_once('-')?;
        let from: usize = from.parse().ok()?;
        Some((from, to.parse::<usize>().map_or(whole, |to| (to + 1).min(whole))))
    });
    let (from, to) = part.unwrap_or((0, whole));
    let content_range = format!("bytes {from}-{}/{whole}", to.saturating_sub(1));
    let mut headers = vec![("ETag", etag.as_str()), ("Last-Modified", MODIFIED)];
    if part.is_some() {
        headers.push(("Content-Range", &content_range));
    }
    let status = if part.is_some() { 206 } else { 200 };
    if head {
        let mut text = format!("HTTP/1.1 200 OK\r\nContent-Length: {whole}\r\n");
        headers.iter().for_each(|(name, value)| _ = write!(text, "{name}: {value}\r\n"));
        return write.write_all(format!("{text}\r\n").as_bytes());
    }
    answer(write, status, "", &headers, &body[from..to])
}

fn answer(
    write: &mut TcpStream,
    status: u16,
    reason: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> std::io::Result<()> {
    let mut head = format!("HTTP/1.1 {status} {reason}\r\nContent-Length: {}\r\n", body.len());
    headers.iter().for_each(|(name, value)| _ = write!(head, "{name}: {value}\r\n"));
    head.push_str("\r\n");
    write.write_all(&[head.as_bytes(), body].concat())
}

/// `ListObjectsV2`. Continuation tokens are the last key or folder.
fn listing(objects: &Objects, query: &str) -> String {
    let parameters: BTreeMap<&str, String> = query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (name, percent_decode_str(value).decode_utf8_lossy().into_owned()))
        .collect();
    let text = |name: &str| parameters.get(name).map_or("", String::as_str);
    let (prefix, delimiter) = (text("prefix"), text("delimiter"));
    let after = if text("continuation-token").is_empty() {
        text("start-after")
    } else {
        text("continuation-token")
    };
    let (mut keys, mut folders, mut last) = (String::new(), Vec::new(), String::new());
    let (mut count, mut more) = (0, false);
    for (key, body) in objects.range(prefix.to_string()..).filter(|(key, _)| key.as_str() > after) {
        let Some(rest) = key.strip_prefix(prefix) else { break };
        let folder = (!delimiter.is_empty())
            .then(|| rest.find(delimiter).map(|at| &key[..prefix.len() + at + 1]))
            .flatten();
        if folder.is_some_and(|folder| {
            folders.last().is_some_and(|known| known == folder) || after.starts_with(folder)
        }) {
            continue;
        }
        if count == PAGE {
            more = true;
            break;
        }
        count += 1;
        match folder {
            Some(folder) => folders.push(folder.to_string()),
            None => {
                let (etag, size) = (etag(body).replace('"', "&quot;"), body.len());
                let _ = write!(
                    keys,
                    "<Contents><Key>{key}</Key><LastModified>2026-11-02T10:00:00.000Z</LastModified>\
                     <ETag>{etag}</ETag><Size>{size}</Size><StorageClass>STANDARD</StorageClass></Contents>"
                );
            }
        }
        last = folder.map_or_else(|| key.clone(), str::to_string);
    }
    let common: String = folders
        .iter()
        .map(|folder| format!("<CommonPrefixes><Prefix>{folder}</Prefix></CommonPrefixes>"))
        .collect();
    let next = if more {
        format!("<NextContinuationToken>{last}</NextContinuationToken>")
    } else {
        String::new()
    };
    format!(
        "<ListBucketResult><Name>bench</Name><Prefix>{prefix}</Prefix><KeyCount>{count}</KeyCount><MaxKeys>{PAGE}</MaxKeys>\
         <IsTruncated>{more}</IsTruncated>{next}{keys}{common}</ListBucketResult>"
    )
}
