//! Sessions that someone asked for: their credentials belong where the STS call came from.

use std::collections::BTreeSet;

use super::{Detection, Stray};
use crate::detect::Cx;
use crate::detect::source_networks::SourceNetwork;
use crate::event::SourceClass;
use crate::rollup::sessions::Session;

impl<'c> Detection<'c, '_> {
    /// Sessions whose STS call came from an address.
    pub fn handed_out(&self) -> Vec<Stray<'_, 'c>> {
        let mut strays = Vec::new();
        for used in &self.uses {
            let Some(home) = issued_to(self.cx, &used.session) else { continue };
            if home.network == used.network
                || self.is_known(used)
                || self.is_one_machine(used, home)
            {
                continue;
            }
            let homes = BTreeSet::from([home.network.as_str()]);
            let home = self.cx.text(used.session.issued_to).to_string();
            strays.push(Stray { used, home, homes, instance: false });
        }
        strays
    }
}

/// The address, or the own network, that asked for the session; `None` where AWS did.
pub fn issued_to<'c>(cx: &'c Cx<'_>, session: &Session) -> Option<&'c SourceNetwork> {
    let issued = cx.places.get(session.issued_to).filter(|_| session.issued_at != 0);
    issued.filter(|place| place.outside() || place.class == SourceClass::Own)
}
