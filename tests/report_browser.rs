//! The page in a browser: hostile text runs nothing and fetches nothing, and the page's own script does run.
//!
//! Needs Chromium (Debian: `apt-get install chromium`).

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};

use incident::case::Case;
use incident::report::RenderOptions;
use incident::report::incident::{FORMATS, build, load};
use serde_json::Value;

/// What marks the page when it runs, and what it would fetch. `leak.example` leads to the server here.
const PAYLOADS: &[&str] = &[
    "<script>document.documentElement.dataset.ran=1;fetch('http://leak.example/fetch')</script>",
    "</script><script>document.documentElement.dataset.ran=1</script>",
    "</style></title></textarea><script>document.documentElement.dataset.ran=1</script>",
    "\"><img src=http://leak.example/img onerror=\"document.documentElement.dataset.ran=1\">",
    "' onmouseover='document.documentElement.dataset.ran=1' autofocus onfocus='this.onmouseover()' x='",
    "<svg onload=\"document.documentElement.dataset.ran=1\"><image href=\"http://leak.example/svg\"/></svg>",
    "<iframe src=\"http://leak.example/frame\" srcdoc=\"<script>parent.document.documentElement.dataset.ran=1</script>\"></iframe>",
    "<link rel=stylesheet href=http://leak.example/css><style>@import url(http://leak.example/import);</style>",
    "<base href=http://leak.example/><meta http-equiv=refresh content=\"0;url=http://leak.example/refresh\">",
    "<a href=\"javascript:document.documentElement.dataset.ran=1\" id=e1>javascript:alert(1)</a>",
    "<object data=http://leak.example/object></object><embed src=http://leak.example/embed>",
    "<video autoplay src=http://leak.example/video></video><form action=http://leak.example/form><input autofocus>",
    "{{7*7}}{% for x in (1,2) %}{{x}}{% endfor %}${7*7}<%= 7*7 %>{#comment#}",
    "]]>--><!--<![CDATA[\u{202e}\u{2066}\0\u{9b}\u{feff}\u{2028}",
    "url(http://leak.example/url) expression(1) \\\" \\' &lt;script&gt; &#60;script&#62; %3Cscript%3E",
];

fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/report-case")
}

/// A copy of the fixture whose analysis, objects and title hold the payloads, each field another one first.
fn hostile_case(root: &Path) {
    copy(&fixture(), root);
    let file = root.join("findings-001.json");
    let mut value: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    poison(&mut value, &mut 0);
    let long = PAYLOADS.concat().repeat(40);
    value["findings"][2]["title"] = long.into();
    fs::write(&file, value.to_string()).unwrap();
    let all = PAYLOADS.concat();
    let cell = format!("\"{}\"", all.replace('"', "\"\""));
    let row =
        format!("{cell},{cell},{cell},{cell},{cell},{cell},{cell},{cell},{cell},1,9999999999\n");
    let objects = root.join("objects-001.csv");
    fs::write(&objects, fs::read_to_string(&objects).unwrap() + &row).unwrap();
    let case = root.join("case.toml");
    let mut table: toml::Table = fs::read_to_string(&case).unwrap().parse().unwrap();
    table["title"] = all.clone().into();
    table["id"] = format!("x{all}").into();
    fs::write(&case, table.to_string()).unwrap();
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &target),
            false => _ = fs::copy(entry.path(), target).unwrap(),
        }
    }
}

/// Times and names that the reader goes by are left alone.
fn poison(value: &mut Value, turn: &mut usize) {
    match value {
        Value::String(text) => {
            let time = text.len() >= 20 && text.as_bytes()[4] == b'-' && text.ends_with('Z');
            let known =
                ["incident.analysis/1", "critical", "high", "medium", "info", "done", "tried"];
            if !time && !known.contains(&text.as_str()) {
                text.push_str(PAYLOADS[*turn % PAYLOADS.len()]);
                text.push_str(PAYLOADS[(*turn + 1) % PAYLOADS.len()]);
                *turn += 1;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| poison(item, turn)),
        Value::Object(members) => members.values_mut().for_each(|member| poison(member, turn)),
        _ => {}
    }
}

fn page(case: &Path) -> String {
    let mut input = load::case(&Case::read(case).unwrap(), 1_795_276_000_000).unwrap();
    input.program = "incident 0.0.0".into();
    let mut out = Vec::new();
    let html = FORMATS.find("html").unwrap();
    html.render(&build(&input), &mut out, &RenderOptions::default()).unwrap();
    String::from_utf8(out).unwrap()
}

/// A proxy on loopback that answers everything with an empty page and keeps the first lines.
struct Listener {
    port: u16,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Listener {
    fn start() -> Listener {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let kept = seen.clone();
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let mut buffer = [0; 4096];
                let n = stream.read(&mut buffer).unwrap_or(0);
                let text = String::from_utf8_lossy(&buffer[..n]).into_owned();
                kept.lock().unwrap().push(text.lines().next().unwrap_or_default().to_string());
                let _ = stream.write_all(
                    b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
                );
            }
        });
        Listener { port, seen }
    }

    /// Requests that a page made; the browser's own are left out.
    fn leaks(&self) -> Vec<String> {
        let seen = self.seen.lock().unwrap();
        seen.iter().filter(|line| line.contains("leak.example")).cloned().collect()
    }
}

