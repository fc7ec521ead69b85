//! A newsroom with people of every role, and how they come into its rooms: what the rules of the rooms are tried on.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use pressroom::content::look::Look;
use pressroom::desk::FrontDesk;
use pressroom::desk::request::{ImportPartners, MakeLoginLink, PartnerFormat};
use pressroom::web::public_router;
use tower::ServiceExt;

use crate::newsroom::{Newsroom, editor, load};

/// The origin of the newsroom's pages, as browsers name it.
pub(crate) const HERE: &str = "http://127.0.0.1:8080";

const PEOPLE: &str = r#"
[[staff]]
email = "desk@example.org"
roles = ["editor"]
[[staff]]
email = "operator@example.org"
roles = ["operator"]
[[staff]]
email = "network@example.org"
roles = ["network-editor"]
network = "southwest"
"#;

pub(crate) const CONTACTS: &str = "\
id,name,level,link,contacts
example-family-table,Example Family Table,state,https://family.example.org/,Sam <submitter@family.example.org> [submitter]; Cora <consenter@family.example.org> [consenter]
example-city-united,Example City United,local,https://city.example.org/,Otto <both@city.example.org> [submitter consenter]
";

const MULTIPART: &str = "multipart/form-data; boundary=edge";

/// A form as browsers send it with a file.
fn multipart(form: &str, file: Option<&[u8]>) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, value) in url::form_urlencoded::parse(form.as_bytes()) {
        body.extend(format!("--edge\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").bytes());
    }
    if let Some(file) = file {
        let head =
            "--edge\r\nContent-Disposition: form-data; name=\"picture\"; filename=\"<b>.html\"\r\nContent-Type: text/html\r\n\r\n";
        body.extend(head.bytes());
        body.extend(file);
        body.extend(b"\r\n");
    }
    body.extend(b"--edge--\r\n");
    body
}

pub(crate) struct Club {
    pub(crate) room: Newsroom,
    pub(crate) front: Arc<FrontDesk>,
    pub(crate) router: Router,
}

/// Somebody who has signed in, or says so.
#[derive(Clone)]
pub(crate) struct Guest {
    pub(crate) cookie: String,
    pub(crate) csrf: String,
}

pub(crate) struct Page {
    pub(crate) status: StatusCode,
    headers: HeaderMap,
    pub(crate) body: String,
}

impl Page {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// What stands in a field of a form of the page.
    pub(crate) fn field(&self, name: &str) -> String {
        let found = self.body.split(&format!("name=\"{name}\" value=\"")).nth(1);
        found.unwrap_or_else(|| panic!("no field {name} in\n{}", self.body)).split('"').next().unwrap().to_owned()
    }
}

impl Club {
    pub(crate) async fn open() -> Self {
        Self::with(Newsroom::open().await).await
    }

    pub(crate) async fn with(mut room: Newsroom) -> Self {
        room.with_config(|toml| format!("{toml}{PEOPLE}"));
        let front = room.front();
        let club = Self { room, router: public_router(Arc::clone(&front)), front };
        club.contacts(CONTACTS).await;
        club
    }

    /// Partners as a table says them.
    pub(crate) async fn contacts(&self, csv: &str) {
        let request = ImportPartners {
            file_name: "partners.csv".into(),
            bytes: csv.as_bytes().to_vec(),
            format: PartnerFormat::Csv,
            dry_run: false,
        };
        assert_eq!(self.front.desk().import_partners(&editor(), request).await.unwrap().bad, []);
    }

    /// The config as an edit leaves it, put in force as a reload does.
    pub(crate) fn reload(&mut self, edit: impl Fn(&str) -> String) {
        self.room.with_config(|toml| edit(&format!("{toml}{PEOPLE}")));
        self.front.replace(load(self.room.config()), Look::builtin(), None);
    }

    /// The path of a fresh link for an address.
    pub(crate) async fn link(&self, address: &str) -> String {
        let request = MakeLoginLink { address: address.into(), partner: None };
        let link = self.front.desk().make_login_link(&editor(), request).await.unwrap().address;
        link.strip_prefix(HERE).unwrap().to_owned()
    }

    pub(crate) async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: &str) -> Page {
        // What takes a file takes nothing but a form with a place for one.
        let is_upload = method == Method::POST && (path.ends_with("/picture") || path.ends_with("/logo"));
        let (kind, body) = match is_upload {
            true => (MULTIPART, multipart(body, None)),
            false => ("application/x-www-form-urlencoded", body.as_bytes().to_vec()),
        };
        self.send_bytes((method, path), headers, (kind, body)).await
    }

    async fn send_bytes(&self, (method, path): (Method, &str), headers: &[(&str, &str)], (kind, body): (&str, Vec<u8>)) -> Page {
        let mut request = Request::builder().method(method).uri(path).header("content-type", kind);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = self.router.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
        let (parts, body) = answer.into_parts();
        let body = String::from_utf8_lossy(&to_bytes(body, 10_000_000).await.unwrap()).into_owned();
        Page { status: parts.status, headers: parts.headers, body }
    }

    /// The press of a link's button: the cookie, if there is one.
    pub(crate) async fn press(&self, link: &str) -> (Page, Option<String>) {
        let page = self.send(Method::POST, link, &[("origin", HERE)], "").await;
        let cookie = page.header("set-cookie").split(';').next().map(str::to_owned).filter(|cookie| !cookie.is_empty());
        (page, cookie)
    }

    pub(crate) async fn sign_in(&self, address: &str) -> Guest {
        let link = self.link(address).await;
        let (page, cookie) = self.press(&link).await;
        assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.body);
        let guest = Guest { cookie: cookie.unwrap(), csrf: String::new() };
        let home = self.get(&guest, page.header("location")).await;
        Guest { csrf: home.field("csrf"), ..guest }
    }

    pub(crate) async fn get(&self, guest: &Guest, path: &str) -> Page {
        self.send(Method::GET, path, &[("cookie", &guest.cookie)], "").await
    }

    /// A form of ours with a file.
    pub(crate) async fn post_file(&self, guest: &Guest, path: &str, (form, file): (&str, &[u8])) -> Page {
        let body = multipart(&format!("{form}&csrf={}", guest.csrf), Some(file));
        self.send_bytes((Method::POST, path), &[("cookie", &guest.cookie), ("origin", HERE)], (MULTIPART, body)).await
    }

    /// A form of ours.
    pub(crate) async fn post(&self, guest: &Guest, path: &str, form: &str) -> Page {
        let form = if form.is_empty() { format!("csrf={}", guest.csrf) } else { format!("{form}&csrf={}", guest.csrf) };
        self.send(Method::POST, path, &[("cookie", &guest.cookie), ("origin", HERE)], &form).await
    }
}
