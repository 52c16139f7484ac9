//! PCI DSS 4.0.1, Requirement 12.10.1: the response plan includes notifying the acquirer and payment brands.
//!
//! The standard sets no hours. The brands' rules do, and they bind through the contract with the acquirer.

use super::Regime;
use super::duty::Duty;
use super::facts::Facts;

pub fn brands(facts: &Facts) -> Duty {
    let duty = Duty::new(
        "pci-brands",
        Regime::Pci,
        "notify the acquirer and the payment brands",
        "PCI DSS 12.10.1, and the rules of the brands",
    );
    let Some(suspected) = facts.moment("card_data_suspected") else {
        let why = "no suspected compromise of card data is set";
        return duty.why(why).missing("card_data_suspected");
    };
    duty.why("compromise of card data suspected or confirmed")
        .starts("card_data_suspected", suspected, None)
        .at_once()
        .note("immediately; each brand sets its own limits: ask the acquirer for the current ones")
}

#[cfg(test)]
mod tests {
    use super::super::State;
    use super::super::tests::{case, duty};

    #[test]
    fn a_suspicion_is_enough() {
        let brands = duty(&case("regimes=pci card_data_suspected=2026-11-20"), "pci-brands");
        assert_eq!((brands.state, brands.at_once, brands.due), (State::Runs, true, None));
        assert_eq!(
            duty(&case("regimes=pci aware=2026-11-20"), "pci-brands").state,
            State::NotStarted
        );
    }
}
