//! The cryptography of TLS, as far as a client needs it that has no certificate of its own.

use std::sync::Arc;

use rustls::Error;
use rustls::crypto::ring::default_provider;
use rustls::crypto::{CryptoProvider, KeyProvider};
use rustls::pki_types::PrivateKeyDer;
use rustls::sign::SigningKey;

/// Sets the cryptography that TLS connections of this process use from now on.
pub fn prepare() {
    let provider = CryptoProvider { key_provider: &NoKey, ..default_provider() };
    // Fails only where one is set already, by the hop before.
    let _ = provider.install_default();
}

/// Takes the place of what signs in a client's name: 45 kB.
#[derive(Debug)]
struct NoKey;

impl KeyProvider for NoKey {
    fn load_private_key(&self, _key: PrivateKeyDer<'static>) -> Result<Arc<dyn SigningKey>, Error> {
        Err(Error::General(String::new()))
    }
}