struct Visit {
    dom: String,
    console: String,
    leaks: Vec<String>,
}

/// The browser of this machine. The gate (`CI` is set) demands one; elsewhere the tests of the page say that they
/// were skipped, so that the test command needs no browser.
fn browser() -> Option<&'static str> {
    let names = ["chromium", "chromium-browser", "google-chrome", "chrome"];
    let there = |name: &&str| Command::new(name).arg("--version").output().is_ok();
    let found = names.into_iter().find(there);
    assert!(
        found.is_some() || std::env::var_os("CI").is_none(),
        "Chromium is needed (Debian: apt-get install chromium)"
    );
    if found.is_none() {
        eprintln!("skipped: no Chromium (Debian: apt-get install chromium)");
    }
    found
}

/// Opens the page from disk, lets it have its time, and says what became of it.
fn visit(browser: &str, page: &str) -> Visit {
    let temp = tempfile::tempdir().unwrap();
    let file = temp.path().join("report.html");
    fs::write(&file, page).unwrap();
    let listener = Listener::start();
    let out = Command::new(browser)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"])
        .args(["--no-first-run", "--disable-background-networking", "--disable-component-update"])
        .args([
            "--disable-sync",
            "--disable-extensions",
            "--enable-logging=stderr",
            "--log-level=0",
        ])
        .arg(format!("--user-data-dir={}", temp.path().join("profile").display()))
        .arg(format!("--proxy-server=http://127.0.0.1:{}", listener.port))
        .args(["--window-size=1280,900"])
        .args(["--virtual-time-budget=4000", "--timeout=20000", "--dump-dom"])
        .arg(format!("file://{}", file.display()))
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Visit { dom: text(&out.stdout), console: text(&out.stderr), leaks: listener.leaks() }
}

impl Visit {
    fn ran(&self) -> bool {
        self.dom.contains("data-ran=\"1\"")
    }

    /// The page's own script has made its headings into buttons.
    fn own_script_ran(&self) -> bool {
        self.dom.contains("<button type=\"button\">")
    }

    fn refused_by_policy(&self) -> bool {
        self.console.contains("Content Security Policy")
    }
}

#[test]
fn hostile_text_runs_nothing_and_fetches_nothing() {
    let Some(browser) = browser() else { return };
    let temp = tempfile::tempdir().unwrap();
    let case = temp.path().join("case");
    hostile_case(&case);
    let page = page(&case);
    assert!(page.contains("leak.example"), "the payloads are in the page");
    let visit = visit(browser, &page);
    assert!(!visit.ran());
    assert_eq!(visit.leaks, Vec::<String>::new());
    assert!(visit.own_script_ran(), "{}", visit.console);
    assert!(!visit.refused_by_policy(), "nothing even tried: {}", visit.console);
    assert!(visit.dom.contains("id=\"findings\""));
    assert!(!visit.dom.contains("4949"), "no template of theirs was filled in");
}

#[test]
fn the_page_s_policy_allows_its_own_style_and_script_and_no_other() {
    let Some(browser) = browser() else { return };
    let page = page(&fixture());
    let kept = visit(browser, &page);
    assert!(kept.own_script_ran() && !kept.refused_by_policy(), "{}", kept.console);
    // As if the escapes had failed.
    let broken = page.replace("<h2>Summary</h2>", &PAYLOADS[..6].concat());
    let held = visit(browser, &broken);
    assert!(!held.ran() && held.leaks.is_empty(), "{:?}", held.leaks);
    assert!(held.refused_by_policy() && held.own_script_ran());
    let changed = visit(browser, &page.replace("\"use strict\";", "\"use strict\"; "));
    assert!(!changed.own_script_ran() && changed.refused_by_policy());
    let styled = visit(browser, &page.replace("<style>:root", "<style> :root"));
    assert!(styled.refused_by_policy());
}

/// The script is the test's own: the page's policy would refuse it.
const MEASURE: &str = "<script>
for (const table of document.querySelectorAll('.scroll')) {
  const more = table.scrollWidth - table.clientWidth;
  document.documentElement.dataset[table.closest('section').id + 'Hidden'] = more;
}
</script></body>";

#[test]
fn the_table_of_actors_fits_a_window_of_1280_pixels() {
    let Some(browser) = browser() else { return };
    let page = page(&fixture());
    let open = page.replace("http-equiv=\"Content-Security-Policy\"", "name=\"policy\"");
    let measured = visit(browser, &open.replace("</body>", MEASURE));
    assert!(page.contains("<section id=\"actors\">") && page.contains("AKIARTX3GSDSYRLDHKZO"));
    let head = measured.dom.get(..400).unwrap_or(&measured.dom);
    assert!(measured.dom.contains("data-actors-hidden=\"0\""), "{head}");
}

/// Without it, the tests above would pass in a browser that runs and fetches nothing at all.
#[test]
fn payloads_do_run_where_nothing_holds_them() {
    let Some(browser) = browser() else { return };
    let visit = visit(
        browser,
        &format!("<!DOCTYPE html><title>x</title><p>{}</p>", PAYLOADS[..6].concat()),
    );
    assert!(visit.ran(), "{}", visit.dom);
    assert!(!visit.leaks.is_empty());
}
