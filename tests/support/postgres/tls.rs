//! TLS before the server, as a load balancer ends it: a certificate of an authority made for the test.

use std::fs;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::crypto::ring;
use rustls::pki_types::{PrivateKeyDer, pem::PemObject};
use rustls::{ServerConfig, ServerConnection};

/// How long each side is listened to before the other one.
const TURN: Duration = Duration::from_millis(1);

/// On loopback, for the name `localhost`; its threads end with the test process.
pub struct Terminator {
    pub port: u16,
    dir: tempfile::TempDir,
}

impl Terminator {
    pub fn start() -> Terminator {
        let authority_key = KeyPair::generate().unwrap();
        let mut authority = CertificateParams::new([]).unwrap();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let root = authority.self_signed(&authority_key).unwrap();
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("root.pem"), root.pem()).unwrap();
        let key = KeyPair::generate().unwrap();
        let issuer = Issuer::new(authority, authority_key);
        let server = CertificateParams::new(["localhost".to_string()]).unwrap();
        let certificate = server.signed_by(&key, &issuer).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![certificate.der().clone()],
                PrivateKeyDer::from_pem_slice(key.serialize_pem().as_bytes()).unwrap(),
            )
            .unwrap();
        let config = Arc::new(config);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let config = config.clone();
                // A client that goes away early is what some tests are about.
                std::thread::spawn(move || _ = serve(client, config));
            }
        });
        Terminator { port, dir }
    }

    /// The authority's certificate.
    pub fn root(&self) -> PathBuf {
        self.dir.path().join("root.pem")
    }
}

fn serve(mut client: TcpStream, config: Arc<ServerConfig>) -> io::Result<()> {
    let mut asked = [0; 8];
    client.read_exact(&mut asked)?;
    assert_eq!(asked, [0, 0, 0, 8, 4, 210, 22, 47], "not an SSLRequest");
    client.write_all(b"S")?;
    let mut tls = ServerConnection::new(config).map_err(io::Error::other)?;
    while tls.is_handshaking() {
        tls.complete_io(&mut client)?;
    }
    let mut server = UnixStream::connect(super::folder().join(".s.PGSQL.5432"))?;
    client.set_read_timeout(Some(TURN))?;
    server.set_read_timeout(Some(TURN))?;
    let mut buffer = [0; 16 * 1024];
    loop {
        match tls.read_tls(&mut client) {
            Ok(0) => return Ok(()),
            Err(e) if !waits(&e) => return Err(e),
            _ => {}
        }
        let there = tls.process_new_packets().map_err(io::Error::other)?.plaintext_bytes_to_read();
        let mut plain = vec![0; there];
        tls.reader().read_exact(&mut plain)?;
        server.write_all(&plain)?;
        match server.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(n) => tls.writer().write_all(&buffer[..n])?,
            Err(e) if !waits(&e) => return Err(e),
            Err(_) => {}
        }
        while tls.wants_write() {
            tls.write_tls(&mut client)?;
        }
    }
}

fn waits(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}
