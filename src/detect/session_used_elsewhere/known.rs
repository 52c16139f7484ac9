//! What keeps a use from being strange: its principal works from there, or it is the same machine.

use super::uses::Use;
use super::{Detection, KNOWN_HOURS, USUAL_DAYS};
use crate::clock::{DAY, HOUR, Millis};
use crate::detect::source_networks::SourceNetwork;
use crate::event::SourceClass;
use crate::rollup::agents;

impl Detection<'_, '_> {
    /// How long before a use a network must have been the principal's own.
    pub fn known_for(&self) -> Millis {
        (self.settings.get(&KNOWN_HOURS) * HOUR as f64) as Millis
    }

    /// True if the principal, or whoever asked for the session, worked from the network long enough ago. A
    /// first sight of today proves nothing: the same stranger may have more than one kind of credentials.
    ///
    /// Before the logs are long enough to show that, only a stranger to all of the account counts.
    pub fn is_known(&self, used: &Use<'_>) -> bool {
        let at = used.first - self.known_for();
        let knew = |principal| {
            self.proper.get(&(principal, used.network)).is_some_and(|first| *first < at)
        };
        let warm_up = (self.cx.history_before(used.first) as f64)
            < self.settings.get(&USUAL_DAYS) * DAY as f64;
        let others = || self.cx.history.others_in(used.network, used.principal, used.first);
        knew(used.principal)
            || (used.session.parent != 0 && knew(used.session.parent))
            || (warm_up && others())
    }

    /// True if the use and the STS call can be one machine's, or one person's with one provider.
    pub fn is_one_machine(&self, used: &Use<'_>, home: &SourceNetwork) -> bool {
        // A machine in a VPC has a private address towards endpoints and a public one towards the rest.
        let private = |place: &SourceNetwork| place.class == SourceClass::Private;
        let endpoint =
            private(used.place) || (private(home) && self.cx.history_before(used.first) < DAY);
        endpoint
            || home.same_operator(used.place)
            || (home.other_protocol(used.place) && self.is_one_agent(used))
    }

    /// The use and the STS call sent the same user agent, which names the machine's system and versions.
    fn is_one_agent(&self, used: &Use<'_>) -> bool {
        let session = &used.session;
        let asked = |seen: &agents::Key| {
            seen.principal == session.parent && seen.source == session.issued_to
        };
        let asked = self.agents.of(session.parent_key, asked);
        !asked.is_disjoint(&self.agents.beside(used.key, &used.rows))
    }

    /// True if the machine at home is seen with its other address, by IPv6 or by IPv4.
    pub fn is_other_protocol(&self, used: &Use<'_>, at_home: &[&&Use<'_>]) -> bool {
        let mut others = at_home.iter().filter(|home| home.place.other_protocol(used.place));
        let here = self.agents.beside(used.key, &used.rows);
        others.any(|home| !here.is_disjoint(&self.agents.beside(home.key, &home.rows)))
    }
}
