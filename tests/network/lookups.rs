//! Name look-ups, in a network of the test's own with a resolver on loopback: swallowed, answered, and excluded from the proxy.

use crate::common::{Sandbox, trials};
use crate::machine;
use crate::support::namespace::{run_inside, start_resolver};
use crate::support::{Authority, Hook, Manner, Proxy, SENDER_LIFE, ThreeSeconds, TlsReceiver};

pub fn trials() -> Vec<libtest_mimic::Trial> {
    let mut trials = trials![
        a_look_up_that_never_returns_is_left_after_three_seconds needs ["root", "unshare", "ip", "mount", "sh"],
        no_proxy_names_the_hosts_that_are_reached_directly needs ["root", "unshare", "ip", "mount", "sh"],
    ];
    let needs: &[&str] =
        if machine::is_static() { &["root", "unshare", "ip", "mount", "sh", "chroot"] } else { &["a static binary"] };
    let name = "network::lookups::a_root_with_only_resolv_conf_looks_names_up";
    trials.push(crate::common::trials::trial(name, needs, a_root_with_only_resolv_conf_looks_names_up));
    trials
}

/// What is done inside the namespaces, by the name of the trial that started them.
pub fn run(name: &str) {
    match name {
        "swallowed" => swallowed(),
        "no_proxy" => no_proxy(),
        "chroot" => chroot(),
        other => panic!("{other}: nothing of that name"),
    }
}

fn a_look_up_that_never_returns_is_left_after_three_seconds() {
    run_inside("swallowed");
}

fn swallowed() {
    start_resolver(false);
    let (hook, url) = (Hook::new(), "https://collector.test/events");
    hook.call().env("DOCGLOW_TELEMETRY_ENDPOINT", url).run().assert_silent();
    let three_seconds = ThreeSeconds::begin();
    hook.sender();
    hook.assert_gone_within(three_seconds);
    hook.call().env("DOCGLOW_TELEMETRY_ENDPOINT", url).debug().run().assert_sent(url, "failed (timed out)");
}

fn no_proxy_names_the_hosts_that_are_reached_directly() {
    run_inside("no_proxy");
}

fn no_proxy() {
    start_resolver(true);
    let (hook, authority) = (Hook::new(), Authority::new());
    let ca = authority.write_to(hook.sandbox.root(), "ca.pem");
    let receiver = TlsReceiver::answering(&authority, "eu.collector.test");
    let proxy = Proxy::start(receiver.front(), Manner::tunnel());
    let (url, port) = (receiver.url_with("eu.collector.test"), receiver.front().port());
    let names = |list: &str| list.replace("PORT", &port.to_string());
    let call = hook.call().env("DOCGLOW_TELEMETRY_ENDPOINT", &url).env("SSL_CERT_FILE", ca);
    let call = call.env("https_proxy", format!("http://{}", proxy.address())).debug();
    let mut through_proxy = 0;
    for (variables, direct) in [
        (&[("no_proxy", "*")][..], true),
        (&[("NO_PROXY", "*")], true),
        (&[("no_proxy", "eu.collector.test")], true),
        (&[("NO_PROXY", "collector.test")], true),
        (&[("no_proxy", ".collector.test")], true),
        (&[("no_proxy", "*.collector.test")], true),
        (&[("no_proxy", "test")], true),
        (&[("no_proxy", "EU.Collector.Test.")], true),
        (&[("no_proxy", "a.example, eu.collector.test ,b.example")], true),
        (&[("no_proxy", "a.example eu.collector.test")], true),
        (&[("no_proxy", "eu.collector.test:PORT")], true),
        (&[("no_proxy", ""), ("NO_PROXY", "*")], true),
        (&[("no_proxy", "eu.collector.test:1")], false),
        (&[("no_proxy", "llector.test")], false),
        (&[("no_proxy", "xeu.collector.test")], false),
        (&[("no_proxy", "eu.collector.test.example")], false),
        (&[("no_proxy", "collector")], false),
        (&[("no_proxy", ",, ,")], false),
        (&[("no_proxy", ".")], false),
        (&[("no_proxy", "a.example"), ("NO_PROXY", "*")], false),
        (&[], false),
    ] {
        let call = variables.iter().fold(call.clone(), |call, (name, list)| call.env(name, names(list)));
        let outcome = call.run();
        assert_eq!(outcome.stderr(), format!("telemetry: POST {url} -> 204\n"), "{variables:?}");
        through_proxy += usize::from(!direct);
        assert_eq!(proxy.connections(), through_proxy, "{variables:?}");
    }
}

fn a_root_with_only_resolv_conf_looks_names_up() {
    run_inside("chroot");
}

fn chroot() {
    start_resolver(true);
    let (sandbox, authority) = (Sandbox::new(), Authority::new());
    let receiver = TlsReceiver::answering(&authority, "collector.test");
    let root = machine::root_in(&sandbox, Some(&authority.write_to(sandbox.root(), "ca.pem")));
    let url = receiver.url_with("collector.test");
    let environment = [("DOCGLOW_TELEMETRY_ENDPOINT", url.as_str()), ("SSL_CERT_FILE", "/file")];
    let output = machine::run_in(&root, &[], &environment, machine::event_file(&sandbox));
    assert!(output.status.success() && output.stdout.is_empty() && output.stderr.is_empty(), "{output:?}");
    receiver.wait_for(1, SENDER_LIFE);
}
