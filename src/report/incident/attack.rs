//! Names of the MITRE ATT&CK techniques that detectors and rules name (attack.mitre.org, Enterprise).

use super::model::Technique;

/// The technique with this id. An id that is not in the list is its own name. Text that does not have the form of an id
/// has no address either.
pub fn technique(id: &str) -> Technique {
    let known = NAMES.binary_search_by_key(&id, |(id, _)| id).ok();
    let name = known.map_or_else(|| id.to_string(), |at| NAMES[at].1.to_string());
    let path = id.replace('.', "/");
    let url = is_id(id).then(|| format!("https://attack.mitre.org/techniques/{path}/"));
    Technique { id: id.to_string(), name, url }
}

/// `T1530` or `T1078.004`.
fn is_id(id: &str) -> bool {
    let digits = |text: &str, n: usize| text.len() == n && text.bytes().all(|b| b.is_ascii_digit());
    let Some(rest) = id.strip_prefix('T') else { return false };
    match rest.split_once('.') {
        None => digits(rest, 4),
        Some((technique, part)) => digits(technique, 4) && digits(part, 3),
    }
}

/// By id, in order.
const NAMES: &[(&str, &str)] = &[
    ("T1005", "Data from Local System"),
    ("T1020", "Automated Exfiltration"),
    ("T1020.001", "Traffic Duplication"),
    ("T1021.004", "SSH"),
    ("T1021.007", "Cloud Services"),
    ("T1021.008", "Direct Cloud VM Connections"),
    ("T1037", "Boot or Logon Initialization Scripts"),
    ("T1040", "Network Sniffing"),
    ("T1048", "Exfiltration Over Alternative Protocol"),
    ("T1053", "Scheduled Task/Job"),
    ("T1059", "Command and Scripting Interpreter"),
    ("T1059.006", "Python"),
    ("T1059.009", "Cloud API"),
    ("T1069.003", "Cloud Groups"),
    ("T1070", "Indicator Removal"),
    ("T1072", "Software Deployment Tools"),
    ("T1074.002", "Remote Data Staging"),
    ("T1078", "Valid Accounts"),
    ("T1078.004", "Cloud Accounts"),
    ("T1087.004", "Cloud Account"),
    ("T1098", "Account Manipulation"),
    ("T1098.001", "Additional Cloud Credentials"),
    ("T1098.003", "Additional Cloud Roles"),
    ("T1098.004", "SSH Authorized Keys"),
    ("T1098.005", "Device Registration"),
    ("T1098.006", "Additional Container Cluster Roles"),
    ("T1110", "Brute Force"),
    ("T1110.001", "Password Guessing"),
    ("T1110.003", "Password Spraying"),
    ("T1119", "Automated Collection"),
    ("T1133", "External Remote Services"),
    ("T1136.003", "Cloud Account"),
    ("T1190", "Exploit Public-Facing Application"),
    ("T1195", "Supply Chain Compromise"),
    ("T1199", "Trusted Relationship"),
    ("T1204.003", "Malicious Image"),
    ("T1213", "Data from Information Repositories"),
    ("T1213.006", "Databases"),
    ("T1484", "Domain or Tenant Policy Modification"),
    ("T1484.002", "Trust Modification"),
    ("T1485", "Data Destruction"),
    ("T1486", "Data Encrypted for Impact"),
    ("T1489", "Service Stop"),
    ("T1490", "Inhibit System Recovery"),
    ("T1491", "Defacement"),
    ("T1496", "Resource Hijacking"),
    ("T1496.001", "Compute Hijacking"),
    ("T1496.003", "SMS Pumping"),
    ("T1496.004", "Cloud Service Hijacking"),
    ("T1518.001", "Security Software Discovery"),
    ("T1525", "Implant Internal Image"),
    ("T1526", "Cloud Service Discovery"),
    ("T1528", "Steal Application Access Token"),
    ("T1530", "Data from Cloud Storage"),
    ("T1531", "Account Access Removal"),
    ("T1535", "Unused/Unsupported Cloud Regions"),
    ("T1537", "Transfer Data to Cloud Account"),
    ("T1538", "Cloud Service Dashboard"),
    ("T1546", "Event Triggered Execution"),
    ("T1548.005", "Temporary Elevated Cloud Access"),
    ("T1550.001", "Application Access Token"),
    ("T1552", "Unsecured Credentials"),
    ("T1552.001", "Credentials In Files"),
    ("T1552.004", "Private Keys"),
    ("T1552.005", "Cloud Instance Metadata API"),
    ("T1555", "Credentials from Password Stores"),
    ("T1555.006", "Cloud Secrets Management Stores"),
    ("T1556", "Modify Authentication Process"),
    ("T1556.006", "Multi-Factor Authentication"),
    ("T1562", "Impair Defenses"),
    ("T1562.001", "Disable or Modify Tools"),
    ("T1562.006", "Indicator Blocking"),
    ("T1562.007", "Disable or Modify Cloud Firewall"),
    ("T1562.008", "Disable or Modify Cloud Logs"),
    ("T1566.002", "Spearphishing Link"),
    ("T1567", "Exfiltration Over Web Service"),
    ("T1572", "Protocol Tunneling"),
    ("T1574", "Hijack Execution Flow"),
    ("T1578", "Modify Cloud Compute Infrastructure"),
    ("T1578.001", "Create Snapshot"),
    ("T1578.002", "Create Cloud Instance"),
    ("T1578.003", "Delete Cloud Instance"),
    ("T1578.005", "Modify Cloud Compute Configurations"),
    ("T1580", "Cloud Infrastructure Discovery"),
    ("T1586.002", "Email Accounts"),
    ("T1606.002", "SAML Tokens"),
    ("T1609", "Container Administration Command"),
    ("T1610", "Deploy Container"),
    ("T1619", "Cloud Storage Object Discovery"),
    ("T1648", "Serverless Execution"),
    ("T1649", "Steal or Forge Authentication Certificates"),
    ("T1651", "Cloud Administration Command"),
    ("T1666", "Modify Cloud Resource Hierarchy"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_in_order() {
        assert!(NAMES.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert!(NAMES.iter().all(|(id, _)| is_id(id)));
    }

    #[test]
    fn only_an_id_has_an_address() {
        assert_eq!(technique("T1078.004").name, "Cloud Accounts");
        let url = technique("T1078.004").url;
        assert_eq!(url.as_deref(), Some("https://attack.mitre.org/techniques/T1078/004/"));
        for id in ["T1078.004/../x", "javascript:1", "T107", "T1078.", "t1078", ""] {
            assert_eq!((technique(id).url, technique(id).name), (None, id.to_string()));
        }
        assert!(technique("T9999").url.is_some());
    }
}
