//! Notification clocks: which notice is due when, from facts with their times. Pure: no files, no AWS.
//!
//! A reference, not advice. Every limit is the law's outer limit; most of these laws ask for the notice
//! without undue or unreasonable delay before it.
//!
//! How periods are counted:
//!
//! - **Hours** (GDPR, NIS2, DORA) are elapsed hours from the minute of the fact, through weekends, holidays
//!   and clock changes. Regulation (EEC, Euratom) 1182/71, Article 3(1), does not count the hour in
//!   which the event falls, and its Article 3(4) moves no period of hours: our limit is never later than the law's.
//! - **One month** (NIS2, DORA) ends with the last second of the same date of the next month, or of the last
//!   day of a shorter month (Regulation 1182/71, Article 3(2)(c)). A last day on a Saturday, Sunday or holiday
//!   would move to the next working day (Article 3(4)). Holidays differ by Member State, so the earlier day
//!   is given, with a note.
//! - **Calendar days** (HIPAA) do not count the day of discovery, and end with the last second of the last day.
//! - **Business days** (SEC) leave out Saturdays, Sundays and federal holidays as observed; the day ends at
//!   17:30 in New York, when EDGAR stops dating filings on the same day (17 CFR 232.13(a)(2)).
//!
//! Where only the day of a fact is known, hours count from its first minute.

mod business;
mod dora;
mod duty;
mod error;
mod facts;
mod gdpr;
mod hipaa;
mod nis2;
mod pci;
mod sec;
#[cfg(test)]
mod tests;
mod when;

pub use duty::{Duty, State};
pub use error::FactError;
pub use facts::{Facts, KEYS};
pub use when::{Zone, rounded_duration};

use crate::clock::Millis;

/// A law family, or a role in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Regime {
    Hipaa,
    HipaaAssociate,
    Gdpr,
    Nis2,
    Dora,
    Sec,
    Pci,
}

impl Regime {
    pub const ALL: [Regime; 7] = [
        Regime::Hipaa,
        Regime::HipaaAssociate,
        Regime::Gdpr,
        Regime::Nis2,
        Regime::Dora,
        Regime::Sec,
        Regime::Pci,
    ];

    /// The name in `regimes`.
    pub fn name(self) -> &'static str {
        match self {
            Regime::Hipaa => "hipaa",
            Regime::HipaaAssociate => "hipaa-associate",
            Regime::Gdpr => "gdpr",
            Regime::Nis2 => "nis2",
            Regime::Dora => "dora",
            Regime::Sec => "sec",
            Regime::Pci => "pci",
        }
    }

    /// Who must comply, and with which law.
    pub fn help(self) -> &'static str {
        match self {
            Regime::Hipaa => "US health data, covered entity (45 CFR 164.404 to 164.408)",
            Regime::HipaaAssociate => "US health data, business associate (45 CFR 164.410)",
            Regime::Gdpr => "EU personal data, controller (Regulation (EU) 2016/679)",
            Regime::Nis2 => "EU essential and important entities (Directive (EU) 2022/2555)",
            Regime::Dora => "EU financial entities (Regulation (EU) 2022/2554)",
            Regime::Sec => "US public companies (Form 8-K, Item 1.05)",
            Regime::Pci => "payment card data (PCI DSS)",
        }
    }

    /// The key of the fact that starts its first clock.
    pub fn starts_at(self) -> &'static str {
        match self {
            Regime::Hipaa | Regime::HipaaAssociate => "discovered",
            Regime::Gdpr | Regime::Nis2 => "aware",
            Regime::Dora => "classified_major",
            Regime::Sec => "materiality_determined",
            Regime::Pci => "card_data_suspected",
        }
    }
}

/// The ids of all duties.
pub const IDS: [&str; 14] = [
    "hipaa-individuals",
    "hipaa-media",
    "hipaa-hhs",
    "hipaa-associate",
    "gdpr-authority",
    "gdpr-people",
    "nis2-early-warning",
    "nis2-notification",
    "nis2-final",
    "dora-initial",
    "dora-intermediate",
    "dora-final",
    "sec-8-k",
    "pci-brands",
];

/// Every duty of the regimes that apply, in the order of the laws.
pub fn duties(facts: &Facts, now: Millis) -> Vec<Duty> {
    let of = |regime: Regime| match regime {
        Regime::Hipaa => hipaa::entity(facts, now),
        Regime::HipaaAssociate => vec![hipaa::associate(facts, now)],
        Regime::Gdpr => gdpr::duties(facts),
        Regime::Nis2 => nis2::duties(facts),
        Regime::Dora => dora::duties(facts),
        Regime::Sec => vec![sec::form_8_k(facts)],
        Regime::Pci => vec![pci::brands(facts)],
    };
    let all = facts.regimes().into_iter().flat_map(of);
    all.map(|duty| duty.submitted(facts)).collect()
}
