//! Recognises cloud, hosting and VPN providers by the name of the network's organisation.

/// Words in the names of cloud, hosting and VPN providers, in lower case. Several words must appear in this
/// order, next to each other.
const PROVIDERS: &[&str] = &[
    // Clouds.
    "alibaba",
    "amazon",
    "aws",
    "azure",
    "digitalocean",
    "exoscale",
    "google",
    "huawei cloud",
    "huawei clouds",
    "ibm cloud",
    "linode",
    "microsoft",
    "oracle",
    "scaleway",
    "softlayer",
    "tencent",
    "upcloud",
    "vultr",
    "yandex cloud",
    // Content networks and proxies that also carry tunnels.
    "akamai",
    "cloudflare",
    "cloudflarenet",
    // Hosting.
    "aeza",
    "as choopa",
    "bluehost",
    "buyvm",
    "cherry servers",
    "choopa",
    "clouvider",
    "colocrossing",
    "constant company",
    "contabo",
    "datacamp",
    "dedipath",
    "dreamhost",
    "flokinet",
    "frantech",
    "g core",
    "gcore",
    "go daddy",
    "godaddy",
    "hetzner",
    "hivelocity",
    "hostgator",
    "hosthatch",
    "hostinger",
    "hostpapa",
    "hostroyale",
    "hostwinds",
    "interserver",
    "ionos",
    "kamatera",
    "latitude sh",
    "leaseweb",
    "limestone networks",
    "liquid web",
    "m247",
    "multacom",
    "namecheap",
    "netcup",
    "nforce",
    "njalla",
    "online s a s",
    "online sas",
    "ovh",
    "ovhcloud",
    "packet host",
    "performive",
    "ponynet",
    "psychz",
    "quadranet",
    "rackspace",
    "racknerd",
    "selectel",
    "servers com",
    "sharktech",
    "stark industries",
    "strato",
    "timeweb",
    "tzulo",
    "worldstream",
    "xtom",
    "zenlayer",
    "1984 ehf",
    "31173 services",
    // Words in the names of such companies.
    "colocation",
    "data center",
    "data centers",
    "datacenter",
    "dedicated servers",
    "hosting",
    "vpn",
    "vps",
    "web services",
    "webhosting",
];

/// Names that contain a word of [`PROVIDERS`] but serve homes or offices.
const ACCESS_NETWORKS: &[&str] = &["google fiber", "microsoft corporate"];

/// Whether an organisation's name, as in an ASN database, is that of a cloud or hosting provider.
/// Compared word by word, capitals and punctuation ignored.
pub fn is_hosting(org: &str) -> bool {
    let name = normalized(org);
    let has = |phrase: &&str| name.contains(&normalized(phrase));
    PROVIDERS.iter().any(has) && !ACCESS_NETWORKS.iter().any(has)
}

/// Whether an operator's name, as in an ASN database, is Amazon's. Compared word by word.
pub fn is_amazon(org: &str) -> bool {
    let name = normalized(org);
    ["amazon", "aws"].iter().any(|word| name.contains(&normalized(word)))
}

/// ` a b c ` from `A-b, (C)`, with a space at both ends so that only whole words match.
fn normalized(text: &str) -> String {
    let mut normalized = String::from(" ");
    for word in text.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()) {
        normalized.push_str(&word.to_lowercase());
        normalized.push(' ');
    }
    normalized
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_providers_however_they_are_spelled() {
        for org in [
            "AMAZON-02",
            "Amazon.com, Inc.",
            "GOOGLE-CLOUD-PLATFORM",
            "Google LLC",
            "MICROSOFT-CORP-MSN-AS-BLOCK",
            "DIGITALOCEAN-ASN",
            "OVH SAS",
            "Hetzner Online GmbH",
            "Akamai Connected Cloud",
            "Linode, LLC",
            "AS-VULTR",
            "AS-CHOOPA",
            "The Constant Company, LLC",
            "ORACLE-BMC-31898",
            "Alibaba US Technology Co., Ltd.",
            "Shenzhen Tencent Computer Systems Company Limited",
            "M247 Europe SRL",
            "Leaseweb USA, Inc.",
            "Contabo GmbH",
            "Scaleway S.a.s.",
            "Online S.a.s.",
            "Datacamp Limited",
            "AS-HOSTINGER",
            "CLOUDFLARENET",
            "Some Hosting Ltd",
        ] {
            assert!(is_hosting(org), "{org}");
        }
    }

    #[test]
    fn leaves_access_networks_alone() {
        for org in [
            "",
            "Deutsche Telekom AG",
            "COMCAST-7922",
            "Google Fiber Inc.",
            "Amazonas Telecom",
            "Hostelworld",
            "Verizon Business",
            "Oracleville Cable",
            "Covhar",
        ] {
            assert!(!is_hosting(org), "{org}");
        }
    }
}
