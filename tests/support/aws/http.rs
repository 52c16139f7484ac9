//! Just enough HTTP/1.1 for the proxy: reads and writes whole messages.

use std::io::{self, BufRead, Read, Write};

/// A request or a response: the first line apart, and a body without transfer coding.
#[derive(Clone, Debug, Default)]
pub struct Message {
    pub method: String,
    pub target: String,
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Message {
    pub fn response(status: u16, kind: &str, body: impl Into<Vec<u8>>) -> Message {
        let headers = vec![
            ("Content-Type".into(), kind.into()),
            ("x-amzn-RequestId".into(), "00000000-0000-4000-8000-000000000000".into()),
        ];
        Message { status, headers, body: body.into(), ..Message::default() }
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }

    pub fn set_header(&mut self, name: &str, value: &str) {
        self.remove_header(name);
        self.headers.push((name.into(), value.into()));
    }

    fn remove_header(&mut self, name: &str) {
        self.headers.retain(|(n, _)| !n.eq_ignore_ascii_case(name));
    }

    /// Reads a request; `None` at the end of the connection. `writer` gets `100 Continue` where it is asked for.
    pub fn read_request(
        reader: &mut impl BufRead,
        writer: &mut impl Write,
    ) -> io::Result<Option<Message>> {
        let Some(head) = read_head(reader)? else { return Ok(None) };
        let mut slots = [httparse::EMPTY_HEADER; 100];
        let mut parsed = httparse::Request::new(&mut slots);
        parsed.parse(&head).map_err(invalid)?;
        let mut request = Message {
            method: parsed.method.unwrap_or_default().into(),
            target: parsed.path.unwrap_or_default().into(),
            headers: owned(parsed.headers),
            ..Message::default()
        };
        if request.header("expect").is_some_and(|v| v.eq_ignore_ascii_case("100-continue")) {
            writer.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
            request.remove_header("expect");
        }
        request.read_body(reader, false)?;
        Ok(Some(request))
    }

    /// Reads the response to a request with `method`.
    pub fn read_response(reader: &mut impl BufRead, method: &str) -> io::Result<Message> {
        loop {
            let head = read_head(reader)?.ok_or(io::ErrorKind::UnexpectedEof)?;
            let mut slots = [httparse::EMPTY_HEADER; 100];
            let mut parsed = httparse::Response::new(&mut slots);
            parsed.parse(&head).map_err(invalid)?;
            let status = parsed.code.unwrap_or_default();
            if (100..200).contains(&status) {
                continue;
            }
            let headers = owned(parsed.headers);
            let mut response = Message { status, headers, ..Message::default() };
            if method != "HEAD" && !matches!(status, 204 | 304) {
                response.read_body(reader, true)?;
            }
            return Ok(response);
        }
    }

    fn read_body(&mut self, reader: &mut impl BufRead, to_end: bool) -> io::Result<()> {
        let chunked = |v: &str| v.to_ascii_lowercase().contains("chunked");
        if self.header("transfer-encoding").is_some_and(chunked) {
            self.body = read_chunks(reader)?;
            self.remove_header("transfer-encoding");
        } else if let Some(length) = self.header("content-length") {
            self.body = vec![0; length.trim().parse().map_err(invalid)?];
            reader.read_exact(&mut self.body)?;
        } else if to_end {
            reader.read_to_end(&mut self.body)?;
        }
        Ok(())
    }

    /// Sends it as a request, the last on its connection.
    pub fn write_request(&self, writer: &mut impl Write) -> io::Result<()> {
        let first = format!("{} {} HTTP/1.1", self.method, self.target);
        let length = match self.method.as_str() {
            "GET" | "HEAD" | "DELETE" if self.body.is_empty() => None,
            _ => Some(self.body.len().to_string()),
        };
        self.write(writer, &first, length.as_deref(), "close", &self.body)
    }

    /// Sends it as the response to `method`, with so many bytes of its body at most.
    pub fn write_response(
        &self,
        writer: &mut impl Write,
        method: &str,
        cut: Option<usize>,
    ) -> io::Result<()> {
        let first = format!("HTTP/1.1 {} Status", self.status);
        let length = match self.status {
            204 | 304 => None,
            // A HEAD is told the length of what a GET would give.
            _ if method == "HEAD" => Some(self.header("content-length").unwrap_or("0").to_string()),
            _ => Some(self.body.len().to_string()),
        };
        let body = &self.body[..cut.map_or(self.body.len(), |cut| cut.min(self.body.len()))];
        self.write(writer, &first, length.as_deref(), "keep-alive", body)
    }

    fn write(
        &self,
        writer: &mut impl Write,
        first: &str,
        length: Option<&str>,
        connection: &str,
        body: &[u8],
    ) -> io::Result<()> {
        let mut out = format!("{first}\r\n");
        for (name, value) in &self.headers {
            if !["content-length", "connection"].iter().any(|n| name.eq_ignore_ascii_case(n)) {
                out += &format!("{name}: {value}\r\n");
            }
        }
        if let Some(length) = length {
            out += &format!("Content-Length: {length}\r\n");
        }
        out += &format!("Connection: {connection}\r\n\r\n");
        let mut out = out.into_bytes();
        out.extend_from_slice(body);
        writer.write_all(&out)?;
        writer.flush()
    }
}

fn owned(headers: &[httparse::Header]) -> Vec<(String, String)> {
    let text = |v: &[u8]| String::from_utf8_lossy(v).into_owned();
    headers.iter().map(|h| (h.name.to_string(), text(h.value))).collect()
}

/// Up to and with the empty line.
fn read_head(reader: &mut impl BufRead) -> io::Result<Option<Vec<u8>>> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if reader.read_until(b'\n', &mut head)? == 0 {
            return if head.is_empty() {
                Ok(None)
            } else {
                Err(io::ErrorKind::UnexpectedEof.into())
            };
        }
    }
    Ok(Some(head))
}

fn read_chunks(reader: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let size = line.split(';').next().unwrap_or_default().trim();
        let size = u64::from_str_radix(size, 16).map_err(invalid)?;
        if size == 0 {
            break;
        }
        reader.take(size).read_to_end(&mut body)?;
        reader.read_line(&mut String::new())?;
    }
    // Trailers end with an empty line.
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line == "\r\n" {
            return Ok(body);
        }
    }
}

fn invalid(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}
