//! The rule for redirects.

use super::Endpoint;

impl Endpoint {
    /// The endpoint that a redirect's `Location` leads to, resolved against this one (RFC 3986
    /// §5.2).
    ///
    /// A redirect is refused if its `Location` contains white space or a control character; the
    /// sender has escaped spaces before. It is also refused if its target fails the rule of
    /// [`Endpoint::parse`], and if it leads from https to http, or from another host to this
    /// machine, by a name or an address. The sender checks the address of a name when it connects.
    pub fn redirect(&self, location: &str) -> Option<Endpoint> {
        let location = location.split('#').next().unwrap_or_default();
        if location.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return None;
        }
        let origin = self.origin();
        let before_path = location.find(['/', '?']).unwrap_or(location.len());
        let has_scheme = location[..before_path].contains(':');
        let path = self.path();
        let target = if location.is_empty() {
            self.url()
        } else if has_scheme {
            location.to_owned()
        } else if location.starts_with("//") {
            format!("{}:{location}", self.scheme())
        } else if location.starts_with('/') {
            format!("{origin}{location}")
        } else if location.starts_with('?') {
            format!("{origin}{path}{location}")
        } else {
            let folder = &path[..=path.rfind('/').unwrap_or(0)];
            format!("{origin}{folder}{location}")
        };
        let mut target = Endpoint::parse(&target)?;
        target.path_and_query = without_dot_segments(&target.path_and_query);
        let downgraded = self.is_https && !target.is_https;
        let leads_to_this_machine = target.is_loopback() && !self.is_loopback();
        (!downgraded && !leads_to_this_machine).then_some(target)
    }
}

/// Resolves `.` and `..` in the path (RFC 3986 §5.2.4).
fn without_dot_segments(path_and_query: &str) -> String {
    let (path, query) =
        path_and_query.split_at(path_and_query.find('?').unwrap_or(path_and_query.len()));
    let mut kept = Vec::new();
    for segment in path.split('/').skip(1) {
        match segment {
            ".." => drop(kept.pop()),
            "." => {}
            segment => kept.push(segment),
        }
    }
    if path.ends_with("/.") || path.ends_with("/..") {
        kept.push("");
    }
    format!("/{}{query}", kept.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirect_resolves_against_the_endpoint_that_sent_it() {
        let from = Endpoint::parse("https://a.example:8443/v1/events?x=1").unwrap();
        for (location, to) in [
            ("https://b.example/y", "https://b.example/y"),
            ("//b.example/y", "https://b.example/y"),
            ("/y?z", "https://a.example:8443/y?z"),
            ("?z", "https://a.example:8443/v1/events?z"),
            ("", "https://a.example:8443/v1/events?x=1"),
            ("#f", "https://a.example:8443/v1/events?x=1"),
            (" #f", "refused"),
            ("y #f", "refused"),
            ("y#/f:g", "https://a.example:8443/v1/y"),
            ("y", "https://a.example:8443/v1/y"),
            ("y:z/../w", "refused"),
            ("./y:z", "https://a.example:8443/v1/y:z"),
            ("../y/./z/..?a/../b", "https://a.example:8443/y/?a/../b"),
            ("/../..", "https://a.example:8443/"),
            (".", "https://a.example:8443/v1/"),
            ("/a//b/../c", "https://a.example:8443/a//c"),
            ("http://a.example:8443/y", "refused"),
            ("HTTPS://B.Example/Y", "https://b.example/Y"),
            ("http://localhost/y", "refused"),
            ("https://localhost/y", "refused"),
            ("https://LOCALHOST./y", "refused"),
            ("https://x.localhost", "refused"),
            ("https://127.9.9.9/", "refused"),
            ("https://0.0.0.0/", "refused"),
            ("https://user@b.example/", "refused"),
            ("file:///etc/passwd", "refused"),
            ("javascript:alert(1)", "refused"),
            ("/a\r\nX-Injected: 1", "refused"),
            ("https:/b.example", "refused"),
        ] {
            let target =
                from.redirect(location).map_or("refused".to_owned(), |target| target.url());
            assert_eq!(target, to, "{location:?}");
        }
        let local = Endpoint::parse("http://localhost:1/a").unwrap();
        assert!(local.redirect("http://127.0.0.1:2/b").is_some());
        assert!(local.redirect("https://b.example/").is_some());
        assert!(local.redirect("http://b.example/").is_none());
    }
}
