//! Common proxies and servers, on loopback, each with a configuration by the test.

use super::service::{Service, free_port, is_open};
use crate::common::trials::tool_path;
use std::fs::{self, File};
use std::path::Path;
use std::process::Command;

/// A server that runs until it is dropped.
pub struct Peer {
    pub port: u16,
    _service: Service,
}

impl Peer {
    /// Starts `tool` with these arguments. The configuration is written to `NAME.conf`. In it and
    /// in the arguments, `FOLDER`, `PORT` and `CONF` are placeholders.
    fn start(
        folder: &Path,
        tool: &'static str,
        arguments: &'static str,
        configuration: &str,
    ) -> Self {
        let port = free_port();
        // The servers that drop root's rights write into this folder.
        let own = folder.join(format!("{tool}-{port}"));
        fs::create_dir(&own).expect("a peer's folder");
        for folder in [folder, &own] {
            fs::set_permissions(folder, std::os::unix::fs::PermissionsExt::from_mode(0o777))
                .expect("its mode");
        }
        let conf = own.join("conf");
        let fill = move |text: &str| {
            let text = text.replace("FOLDER", own.to_str().expect("text"));
            (text.replace("PORT", &port.to_string()), own.clone())
        };
        fs::write(&conf, fill(configuration).0).expect("a configuration");
        let command = move || {
            let (filled, own) = fill(arguments);
            let mut command = Command::new(tool_path(tool).expect("the peer"));
            command.args(
                filled.split(' ').map(|word| word.replace("CONF", conf.to_str().expect("text"))),
            );
            let messages = || File::create(own.join("messages")).expect("a file for messages");
            command.env("HOME", &own).stdout(messages()).stderr(messages());
            command
        };
        Self { port, _service: Service::start(command, move || is_open(port)) }
    }

    pub fn squid(folder: &Path, access: &str) -> Self {
        let configuration = format!(
            "http_port 127.0.0.1:PORT\nhttp_access {access} all\ndns_nameservers 127.0.0.1\npid_filename none\n\
             cache_log /dev/null\naccess_log none\ncache_mem 1 MB\nshutdown_lifetime 0 seconds\nworkers 1\n"
        );
        Self::start(folder, "squid", "-N -f CONF", &configuration)
    }

    pub fn tinyproxy(folder: &Path, upstream: &Peer) -> Self {
        let configuration = format!(
            "Port PORT\nListen 127.0.0.1\nAllow 127.0.0.1\nUpstream http 127.0.0.1:{}\n",
            upstream.port
        );
        Self::start(folder, "tinyproxy", "-d -c CONF", &configuration)
    }

    pub fn apache_proxy(folder: &Path) -> Self {
        Self::apache(
            folder,
            &["proxy", "proxy_connect"],
            "ProxyRequests On\nAllowCONNECT 1-65535\n",
        )
    }

    pub fn privoxy(folder: &Path) -> Self {
        let configuration = "listen-address 127.0.0.1:PORT\nconfdir /etc/privoxy\nlogdir FOLDER\n";
        Self::start(folder, "privoxy", "--no-daemon CONF", configuration)
    }

    /// Terminates TLS if it has a certificate with its key, adds a header, and forwards to
    /// `upstream`.
    pub fn haproxy(folder: &Path, upstream: &Peer, certificate: Option<&Path>) -> Self {
        let tls =
            certificate.map(|file| format!(" ssl crt {}", file.display())).unwrap_or_default();
        let configuration = format!(
            "defaults\n mode http\n timeout connect 9s\n timeout client 9s\n timeout server 9s\n timeout tunnel 9s\n\
             frontend front\n bind 127.0.0.1:PORT{tls}\n http-response set-header X-Proxy {}\n default_backend back\n\
             backend back\n server squid 127.0.0.1:{}\n",
            "x".repeat(200),
            upstream.port
        );
        Self::start(folder, "haproxy", "-db -f CONF", &configuration)
    }

    pub fn danted(folder: &Path) -> Self {
        let configuration = "logoutput: FOLDER/log\ninternal: 127.0.0.1 port = PORT\nexternal: 127.0.0.1\nclientmethod: none\n\
                             socksmethod: none\nuser.privileged: root\nuser.unprivileged: nobody\n\
                             client pass { from: 0.0.0.0/0 to: 0.0.0.0/0 }\nsocks pass { from: 0.0.0.0/0 to: 0.0.0.0/0 }\n";
        Self::start(folder, "danted", "-f CONF -p FOLDER/pid", configuration)
    }

    /// Answers 204, as the next two do.
    pub fn nginx(folder: &Path, certificate: &Path) -> Self {
        let file = certificate.display();
        let configuration = format!(
            "daemon off;\npid FOLDER/pid;\nerror_log FOLDER/log;\nevents {{}}\nhttp {{\n access_log off;\n server {{\n\
             listen 127.0.0.1:PORT ssl;\n ssl_certificate {file};\n ssl_certificate_key {file};\n\
             location / {{ return 204; }}\n }}\n}}\n"
        );
        Self::start(folder, "nginx", "-c CONF", &configuration)
    }

    pub fn caddy(folder: &Path, certificate: &Path) -> Self {
        let file = certificate.display();
        let configuration = format!(
            "{{\n\tadmin off\n\tauto_https off\n}}\nhttps://collector.test:PORT {{\n\tbind 127.0.0.1\n\ttls {file} {file}\n\
             \trespond 204\n}}\n"
        );
        Self::start(folder, "caddy", "run --adapter caddyfile --config CONF", &configuration)
    }

    pub fn apache_server(folder: &Path, certificate: &Path) -> Self {
        let configuration = format!(
            "SSLEngine on\nSSLCertificateFile {}\nRewriteEngine on\nRewriteRule ^ - [R=204,L]\n",
            certificate.display()
        );
        Self::apache(folder, &["ssl", "socache_shmcb", "rewrite"], &configuration)
    }

    fn apache(folder: &Path, modules: &[&str], configuration: &str) -> Self {
        let load = |module: &&str| {
            format!("LoadModule {module}_module /usr/lib/apache2/modules/mod_{module}.so\n")
        };
        let modules: String = ["mpm_event", "authz_core"].iter().chain(modules).map(load).collect();
        let configuration = format!(
            "{modules}ServerRoot FOLDER\nServerName peer.test\nPidFile FOLDER/pid\nErrorLog FOLDER/log\n\
             DefaultRuntimeDir FOLDER\nUser nobody\nGroup nogroup\nListen 127.0.0.1:PORT\n{configuration}"
        );
        Self::start(folder, "apache2", "-D FOREGROUND -f CONF", &configuration)
    }
}
