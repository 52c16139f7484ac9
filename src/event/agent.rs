//! Reads what a user agent says about the caller's tool. The client chooses this text, so nothing here is trusted.

/// Bytes of a family at most. A family is a rollup key, so a hostile agent must not make it long.
const MAX_FAMILY: usize = 64;

/// The family of an agent that is nothing but a number or an identifier.
const ONLY_AN_ID: &str = "(id)";

/// The tool that a user agent names, without version, platform or identifiers, so that it is stable across releases and
/// runs.
pub fn family(user_agent: &str) -> &str {
    let text = unwrapped(user_agent);
    if text.is_empty() || text == "-" {
        return "-";
    }
    if text.starts_with("Mozilla/") {
        return browser(text);
    }
    let text = without_partner(text);
    let name = without_ids(product(text));
    match name {
        "" => ONLY_AN_ID,
        "PulumiAws" => "Pulumi",
        _ => capped(name),
    }
}

/// True for families of the web console: the browser, or the console's own servers.
pub fn is_console(family: &str) -> bool {
    matches!(
        family,
        "Chrome" | "Firefox" | "Safari" | "Edge" | "console.amazonaws.com" | "signin.amazonaws.com"
    )
}

/// The part of a user agent that one client sends with all of its calls: without brackets, and without the command that
/// the AWS CLI appends (`md/command#s3.ls`).
pub fn client(user_agent: &str) -> &str {
    let text = unwrapped(user_agent);
    let end =
        [" md/prompt#", " md/command#", " command/"].iter().filter_map(|part| text.find(part));
    end.min().map_or(text, |end| text[..end].trim_end())
}

/// The agent without the brackets that S3 data events put around it.
fn unwrapped(user_agent: &str) -> &str {
    let text = user_agent.trim();
    let text = text.strip_prefix('[').unwrap_or(text);
    text.strip_suffix(']').unwrap_or(text).trim()
}

/// Browsers all claim to be each other, so the rarest claim is the true one.
fn browser(text: &str) -> &'static str {
    const CLAIMS: [(&str, &str); 11] = [
        ("WindowsPowerShell/", "WindowsPowerShell"),
        ("HeadlessChrome/", "HeadlessChrome"),
        ("Edg/", "Edge"),
        ("Edge/", "Edge"),
        ("EdgA/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("FxiOS/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("CriOS/", "Chrome"),
        ("Safari/", "Safari"),
    ];
    let claimed = CLAIMS.iter().find(|(token, _)| text.contains(token));
    claimed.map_or("Mozilla", |(_, name)| name)
}

/// What follows the `APN/1.0 Partner/1.0` that partner tools put before their own product.
fn without_partner(text: &str) -> &str {
    let Some(partner) = text.strip_prefix("APN/").and_then(after_word) else {
        return text.strip_prefix("HashiCorp/").and_then(after_word).unwrap_or(text);
    };
    match after_word(partner) {
        Some(product) if starts_with_letter(product) => product,
        _ => partner,
    }
}

fn after_word(text: &str) -> Option<&str> {
    text.split_once(' ').map(|(_, rest)| rest.trim_start())
}

fn starts_with_letter(text: &str) -> bool {
    text.bytes().next().is_some_and(|b| b.is_ascii_alphabetic())
}

/// The product's name: `aws-cli` of `aws-cli/2.13.5 …`, `RDS Console` of `RDS Console, …`.
///
/// Three words are enough for every AWS console, and limit the number of families that free text can create.
/// A later word that is a version or an address is not part of the name.
fn product(text: &str) -> &str {
    let head = text.split(['/', ',', ';', '(']).next().unwrap_or(text);
    let mut end = 0;
    for (position, word) in head.split(' ').take(3).enumerate() {
        if position == 0 {
            end = word.len();
        } else if starts_with_letter(word) && !word.contains(':') {
            end += 1 + word.len();
        } else {
            break;
        }
    }
    head.get(..end).unwrap_or(head)
}

/// A name without the UUIDs, numbers and long hexadecimal words at its end.
fn without_ids(name: &str) -> &str {
    let mut name = name;
    loop {
        let shorter = match name.len().checked_sub(36) {
            Some(start) if name.get(start..).is_some_and(is_uuid) => name.get(..start),
            _ => without_last_part(name),
        };
        let Some(shorter) = shorter else {
            return name;
        };
        name = shorter.trim_end_matches(['-', '_', '.', '#', ':', ' ']);
    }
}

