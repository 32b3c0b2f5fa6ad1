//! How far away an address is. A redirect must not lead from a wider network into a narrower one.

use std::net::IpAddr;

/// A network, the narrowest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    ThisMachine,
    PrivateNetwork,
    Internet,
}

impl Reach {
    /// The network that an address belongs to.
    pub fn of(address: IpAddr) -> Reach {
        let address = address.to_canonical();
        let is_private = match address {
            IpAddr::V4(v4) => v4.is_private() || v4.is_link_local(),
            IpAddr::V6(v6) => v6.is_unique_local() || v6.is_unicast_link_local(),
        };
        if address.is_loopback() || address.is_unspecified() {
            Reach::ThisMachine
        } else if is_private {
            Reach::PrivateNetwork
        } else {
            Reach::Internet
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_belongs_to_this_machine_a_private_network_or_the_internet() {
        for (addresses, reach) in [
            (
                &["127.0.0.1", "127.9.9.9", "0.0.0.0", "::1", "::", "::ffff:127.0.0.1"][..],
                Reach::ThisMachine,
            ),
            (
                &["10.0.0.1", "172.16.0.1", "192.168.0.1", "169.254.1.1", "fd00::1", "fe80::1"],
                Reach::PrivateNetwork,
            ),
            (&["192.0.2.1", "172.32.0.1", "2001:db8::1", "::ffff:192.0.2.1"], Reach::Internet),
        ] {
            for address in addresses {
                assert_eq!(Reach::of(address.parse().unwrap()), reach, "{address}");
            }
        }
    }
}
