//! A reverse proxy before a test server: logs every call by name, makes faults, fills in missing operations.

use std::io::{self, BufReader};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use chrono::{DateTime, TimeDelta};

use super::answers::Answer;
use super::calls::Exchange;
use super::http::Message;
use super::rules::{Action, Rule, failure};
use super::servers::Server;

/// Listens on loopback until it is dropped.
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    upstream: u16,
    calls: AtomicUsize,
    log: Mutex<Vec<Exchange>>,
    rules: Mutex<Vec<Arc<Rule>>>,
    answers: Mutex<Vec<Arc<dyn Answer>>>,
    skew: AtomicI64,
    ended: AtomicBool,
    /// A rule panicked, such as by an assertion.
    panicked: AtomicBool,
    clients: Mutex<Vec<TcpStream>>,
}

impl Proxy {
    pub fn new(server: &Server) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            upstream: server.port,
            calls: AtomicUsize::new(0),
            log: Mutex::default(),
            rules: Mutex::default(),
            answers: Mutex::default(),
            skew: AtomicI64::new(0),
            ended: AtomicBool::new(false),
            panicked: AtomicBool::new(false),
            clients: Mutex::default(),
        });
        let of_thread = Arc::clone(&shared);
        thread::spawn(move || of_thread.accept(&listener));
        Proxy { address, shared }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn rule(&self, rule: Rule) {
        lock(&self.shared.rules).push(Arc::new(rule));
    }

    /// Calls `decide` for every call.
    pub fn on(&self, decide: impl Fn(&Exchange) -> Action + Send + Sync + 'static) {
        self.rule(Rule::any().decide(decide));
    }

    pub fn clear_rules(&self) {
        lock(&self.shared.rules).clear();
    }

    /// Lets `answer` take the calls that it knows; the server does not see them.
    pub fn answer_with(&self, answer: &Arc<impl Answer + 'static>) {
        lock(&self.shared.answers).push(answer.clone());
    }

    /// Moves the server's clock, as its `Date` header tells it.
    pub fn skew_clock(&self, seconds: i64) {
        self.shared.skew.store(seconds, Ordering::SeqCst);
    }

    pub fn log(&self) -> Vec<Exchange> {
        lock(&self.shared.log).clone()
    }

    pub fn clear_log(&self) {
        lock(&self.shared.log).clear();
    }

    /// The calls by name, in the order of arrival.
    pub fn names(&self) -> Vec<String> {
        self.log().iter().map(Exchange::name).collect()
    }

    /// The calls that change something, by name.
    pub fn mutating(&self) -> Vec<String> {
        self.log().iter().filter(|e| e.mutating).map(Exchange::name).collect()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::SeqCst);
        // Wakes the listener, so that it sees the end.
        _ = TcpStream::connect(self.address);
        for client in lock(&self.shared.clients).drain(..) {
            _ = client.shutdown(Shutdown::Both);
        }
        if !thread::panicking() {
            assert!(!self.shared.panicked.load(Ordering::SeqCst), "a rule of the proxy panicked");
        }
    }
}

impl Shared {
    fn accept(self: &Arc<Self>, listener: &TcpListener) {
        for client in listener.incoming().flatten() {
            if self.ended.load(Ordering::SeqCst) {
                return;
            }
            lock(&self.clients).push(client.try_clone().unwrap());
            let shared = Arc::clone(self);
            thread::spawn(move || {
                // A client that goes away in mid-call is no failure of the test; a panic is.
                if catch_unwind(AssertUnwindSafe(|| shared.serve(&client))).is_err() {
                    shared.panicked.store(true, Ordering::SeqCst);
                }
                _ = client.shutdown(Shutdown::Both);
            });
        }
    }

    /// Serves one connection until either side ends it.
    fn serve(&self, client: &TcpStream) -> io::Result<()> {
        client.set_nodelay(true)?;
        let mut reader = BufReader::new(client);
        let mut writer = client;
        while let Some(request) = Message::read_request(&mut reader, &mut writer)? {
            let Some((mut response, cut)) = self.exchange(&request) else { break };
            self.move_clock(&mut response);
            response.write_response(&mut writer, &request.method, cut)?;
            if cut.is_some() {
                break;
            }
            if request.header("connection").is_some_and(|v| v.eq_ignore_ascii_case("close")) {
                break;
            }
        }
        Ok(())
    }

    /// The answer to one call, and where it is cut; `None` cuts the connection before it.
    fn exchange(&self, request: &Message) -> Option<(Message, Option<usize>)> {
        let call = {
            let mut log = lock(&self.log);
            let n = self.calls.fetch_add(1, Ordering::SeqCst) + 1;
            let call = Exchange::of(n, request);
            log.push(call.clone());
            call
        };
        // No lock is held while rules run: they may make calls.
        let rules: Vec<Arc<Rule>> = lock(&self.rules).clone();
        let taken: Vec<Arc<Rule>> = rules.into_iter().filter(|rule| rule.takes(&call)).collect();
        let mut action = Action::Pass;
        for rule in &taken {
            thread::sleep(rule.wait);
            (rule.before)(&call);
            if matches!(action, Action::Pass) {
                action = (rule.decide)(&call);
            }
        }
        let response = match &action {
            Action::CutBefore => None,
            Action::Fail { status, code } => Some(failure(&call, *status, code)),
            Action::Answer(response) => Some(response.clone()),
            Action::Pass | Action::CutAfter | Action::CutBody(_) => {
                Some(self.answer(&call, request))
            }
        };
        let call = self.record(call, response.as_ref());
        for rule in &taken {
            (rule.after)(&call);
        }
        match action {
            Action::CutAfter => None,
            Action::CutBody(bytes) => response.map(|response| (response, Some(bytes))),
            _ => response.map(|response| (response, None)),
        }
    }

    fn answer(&self, call: &Exchange, request: &Message) -> Message {
        let answers: Vec<Arc<dyn Answer>> = lock(&self.answers).clone();
        let own = answers.iter().find_map(|answer| answer.answer(call));
        own.unwrap_or_else(|| {
            self.forward(request).unwrap_or_else(|e| {
                eprintln!("proxy: {} {}: {e}", call.method, call.target);
                Message::response(502, "text/plain", e.to_string())
            })
        })
    }

    fn forward(&self, request: &Message) -> io::Result<Message> {
        let server = TcpStream::connect(("127.0.0.1", self.upstream))?;
        server.set_nodelay(true)?;
        request.write_request(&mut &server)?;
        Message::read_response(&mut BufReader::new(&server), &request.method)
    }

    /// Completes the log entry. The log may have been cleared since.
    fn record(&self, mut call: Exchange, response: Option<&Message>) -> Exchange {
        if let Some(response) = response {
            call.status = response.status;
            call.response_body.clone_from(&response.body);
        }
        let mut log = lock(&self.log);
        if let Some(place) = log.iter_mut().find(|e| e.n == call.n) {
            *place = call.clone();
        }
        call
    }

    fn move_clock(&self, response: &mut Message) {
        let skew = TimeDelta::seconds(self.skew.load(Ordering::SeqCst));
        let date = response.header("date").map(|date| DateTime::parse_from_rfc2822(date).unwrap());
        // Answers of the test's own have no date yet.
        #[expect(clippy::disallowed_methods, reason = "a server's clock is the real one")]
        let date = date.unwrap_or_else(|| chrono::Utc::now().fixed_offset()) + skew;
        let date = date.to_utc().format("%a, %d %b %Y %H:%M:%S GMT").to_string();
        response.set_header("Date", &date);
    }
}

/// A test that panicked in a rule must not hide behind a poisoned lock.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