/// The name before its last part, if that part is an identifier.
fn without_last_part(name: &str) -> Option<&str> {
    let start = name.rfind(['-', '_', '.', '#', ':']).map_or(0, |at| at + 1);
    let part = name.get(start..)?.as_bytes();
    let digits = part.iter().any(u8::is_ascii_digit);
    let number = part.iter().all(u8::is_ascii_digit);
    let hex = part.len() >= 8 && part.iter().all(u8::is_ascii_hexdigit);
    if digits && (number || hex) { name.get(..start) } else { None }
}

/// `c97089f1-4a0b-4b8c-9d8e-0123456789ab`.
fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// At most `MAX_FAMILY` bytes, cut between characters.
fn capped(name: &str) -> &str {
    let mut end = name.len().min(MAX_FAMILY);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    name.get(..end).unwrap_or("")
}

/// Words that name tools and systems of attackers, in lower case, with display names. Each must be a separate word;
/// digits may touch it, as in the kernel `…-12parrot1-amd64`.
const NOTABLE: [(&str, &str); 42] = [
    ("kali", "Kali Linux"),
    ("parrot", "Parrot OS"),
    ("parrotsec", "Parrot OS"),
    ("pentoo", "Pentoo Linux"),
    ("blackarch", "BlackArch Linux"),
    ("stratus-red-team", "Stratus Red Team"),
    ("pacu", "Pacu"),
    ("cloudfox", "CloudFox"),
    ("cloudgoat", "CloudGoat"),
    ("cloudbrute", "CloudBrute"),
    ("cloud_enum", "cloud_enum"),
    ("scoutsuite", "ScoutSuite"),
    ("scout suite", "ScoutSuite"),
    ("prowler", "Prowler"),
    ("pmapper", "PMapper"),
    ("enumerate-iam", "enumerate-iam"),
    ("weirdaal", "WeirdAAL"),
    ("aws_pwn", "aws_pwn"),
    ("nimbostratus", "Nimbostratus"),
    ("quiet-riot", "Quiet Riot"),
    ("trufflehog", "TruffleHog"),
    ("gitleaks", "Gitleaks"),
    ("s3scanner", "S3Scanner"),
    ("s3-account-search", "s3-account-search"),
    ("bucket_finder", "bucket_finder"),
    ("bucket-stream", "bucket-stream"),
    ("s3browser", "S3 Browser"),
    ("s3 browser", "S3 Browser"),
    ("rclone", "rclone"),
    ("winscp", "WinSCP"),
    ("cyberduck", "Cyberduck"),
    ("megasync", "MEGAsync"),
    ("sqlmap", "sqlmap"),
    ("nmap", "Nmap"),
    ("nuclei", "Nuclei"),
    ("masscan", "masscan"),
    ("nikto", "Nikto"),
    ("gobuster", "gobuster"),
    ("ffuf", "ffuf"),
    ("zgrab", "ZGrab"),
    ("metasploit", "Metasploit"),
    ("sliver", "Sliver"),
];

/// The attack tool or system that a user agent names, if any.
pub fn notable(user_agent: &str) -> Option<&'static str> {
    let bytes = user_agent.as_bytes();
    let mut in_word = false;
    for (at, byte) in bytes.iter().enumerate() {
        let letter = byte.is_ascii_alphabetic();
        if letter && !in_word {
            let rest = bytes.get(at..).unwrap_or(&[]);
            // Comparing the first letter avoids most comparisons.
            let initial = Some(byte.to_ascii_lowercase());
            let mut known = NOTABLE.iter().filter(|(word, _)| word.bytes().next() == initial);
            if let Some((_, name)) = known.find(|(word, _)| is_word(rest, word)) {
                return Some(name);
            }
        }
        in_word = letter;
    }
    None
}

/// True if the text begins with the word and no letter follows it.
fn is_word(text: &[u8], word: &str) -> bool {
    text.split_at_checked(word.len()).is_some_and(|(head, tail)| {
        head.eq_ignore_ascii_case(word.as_bytes())
            && !tail.first().is_some_and(u8::is_ascii_alphabetic)
    })
}

#[cfg(test)]
mod tests;
