//! The peak memory of the caller and the sender.

use crate::Bench;
use crate::endpoint::{Endpoint, Manner};
use crate::launcher::Usage;
use crate::table::{Table, mib};
use crate::tls;

pub fn measure(bench: &Bench) {
    let workshop = &bench.workshop;
    let endpoint = Endpoint::start(Manner::Answering);
    let tls = tls::Server::start(workshop);
    let off = workshop.subject("off", workshop.hook());
    let on = workshop.hook_on("on", endpoint.url());
    let on_tls = workshop.hook_on("on: TLS", tls.url()).env("SSL_CERT_FILE", tls.trusted());
    let mut table = Table::new("Peak memory", &["", "caller", "sender"]);
    let mut peaks = (0, 0);
    for subject in [&off, &on, &on_tls] {
        let (caller, sender) = bench.launcher.typical(subject, bench.effort.few);
        peaks = (peaks.0.max(caller.peak_bytes), peaks.1.max(sender.peak_bytes));
        table.row([subject.name.clone(), shown(caller), shown(sender)]);
    }
    for subject in [workshop.subject("floor", bench.launcher.floor(workshop.hooks[0].libc))]
        .into_iter()
        .chain(workshop.curl("curl", endpoint.url()))
    {
        table.row([
            subject.name.clone(),
            shown(bench.launcher.typical(&subject, bench.effort.few).0),
            "–".to_owned(),
        ]);
    }
    let runs = bench.effort.few;
    table.arrived("on", runs, endpoint.await_requests(runs));
    table.arrived("on: TLS", runs, tls.requests());
    table.note(format!(
        "With TLS, {} certificates are trusted. TLS requests answered: {}.",
        tls.certificates(),
        tls.requests()
    ));
    table.target("caller ≤ 1.2 MiB", 1.2, peaks.0 as f64 / f64::from(1 << 20));
    table.target("sender ≤ 2.4 MiB with TLS", 2.4, peaks.1 as f64 / f64::from(1 << 20));
    table.print();
}

fn shown(usage: Usage) -> String {
    if usage.peak_bytes == 0 { "–".to_owned() } else { mib(usage.peak_bytes) }
}
