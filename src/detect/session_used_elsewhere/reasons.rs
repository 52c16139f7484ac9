//! The reasons of a finding.

use super::elsewhere::UseElsewhere;
use super::uses::Use;
use super::{Detection, KNOWN_HOURS};
use crate::clock::{DAY, Millis, length, plain};
use crate::detect::Cx;
use crate::detect::rows::{count, in_window};
use crate::ui::number::counted;

impl Detection<'_, '_> {
    /// When and to whom the credentials were issued.
    pub fn issue(&self, found: &UseElsewhere<'_, '_>) -> String {
        let (cx, used) = (self.cx, found.used);
        let (key, session) = (cx.text(used.key), &used.session);
        if session.issued_at == 0 {
            return format!(
                "{key} (session {}): no record of the STS call in these logs",
                session_name(cx, used)
            );
        }
        let parent_key = match cx.text(session.parent_key) {
            "" => String::new(),
            parent_key => format!(" with {parent_key}"),
        };
        format!(
            "{key} (session {}) was issued at {} UTC to {}, requested by {}{parent_key}",
            session_name(cx, used),
            plain(session.issued_at),
            cx.text(session.issued_to),
            cx.text(session.parent),
        )
    }

    /// The calls from elsewhere, compared with those of the same session or instance from home.
    pub fn calls(&self, found: &UseElsewhere<'_, '_>) -> String {
        let used = found.used;
        let rows = in_window(&used.rows);
        let first = rows.iter().map(|row| row.1.first.time).min().unwrap_or(used.first);
        let same = |other: &&Use<'_>| match found.instance {
            true => other.principal == used.principal && other.session.name == used.session.name,
            false => other.key == used.key,
        };
        let others = self
            .uses
            .iter()
            .filter(same)
            .filter(|other| found.home_networks.contains(other.network));
        let (calls, last) =
            others.fold((0, 0), |(n, last), other| (n + count(&other.rows), last.max(other.last)));
        let (caller, home) =
            (if found.instance { "the instance" } else { "the session" }, &found.home);
        let at_home = match calls {
            0 => format!("{caller} made none from {home}"),
            n if last < first => {
                format!("before, {caller} made {} from {home}", counted(n, "call", "calls"))
            }
            n => format!(
                "{caller} made {} from {home}, up to {} UTC",
                counted(n, "call", "calls"),
                plain(last)
            ),
        };
        let calls = counted(count(&rows), "call", "calls");
        format!(
            "{calls} from {} from {} to {} UTC; {at_home}",
            used.network,
            plain(first),
            plain(used.last)
        )
    }

    /// What the network was compared with.
    pub fn comparison(&self, found: &UseElsewhere<'_, '_>, before: Millis) -> String {
        let parent = found.used.session.parent;
        let who = match self.cx.text(parent) {
            parent if parent.is_empty() || found.instance => {
                self.cx.text(found.used.principal).to_string()
            }
            parent => format!("neither {} nor {parent}", self.cx.text(found.used.principal)),
        };
        let had = if who.starts_with("neither") { "had" } else { "had not" };
        let network = found.used.network;
        let hours = self.settings.get(&KNOWN_HOURS);
        match before >= DAY {
            true => format!(
                "{who} {had} worked from {network} more than {hours} h before, in {} of logs",
                length(before)
            ),
            false => format!(
                "the logs begin only {} before, too short to know who usually uses {network}",
                length(before)
            ),
        }
    }
}

pub fn session_name<'c>(cx: &Cx<'c>, used: &Use<'_>) -> &'c str {
    match cx.text(used.session.name) {
        "" => "without a name",
        name => name,
    }
}
